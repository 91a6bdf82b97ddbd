"""The three real stack files as plain data, and ways to spoil them."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from settings import Settings, SettingsError, load
from settings.errors import PROJECT, Problem

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod")
GONE = object()
"""As a new value: delete the key instead."""

Steps = tuple[str | int, ...]


@cache
def _read(stack: str) -> str:
    return (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def stack_values(stack: str) -> dict[str, Any]:
    """Return a fresh copy of what a stack file says, by concern, read by an independent YAML reader."""
    config = yaml.safe_load(_read(stack))["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


def stack_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of a stack file that says `values`."""
    return {"config": {f"{PROJECT}:{key}": value for key, value in values.items()}}


def stack_file(folder: Path, stack: str, values: Mapping[str, Any], **beside: Any) -> Path:
    """Write a stack file; `beside` are further keys of its root. JSON is YAML, and leaves no doubt about types."""
    path = folder / f"Pulumi.{stack}.yaml"
    path.write_text(json.dumps({**stack_document(values), **beside}, indent=1), encoding="utf-8")
    return path


def steps(path: str) -> Steps:
    """Split `network.adminCidrs.0` into keys and positions."""
    return tuple(int(step) if step.isdecimal() else step for step in path.split("."))


def dated(values: Mapping[str, Any], *secrets: str) -> dict[str, Any]:
    """Return a copy of `values` whose inventory knows the dates of further secrets."""
    added = [{"name": name, "rotatedOn": "2026-11-02"} for name in secrets]
    first, *others = values["thirdParty"]["services"]
    services = [first | {"credentials": [*first["credentials"], *added]}, *others]
    return changed(values, "thirdParty.services", services)


def changed(values: Any, path: str | Steps, value: Any) -> Any:
    """Return a copy of `values` with `value` at `path`; mappings on the way are made, a list grows by one."""
    step, *rest = steps(path) if isinstance(path, str) else path
    result = values.copy()
    if rest:
        below = result.get(step, {}) if isinstance(result, dict) else result[step]
        result[step] = changed(below, tuple(rest), value)
    elif value is GONE:
        del result[step]
    elif isinstance(result, list) and step == len(result):
        result.append(value)
    else:
        result[step] = value
    return result


def places(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Yield the path of everything inside `value`."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in inner:
        yield (*path, step)
        yield from places(below, (*path, step))


def at(values: Any, path: Steps) -> Any:
    """Return what stands at `path`."""
    for step in path:
        values = values[step]
    return values


def problems(stack: str, values: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with `values`, as the program would learn it."""
    try:
        load(stack, values, source=f"Pulumi.{stack}.yaml")
    except SettingsError as error:
        return error.problems
    return ()


def good(stack: str, values: Mapping[str, Any]) -> Settings:
    """Return the settings of a document that must be right."""
    return load(stack, values, source=f"Pulumi.{stack}.yaml")
