"""Reading properties, across references too, and judging a contract's conditions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from sandbox import paths
from sandbox.contracts.parts import Condition, Existence
from sandbox.paths import Path
from sandbox.values import UNKNOWN, Secret, has_unknown, reveal


class Ground(Protocol):
    """What rules may know beyond the resource's own inputs."""

    @property
    def zones(self) -> Mapping[str, str]:
        """The availability zones of the resource's region."""

    def follow(self, value: Any, path: str, attribute: str) -> Any:
        """Return a property of the resource that `value` at `path` refers to, UNKNOWN if there is none."""

    def siblings(self) -> Iterator[Mapping[str, Any]]:
        """Yield the properties of the other resources of the same type and region."""

    def exist(self, existence: Existence, scope: Mapping[str, Any]) -> bool:
        """Tell whether a described resource exists."""

    def explain(self, template: str, scope: Mapping[str, Any], value: Any) -> str:
        """Return a message from its template; secrets are not told."""


def values(scope: Any, crossing: str, ground: Ground) -> Iterator[tuple[Path, Any]]:
    """Yield what is at a path, following references after each `>`; absent values are left out."""
    own, _, attribute = crossing.partition(">")
    for path, value in paths.select(scope, paths.parse(own)):
        if value is None:
            continue
        if not attribute:
            yield path, value
        elif has_unknown(value):
            yield path, UNKNOWN
        else:
            target = ground.follow(reveal(value), own, attribute)
            if target is not None:
                yield path, target


def holds(condition: Condition, scope: Any, ground: Ground) -> bool:
    """Tell whether a condition is met; one that rests on an unknown is not."""
    return _judged(condition, [value for _, value in values(scope, condition.path, ground)])


def met(condition: Condition, scope: Any) -> bool:
    """Tell whether a condition on the resource's own properties is met."""
    found = [value for _, value in paths.select(scope, paths.parse(condition.path)) if value is not None]
    return _judged(condition, found)


def _judged(condition: Condition, found: Sequence[Any]) -> bool:
    if condition.absent:
        return not [value for value in found if reveal(value) not in ("", [], {})]
    return any(_meets(condition, reveal(value)) for value in found)


def all_hold(conditions: Sequence[Condition], scope: Any, ground: Ground) -> bool:
    """Tell whether every condition is met."""
    return all(holds(condition, scope, ground) for condition in conditions)


def _meets(condition: Condition, value: Any) -> bool:
    if has_unknown(value):
        return False
    if condition.equals is not None and not same(value, condition.equals):
        return False
    if condition.one_of is not None and not any(same(value, item) for item in condition.one_of):
        return False
    if condition.not_in is not None and any(same(value, item) for item in condition.not_in):
        return False
    return condition.matches is None or re.search(condition.matches, str(value), re.ASCII) is not None


def same(value: Any, expected: Any) -> bool:
    """Compare as configuration does: `true` and 1 written as text are true and 1."""
    if isinstance(value, str) and isinstance(expected, bool | int | float):
        return value == (str(expected).lower() if isinstance(expected, bool) else f"{expected:g}")
    return bool(value == expected)


def given(scope: Any, names: Sequence[str], *, known: bool = False) -> list[str]:
    """Return the names whose property is there and not empty; `known` leaves out unknown ones."""

    def there(value: Any) -> bool:
        return reveal(value) not in (None, [], {}) and not (known and has_unknown(value))

    return [
        name for name in names if any(there(value) for _, value in paths.select(scope, paths.parse(name)))
    ]


def shown(value: Any) -> str:
    """Return a value for a message; a secret's is withheld."""
    return "[secret]" if isinstance(value, Secret) else str(value)
