"""Which resource belongs to which, as far as preview can tell.

Ids and ARNs of new resources are unknown at preview, but the engine still knows which resource a property
came from. So: first the property's own dependencies, then equal literal names, then the only candidate in
the same component. What none of them settles stays unknown: a guess would be noise or a hole.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from policies.values import UNKNOWN, Truth, Value

_NAMES = ("bucket", "name", "id", "arn", "keyId", "domainName")


class Related(Protocol):
    """What a relation needs to know about a resource."""

    @property
    def urn(self) -> str: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def parent(self) -> str | None: ...  # noqa: D102
    @property
    def identities(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def property_dependencies(self) -> Mapping[str, frozenset[str]]: ...  # noqa: D102
    def __getitem__(self, path: str) -> Value: ...


def identities(*sources: Mapping[str, Any]) -> frozenset[str]:
    """Return the texts by which other resources may name one with these inputs and outputs."""
    names = {
        text for source in sources for key in _NAMES if isinstance(text := source.get(key), str) and text
    }
    buckets = {f"arn:aws:s3:::{text}" for source in sources if isinstance(text := source.get("bucket"), str)}
    return frozenset(names | buckets)


def linked(owner: Related, other: Related, via: str, everything: Iterable[Related]) -> Truth:
    """Return whether `other`'s property `via` refers to `owner`, whose rivals are in `everything`."""
    texts = [text for text in _flat(other[via].raw) if text is not None]
    if not texts:
        return Truth.NO
    sources = other.property_dependencies.get(via.partition(".")[0], frozenset())
    if owner.urn in sources or not owner.identities.isdisjoint(texts):
        return Truth.YES
    rivals = [rival for rival in everything if rival.type == owner.type]
    if not sources.isdisjoint(rival.urn for rival in rivals):
        return Truth.NO
    if UNKNOWN in texts:
        return _neighbour(owner, other, rivals)
    # Without a name of its own (preview), the owner of a literal name cannot be told.
    return Truth.NO if owner.identities else Truth.UNKNOWN


def _flat(value: Any) -> Iterator[Any]:
    """Yield what a property holds, however deep its blocks put it into lists."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _neighbour(owner: Related, other: Related, rivals: list[Related]) -> Truth:
    """Return whether `owner` is the only one of its type in `other`'s component."""
    siblings = [rival.urn for rival in rivals if rival.parent == other.parent]
    if len(siblings) != 1:
        return Truth.UNKNOWN
    return Truth.of(siblings == [owner.urn])
