"""What the E-mail component registers (EM-1 to EM-8)."""

import json
from fnmatch import fnmatch
from typing import Any

import pytest

from components.alarms import Alarm, Comparison, Expression
from components.grants import Role
from components.severity import Severity
from tests.support import STACKS, Graph, as_configured, run_program

SETS = "aws:sesv2/configurationSet:ConfigurationSet"
IDENTITIES = "aws:sesv2/emailIdentity:EmailIdentity"
DESTINATIONS = "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination"
VARIABLES = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
RECORDS = "cloudflare:index/dnsRecord:DnsRecord"
DOMAIN = "jtldconsulting.com"


def variables(graph: Graph) -> dict[str, Any]:
    return {one.name: one.inputs["value"] for one in graph.of_type(VARIABLES)}


@pytest.mark.parametrize("stack", STACKS)
def test_the_streams_share_nothing(stack: str) -> None:
    """EM-3, EM-N2: a domain, a configuration set, a bounce domain and metrics for each."""
    graph = as_configured(stack).graph
    domain = graph.exports["domain"]
    identities = {one.name: one.inputs for one in graph.of_type(IDENTITIES)}
    assert {name: one["emailIdentity"] for name, one in identities.items()} == {
        "transactional": f"notify.{domain}",
        "marketing": f"news.{domain}",
    }
    assert len({one["configurationSetName"] for one in identities.values()}) == 2
    bounces = graph.of_type("aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes")
    assert {one.inputs["mailFromDomain"] for one in bounces} == {
        f"bounce.notify.{domain}",
        f"bounce.news.{domain}",
    }
    assert {one.inputs["behaviorOnMxFailure"] for one in bounces} == {"REJECT_MESSAGE"}


@pytest.mark.parametrize("stack", STACKS)
def test_mail_is_signed_encrypted_and_suppressed(stack: str) -> None:
    """EM-1, EM-4, EM-N5."""
    graph = as_configured(stack).graph
    for one in graph.of_type(IDENTITIES):
        assert one.inputs["dkimSigningAttributes"]["nextSigningKeyLength"] == "RSA_2048_BIT"
    for one in graph.of_type(SETS):
        assert one.inputs["deliveryOptions"]["tlsPolicy"] == "REQUIRE"
        assert set(one.inputs["suppressionOptions"]["suppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
        assert one.inputs["reputationOptions"]["reputationMetricsEnabled"] is True
    account = graph.one("aws:sesv2/accountSuppressionAttributes:AccountSuppressionAttributes")
    assert set(account.inputs["suppressedReasons"]) == {"BOUNCE", "COMPLAINT"}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_sent_before_it_is_proven(stack: str) -> None:
    """EM-8, EM-N1: the stack files record neither proof yet, so every set is closed and the app knows."""
    graph = as_configured(stack).graph
    assert [one.inputs["sendingOptions"]["sendingEnabled"] for one in graph.of_type(SETS)] == [False, False]
    assert variables(graph)["email-sending-enabled-production"] == "false"


def test_with_both_proofs_prod_sends() -> None:
    """EM-8."""
    sending = {
        "enabled": True,
        "authenticationVerifiedOn": "2026-11-10",
        "productionAccessOn": "2026-11-12",
        "perSecond": 14,
    }
    graph = run_program("prod", {"email": {"sending": sending}})
    assert all(one.inputs["sendingOptions"]["sendingEnabled"] for one in graph.of_type(SETS))
    assert variables(graph)["email-max-per-second-production"] == "14"


def test_bounces_and_complaints_reach_the_worker_and_the_metrics() -> None:
    """EM-4: over the event bus into an encrypted queue with dead letters, and as metrics per stream."""
    graph = as_configured("prod").graph
    by_name = {one.name: one.inputs["eventDestination"] for one in graph.of_type(DESTINATIONS)}
    for stream in ("transactional", "marketing"):
        assert {"BOUNCE", "COMPLAINT", "REJECT"} <= set(by_name[f"{stream}-events"]["matchingEventTypes"])
        assert by_name[f"{stream}-events"]["eventBridgeDestination"]["eventBusArn"].endswith(
            ":event-bus/default"
        )
        (dimension,) = by_name[f"{stream}-metrics"]["cloudWatchDestination"]["dimensionConfigurations"]
        assert (dimension["dimensionName"], dimension["defaultDimensionValue"]) == ("stream", stream)
    rule = graph.one("aws:cloudwatch/eventRule:EventRule", "mail-events")
    pattern = json.loads(rule.inputs["eventPattern"])
    assert pattern["source"] == ["aws.ses"]
    sets = {one.inputs["configurationSetName"] for one in graph.of_type(SETS)}
    assert set(pattern["detail"]["mail"]["tags"]["ses:configuration-set"]) == sets
    queue = graph.one("aws:sqs/queue:Queue", "mail-events")
    assert queue.inputs["kmsMasterKeyId"]


def test_changing_the_provider_changes_the_apps_variable_and_nothing_else() -> None:
    """EM-7: all DNS, keys and templates of the other services are already there."""
    before, after = as_configured("prod").graph, run_program("prod", {"email": {"provider": "sendgrid"}})
    old, new = ({one.urn: one.inputs for one in graph.nodes} for graph in (before, after))
    assert old.keys() == new.keys()
    different = {urn for urn in old if old[urn] != new[urn]}
    vercel = {urn for urn in different if "projectEnvironmentVariable" in urn}
    assert [urn.rpartition("::")[2] for urn in vercel] == ["email-provider-production"]
    assert {new[urn]["value"] for urn in vercel} == {"sendgrid"}
    # Besides Vercel the application also runs as containers, which carry the same variable.
    for urn in different - vercel:
        containers = (json.loads(inputs[urn]["containerDefinitions"]) for inputs in (old, new))
        (was,), (becomes,) = containers
        assert {**becomes, "environment": None} == {**was, "environment": None}
        changed = [one["name"] for one in becomes["environment"] if one not in was["environment"]]
        assert changed == ["EMAIL_PROVIDER"]


def test_every_service_has_its_records_in_place() -> None:
    """EM-1, EM-2, EM-7, EM-N4."""
    records = {one.name: one.inputs for one in as_configured("prod").graph.of_type(RECORDS)}
    for stream in ("transactional", "marketing"):
        wanted = {
            *(f"{stream}-ses-dkim-{number}" for number in (1, 2, 3)),
            f"{stream}-ses-mx",
            f"{stream}-ses-spf",
            f"{stream}-sendgrid-bounces",
            f"{stream}-sendgrid-dkim-s1",
            f"{stream}-sendgrid-dkim-s2",
            f"{stream}-resend-dkim",
            f"{stream}-resend-mx",
            f"{stream}-resend-spf",
            f"{stream}-spf",
        }
        assert wanted <= records.keys()
        assert not any(records[name]["proxied"] for name in wanted)
    assert records["spf"]["content"] == (
        '"v=spf1 include:_spf.google.com include:amazonses.com include:sendgrid.net ~all"'
    )
    assert records["dmarc"]["name"] == f"_dmarc.{DOMAIN}"


def alarms() -> dict[str, Alarm]:
    return {alarm.key: alarm for alarm in as_configured("prod").value.email.alarms}


@pytest.mark.parametrize("stream", ["transactional", "marketing"])
@pytest.mark.parametrize(
    ("key", "comparison", "threshold"),
    [
        ("bounces", Comparison.ABOVE, 2.0),
        ("complaints", Comparison.ABOVE, 0.1),
        ("delivery", Comparison.BELOW, 95.0),
    ],
)
def test_the_thresholds_are_the_requirements(
    stream: str, key: str, comparison: Comparison, threshold: float
) -> None:
    """EM-5: bounces > 2 %, complaints > 0.1 %, delivery < 95 %, each stream by itself."""
    alarm = alarms()[f"{stream}-{key}"]
    assert (alarm.comparison, alarm.threshold) == (comparison, threshold)
    assert isinstance(alarm.source, Expression)
    assert {metric.dimensions["stream"] for metric in alarm.source.metrics.values()} == {stream}
    assert "EM-5" in alarm.requirements


def test_growth_of_the_queue_and_the_days_quota_are_watched() -> None:
    """EM-5."""
    found = alarms()
    assert found["queue-growth"].severity is Severity.HIGH
    assert found["quota"].threshold == 160
    assert all(alarm.runbook == "email" for alarm in found.values())


def test_the_application_may_send_as_our_streams_and_nothing_else() -> None:
    """EM-1, HO-6."""
    (grant,) = [one for one in as_configured("prod").value.email.grants if one.role is Role.APPLICATION]
    assert set(grant.actions) == {"ses:SendEmail"}, "the one action for which SES names the sender"
    assert "*" not in grant.resources
    assert grant.conditions == {"StringLike": {"ses:FromAddress": [f"*@notify.{DOMAIN}", f"*@news.{DOMAIN}"]}}


@pytest.mark.parametrize("stack", STACKS)
def test_no_role_takes_an_address_off_the_suppression_list(stack: str) -> None:
    """EM-N5: a person does, on its owner's recorded request; no program of ours holds the right."""
    rights = [
        (one.name, statement)
        for one in as_configured(stack).graph.nodes
        if one.type.startswith("aws:iam/") and "policy" in one.inputs
        for statement in json.loads(one.inputs["policy"])["Statement"]
    ]
    assert any("ses:SendEmail" in statement["Action"] for _, statement in rights), "rights were really read"
    for name, statement in rights:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        allowed = [one for one in actions if fnmatch("ses:DeleteSuppressedDestination".lower(), one.lower())]
        assert not allowed or statement["Effect"] == "Deny", (name, allowed)
