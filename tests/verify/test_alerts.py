"""`./jtld verify --alerts`: what is found where all is well, and that each way to lose an alert is noticed (MO-7)."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from components.severity import ROUTES
from ops.verify.alerts import Alerts, SandboxSender
from ops.verify.channels import Channels, NobodyElse, channels
from ops.verify.check import Check, Done, Finding, carry_out, write_junit
from ops.verify.permissions import admits
from ops.verify.routing import Publishers, Routing
from ops.verify.world import Subscription, Topic, World
from settings.alerting import AlertingSettings, Sms
from tests.support import STACKS
from tests.verify.facts import change, change_alarms, confirmed, deployed, wanted

REGIONS = ["ca-central-1", "ca-west-1", "us-east-1"]


def checks(world: World, stack: str = "prod") -> list[Check]:
    return [
        Routing(world=world),
        Publishers(world=world),
        Channels(world=world, wanted=wanted(stack)),
        NobodyElse(world=world, wanted=wanted(stack)),
        Alerts(world=world, wanted=wanted(stack), sender=SandboxSender(world=world)),
    ]


def wrong(done: Iterable[Done]) -> dict[str, list[Finding]]:
    return {one.check.id: [f for f in one.findings if not f.holds] for one in done if not one.holds}


@pytest.mark.parametrize("stack", STACKS)
def test_a_test_alert_reaches_every_channel_once_people_have_confirmed(stack: str) -> None:
    """MO-7, MO-2: in each region that has topics, the critical one through the pager as well."""
    world = confirmed(deployed(stack))
    done = carry_out(checks(world, stack))
    assert wrong(done) == {}
    (alerts,) = (one for one in done if one.check.id == "test-alerts")
    reached = [finding.cells[:3] for finding in alerts.findings]
    everybody = ["e-mail", *(["Slack"] if stack != "dev" else [])]
    pager = ["PagerDuty"] if stack == "prod" else []
    assert sorted(reached) == sorted(
        (kind, severity, region)
        for region in REGIONS
        for severity, kinds in (("critical", [*everybody, *pager]), ("all", everybody))
        for kind in kinds
    )


def test_before_that_the_mailbox_is_told_to_confirm_and_the_rest_is_reached() -> None:
    """MO-7: the subscription of a mailbox is nothing until its reader has followed the link."""
    found = wrong(carry_out(checks(deployed("prod"))))
    assert found.keys() == {"channels", "test-alerts"}
    for finding in found["test-alerts"]:
        assert (finding.cells[0], finding.cells[3]) == ("e-mail", "nobody")
        assert finding.proof == "the subscription waits to be confirmed"
        assert "./jtld sandbox confirm" in finding.remedy
    assert len(found["test-alerts"]) == len(REGIONS) * len(ROUTES)


def topic_of(region: str, route: str, how: Callable[[Topic], Topic]) -> Callable[[World], World]:
    return lambda world: change(
        world, lambda topic: how(topic) if (topic.region, topic.route) == (region, route) else topic
    )


def without(protocol: str) -> Callable[[Topic], Topic]:
    return lambda topic: replace(
        topic, subscriptions=tuple(one for one in topic.subscriptions if one.protocol != protocol)
    )


def filtered(topic: Topic) -> Topic:
    return replace(topic, subscriptions=tuple(replace(one, filtered=True) for one in topic.subscriptions))


def with_a_stranger(topic: Topic) -> Topic:
    stranger = Subscription(protocol="https", endpoint="https://collector.example.com/", confirmed=True)
    return replace(topic, subscriptions=(*topic.subscriptions, stranger))


def paging_everybody(world: World) -> World:
    """The pager subscribed to the topic that every alarm speaks to (MO-N2)."""
    critical = world.topic("ca-central-1", "critical")
    assert critical is not None
    pager = next(one for one in critical.subscriptions if "pagerduty" in one.endpoint)
    return topic_of(
        "ca-central-1",
        "routine",
        lambda topic: replace(topic, subscriptions=(*topic.subscriptions, pager)),
    )(world)


def keyless(topic: Topic) -> Topic:
    return replace(
        topic, key_policy=topic.key_policy.replace("cloudwatch.amazonaws.com", "sqs.amazonaws.com")
    )


def closed(service: str) -> Callable[[Topic], Topic]:
    return lambda topic: replace(
        topic, policy=topic.policy.replace(f'"{service}.amazonaws.com"', '"sqs.amazonaws.com"')
    )


def of_a_stranger_s_account(topic: Topic) -> Topic:
    return replace(topic, policy=topic.policy.replace("333333333333", "999999999999"))


def silenced(part: str, **changes: Any) -> Callable[[World], World]:
    return lambda world: change_alarms(
        world, lambda alarm: replace(alarm, **changes) if part in alarm.name else alarm
    )


def without_test_alarms(world: World) -> World:
    return replace(world, alarms=world.watching)


LOST = {
    "the pager's subscription is gone": (
        topic_of("us-east-1", "critical", without("https")),
        {"channels", "test-alerts"},
        ("PagerDuty", "critical", "us-east-1"),
    ),
    "a filter drops what has no attributes": (
        topic_of("ca-west-1", "routine", filtered),
        {"channels", "test-alerts"},
        ("e-mail", "all", "ca-west-1"),
    ),
    "Slack's configuration names the topic no more": (
        topic_of("ca-central-1", "routine", lambda topic: replace(topic, slack=False)),
        {"channels", "test-alerts"},
        ("Slack", "all", "ca-central-1"),
    ),
    "the key admits CloudWatch no more": (
        topic_of("ca-central-1", "critical", keyless),
        {"publishers", "test-alerts"},
        ("PagerDuty", "critical", "ca-central-1"),
    ),
    "the topic admits CloudWatch no more": (
        topic_of("ca-central-1", "routine", closed("cloudwatch")),
        {"publishers", "test-alerts"},
        ("e-mail", "all", "ca-central-1"),
    ),
    "the topic admits another account's services": (
        topic_of("ca-central-1", "routine", of_a_stranger_s_account),
        {"publishers", "test-alerts"},
        ("Slack", "all", "ca-central-1"),
    ),
    "the topic admits EventBridge no more": (
        topic_of("ca-central-1", "routine", closed("events")),
        {"publishers"},
        ("events", "routine", "ca-central-1"),
    ),
    "the topic admits the bills no more": (
        topic_of("us-east-1", "routine", closed("budgets")),
        {"publishers"},
        ("budgets", "routine", "us-east-1"),
    ),
    "a topic was deleted": (
        lambda world: replace(
            world, topics=tuple(one for one in world.topics if one.name.find("-edge-critical") < 0)
        ),
        {"routing", "publishers", "channels", "test-alerts"},
        ("PagerDuty", "critical", "us-east-1"),
    ),
    "the page is switched off": (
        silenced("edge-page", enabled=False),
        {"routing"},
        ("critical", "us-east-1", None),
    ),
    "an alarm speaks to nobody": (
        silenced("storage-size", actions=()),
        {"routing"},
        ("low", "ca-central-1", None),
    ),
    "a critical alarm is not in the page": (
        silenced("-edge-page", rule='ALARM("another")'),
        {"routing"},
        ("critical", "us-east-1", None),
    ),
    "a test alarm is switched off": (
        silenced("alerting-critical-test", enabled=False),
        {"test-alerts"},
        ("PagerDuty", "critical", "ca-central-1"),
    ),
    "there are no test alarms yet": (
        without_test_alarms,
        {"test-alerts"},
        ("e-mail", "critical", "ca-central-1"),
    ),
    "a stranger listens": (
        topic_of("ca-central-1", "routine", with_a_stranger),
        {"listeners"},
        ("routine", "ca-central-1", None),
    ),
    "every alarm calls the pager": (paging_everybody, {"listeners"}, ("routine", "ca-central-1", None)),
}


@pytest.mark.parametrize("how", LOST)
def test_every_way_to_lose_an_alert_is_noticed_and_has_a_way_out(how: str) -> None:
    """MO-7, MO-N4."""
    breaks, failing, example = LOST[how]
    found = wrong(carry_out(checks(breaks(confirmed(deployed("prod"))))))
    assert found.keys() == failing
    everything = [finding for findings in found.values() for finding in findings]
    assert any(
        all(cell in {None, given} for cell, given in zip(example, finding.cells, strict=False))
        for finding in everything
    ), everything
    assert all(finding.remedy and finding.proof for finding in everything)


def test_telephones_are_channels_of_their_own_and_told_by_their_last_digits() -> None:
    """MO-2, MO-N5: one number that is not subscribed is missed, and no number is shown."""
    numbers = ("+15145550100", "+15145550123")
    own = channels(AlertingSettings(pager=Sms(kind="sms", numbers=numbers)))
    heard = Subscription(protocol="sms", endpoint=numbers[0], confirmed=True)
    world = topic_of(
        "ca-central-1", "critical", lambda topic: replace(topic, subscriptions=(*topic.subscriptions, heard))
    )(confirmed(deployed("dev")))
    found = [one for one in Channels(world=world, wanted=own).findings() if one.cells[0] == "SMS"]
    here = {one.cells[3]: one.holds for one in found if one.cells[2] == "ca-central-1"}
    assert here == {"…00": True, "…23": False}
    assert not [one for one in found if any(number in str(one) for number in numbers)]


def test_no_pager_key_and_no_telephone_stands_in_what_is_told() -> None:
    """HO-N1: the address of PagerDuty's integration holds its key."""
    world = confirmed(deployed("prod"))
    key = next(
        one.endpoint.split("/")[-2]
        for topic in world.topics
        for one in topic.subscriptions
        if "pagerduty" in one.endpoint
    )
    broken = paging_everybody(change(world, with_a_stranger))
    told = json.dumps([one.document() for one in carry_out([*checks(world), *checks(broken)])])
    assert key not in told
    assert "ops@jtldconsulting.com" in told


def test_findings_are_told_as_json_and_as_junit(tmp_path: Path) -> None:
    done = carry_out(checks(deployed("prod")))
    (alerts,) = (one.document() for one in done if one.check.id == "test-alerts")
    assert alerts["requirements"] == ["MO-7"]
    assert alerts["holds"] is False
    assert alerts["findings"][0].keys() == {
        *("channel", "severity", "region", "delivered_to", "holds", "proof", "remedy")
    }
    write_junit(done, tmp_path / "verify.xml")
    suites = ET.parse(tmp_path / "verify.xml").getroot()  # noqa: S314 our own file
    assert [suite.get("failures") for suite in suites] == ["0", "0", "6", "0", "6"]
    assert len(suites.findall("testsuite/testcase")) == sum(len(one.findings) for one in done)


def test_a_check_that_found_nothing_to_look_at_has_shown_nothing() -> None:
    nothing = replace(deployed("prod"), topics=(), alarms=(), publishers=(), regions=())
    assert not any(one.holds for one in carry_out(checks(nothing)))


CONTEXT = {"aws:sourceaccount": "1", "aws:securetransport": "true"}
LET_IN = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([LET_IN], True),
        ([LET_IN | {"Action": ["SNS:*"]}], True),
        ([LET_IN | {"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}], True),
        ([LET_IN | {"Condition": {"StringEquals": {"aws:SourceAccount": "2"}}}], False),
        ([LET_IN | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc"}}}], False),
        ([LET_IN | {"Condition": {"DateLessThan": {"aws:SourceAccount": "1"}}}], False),
        ([LET_IN | {"Principal": {"Service": "sqs.amazonaws.com"}}], False),
        ([LET_IN, {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish"}], False),
        ([LET_IN, {"Effect": "Deny", "Principal": "*", "NotAction": "sns:Subscribe"}], False),
        (
            [
                LET_IN,
                {
                    "Effect": "Deny",
                    "Principal": {"AWS": "*"},
                    "Action": "sns:Publish",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
            True,
        ),
        ([], False),
    ],
)
def test_a_policy_is_read_as_aws_reads_it(statements: list[dict[str, Any]], *, expected: bool) -> None:
    """A denial wins, and what this reader cannot judge admits nobody."""
    document = json.dumps({"Statement": statements})
    assert admits(document, "events", ("sns:Publish",), CONTEXT) is expected
    assert admits("", "events", ("sns:Publish",), CONTEXT) is False
