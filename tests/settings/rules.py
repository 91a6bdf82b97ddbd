"""Rows of rule tables: one bad value, and what it must meet. Each concern has its own table in a test file."""

from typing import Any, NamedTuple

from jsonschema import Draft7Validator

from settings.schema import schema
from tests.settings.documents import changed, problems, stack_document, stack_values

SCHEMA = Draft7Validator(schema())


class Bad(NamedTuple):
    """A sentence, the stack, the key, the bad value, words of the rule that objects; `at` if it objects elsewhere."""

    sentence: str
    stack: str
    key: str
    value: Any
    rule: str
    at: str = ""
    structural: bool = True


def between(*row: Any, at: str = "") -> Bad:
    """Return a row that no schema can catch: a rule between values, or about their meaning."""
    return Bad(*row, at=at, structural=False)


def refused_by_its_rule_alone(row: Bad) -> None:
    """Assert that exactly the row's rule objects, at exactly its key, with a reason and a way out."""
    found = problems(row.stack, changed(stack_values(row.stack), row.key, row.value))
    written = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in row.key.split("."))
    assert [problem.path for problem in found] == ["jtld-platform:" + (row.at or written.removeprefix("."))]
    assert row.rule in found[0].rule
    assert found[0].reason
    assert found[0].remedy


def judged_by_the_schema_as_marked(row: Bad) -> None:
    """Assert that the schema refuses what is wrong by its form, and that only the rest is marked as beyond it."""
    document = stack_document(changed(stack_values(row.stack), row.key, row.value))
    assert SCHEMA.is_valid(document) is not row.structural


def taken(stack: str, key: str, value: Any) -> None:
    """Assert that models and schema both take `value` at `key`."""
    values = changed(stack_values(stack), key, value)
    assert problems(stack, values) == ()
    assert SCHEMA.is_valid(stack_document(values))
