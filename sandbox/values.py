"""The values that pass between the engine and the sandbox, as plain Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


class _Unknown:
    """A value that exists only once a resource has been created."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> "_Unknown":
        return self

    def __deepcopy__(self, memo: object) -> "_Unknown":
        return self


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True, repr=False)
class Secret:
    """A value that must not be shown or stored in the clear."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True)
class Asset:
    """A file, text or archive given to a provider: compared by content, passed on as it came."""

    fields: Mapping[str, Any]
    archive: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(str(self._identity))

    @property
    def _identity(self) -> Any:
        return self.fields.get("hash") or self.fields


def reveal(value: Any) -> Any:
    """Return the value without any secret wrapping, at every depth."""
    return transform(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Secret) else leaf)


def transform(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """Return a copy of a value in which every leaf went through `leaf`."""
    if isinstance(value, Mapping):
        return {key: transform(item, leaf) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [transform(item, leaf) for item in value]
    return leaf(value)


def has_unknown(value: Any) -> bool:
    """Tell whether any part of the value is unknown."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def has_secret(value: Any) -> bool:
    """Tell whether any part of the value is secret."""
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)
