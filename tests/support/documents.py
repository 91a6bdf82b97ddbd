"""Reads IAM documents and walks values in tests."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.support.graph import Node


def statements(node: Node, path: str = "policy") -> dict[str, dict[str, Any]]:
    """Return the statements of a resource's policy document by Sid."""
    return {statement["Sid"]: statement for statement in json.loads(node.inputs[path])["Statement"]}


def listed(value: str | list[str]) -> list[str]:
    """Return IAM's one-or-many as a list."""
    return [value] if isinstance(value, str) else value


def matches(patterns: str | list[str], value: str) -> bool:
    """Tell whether one of IAM's patterns covers a value."""
    return any(fnmatchcase(value, pattern) for pattern in listed(patterns))


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value with its path: `secretString`, `items[0].value`."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, f"{path}[{index}]")
