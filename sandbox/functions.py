"""Invokes: constants, computed values, and lookups in the cloud."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import paths
from sandbox.checks import ShapeCheck
from sandbox.cloud import Stored
from sandbox.contracts import Contract, Function
from sandbox.contracts.model import Lookup
from sandbox.documents import policy_document
from sandbox.kinds import Kind
from sandbox.rules import violations
from sandbox.shapes import Shape
from sandbox.surroundings import Surroundings
from sandbox.templates import ABSENT, render
from sandbox.values import has_unknown, reveal


def kind_of(shape: Shape) -> Kind:
    """Return a function as a kind without rules of its own, so that arguments are judged like inputs."""
    return Kind(token=shape.token, shape=shape, contract=Contract(id="-"), framework="sdk")


def invoke(function: Function, arguments: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """Return a function's result; raises LookupError when the arguments are refused or nothing is found."""
    shape, place = around.kind.shape, around.place
    check = ShapeCheck(shape)
    given = check.check(arguments)
    failures = [*check.failures, *violations(function.validations, given, around)]
    if failures:
        raise LookupError("; ".join(f"{failure.property}: {failure.reason}" for failure in failures))
    properties = {"region": place.region, **given}
    situation = around.about(properties)
    result: dict[str, Any] = {name: value for name, value in properties.items() if name in shape.outputs}
    if function.document:
        result |= policy_document(reveal(given))
    if function.lookup is not None:
        found = list(_matches(function.lookup, given, around))
        if function.lookup.many:
            situation = situation.where(found=[stored.outputs for stored in found])
        else:
            if len(found) != 1:
                many = (
                    "multiple resources matched; use additional constraints to reduce matches to a single one"
                )
                raise LookupError(many if found else around.explain(function.lookup.error, given, None))
            situation = situation.where(found=found[0].outputs)
            result = {
                name: value for name, value in found[0].outputs.items() if name in shape.outputs
            } | result
    outputs = dict(function.outputs)
    if "$table" in outputs:
        row = render({"$table": outputs.pop("$table")}, situation)
        result |= row
        situation = situation.where(**row)
    result |= {name: value for name, value in render(outputs, situation).items() if value is not ABSENT}
    result.setdefault("id", place.region or shape.token)
    return {name: value for name, value in result.items() if name in shape.outputs}


def _matches(lookup: Lookup, arguments: Mapping[str, Any], around: Surroundings) -> Iterator[Stored]:
    wanted = {
        name: reveal(arguments[argument]) for argument, name in lookup.by.items() if argument in arguments
    }
    for stored in around.living(lookup.type):
        if stored.region not in (around.place.region, "global", ""):
            continue
        seen = reveal({**stored.outputs, "id": stored.told_id})
        by_name = all(_equal(paths.first(seen, name), value) for name, value in wanted.items())
        if by_name and all(_passes(lookup, one, seen) for one in reveal(arguments.get("filters") or [])):
            yield stored


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        return all(value.get(key) == item for key, item in wanted.items())
    return not has_unknown(wanted) and bool(value == wanted)


def _passes(lookup: Lookup, one: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    name = str(one["name"])
    if name.startswith("tag:"):
        return (seen.get("tagsAll") or {}).get(name.removeprefix("tag:")) in one["values"]
    if name not in lookup.filters:
        raise LookupError(f"InvalidParameterValue: The filter '{name}' is invalid")
    return any(value in one["values"] for _, value in paths.select(seen, paths.parse(lookup.filters[name])))
