"""IAM documents, read once each however many policies look at them."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from policies.values import UNKNOWN, Finding, Findings, Truth, Value

# Conditions that tie a request to a known caller or network. `…IfExists` and `ForAllValues` are absent on
# purpose: both also hold for a request that does not carry the key at all.
_NARROWING_KEYS = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceip",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
    }
)
_NARROWING_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_EVERYWHERE = frozenset({"", "*", "0.0.0.0/0", "::/0"})


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement with every one-or-many field as a tuple. `index` is its place in the document."""

    index: int
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_principals: bool = False
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def anyone(self) -> bool:
        """Return whether the statement names everyone as principal, whatever its conditions say."""
        return self.not_principals or any("*" in names for names in self.principals.values())

    @property
    def narrowed(self) -> bool:
        """Return whether a condition restricts who may call, so that a wildcard principal is not public."""
        return any(
            key.lower() in _NARROWING_KEYS and not _EVERYWHERE.intersection(values)
            for operator, keys in self.conditions.items()
            if operator.lower().removeprefix("foranyvalue:") in _NARROWING_OPERATORS
            for key, values in keys.items()
        )

    @property
    def public(self) -> bool:
        """Return whether this lets anyone in."""
        return self.allows and self.anyone and not self.narrowed

    def condition(self, key: str, *operators: str) -> tuple[str, ...]:
        """Return the values that `key` is compared with under one of `operators`, in any case."""
        wanted = {operator.lower() for operator in operators}
        return tuple(
            value
            for operator, keys in self.conditions.items()
            if operator.lower() in wanted
            for name, values in keys.items()
            if name.lower() == key.lower()
            for value in values
        )

    def covers(self, action: str) -> bool:
        """Return whether `action` (`iam:PassRole`) is among the statement's actions."""
        if self.not_actions:
            return not any(fnmatchcase(action.lower(), pattern.lower()) for pattern in self.not_actions)
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in self.actions)

    @property
    def everything(self) -> bool:
        """Return whether it speaks of all resources."""
        return "*" in self.resources or bool(self.not_resources)


def statements(value: Value) -> tuple[Statement, ...] | None:
    """Return the statements of the document in a property, or `None` while its text is not known.

    Nothing, and text that is no policy, has no statements.
    """
    if value.raw is UNKNOWN:
        return None
    if value.raw is None:
        return ()
    return _parse(value.raw if isinstance(value.raw, str) else json.dumps(value.raw))


def per_statement(value: Value, acceptable: Callable[[Statement], bool], says: str) -> Findings:
    """Yield one finding for each statement of the document in a property."""
    found = statements(value)
    if found is None:
        yield value.must(Truth.UNKNOWN, says)
        return
    for statement in found:
        place = f"{value.path}.Statement[{statement.index}]"
        yield Finding(where=place, holds=Truth.of(acceptable(statement)), says=says)


def some_statement(value: Value, wanted: Callable[[Statement], bool]) -> Truth:
    """Return whether the document in a property has a statement that is `wanted`."""
    found = statements(value)
    return Truth.UNKNOWN if found is None else Truth.of(any(wanted(statement) for statement in found))


@lru_cache(maxsize=1024)
def _parse(text: str) -> tuple[Statement, ...]:
    try:
        root = json.loads(text)
    except ValueError:
        return ()
    if not isinstance(root, dict):
        return ()
    return tuple(
        _statement(index, raw)
        for index, raw in enumerate(_many(root.get("Statement")))
        if isinstance(raw, dict)
    )


def _statement(index: int, raw: dict[str, Any]) -> Statement:
    principals = raw.get("Principal", {})
    return Statement(
        index=index,
        allows=raw.get("Effect") == "Allow",
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw.get("NotAction")),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        principals={kind: _texts(names) for kind, names in principals.items()}
        if isinstance(principals, dict)
        else {"AWS": _texts(principals)},
        not_principals="NotPrincipal" in raw,
        conditions={
            operator: {key: _texts(values) for key, values in keys.items()}
            for operator, keys in (raw.get("Condition") or {}).items()
        },
    )


def _many(value: object) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _texts(value: object) -> tuple[str, ...]:
    return tuple("true" if text is True else "false" if text is False else str(text) for text in _many(value))
