"""Where the secrets are in a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.values import Secret


def secret_paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield where the secrets are: `secretString`, `variables[0].value`."""
    if isinstance(value, Secret):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from secret_paths(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_paths(item, f"{path}[{index}]")
