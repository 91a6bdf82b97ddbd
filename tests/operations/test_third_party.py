"""Budgets, keys, checks of others, and the calendar (TP)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from components.alarms import Expression
from components.third_party import COST_METRIC, PLAN_METRIC
from ops.calendar import calendar, events
from ops.services import PAGE, current
from services.status.names import METRIC, NAMESPACE
from settings import load_stack_file
from settings.secrets import SECRETS
from settings.services import SERVICES
from tests.program.alarms import declared
from tests.settings.documents import changed, problems, stack_values
from tests.support import STACKS, as_configured
from tests.support.run import ROOT

BUDGET = "aws:budgets/budget:Budget"
TODAY = date(2026, 11, 22)
PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")


@pytest.mark.parametrize("stack", STACKS)
def test_the_account_has_a_budget_that_tells_at_80_and_120_percent(stack: str) -> None:
    """TP-4."""
    built = as_configured(stack)
    budget = built.graph.one(BUDGET).inputs
    expected = built.value.settings.third_party.subscription("aws").monthly_dollars
    assert (budget["timeUnit"], float(budget["limitAmount"])) == ("MONTHLY", expected)
    notices = {(one["notificationType"], one["threshold"]) for one in budget["notifications"]}
    assert notices == {("ACTUAL", 80), ("FORECASTED", 100), ("ACTUAL", 120)}
    topic = built.graph.one("aws:sns/topic:Topic", "edge-routine").outputs["arn"]
    assert all(one["subscriberSnsTopicArns"] == [topic] for one in budget["notifications"])


def test_unusual_costs_are_told_at_once() -> None:
    """TP-4."""
    subscription = as_configured("prod").graph.one("aws:costexplorer/anomalySubscription:AnomalySubscription")
    assert subscription.inputs["frequency"] == "IMMEDIATE"
    assert subscription.inputs["thresholdExpression"]["dimension"]["values"] == ["20"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_secret_that_a_stack_uses_is_in_the_rotation_registry(stack: str) -> None:
    """TP-2: with its service; the rules refuse a stack file without it, whichever secret it is."""
    settings = load_stack_file(ROOT / f"Pulumi.{stack}.yaml")
    used = {name for name, secret in SECRETS.items() if secret.required(settings)}
    assert used <= {key.name for key in settings.third_party.credentials}
    for name in used:
        services = [
            one | {"credentials": [key for key in one.get("credentials", ()) if key["name"] != name]}
            for one in stack_values(stack)["thirdParty"]["services"]
        ]
        (found,) = problems(stack, changed(stack_values(stack), "thirdParty.services", services))
        assert found.path == "jtld-platform:thirdParty.services"
        assert f"{SECRETS[name].service} with the credential {name}" in found.rule


def test_every_secret_says_whose_key_it_is() -> None:
    """TP-1, TP-2: but for those of a service that a stack may choose instead of AWS' own."""
    chosen = {name for name, secret in SECRETS.items() if secret.service is None}
    assert chosen == {"externalDatabaseUrl", "externalDirectUrl", "externalRedisUrl"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_key_has_an_alarm_that_rises_before_it_is_due(stack: str) -> None:
    """TP-2: evaluated as CloudWatch does, on the days around the reminder."""
    keys = as_configured(stack).value.settings.third_party.credentials
    assert keys
    for key in keys:
        source = declared(stack)[f"third-party/rotate-{key.name}"].source
        assert isinstance(source, Expression)
        since = re.fullmatch(r"IF\(EPOCH\(beat\) >= (\d+), 1, 0\)", source.expression)
        assert since
        begins = datetime.fromtimestamp(int(since[1]), UTC).date()
        (beat,) = source.metrics.values()
        assert (beat.namespace, beat.name) == (NAMESPACE, METRIC), "what is always there"
        assert begins == key.rotated_on + timedelta(days=76)
        assert begins < key.due_on == key.rotated_on + timedelta(days=90)


def test_prod_watches_every_service() -> None:
    """TP-3, TP-4: a check, its plan and its cost."""
    alarms = declared("prod")
    for service in SERVICES:
        assert f"third-party/{service.name}-down" in alarms
        watched = [alarms[f"third-party/{service.name}-{what}"].source for what in ("plan", "cost")]
        assert [one.name for one in watched] == [PLAN_METRIC, COST_METRIC]


def test_the_inventory_page_is_the_one_the_settings_give() -> None:
    """TP-1, TP-5."""
    assert PAGE.read_text(encoding="utf-8") == current(), "run: python -m ops.services"


def test_the_fallbacks_of_the_requirement_are_named() -> None:
    """TP-5: e-mail, CDN, cache and file storage."""
    fallbacks = {service.name: service.fallback for service in SERVICES}
    assert "email.provider" in fallbacks["sendgrid"]
    assert "edge.webTraffic: failOver" in fallbacks["cloudflare"]
    assert "queue" in fallbacks["aws"]
    cache = (ROOT / "docs/runbooks/cache.md").read_text(encoding="utf-8")
    assert "reads the database directly" in cache


def test_the_calendar_holds_reviews_drills_and_due_keys() -> None:
    """TP-6, BK-4, MO-7."""
    found = {event.key: event for event in events(PROD, today=TODAY)}
    assert found["review"].day == found["drill"].day == date(2027, 1, 5)
    assert found["review"].repeats == "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU"
    assert found["thresholds"].day == found["alerts"].day == date(2026, 12, 7)
    assert found["rotate-sendgridApiKey"].day == date(2027, 1, 31)
    assert all(event.day > TODAY for event in found.values())
    assert all((ROOT / "docs/runbooks" / f"{event.runbook}.md").exists() for event in found.values())


def test_the_calendar_is_one_that_programs_read() -> None:
    """TP-6: RFC 5545: CRLF, lines of at most 75 bytes, escaped commas, one stable UID an event."""
    text = calendar(PROD, today=TODAY)
    lines = text.split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in text.replace("\r\n", "")
    uids = re.findall(r"^UID:(.+)\r$", text, re.MULTILINE)
    assert len(uids) == len(set(uids)) == text.count("BEGIN:VEVENT") == text.count("END:VEVENT")
    later = calendar(PROD, today=TODAY + timedelta(days=40))
    assert re.findall(r"^UID:(.+)\r$", later, re.MULTILINE) == uids
    unfolded = text.replace("\r\n ", "")
    assert (
        "SUMMARY:prod: Quarterly drill: restore a dump\\, compare counts\\, measure against 4 hours"
        in unfolded
    )
