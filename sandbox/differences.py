"""What an update would change: the program's inputs against the state the cloud last returned."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox import documents, paths
from sandbox.changes import Changes
from sandbox.contracts.model import Contract
from sandbox.paths import Path
from sandbox.values import UNKNOWN, Secret, reveal

Kind = Literal["add", "update", "delete"]
DEFAULTS = "__defaults"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Changed paths with their kind, and what follows from them."""

    changes: Mapping[str, Kind] = field(default_factory=dict)
    replaces: Sequence[str] = ()
    replacing: frozenset[str] = frozenset()
    """the changed paths that force the replacement; `replaces` are their top-level properties"""
    delete_before_replace: bool = False
    stables: Sequence[str] = ()
    suppressed: frozenset[str] = frozenset()
    """the properties whose difference does not count: they stay what they are"""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Compares inputs with state as the contract's resource type does."""

    contract: Contract
    framework: str
    regional: bool = False

    def difference(
        self,
        old_inputs: Mapping[str, Any],
        old_outputs: Mapping[str, Any],
        news: Mapping[str, Any],
        input_names: frozenset[str],
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        """Return what would change; `input_names` are the properties that can be given."""
        new, state, given = reveal(news), reveal(old_outputs), reveal(old_inputs)
        # Write-only values are in no state: what changes them is their version beside them.
        write_only = {paths.parse(path)[0] for path in self.contract.write_only}
        names = (new.keys() | given.keys() | (state.keys() & input_names)) - {DEFAULTS} - write_only
        found: list[tuple[Path, Kind]] = []
        for name in sorted(names):
            found.extend(self._compare(new.get(name), state.get(name), (name,)))
        ignored = [paths.parse(path) for path in ignore_changes]
        judge = Changes(contract=self.contract, state=state, news=new)
        counted = [(path, kind) for path, kind in found if judge.counts(path)]
        kept = [
            (path, kind) for path, kind in counted if not any(paths.covers(skip, path) for skip in ignored)
        ]
        switched = self._switched(new, state)
        replacing = [
            path
            for path, _ in kept
            if path[0] in switched or (path == ("region",) and self.regional) or judge.replaces(path)
        ]
        return Difference(
            changes={paths.render(path): kind for path, kind in kept},
            replaces=sorted({str(path[0]) for path in replacing}),
            replacing=frozenset(paths.render(path) for path in replacing),
            suppressed=frozenset(str(path[0]) for path, _ in found if not judge.counts(path)),
            delete_before_replace=bool(replacing) and self._deletes_first(news, new, state),
            stables=sorted(
                {str(paths.parse(path)[0]) for path in self.contract.replace} - {str(p[0]) for p in replacing}
            ),
        )

    def _switched(self, new: Mapping[str, Any], state: Mapping[str, Any]) -> set[str]:
        changed: set[str] = set()
        for group in self.contract.switch:
            was = {name for name in group if not self._absent(state.get(name))}
            now = {name for name in group if not self._absent(new.get(name))}
            if was and now and was != now:
                changed |= was ^ now
        return changed

    def _deletes_first(
        self, news: Mapping[str, Any], new: Mapping[str, Any], state: Mapping[str, Any]
    ) -> bool:
        if self.contract.delete_before_replace:
            return True
        # The bridge cannot hold two resources of one name: a name the program fixed goes first.
        named = self.contract.autoname
        if self.framework != "sdk" or named is None or named.property in news.get(DEFAULTS, []):
            return False
        return bool(new.get(named.property) == state.get(named.property))

    def _compare(self, new: Any, old: Any, path: Path) -> Iterator[tuple[Path, Kind]]:
        if new is UNKNOWN:
            yield path, "add" if old is None else "update"
        elif self._absent(new) and self._absent(old):
            return
        elif new is None or (self._absent(new) and isinstance(new, list | dict)):
            yield from self._removed(new, old, path)
        elif isinstance(new, Mapping) and isinstance(old, Mapping):
            for key in sorted((new.keys() | old.keys()) - {DEFAULTS}):
                yield from self._compare(new.get(key), old.get(key), (*path, key))
        elif isinstance(new, list) and isinstance(old, list):
            yield from self._compare_lists(new, old, path)
        elif not self._same(new, old, path):
            yield path, "add" if old is None else "update"

    def _removed(self, new: Any, old: Any, path: Path) -> Iterator[tuple[Path, Kind]]:
        general = paths.pattern(path)
        for declared, default in self.contract.defaults.items():
            if paths.parse(declared) == general:
                if old != default:
                    yield path, "update"
                return
        if new is None and self._computed(general):
            return
        if isinstance(old, Mapping) and old:
            # An object that only the cloud filled in is no difference; one with anything else is gone.
            inner = [change for key in old for change in self._compare(None, old[key], (*path, key))]
            if not inner:
                return
        yield path, "delete"

    def _computed(self, general: Path) -> bool:
        if general in (("tagsAll",), ("region",)):
            return True
        named = [*self.contract.filled, *(prefix.of for prefix in self.contract.prefixes)]
        return general in {paths.parse(text) for text in named} or any(
            paths.covers(paths.parse(text), general) for text in self.contract.outputs
        )

    def _absent(self, value: Any) -> bool:
        if value is None or (isinstance(value, str | list | Mapping) and not value):
            return True
        # SDKv2 cannot tell false and zero from absence.
        return self.framework == "sdk" and (value is False or (value == 0 and not isinstance(value, bool)))

    def _compare_lists(self, new: list[Any], old: list[Any], path: Path) -> Iterator[tuple[Path, Kind]]:
        if paths.pattern(path) not in {paths.parse(text) for text in self.contract.unordered}:
            for index in range(max(len(new), len(old))):
                at = (*path, index)
                if index >= len(new):
                    yield at, "delete"
                elif index >= len(old):
                    yield at, "add"
                else:
                    yield from self._compare(new[index], old[index], at)
            return
        unmatched = list(enumerate(old))
        for index, item in enumerate(new):
            at = (*path, index)
            match = next((pair for pair in unmatched if not any(self._compare(item, pair[1], at))), None)
            if match is None:
                yield at, "add"
            else:
                unmatched.remove(match)
        for index, _ in unmatched:
            yield (*path, index), "delete"

    def _same(self, new: Any, old: Any, path: Path) -> bool:
        if new == old and isinstance(new, bool) == isinstance(old, bool):
            return True
        if old is None:
            return False
        general = paths.pattern(path)
        if isinstance(new, str) and isinstance(old, str):
            for rule in self.contract.validations:
                if rule.json_kind and rule.path and paths.parse(rule.path) == general:
                    return documents.equivalent(new, old, rule.json_kind)
            if general in {paths.parse(text) for text in self.contract.case_insensitive}:
                return new.lower() == old.lower()
            return False
        return _text(new) == _text(old)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, default=repr)


def refreshed_inputs(old: Any, new: Any) -> Any:
    """Return what was given before, with the values that the cloud has now.

    A default that has another value there is none any more.
    """
    if isinstance(old, Secret) or isinstance(new, Secret):
        return new if isinstance(new, Secret) else Secret(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        inner = {key: refreshed_inputs(value, new[key]) for key, value in old.items() if key in new}
        filled = [name for name in old.get(DEFAULTS, ()) if name in inner and inner[name] == old[name]]
        return {DEFAULTS: filled, **inner} if filled else inner
    if isinstance(old, list) and isinstance(new, list):
        return [refreshed_inputs(*pair) for pair in zip(old, new, strict=False)]
    return new
