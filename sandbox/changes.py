"""What a change amounts to, seen from both sides of it: a replacement, a refusal, or nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox import paths
from sandbox.conditions import met
from sandbox.contracts.model import Contract
from sandbox.contracts.parts import Change, Refusal
from sandbox.paths import Path
from sandbox.values import has_unknown


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Judges changed paths by the contract, the state before and the inputs after; nothing is secret."""

    contract: Contract
    state: Mapping[str, Any]
    news: Mapping[str, Any]

    def replaces(self, path: Path) -> bool:
        """Tell whether a change at a concrete path replaces the resource."""
        if self.contract.replace_all:
            return True
        always = any(touches(declared, path) for declared in self.contract.replace)
        return always or any(self._is(change, path) for change in self.contract.replace_when)

    def counts(self, path: Path) -> bool:
        """Tell whether the provider counts a difference at a concrete path as a change."""
        return not any(self._is(change, path) for change in self.contract.suppress)

    def refusals(self, path: Path) -> Iterator[Refusal]:
        """Yield what the contract refuses of a change at a concrete path."""
        yield from (refusal for refusal in self.contract.refuse if self._is(refusal, path))

    def _is(self, change: Change, path: Path) -> bool:
        if not touches(change.path, path):
            return False
        after = {**self.state, **self.news}
        if not all(met(condition, self.state) for condition in change.before):
            return False
        if not all(met(condition, after) for condition in change.after):
            return False
        old, new = paths.first(self.state, change.path), paths.first(self.news, change.path)
        if change.part is not None and not has_unknown(new):
            # As long as the new value is unknown, providers plan for the worst.
            old, new = _part(change.part, old), _part(change.part, new)
            if old == new:
                return False
        return change.by is None or (not has_unknown(new) and _CHANGES[change.by](old, new))


def touches(declared: str, path: Path) -> bool:
    """Tell whether a change at a concrete path concerns what a contract declares."""
    steps = paths.parse(declared)
    return paths.covers(steps, path) or paths.covers(paths.pattern(path), steps)


def _part(pattern: str, value: Any) -> str | None:
    found = re.search(pattern, str(value), re.ASCII)
    return found[1] if found else None


def _lowers(old: Any, new: Any) -> bool:
    return old is not None and new is not None and _numbers(new) < _numbers(old)


def _numbers(value: Any) -> list[float]:
    """Return a number or dotted version as its parts; `6.x` stands above every 6.1."""
    return [float(part) if part.isdigit() else float("inf") for part in str(value).split(".")]


def _loses(old: Any, new: Any) -> bool:
    return not all(any(_alike(was, now) for now in new or []) for was in old or [])


def _swaps(old: Any, new: Any) -> bool:
    came = not all(any(_alike(was, now) for was in old or []) for now in new or [])
    return came and _loses(old, new)


def _alike(was: Any, now: Any) -> bool:
    """Compare an element with what was given: what the cloud added to it does not count."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return all(was.get(name) == value for name, value in now.items() if not name.startswith("__"))
    return bool(was == now)


def _empties(old: Any, new: Any) -> bool:
    return bool(old) != bool(new)


_CHANGES = {"lowers": _lowers, "loses": _loses, "swaps": _swaps, "empties": _empties}
