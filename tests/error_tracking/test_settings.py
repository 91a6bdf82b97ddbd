"""MO-7: what Sentry's settings refuse, one bad value for each rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from settings import load
from settings.secrets import SECRETS
from tests.error_tracking.example import example, values
from tests.settings.documents import STACKS, changed, problems, stack_document, stack_values
from tests.settings.rules import SCHEMA

TOMORROW = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()

ROWS = [
    ("an organisation's name", "organization", "JTLD Consulting", "slug of Sentry"),
    ("a number as slug, which Sentry takes for an id", "project", "4501", "not digits alone"),
    ("a team by its handle", "team", "#web", "slug of Sentry"),
    ("another platform", "platform", "python", "javascript-nextjs"),
    ("an alert on nothing", "errorRate.errors", 0, "at least 1"),
    ("a time that Sentry does not count", "errorRate.minutes", 45, "30"),
    ("a channel by its id", "slack.channel", "C0123456789", "match"),
    ("PIPEDA: scrubbing that somebody will switch on", "scrubbingRequiredOn", TOMORROW, "in the future"),
    ("PIPEDA: scrubbing without a day", "scrubbingRequiredOn", True, "YYYY-MM-DD"),
]


@pytest.mark.parametrize(("sentence", "key", "value", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_bad_value_is_refused_by_its_rule_alone(sentence: str, key: str, value: Any, rule: str) -> None:
    (found,) = problems("prod", changed(values(), f"errorTracking.{key}", value))
    assert found.path == f"jtld-platform:errorTracking.{key}", sentence
    assert rule in found.rule
    assert found.reason
    assert found.remedy


def test_without_the_day_of_the_scrubbing_rules_there_is_no_project() -> None:
    """PIPEDA, MO-N5: the provider cannot switch them, so somebody answers for them."""
    untold = {key: value for key, value in example().items() if key != "scrubbingRequiredOn"}
    (found,) = problems("prod", values() | {"errorTracking": untold})
    assert found.path == "jtld-platform:errorTracking.scrubbingRequiredOn"


@pytest.mark.parametrize("stack", STACKS)
def test_the_application_has_one_address_for_errors(stack: str) -> None:
    """MO-7: a variable written by hand and the project's own would be two."""
    own = stack_values(stack)["hosting"]["variables"]
    (found,) = problems(stack, changed(values(stack), "hosting.variables", own))
    assert found.path == "jtld-platform:hosting.variables"
    assert "SENTRY_DSN" in found.rule


def test_without_the_date_of_its_token_there_is_no_project() -> None:
    """TP-2: a key without a date is a key for ever."""
    undated = changed(values(), "thirdParty", stack_values("prod")["thirdParty"])
    (found,) = problems("prod", undated)
    assert found.path == "jtld-platform:thirdParty.services"
    assert "sentry with the credential sentryApiToken" in found.rule


@pytest.mark.parametrize("stack", STACKS)
def test_the_example_of_the_page_is_taken_and_nobody_has_to_have_it(stack: str) -> None:
    token = SECRETS["sentryApiToken"]
    without = load(stack, stack_values(stack), source="a test")
    assert without.error_tracking is None
    assert not token.required(without)
    assert problems(stack, values(stack)) == ()
    assert SCHEMA.is_valid(stack_document(values(stack)))
    assert token.required(load(stack, values(stack), source="a test"))
