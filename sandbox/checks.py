"""Checking inputs against an SDK shape, with the bridge's coercions and wording."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import paths
from sandbox.paths import Path
from sandbox.shapes import Shape, Spec
from sandbox.values import UNKNOWN, Asset, Secret

_REJECTED = object()
_TYPE_NAMES = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
_PREVIEW = 30


@dataclass(frozen=True)
class Failure:
    """One refused input: the property's path and why."""

    property: str
    reason: str


@dataclass
class ShapeCheck:
    """One pass over a resource's inputs; `failures` collects everything that is wrong."""

    shape: Shape
    open_enums: frozenset[Path] = frozenset()
    failures: list[Failure] = field(default_factory=list)

    def check(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs without nulls and coerced to the SDK's types."""
        return self._properties(inputs, self.shape.inputs, self.shape.required, (), secret=False)

    def _fail(self, path: Path, reason: str) -> Any:
        self.failures.append(Failure(paths.render(path), reason))
        return _REJECTED

    def _properties(
        self, given: Mapping[str, Any], known: Mapping[str, Spec], required: Any, at: Path, *, secret: bool
    ) -> dict[str, Any]:
        result = {}
        for name, value in given.items():
            if value is None or name.startswith("__"):
                continue
            if name not in known:
                self._unknown_property((*at, name), known)
                continue
            checked = self._value(value, known[name], (*at, name), secret=secret)
            if checked is not _REJECTED:
                result[name] = checked
        for name in sorted(required):
            if given.get(name) is None:
                path = (*at, name)
                self._fail(path, f"Missing required property '{paths.render(path)}'")
        return result

    def _unknown_property(self, path: Path, known: Mapping[str, Spec]) -> None:
        near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.6)
        self._fail(path, "Invalid or unknown key" + (f" (the nearest is '{near[0]}')" if near else ""))

    def _value(self, value: Any, spec: Spec, path: Path, *, secret: bool) -> Any:
        if isinstance(value, Secret):
            inner = self._value(value.value, spec, path, secret=True)
            return inner if inner is _REJECTED else Secret(inner)
        if value is UNKNOWN or spec == "any":
            return value
        if isinstance(spec, str):
            return self._scalar(value, spec, path, secret=secret)
        kind, of = next(iter(spec.items()))
        return getattr(self, f"_{kind}")(value, of, path, secret)

    def _mismatch(self, value: Any, expected: str, path: Path, *, secret: bool) -> Any:
        return self._fail(
            path, f"expected {expected} type, got {preview(value, secret=secret)} of type {_type_name(value)}"
        )

    def _scalar(self, value: Any, spec: str, path: Path, *, secret: bool) -> Any:
        if spec in ("asset", "archive"):
            fits = isinstance(value, Asset) and value.archive == (spec == "archive")
            return value if fits else self._mismatch(value, spec, path, secret=secret)
        coerced = _COERCIONS[spec](value)
        return self._mismatch(value, spec, path, secret=secret) if coerced is _REJECTED else coerced

    def _list(self, value: Any, of: Spec, path: Path, secret: bool) -> Any:
        if not isinstance(value, list | tuple):
            return self._mismatch(value, "array", path, secret=secret)
        checked = [
            self._value(item, of, (*path, index), secret=secret)
            for index, item in enumerate(value)
            if item is not None
        ]
        return [item for item in checked if item is not _REJECTED]

    def _map(self, value: Any, of: Spec, path: Path, secret: bool) -> Any:
        if not isinstance(value, Mapping):
            return self._mismatch(value, "object", path, secret=secret)
        checked = {
            key: self._value(item, of, (*path, key), secret=secret)
            for key, item in value.items()
            if item is not None
        }
        return {key: item for key, item in checked.items() if item is not _REJECTED}

    def _object(self, value: Any, of: str, path: Path, secret: bool) -> Any:
        if not isinstance(value, Mapping):
            return self._mismatch(value, "object", path, secret=secret)
        kind = self.shape.types[of]
        return self._properties(value, kind["properties"], kind["required"], path, secret=secret)

    def _enum(self, value: Any, of: list[Any], path: Path, secret: bool) -> Any:
        coerced = value if value in of else _COERCIONS["string"](value)
        if coerced is _REJECTED:
            return self._mismatch(value, "string", path, secret=secret)
        if coerced not in of and paths.pattern(path) not in self.open_enums:
            allowed = " ".join(json.dumps(item) for item in of)
            return self._fail(
                path,
                f"expected {paths.render(path)} to be one of [{allowed}], got {preview(value, secret=secret)}",
            )
        return coerced

    def _oneOf(self, value: Any, of: list[Spec], path: Path, secret: bool) -> Any:  # noqa: N802 - named by the Spec's key
        failures: list[Failure] = []
        for spec in of:
            attempt = ShapeCheck(self.shape, self.open_enums)
            checked = attempt._value(value, spec, path, secret=secret)
            if not attempt.failures:
                return checked
            failures = failures or attempt.failures
        self.failures.extend(failures)
        return _REJECTED


def preview(value: Any, *, secret: bool = False) -> str:
    """Return a short rendering of a value for a message; never a secret."""
    if secret:
        return "secret(<redacted>)"
    text = repr(value) if isinstance(value, Asset) else json.dumps(value, default=repr)
    return text if len(text) <= _PREVIEW else text[: _PREVIEW - 3] + "..."


def _type_name(value: Any) -> str:
    if isinstance(value, Asset):
        return "archive" if value.archive else "asset"
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def _as_string(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    return _REJECTED


def _as_number(value: Any) -> Any:
    if isinstance(value, bool):
        return _REJECTED
    if isinstance(value, int | float):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _REJECTED
    return int(number) if number.is_integer() else number


def _as_integer(value: Any) -> Any:
    number = _as_number(value)
    if number is _REJECTED or not float(number).is_integer():
        return _REJECTED
    return int(number)


def _as_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value, _REJECTED) if isinstance(value, str) else _REJECTED


_COERCIONS = {"string": _as_string, "number": _as_number, "integer": _as_integer, "boolean": _as_boolean}
