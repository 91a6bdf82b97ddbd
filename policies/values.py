"""Properties that may not be known yet, and the three-valued logic that never guesses about them.

At preview the SDK raises as soon as a policy touches an unknown and then abandons the whole policy, so one
unknown name hides a public bucket beside it. Here an unknown is a value like any other: it makes the facts
that depend on it unknown, and only those.
"""

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from typing import Any, Final, cast

from pulumi_policy.proxy import UnknownValueError


class Unknown(Enum):
    """The one marker for a value that only the update will know."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


class Truth(Enum):
    """Kleene's three truth values; combine them with `&`, `|` and `~`."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    def __and__(self, other: "Truth") -> "Truth":
        return min(self, other, key=lambda truth: truth.value)

    def __or__(self, other: "Truth") -> "Truth":
        return max(self, other, key=lambda truth: truth.value)

    def __invert__(self) -> "Truth":
        return Truth(2 - self.value)

    def __bool__(self) -> bool:
        raise TypeError("a Truth may be unknown: combine it with & | ~ instead of and, or, not, if")

    @classmethod
    def of(cls, fact: bool) -> "Truth":
        """Return `YES` or `NO` for a plain fact."""
        return cls.YES if fact else cls.NO


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return whether every one holds; `YES` for none at all."""
    return reduce(Truth.__and__, truths, Truth.YES)


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return whether at least one holds; `NO` for none at all."""
    return reduce(Truth.__or__, truths, Truth.NO)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fact a policy looked at: where, whether it holds, and what is wrong if it does not.

    `urn` is only given by a policy that looks across resources. `says` never quotes a property's value:
    the engine prints it in the clear, and the value may be a secret.
    """

    where: str
    holds: Truth
    says: str
    urn: str | None = None


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Value:
    """The value at a property path: `None` where nothing is set, `UNKNOWN` where nobody knows yet."""

    path: str
    raw: Any

    def __getitem__(self, step: str | int) -> "Value":
        """Return what lies one or more steps below (`rule.objectOwnership`); nothing lies below a scalar.

        A named step below a list gives the list of what lies below its elements (`rules.status`).
        """
        if isinstance(step, str) and "." in step:
            first, rest = step.split(".", 1)
            return self[first][rest]
        path = f"{self.path}[{step}]" if isinstance(step, int) else f"{self.path}.{step}".lstrip(".")
        if self.raw is UNKNOWN:
            return Value(path, UNKNOWN)
        if isinstance(self.raw, Mapping):
            return Value(path, self.raw.get(step))
        if isinstance(self.raw, list):
            below = [element[step].raw for element in self] if isinstance(step, str) else self.raw[step]
            return Value(path, below)
        return Value(path, None)

    def __iter__(self) -> Iterator["Value"]:
        """Return the elements; a single block counts as a list of one, an unknown as one unknown."""
        if self.raw is None:
            return iter(())
        if isinstance(self.raw, list):
            return (self[index] for index in range(len(self.raw)))
        return iter((self,))

    def test(self, predicate: Callable[[Any], bool], *, absent: bool = False) -> Truth:
        """Return whether `predicate` accepts the value; `absent` is the answer where nothing is set."""
        if self.raw is UNKNOWN:
            return Truth.UNKNOWN
        return Truth.of(absent if self.raw is None else predicate(self.raw))

    def equals(self, wanted: str | float, *, absent: bool = False) -> Truth:
        """Return whether this is `wanted`, never taking 1 for true."""
        return self.test(
            lambda raw: raw == wanted and isinstance(raw, bool) == isinstance(wanted, bool), absent=absent
        )

    def is_in(self, wanted: Container[object], *, absent: bool = False) -> Truth:
        """Return whether this is one of `wanted`."""
        return self.test(lambda raw: raw in wanted, absent=absent)

    def same_as(self, other: "Value") -> Truth:
        """Return whether both are set to the same: not known unless both are."""
        return Truth.UNKNOWN if other.raw is UNKNOWN else self.is_in((other.raw,))

    def at_least(self, least: float, *, absent: bool = False) -> Truth:
        """Return whether this is a number of at least `least`."""
        return self.test(lambda raw: isinstance(raw, int | float) and raw >= least, absent=absent)

    def at_most(self, most: float, *, absent: bool = False) -> Truth:
        """Return whether this is a number of at most `most`."""
        return self.test(lambda raw: isinstance(raw, int | float) and raw <= most, absent=absent)

    @property
    def true(self) -> Truth:
        """Return whether this is set to true."""
        return self.equals(True)

    @property
    def given(self) -> Truth:
        """Return whether this is set to something; an empty text, list or object is nothing."""
        return self.test(lambda raw: raw not in ("", [], {}))

    def holds(self, predicate: Callable[["Value"], Truth]) -> Truth:
        """Return whether `predicate` holds for every element; `YES` for none."""
        return all_of(predicate(element) for element in self)

    def some(self, predicate: Callable[["Value"], Truth]) -> Truth:
        """Return whether `predicate` holds for one element at least."""
        return any_of(predicate(element) for element in self)

    def decoded(self) -> "Value":
        """Return the value behind JSON text, nothing where the text is no JSON."""
        if not isinstance(self.raw, str):
            return self
        try:
            return Value(self.path, json.loads(self.raw))
        except ValueError:
            return Value(self.path, None)

    def must(self, holds: Truth, says: str) -> Finding:
        """Return the finding that something about this property holds."""
        return Finding(where=self.path, holds=holds, says=says)


def known(value: object) -> bool:
    """Return whether nothing inside a value is unknown."""
    match value:
        case Mapping():
            return all(map(known, value.values()))
        case list():
            return all(map(known, value))
        case _:
            return value is not UNKNOWN


def plain(value: object) -> Any:
    """Return the SDK's proxies as plain dicts and lists, with `UNKNOWN` wherever reading would raise."""
    if isinstance(value, Mapping):
        return {str(key): _entry(cast("Mapping[object, object]", value), key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_entry(value, index) for index in range(len(value))]
    return value


def _entry(container: Any, key: object) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN
