"""MO-4: what Grafana's settings refuse, one bad value for each rule."""

from typing import Any

import pytest

from settings import load
from settings.secrets import SECRETS
from tests.grafana.example import OWN, values
from tests.settings.documents import STACKS, changed, problems, stack_document, stack_values
from tests.settings.rules import SCHEMA

ROWS = [
    ("DL-N3: the token in the clear", "url", "http://grafana.example.com", "https://"),
    ("DL-N3: a user in the address", "url", "https://admin@grafana.example.com", "without user"),
    ("a slash at the end", "url", "https://grafana.example.com/", "without a slash"),
    ("an address of one dashboard", "url", "https://grafana.example.com/d/x?orgId=1", "query"),
    ("a folder without a name", "folder", "", "1 to 128"),
    ("HO-6: an external id of one sign", "reader.externalId", "7", "external id of IAM"),
    ("HO-6: an external id with a blank", "reader.externalId", "our id", "external id of IAM"),
]


@pytest.mark.parametrize(("sentence", "key", "value", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_bad_value_is_refused_by_its_rule_alone(sentence: str, key: str, value: Any, rule: str) -> None:
    (found,) = problems("prod", changed(values(), f"grafana.{key}", value))
    assert found.path == f"jtld-platform:grafana.{key}", sentence
    assert rule in found.rule
    assert found.reason
    assert found.remedy


@pytest.mark.parametrize("key", ["accessKey", "secretKey", "token"])
def test_there_is_no_place_for_a_key(key: str) -> None:
    """HO-6, DL-N3: Grafana reads by a role."""
    (found,) = problems("prod", changed(values(), f"grafana.reader.{key}", "x" * 20))
    assert found.path == f"jtld-platform:grafana.reader.{key}"


def test_a_grafana_of_our_own_is_named_by_its_role() -> None:
    """HO-6: an account alone would let everything in it read."""
    assert problems("prod", changed(values(), "grafana.reader", OWN)) == ()
    account = OWN | {"roleArn": "arn:aws:iam::444444444444:root"}
    (found,) = problems("prod", changed(values(), "grafana.reader", account))
    assert found.path == "jtld-platform:grafana.reader.roleArn"
    assert "ARN of an IAM role" in found.rule


def test_without_the_date_of_its_token_there_is_no_grafana() -> None:
    """TP-2: a key without a date is a key for ever; TP-1: a service that nobody lists has no owner."""
    unlisted = stack_values("prod") | {"grafana": values()["grafana"]}
    (found,) = problems("prod", unlisted)
    assert found.path == "jtld-platform:thirdParty.services"
    assert "grafana with the credential grafanaToken" in found.rule
    assert "rotatedOn" in found.remedy

    (undated,) = problems("prod", changed(values(), "thirdParty.services.9.credentials", []))
    assert (undated.path, undated.rule) == (found.path, found.rule)


@pytest.mark.parametrize("stack", STACKS)
def test_the_examples_of_the_page_are_taken_and_nobody_has_to_have_them(stack: str) -> None:
    token = SECRETS["grafanaToken"]
    without = load(stack, stack_values(stack), source="a test")
    assert without.grafana is None
    assert not token.required(without)
    assert problems(stack, values(stack)) == ()
    assert SCHEMA.is_valid(stack_document(values(stack)))
    assert token.required(load(stack, values(stack), source="a test"))
    assert token.pattern.fullmatch(token.stand_in())
