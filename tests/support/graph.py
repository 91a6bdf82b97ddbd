"""What a run of the program registered, as plain data to assert on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class Node:
    """One registered resource.

    `inputs` are what a policy sees in `args.props`: camelCase, after the provider's Check, secrets in the
    clear. `secret_inputs` holds the paths of the inputs that the program marked secret (`secretString`,
    `variables[0].value`). `outputs` of a component are what it registered, `None` if it never did.
    """

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    id: str
    parent: str
    custom: bool
    provider: str
    protect: bool
    retain_on_delete: bool
    delete_before_replace: bool
    import_id: str
    ignore_changes: tuple[str, ...]
    aliases: tuple[str, ...]
    dependencies: frozenset[str]
    property_dependencies: Mapping[str, frozenset[str]]
    secret_inputs: frozenset[str]
    secret_outputs: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Every resource of one run, in the order of registration, and the stack's outputs."""

    nodes: tuple[Node, ...]
    exports: Mapping[str, Any] = field(default_factory=dict)
    secret_exports: frozenset[str] = frozenset()

    def __getitem__(self, urn: str) -> Node:
        """Return the resource with this URN."""
        return next(node for node in self.nodes if node.urn == urn)

    def of_type(self, type_: str) -> tuple[Node, ...]:
        """Return every resource of a type token."""
        return tuple(node for node in self.nodes if node.type == type_)

    def one(self, type_: str, name: str | None = None) -> Node:
        """Return the only resource of a type (and name); anything but exactly one is an error."""
        found = [node for node in self.of_type(type_) if name is None or node.name == name]
        if len(found) != 1:
            wanted = type_ if name is None else f"{type_} {name}"
            raise LookupError(f"{len(found)} resources match {wanted}: {[node.name for node in found]}")
        return found[0]

    def children(self, urn: str) -> tuple[Node, ...]:
        """Return the resources whose direct parent is `urn`."""
        return tuple(node for node in self.nodes if node.parent == urn)

    def component_of(self, node: Node) -> Node | None:
        """Return the component a resource belongs to, if it belongs to one."""
        parent = next((other for other in self.nodes if other.urn == node.parent), None)
        return None if parent is None or parent.type == STACK_TYPE else parent
