"""What a check sees: resources with their inputs, and the stack they form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from policies.levels import Environment
from policies.relations import linked
from policies.values import UNKNOWN, Finding, Truth, Value, any_of


def type_of(urn: str) -> str:
    """Return the type token in a URN, without those of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource: its inputs after the provider's Check, and the options and relations that matter.

    `inputs` is plain data in the provider's camelCase, with `UNKNOWN` for what preview cannot know.
    `identities` are the texts other resources may name it by. `parent` is the component's URN. `ignored` are the
    properties that updates pass over, `partners` the accounts that the stack's file names beside its own.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    environment: Environment = Environment.PROD
    limits: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    parent: str | None = None
    provider: Mapping[str, Any] = field(default_factory=dict)
    property_dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identities: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()
    partners: frozenset[str] = frozenset()

    @property
    def whole(self) -> Value:
        """Return all inputs as one value."""
        return Value("", self.inputs)

    def __getitem__(self, path: str) -> Value:
        """Return the input at a dotted `path`."""
        return self.whole[path]

    def must(self, holds: Truth, says: str) -> Finding:
        """Return the finding that something about this resource as a whole holds."""
        return Finding(where="", holds=holds, says=says, urn=self.urn)

    def refers(self, value: Value, *types: str, unless: tuple[str, ...] = ()) -> Truth:
        """Return whether an input is set, and to none of `unless`; an unknown is, if one of `types` is behind it.

        `unless` are patterns; a key that AWS keeps for all of its customers' resources is never one of ours. That
        the id of a new key is unknown must not make unknown whether a key was given.
        """
        if value.raw is not UNKNOWN:
            return value.given & ~value.test(
                lambda raw: any(fnmatchcase(str(raw), pattern) for pattern in ("*alias/aws/*", *unless))
            )
        sources = self.property_dependencies.get(value.path.split(".")[0].split("[")[0], frozenset())
        return Truth.YES if any(type_of(source) in types for source in sources) else Truth.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The resources of the types a policy looks across."""

    environment: Environment
    limits: Mapping[str, Any]
    resources: tuple[Resource, ...]

    def of(self, *types: str) -> tuple[Resource, ...]:
        """Return the resources of these types."""
        return tuple(resource for resource in self.resources if resource.type in types)

    def link(self, owner: Resource, other: Resource, via: str) -> Truth:
        """Return whether `other`'s property `via` refers to `owner`."""
        return linked(owner, other, via, self.resources)

    def has(
        self, owner: Resource, type_: str, via: str, fact: Callable[[Resource], Truth] = lambda _: Truth.YES
    ) -> Truth:
        """Return whether a `type_` that refers to `owner` through `via` exists for which `fact` holds.

        One that may or may not refer to `owner` makes the answer unknown at best, never a violation.
        """
        return any_of(self.link(owner, other, via) & fact(other) for other in self.of(type_))
