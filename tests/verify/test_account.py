"""The same over a real account's protocols: what is there is read back, and so is what became of the alert (MO-7)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.verify.account import Account, AccountError, AccountSender, opened
from ops.verify.alerts import Alerts
from ops.verify.channels import Channels, NobodyElse
from ops.verify.check import Done, carry_out
from ops.verify.routing import Publishers, Routing
from tests.delivery.iam import allowed, many, statements
from tests.support.run import ROOT
from tests.verify.account import KEYS, Cloud, furnish, serving_account
from tests.verify.facts import MOTO_ACCOUNT, confirmed, deployed, wanted

PAGE = ROOT / "docs" / "operators" / "test-alerts.md"
STATED = deployed("prod", MOTO_ACCOUNT)
CRITICAL = next(
    topic.arn for topic in STATED.topics if (topic.region, topic.route) == ("us-east-1", "critical")
)


@dataclass
class Clock:
    """Time that passes only while somebody waits."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    slept: float = 0

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The account as prod's first deployment, and people who confirmed, have left it."""
    with serving_account() as served:
        furnish(served, confirmed(STATED))
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


def verified(cloud: Cloud, clock: Clock | None = None) -> dict[str, Done]:
    clock = clock or Clock()
    account = Account(session=cloud.session(), id=MOTO_ACCOUNT)
    world, channels = account.observe(STATED), wanted("prod")
    sender = AccountSender(account=account, patience_seconds=120, now=clock.now, sleep=clock.sleep)
    done = carry_out(
        [
            Routing(world=world),
            Publishers(world=world),
            Channels(world=world, wanted=channels),
            NobodyElse(world=world, wanted=channels),
            Alerts(world=world, wanted=channels, sender=sender),
        ]
    )
    return {one.check.id: one for one in done}


def wrong(done: dict[str, Done]) -> set[str]:
    return {id_ for id_, one in done.items() if not one.holds}


def test_a_test_alert_is_sent_and_its_delivery_read_back(cloud: Cloud) -> None:
    """MO-7: the alarm's history and the topic's counts prove it, in each region."""
    done = verified(cloud)
    assert wrong(done) == set()
    proofs = {finding.proof for finding in done["test-alerts"].findings}
    assert proofs == {
        "CloudWatch ran the action; SNS counts 2 of 2 deliveries, 0 failed",
        "CloudWatch ran the action; SNS counts 3 of 3 deliveries, 0 failed",
    }
    assert len(cloud.actions) == len(STATED.tests) == 6
    assert all("alerting-" in name for name in cloud.actions), "no alarm that watches anything was set"


def test_what_cloudwatch_may_not_publish_is_lost_and_said(cloud: Cloud) -> None:
    """MO-7: a message published by hand would have arrived, and nobody would know."""
    cloud.refusing.add(CRITICAL)
    done = verified(cloud)
    assert wrong(done) == {"test-alerts"}
    lost = [finding for finding in done["test-alerts"].findings if not finding.holds]
    assert {finding.cells[1:3] for finding in lost} == {("critical", "us-east-1")}
    assert all("is not authorized" in finding.proof for finding in lost)


def test_a_delivery_that_fails_is_lost_and_said(cloud: Cloud) -> None:
    cloud.losing.add(CRITICAL)
    lost = [finding for finding in verified(cloud)["test-alerts"].findings if not finding.holds]
    assert {finding.cells[0] for finding in lost} == {"e-mail", "Slack", "PagerDuty"}
    assert all(finding.proof == "SNS counts 2 of 3 deliveries, 1 failed" for finding in lost)


def test_counts_that_never_come_are_waited_for_and_no_longer(cloud: Cloud) -> None:
    """MO-7: SNS tries an address that does not answer for an hour before it counts a failure."""
    cloud.slow.add(CRITICAL)
    clock = Clock()
    lost = [finding for finding in verified(cloud, clock)["test-alerts"].findings if not finding.holds]
    assert len(lost) == 3
    assert all("0 of 3 deliveries, 0 failed after 2 minutes" in finding.proof for finding in lost)
    assert 120 <= clock.slept < 150


def test_an_alarm_that_was_on_already_calls_nobody_and_says_so(cloud: Cloud) -> None:
    verified(cloud)
    cloud.actions.clear()
    lost = verified(cloud)["test-alerts"].findings
    assert {finding.proof for finding in lost} == {
        "CloudWatch has run no action: was the alarm on already? Try again in two minutes"
    }


def test_what_the_account_has_counts_and_not_what_the_state_says(cloud: Cloud) -> None:
    """A subscription that somebody deleted, a topic opened to nobody, a Slack channel switched off."""
    sns = boto3.client("sns", region_name="us-east-1", endpoint_url=cloud.url, **KEYS)
    (pager,) = (
        one["SubscriptionArn"]
        for one in sns.list_subscriptions_by_topic(TopicArn=CRITICAL)["Subscriptions"]
        if "pagerduty" in one["Endpoint"]
    )
    sns.unsubscribe(SubscriptionArn=pager)
    sns.set_topic_attributes(
        TopicArn=CRITICAL,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )
    cloud.slack[0]["State"] = "DISABLED"
    done = verified(cloud)
    assert wrong(done) == {"publishers", "channels", "test-alerts"}
    missed = {finding.cells[0] for finding in done["channels"].findings if not finding.holds}
    assert missed == {"Slack", "PagerDuty"}
    assert [finding.cells for finding in done["publishers"].findings if not finding.holds] == [
        ("cloudwatch", "critical", "us-east-1")
    ]


def test_an_alarm_and_a_topic_that_are_gone_are_missed(cloud: Cloud) -> None:
    gone = next(alarm for alarm in STATED.tests if alarm.actions == (CRITICAL,))
    boto3.client("cloudwatch", region_name="us-east-1", endpoint_url=cloud.url, **KEYS).delete_alarms(
        AlarmNames=[gone.name]
    )
    boto3.client("sns", region_name="ca-west-1", endpoint_url=cloud.url, **KEYS).delete_topic(
        TopicArn=next(topic.arn for topic in STATED.topics if topic.region == "ca-west-1")
    )
    found = {
        finding.cells[2]: finding.proof
        for finding in verified(cloud)["test-alerts"].findings
        if not finding.holds
    }
    assert found.keys() == {"us-east-1", "ca-west-1"}


def test_the_rights_on_the_page_are_those_that_it_takes(cloud: Cloud) -> None:
    """MO-7, DL-1: what was asked is allowed, and nothing else is."""
    written = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert written
    held = statements(written[1])
    verified(cloud)
    asked = set(cloud.asked) | {"sts:GetCallerIdentity"}
    test, other = "arn:aws:cloudwatch:us-east-1:1:alarm:{}", "jtld-prod-monitoring-site-down-1a2b3c"
    resources = {"cloudwatch:SetAlarmState": test.format(STATED.tests[0].name)}
    assert [action for action in asked if not allowed(held, action, resources.get(action, "*"))] == []
    assert not allowed(held, "cloudwatch:SetAlarmState", test.format(other)), "real alarms stay as they are"
    listed = {action for one in held for action in many(one["Action"])}
    assert listed == asked


def test_credentials_of_another_account_are_refused_before_anything_is_asked(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MO-7: nobody pages prod's people with dev's state."""
    for name, value in {"AWS_ACCESS_KEY_ID": "stand-in", "AWS_SECRET_ACCESS_KEY": "stand-in"}.items():
        monkeypatch.setenv(name, value)
    assert opened(MOTO_ACCOUNT).id == MOTO_ACCOUNT
    exported = tmp_path / "prod.json"
    exported.write_text(json.dumps({"deployment": {"resources": []}}))
    ended = CliRunner().invoke(app, ["verify", "prod", "--alerts", "--json", "--state", str(exported)])
    assert ended.exit_code == 1
    assert f"these credentials open the account {MOTO_ACCOUNT}, the stack's is 333333333333" in ended.stderr
    assert json.loads(ended.stdout)["checks"] == []
    assert cloud.actions == {}


def test_a_refusal_of_aws_names_the_page_with_the_rights(cloud: Cloud) -> None:
    account = Account(session=cloud.session(), id=MOTO_ACCOUNT)
    nowhere = replace(STATED.tests[0], name="jtld-prod-no-such-alarm")
    sender = AccountSender(account=account, patience_seconds=1)
    with pytest.raises(AccountError, match=r"docs/operators/test-alerts\.md"):
        sender.send({STATED.topics[0]: nowhere})
