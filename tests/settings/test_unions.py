"""Choices between kinds, as later concerns have them: paths, words and schema stay those of the file."""

from typing import Annotated, Literal

import pytest
from jsonschema import Draft7Validator
from pydantic import Field

from settings import SettingsError, explain, load, schema
from settings.base import Model
from settings.errors import Problem
from settings.model import Settings
from tests.settings.documents import changed, stack_document, stack_values


class Managed(Model):
    """A database of our own."""

    kind: Literal["rds"]
    """Kind of the database."""

    retention_days: Annotated[int, Field(ge=7)] = 14
    """Days of backups."""


class External(Model):
    """A database elsewhere."""

    kind: Literal["external"]
    """Kind of the database."""

    host: str
    """Where it is."""


Choice = Annotated[Managed | External, Field(discriminator="kind")]


class Data(Model):
    """A concern with choices in a list."""

    databases: tuple[Choice, ...]
    """The databases."""


class Larger(Settings):
    """The settings with two concerns more: one has choices, one is a choice."""

    data: Data
    """The data."""

    archive: Choice = Managed(kind="rds")
    """The archive."""


@pytest.fixture
def _larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "Settings", Larger)
    monkeypatch.setattr(schema, "Settings", Larger)


CASES = [
    ({"kind": "rds", "retentionDays": 3}, "data.databases[0].retentionDays", "must be at least 7"),
    ({"kind": "rds", "host": "db"}, "data.databases[0].host", "is not a setting"),
    ({"kind": "external"}, "data.databases[0].host", "is required"),
    ({"kind": "oracle"}, "data.databases[0]", "must have 'kind' 'rds', 'external'"),
    ({"retentionDays": 8}, "data.databases[0]", "must say its 'kind'"),
    (7, "data.databases[0]", "must be a mapping"),
]
DEV = changed(stack_values("dev"), "data", {"databases": []})


@pytest.mark.usefixtures("_larger")
@pytest.mark.parametrize(("entry", "path", "rule"), CASES, ids=[rule for *_, rule in CASES])
def test_a_fault_inside_a_choice_is_reported_at_the_key_in_the_file(
    entry: object, path: str, rule: str
) -> None:
    values = changed(DEV, "data.databases", [entry])
    with pytest.raises(SettingsError) as caught:
        load("dev", values, source="Pulumi.dev.yaml")
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert (problem.path, problem.rule) == (f"jtld-platform:{path}", rule)
    assert problem.reason
    assert not Draft7Validator(schema.schema()).is_valid(stack_document(values))


@pytest.mark.usefixtures("_larger")
def test_a_fault_inside_a_concern_that_is_a_choice_is_reported_at_the_key_in_the_file() -> None:
    values = changed(DEV, "archive", {"kind": "rds", "retentionDay": 3})
    with pytest.raises(SettingsError) as caught:
        load("dev", values, source="Pulumi.dev.yaml")
    (problem,) = caught.value.problems
    assert problem.path == "jtld-platform:archive.retentionDay"
    assert problem.remedy.startswith("Write retentionDays,")


@pytest.mark.usefixtures("_larger")
@pytest.mark.parametrize("entry", [{"kind": "rds"}, {"kind": "external", "host": "db"}])
def test_each_kind_is_taken(entry: object) -> None:
    values = changed(DEV, "data.databases", [entry])
    load("dev", values, source="Pulumi.dev.yaml")
    assert Draft7Validator(schema.schema()).is_valid(stack_document(values))
