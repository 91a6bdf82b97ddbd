"""The templates of contracts."""

import re
from typing import Any

import pytest

from sandbox.conditions import same
from sandbox.entropy import Entropy
from sandbox.templates import ABSENT, Situation, is_fresh, render
from sandbox.values import UNKNOWN, Secret

PROPERTIES = {
    "name": "Jobs",
    "port": 5432,
    "none": None,
    "unknown": UNKNOWN,
    "secret": Secret("canary"),
    "nested": {"deep": ["a", "b"]},
    "names": ["x.test", "*.x.test", "x.test"],
    "block": "10.0.0.0/28",
    "arn": "arn:aws:s3:::files",
    "json": '{"uid": "one"}',
}


@pytest.fixture
def situation() -> Situation:
    constants = {
        "region": "ca-central-1",
        "name": "constant",
        "zones": [{"name": "ca-central-1a", "id": "z1"}],
    }
    return Situation(
        properties=PROPERTIES,
        constants=constants,
        entropy=Entropy(1),
        follow=lambda value, path, attribute: f"{path}={value}.{attribute}",
        judge=lambda condition: same(PROPERTIES.get(condition["path"]), condition["equals"]),
    )


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{name}-{port}", "Jobs-5432"),
        ("{port}", 5432),
        ("{nested.deep}", ["a", "b"]),
        ("{nested.deep[1]}", "b"),
        ("{nested.deep[*]}", ["a", "b"]),
        ("{missing}", ABSENT),
        ("a-{missing}", ABSENT),
        ("{none}", ABSENT),
        ("{missing|name}", "Jobs"),
        ("{missing|'text'}", "text"),
        ("{missing|true}", True),
        ("{unknown}", UNKNOWN),
        ("a-{unknown}", UNKNOWN),
        ("{unknown.inside}", UNKNOWN),
        ("a-{secret}", Secret("a-canary")),
        ("{upper(secret)}", Secret("CANARY")),
        ("{lower(name)}.{region}", "jobs.ca-central-1"),
        ("{tail(arn)}", "files"),
        ("{service(arn)}", "s3"),
        ("{replace(region, '-', '')}", "cacentral1"),
        ("{join(nested.deep, '+')}", "a+b"),
        ("{member(json, 'uid')}", "one"),
        ("{member(json, 'other')}", ABSENT),
        ("{length(nested.deep)}", 2),
        ("{zoneId('ca-central-1a')}", "z1"),
        ("{name>arn}", "name=Jobs.arn"),
        ("${literal}", "${literal}"),
        ({"a": "{port}", "b": "{missing}"}, {"a": 5432}),
        ({"$each": ["names[*]", "missing"], "$value": "{base(item)}"}, ["x.test", "x.test"]),
        ({"$byRegion": {"ca-central-1": "here", "us-east-1": "there"}}, "here"),
        ({"$if": {"path": "port", "equals": 5432}, "$then": "yes", "$else": "no"}, "yes"),
        ({"$if": {"path": "port", "equals": 1}, "$then": "yes"}, ABSENT),
        ({"$json": {"port": "{port}"}}, '{"port": 5432}'),
        ({"$json": {"s": "{secret}"}}, Secret('{"s": "canary"}')),
        ({"$table": {"key": "{name}", "rows": {"Jobs": {"n": 1}}}}, {"n": 1}),
    ],
)
def test_a_template_yields_what_it_is_made_of(situation: Situation, template: Any, value: Any) -> None:
    assert render(template, situation) == value


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("vpc-{hex:17}", r"vpc-[0-9a-f]{17}"),
        ("{digits:12}", r"[1-9]\d{11}"),
        ("{ALNUM:14}", r"[A-Z0-9]{14}"),
        ("{uuid}", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-.*"),
        ("{now}", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("{ipv4(block)}", r"10\.0\.0\.([4-9]|1[0-4])"),
        ("{ipv4}", r"15\.\d+\.\d+\.\d+"),
    ],
)
def test_fresh_values_have_their_form_and_are_known_to_be_fresh(
    situation: Situation, template: str, form: str
) -> None:
    assert re.fullmatch(form, render(template, situation))
    assert is_fresh(template)
    assert not is_fresh("{name}")


def test_an_unknown_row_and_an_unknown_transformation_are_errors(situation: Situation) -> None:
    with pytest.raises(LookupError, match="no Jobs here"):
        render({"$table": {"key": "{name}", "rows": {}, "error": "no {value} here"}}, situation)
    with pytest.raises(ValueError, match=r"know no rot13\(\)"):
        render("{rot13(name)}", situation)
