"""One bad value for each rule of alerting, monitoring, backup and third parties (MO, BK, TP)."""

from datetime import date, timedelta

import pytest

from settings import load_stack_file
from settings.day import today
from settings.secrets import SECRETS
from settings.services import SERVICES
from settings.third_party import Credential
from tests.settings.documents import GONE, ROOT, STACKS, stack_values
from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

# Two days, so that a run which begins before midnight and ends after it still asks for the future.
SOON = (today() + timedelta(days=2)).isoformat()
SHORT = {"dailyDays": 30, "weeklyDays": 20, "monthlyDays": 365}

OTHER_KEY = "arn:aws:kms:ca-west-1:444444444444:key/1a2b3c4d-0000-4000-8000-123456789012"


def second(**changes: str) -> dict[str, dict[str, str]]:
    """Return backup settings that name a second account."""
    account = {
        "accountId": "444444444444",
        "vault": "copies",
        "bucket": "jtld-company-dumps",
        "keyArn": OTHER_KEY,
    }
    return {"secondAccount": account | changes}


ROWS = [
    Bad("MO-2: an address with a name", "prod", "alerting.email", "Ops <ops@jtld.com>", "e-mail address"),
    Bad("MO-2: a channel by name", "prod", "alerting.slack.channelId", "#ops-alerts", "an id of Slack"),
    Bad("MO-2: an unknown pager", "prod", "alerting.pager", {"kind": "fax"}, "must", at="alerting.pager"),
    Bad(
        "MO-2: a number without its country",
        "prod",
        "alerting.pager",
        {"kind": "sms", "numbers": ["5145550100"]},
        "with its country",
        at="alerting.pager.numbers[0]",
    ),
    between(
        "MO-2: nobody woken in prod",
        "prod",
        "alerting.pager",
        {"kind": "none"},
        "pagerDuty or sms",
        at="alerting.pager.kind",
    ),
    between("MO-2: no channel in prod", "prod", "alerting.slack", GONE, "must name the channel"),
    Bad(
        "MO-N1: checks every ten minutes",
        "prod",
        "monitoring",
        {"intervalSeconds": 600},
        "10 or 30",
        at="monitoring.intervalSeconds",
    ),
    Bad(
        "MO-1: one place",
        "prod",
        "monitoring",
        {"checkerRegions": ["us-east-1"]},
        "3",
        at="monitoring.checkerRegions",
    ),
    between(
        "MO-1: one place three times",
        "dev",
        "monitoring.checkerRegions",
        ["us-east-1", "us-west-2", "us-east-1"],
        "twice",
        at="monitoring.checkerRegions[2]",
    ),
    between(
        "MO-1: an endpoint forgotten in prod",
        "prod",
        "monitoring",
        {"endpoints": [{"name": "site"}, {"name": "api", "hostLabel": "api", "path": "/health"}]},
        "/api/health",
        at="monitoring.endpoints",
    ),
    Bad(
        "MO-1: a path without slash",
        "dev",
        "monitoring.endpoints",
        [{"name": "a", "path": "health"}],
        "slash",
        at="monitoring.endpoints[0].path",
    ),
    Bad(
        "MO-1: a certificate noticed a week before",
        "prod",
        "monitoring",
        {"certificateDays": 7},
        "at least 14",
        at="monitoring.certificateDays",
    ),
    Bad(
        "MO-3: all may fail",
        "prod",
        "monitoring",
        {"traffic": {"errorPercent": 0}},
        "than 0",
        at="monitoring.traffic.errorPercent",
    ),
    between(
        "MO-8: a month of logs in prod",
        "prod",
        "monitoring",
        {"applicationLogDays": 30},
        "at least 365",
        at="monitoring.applicationLogDays",
    ),
    between(
        "MO-4: no dashboards in prod",
        "prod",
        "monitoring",
        {"dashboards": False},
        "must be true in prod",
        at="monitoring.dashboards",
    ),
    between(
        "BK-2: weeks shorter than days",
        "dev",
        "backup.retention",
        SHORT,
        "at least 30",
        at="backup.retention.weeklyDays",
    ),
    between(
        "BK-2: a short month in prod",
        "prod",
        "backup",
        {"retention": {"monthlyDays": 180}},
        "at least 365",
        at="backup.retention.monthlyDays",
    ),
    between(
        "BK-2: short recovery points in prod",
        "prod",
        "backup",
        {"snapshotDays": 14},
        "at least 35",
        at="backup.snapshotDays",
    ),
    between(
        "BK-N1: no copies in prod", "prod", "backup", {"copies": False}, "must be true", at="backup.copies"
    ),
    between(
        "BK-2: deletable in prod",
        "prod",
        "backup",
        {"lock": "none"},
        "governance or compliance",
        at="backup.lock",
    ),
    between(
        "BK-N3: untested in prod",
        "prod",
        "backup",
        {"restoreTests": False},
        "must be true",
        at="backup.restoreTests",
    ),
    Bad(
        "BK-4: nothing is too small",
        "prod",
        "backup",
        {"smallestDumpPercent": 0},
        "at least 10",
        at="backup.smallestDumpPercent",
    ),
    between(
        "BK-N1: the second account is the first",
        "prod",
        "backup",
        second(accountId="333333333333", keyArn=OTHER_KEY.replace("444444444444", "333333333333")),
        "another account",
        at="backup.secondAccount.accountId",
    ),
    between(
        "BK-N1: the copies' key is ours",
        "prod",
        "backup",
        second(keyArn=OTHER_KEY.replace("444444444444", "333333333333")),
        "a key of account 444444444444",
        at="backup.secondAccount.keyArn",
    ),
    between(
        "BK-N1: the copies' key lies abroad",
        "prod",
        "backup",
        second(keyArn=OTHER_KEY.replace("ca-west-1", "us-east-1")),
        "a key in ca-west-1",
        at="backup.secondAccount.keyArn",
    ),
    between(
        "BK-1: the dumps are their own copy",
        "prod",
        "backup",
        second(bucket="jtld-platform-dumps-prod"),
        "another bucket",
        at="backup.secondAccount.bucket",
    ),
    Bad(
        "BK-1: a bucket by its address",
        "prod",
        "backup",
        second(bucket="s3://jtld-company-dumps"),
        "name of a bucket",
        at="backup.secondAccount.bucket",
    ),
    Bad(
        "BK-N2: a key by its alias",
        "prod",
        "backup",
        second(keyArn="arn:aws:kms:ca-west-1:444444444444:alias/dumps"),
        "ARN of a KMS key",
        at="backup.secondAccount.keyArn",
    ),
    between(
        "TP-1: a service nobody lists",
        "prod",
        "thirdParty.services",
        [one for one in stack_values("prod")["thirdParty"]["services"] if one["service"] != "slack"],
        "must also list slack",
    ),
    Bad(
        "TP-1: a service nobody knows",
        "prod",
        "thirdParty.services.0.service",
        "heroku",
        "must",
        at="thirdParty.services[0].service",
    ),
    between(
        "TP-2: a key of the future",
        "prod",
        "thirdParty.services.0.credentials.0.rotatedOn",
        SOON,
        "future",
        at="thirdParty.services[0].credentials[0].rotatedOn",
    ),
    Bad(
        "TP-2: a day that is none",
        "prod",
        "thirdParty.services.0.credentials.0.rotatedOn",
        "2026-02-30",
        "YYYY-MM-DD",
        at="thirdParty.services[0].credentials[0].rotatedOn",
        structural=False,
    ),
    between(
        "TP-2: a key twice",
        "prod",
        "thirdParty.services.0.credentials.1",
        {"name": "vercelApiToken", "rotatedOn": "2026-11-02"},
        "twice",
        at="thirdParty.services[2].credentials[0].name",
    ),
    between("TP-3: nobody looks in prod", "prod", "thirdParty.watched", False, "must be true in prod"),
    Bad(
        "TP-4: a negative cost",
        "prod",
        "thirdParty.services.0.monthlyDollars",
        -1,
        "at least 0",
        at="thirdParty.services[0].monthlyDollars",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(
    ("stack", "key", "value"),
    [
        ("prod", "alerting.pager", {"kind": "sms", "numbers": ["+15145550100"]}),
        ("prod", "backup", {"lock": "compliance"}),
        ("prod", "backup", second()),
        ("staging", "monitoring.dashboards", True),
    ],
)
def test_the_other_choices_are_taken(stack: str, key: str, value: object) -> None:
    taken(stack, key, value)


def test_a_key_is_due_after_90_days_and_announced_before() -> None:
    """TP-2: the alarm leaves two weeks in which old and new key overlap."""
    key = Credential(name="sendgridApiKey", rotated_on=date(2026, 11, 2))
    assert key.due_on == date(2027, 1, 31)
    assert key.remind_on == date(2027, 1, 17)


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_secret_is_in_the_rotation_registry(stack: str) -> None:
    """TP-2: a key without a date is a key for ever."""
    settings = load_stack_file(ROOT / f"Pulumi.{stack}.yaml")
    required = {name for name, secret in SECRETS.items() if secret.required(settings)}
    assert required <= {key.name for key in settings.third_party.credentials}


def test_the_inventory_says_everything_of_every_service() -> None:
    """TP-1, TP-5: owner, limit, SLA, support, status page and fallback, none of them empty."""
    assert len({service.name for service in SERVICES}) == len(SERVICES)
    for service in SERVICES:
        assert all(value for key, value in vars(service).items() if key != "probe_contains"), service.name
        assert all(
            url.startswith("https://") for url in (service.support, service.status_page, service.probe)
        )


def test_dev_and_staging_pay_for_no_checks_of_others() -> None:
    assert stack_values("dev")["monitoring"]["endpoints"] == []
    assert not any(stack_values(stack)["thirdParty"]["watched"] for stack in ("dev", "staging"))
