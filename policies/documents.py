"""IAM documents, read once each however many policies look at them."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from policies.openings import is_world
from policies.values import UNKNOWN, Finding, Findings, Truth, Value, known

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
        "kms:encryptioncontext:aws:logs:arn",
        "s3:dataaccesspointaccount",
    }
)
_NARROWING_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_WILDCARDS = re.compile(r"[*?]")
# What no pattern matches that somebody wrote with a name in mind.
_NOBODY = "x7q-nobody-gave-this-name"
_ARN_PARTS = 6


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
    def denies_everyone(self) -> bool:
        """Return whether this denies something to everyone, without an exception for anybody."""
        return not self.allows and not self.not_principals and "*" in self.principals.get("AWS", ())

    @property
    def narrowed(self) -> bool:
        """Return whether a condition restricts who may call, so that a wildcard principal is not public."""
        return any(
            key.lower() in _NARROWING_KEYS and bool(values) and all(map(_names_somebody, values))
            for operator, keys in self.conditions.items()
            if operator.lower().removeprefix("foranyvalue:") in _NARROWING_OPERATORS
            for key, values in keys.items()
        )

    @property
    def public(self) -> bool:
        """Return whether this lets anyone in."""
        return self.allows and self.anyone and not self.narrowed

    @property
    def pinned(self) -> bool:
        """Return whether this admits neither anyone nor a service that may act for anyone."""
        return not self.allows or self.narrowed or not (self.anyone or "Service" in self.principals)

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
    def services(self) -> frozenset[str]:
        """Return the services whose actions it names; `*` stands for all of them."""
        return frozenset(action.partition(":")[0].lower() for action in self.actions)

    @property
    def whole_service(self) -> bool:
        """Return whether it names every action of a service, however that is spelt."""
        return bool(self.not_actions) or any(
            not action.partition(":")[2].strip("*?") for action in self.actions
        )

    @property
    def everything(self) -> bool:
        """Return whether it speaks of all resources."""
        return self.reaches_unnamed(_NOBODY, "")

    def reaches_unnamed(self, service: str, *kinds: str) -> bool:
        """Return whether its resources hold one of `kinds` that nobody has named (`role/`, `secret:`).

        Every spelling of all of them matches a name that does not exist; a name, or the beginning of one, does not.
        """
        return bool(self.not_resources) or any(
            _matches_nobody(pattern, service, kind) for pattern in self.resources for kind in kinds
        )


def statements(value: Value) -> tuple[Statement, ...] | None:
    """Return the statements of the document in a property, or `None` while its text is not known.

    Nothing, and text that is no policy, has no statements.
    """
    if value.raw is UNKNOWN:
        return None
    if value.raw is None:
        return ()
    if not known(value.raw):
        return None
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
        _statement(index, _lowered(raw))
        for index, raw in enumerate(_many(_lowered(root).get("statement")))
        if isinstance(raw, dict)
    )


def _lowered(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its keys in lower case: what a service might accept is judged."""
    return {key.lower(): value for key, value in raw.items()}


def _statement(index: int, raw: dict[str, Any]) -> Statement:
    principals = raw.get("principal", {})
    return Statement(
        index=index,
        allows=str(raw.get("effect")).lower() == "allow",
        actions=_texts(raw.get("action")),
        not_actions=_texts(raw.get("notaction")),
        resources=_texts(raw.get("resource")),
        not_resources=_texts(raw.get("notresource")),
        principals={kind: _texts(names) for kind, names in principals.items()}
        if isinstance(principals, dict)
        else {"AWS": _texts(principals)},
        not_principals="notprincipal" in raw,
        conditions={
            operator: {key: _texts(values) for key, values in keys.items()}
            for operator, keys in (raw.get("condition") or {}).items()
        },
    )


def _many(value: object) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _texts(value: object) -> tuple[str, ...]:
    return tuple("true" if text is True else "false" if text is False else str(text) for text in _many(value))


def _names_somebody(text: str) -> bool:
    """Return whether a condition's value names an account, an organisation, a network or a resource."""
    if is_world(text):
        return False
    if _is_range(text):
        return True
    if text.startswith("arn:"):
        fields = text.split(":", _ARN_PARTS - 1)
        if len(fields) < _ARN_PARTS:
            return False
        # A bucket's ARN holds no account: there the name has to say whose it is.
        named = fields[4] or re.split("[:/]", fields[5])[0]
    else:
        named = re.split("[:/]", text)[0]
    return bool(named) and not _WILDCARDS.search(named)


def _is_range(text: str) -> bool:
    address, _, bits = text.partition("/")
    return bits.isdigit() and not set(address.lower()) - set("0123456789abcdef.:")


def _matches_nobody(pattern: str, service: str, kind: str) -> bool:
    """Return whether an ARN pattern matches a resource whose name nobody gave."""
    fields = pattern.split(":", _ARN_PARTS - 1)
    # A field that is a pattern itself matches itself; what counts here is the service and the name.
    whole = len(fields) == _ARN_PARTS
    if whole and _WILDCARDS.search(fields[2]) and not _WILDCARDS.search(fields[4]):
        # Whatever belongs to one account: the outer bound of what its roles may be granted (bootstrap/boundary.py).
        return False
    partition, region, account = (fields[1], *fields[3:5]) if whole else ("aws", "region", "account")
    return fnmatchcase(f"arn:{partition}:{service}:{region}:{account}:{kind}{_NOBODY}", pattern)
