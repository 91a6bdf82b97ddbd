"""Judging a contract's rules over a resource's inputs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sandbox import paths
from sandbox.checks import Failure
from sandbox.conditions import Ground, given, holds, same, values
from sandbox.contracts.parts import Condition, Rule
from sandbox.paths import Path
from sandbox.value_tests import problems
from sandbox.values import has_unknown, reveal

Broken = Iterator[tuple[Path, Any, str]]
"""where, the value, and why"""


def violations(
    rules: Sequence[Rule],
    inputs: Mapping[str, Any],
    ground: Ground,
    moment: Literal["check", "create"] = "check",
    seen: Mapping[str, Any] | None = None,
) -> Iterator[Failure]:
    """Yield every broken rule of the given moment. What is unknown passes: it is judged later.

    `seen` is `inputs` with the defaults: values are judged with them, presence without.
    """
    complete = inputs if seen is None else seen
    for rule in rules:
        if rule.moment != moment:
            continue
        for at, scope in _scopes(rule, inputs):
            whole = next((value for _, value in paths.select(complete, at)), scope)
            if not all(
                holds(condition, whole if condition.tests else scope, ground) for condition in rule.conditions
            ):
                continue
            named = {**complete, **whole} if isinstance(whole, Mapping) else complete
            broken = _relation(rule, scope, named, ground) if rule.relational else _tests(rule, whole, ground)
            for path, value, reason in broken:
                told = ground.explain(rule.error, named, value) if rule.error else reason
                yield Failure(paths.render((*at, *path)), told)


def _scopes(rule: Rule, inputs: Mapping[str, Any]) -> list[tuple[Path, Any]]:
    if not (rule.relational and rule.path):
        return [((), inputs)]
    return [
        (path, value) for path, value in paths.select(inputs, paths.parse(rule.path)) if value is not None
    ]


def _tests(rule: Rule, scope: Any, ground: Ground) -> Broken:
    seen: list[Any] = []
    for path, value in values(scope, rule.path or "", ground):
        if rule.distinct and not isinstance(value, list):
            if reveal(value) in seen:
                yield path, value, f"{paths.render(path)} repeats a value; each may appear once"
            seen.append(reveal(value))
        if not has_unknown(value):
            for reason in problems(rule, reveal(value), scope, ground):
                yield path, value, f"{paths.render(path)} {reason}"


def _relation(rule: Rule, scope: Any, named: Mapping[str, Any], ground: Ground) -> Broken:
    yield from _groups(rule, scope)
    yield from _demands(rule, scope)
    yield from _comparisons(rule, scope, ground)
    if rule.exists and not ground.exist(rule.exists, named):
        yield (), None, f"there is no {rule.exists.type} with this {rule.exists.property}"
    if rule.not_exists and ground.exist(rule.not_exists, named):
        yield (), None, f"there is already a {rule.not_exists.type} with this {rule.not_exists.property}"


def _groups(rule: Rule, scope: Any) -> Broken:
    if rule.exactly_one_of:
        names, known = ", ".join(rule.exactly_one_of), given(scope, rule.exactly_one_of, known=True)
        if len(known) > 1:
            yield paths.parse(known[0]), None, f"only one of `{names}` can be specified"
        elif not given(scope, rule.exactly_one_of):
            yield (), None, f"one of `{names}` must be specified"
    if rule.at_least_one_of and not given(scope, rule.at_least_one_of):
        yield (), None, f"at least one of `{', '.join(rule.at_least_one_of)}` must be specified"
    if rule.conflicts:
        there = given(scope, rule.conflicts, known=True)
        if len(there) > 1:
            yield paths.parse(there[0]), None, f"{there[0]} conflicts with {', '.join(there[1:])}"
    if rule.together:
        there = given(scope, rule.together)
        missing = [name for name in rule.together if name not in there]
        if there and missing:
            yield paths.parse(missing[0]), None, f"all of `{', '.join(rule.together)}` must be specified"


def _demands(rule: Rule, scope: Any) -> Broken:
    situation = " and ".join(_told(condition) for condition in rule.conditions)
    for name in rule.require or []:
        if not given(scope, [name]):
            yield (
                paths.parse(name),
                None,
                f"Missing required property '{name}'" + (situation and f" ({situation})"),
            )
    for name in given(scope, rule.forbid or []):
        yield paths.parse(name), None, f"{name} cannot be specified" + (situation and f" when {situation}")


def _comparisons(rule: Rule, scope: Any, ground: Ground) -> Broken:
    if rule.same:
        first, second = (_known(scope, side, ground) for side in rule.same)
        if first and second and not any(same(a, b) for _, a in first for _, b in second):
            yield first[0][0], first[0][1], f"{rule.same[0]} and {rule.same[1]} must be the same"
    yield from _magnitudes(rule, scope, ground)


def _magnitudes(rule: Rule, scope: Any, ground: Ground) -> Broken:
    if rule.ordered:
        below = [(path, value) for path, value in _known(scope, rule.ordered[0], ground)]
        above = [value for _, value in _known(scope, rule.ordered[1], ground)]
        for path, value in below:
            if any(
                float(value) > float(limit) or (rule.strict and float(value) == float(limit))
                for limit in above
            ):
                relation = "less than" if rule.strict else "at most"
                yield path, value, f"{rule.ordered[0]} must be {relation} {rule.ordered[1]}"
    if rule.min_of:
        for path, value in _known(scope, rule.min_of.path, ground):
            if float(value) < rule.min_of.min:
                yield path, value, f"{rule.min_of.path} expected to be at least ({rule.min_of.min:g})"
    if rule.product and rule.max is not None:
        factors = [_known(scope, side, ground) for side in rule.product]
        if all(factors) and float(factors[0][0][1]) * float(factors[1][0][1]) > rule.max:
            yield (
                factors[0][0][0],
                None,
                f"{rule.product[0]} times {rule.product[1]} must be at most {rule.max:g}",
            )


def _known(scope: Any, crossing: str, ground: Ground) -> list[tuple[Path, Any]]:
    return [
        (path, reveal(value)) for path, value in values(scope, crossing, ground) if not has_unknown(value)
    ]


def _told(condition: Condition) -> str:
    if condition.absent:
        return f"{condition.path} is not set"
    if condition.equals is not None:
        return f"{condition.path} is {json.dumps(condition.equals)}"
    return f"{condition.path} is set as it is"
