"""A graph that can be broken, one thing at a time, and the cases that do so."""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.support.graph import Node


class Draft:
    """A copy of a graph to change; every change names a resource by type and, where needed, by name."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)

    def _own(self, type_: str, name: str | None) -> Any:
        """Return the inputs of a resource, copied so that changing them changes this draft alone."""
        node = self.find(type_, name)
        own = replace(node, inputs=copy.deepcopy(dict(node.inputs)))
        self.nodes[self.nodes.index(node)] = own
        return own.inputs

    def find(self, type_: str, name: str | None = None) -> Node:
        """Return the first resource of a type (and name)."""
        return next(node for node in self.nodes if node.type == type_ and name in (None, node.name))

    def set(self, type_: str, path: str, value: Any, name: str | None = None) -> None:
        """Set one input; a number in `path` is a list index."""
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place = self._own(type_, name)
        for step in steps:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
        place[last] = value

    def unset(self, type_: str, path: str, name: str | None = None) -> None:
        """Remove one input, which must be there."""
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place = self._own(type_, name)
        for step in steps:
            place = place[step]
        del place[last]

    def drop(self, type_: str, name: str | None = None) -> None:
        """Remove a resource."""
        self.nodes.remove(self.find(type_, name))

    def add(self, *nodes: Node) -> None:
        """Add resources."""
        self.nodes.extend(nodes)

    def unprotect(self, type_: str, name: str | None = None) -> None:
        """Take a resource's protection away."""
        node = self.find(type_, name)
        self.nodes[self.nodes.index(node)] = replace(node, protect=False)

    def statement(self, type_: str, path: str, name: str | None = None, **fields: Any) -> None:
        """Append a statement to the policy document in an input."""
        node = self.find(type_, name)
        document = node.inputs[path]
        if not isinstance(document, str):
            # Not known at preview: what the program adds to it is not known either.
            return
        parsed = json.loads(document)
        parsed["Statement"].append({"Effect": "Allow", **fields})
        self.set(type_, path, json.dumps(parsed), name)

    def rewrite(self, type_: str, path: str, old: str, new: str, name: str | None = None) -> None:
        """Replace a text in the policy document in an input, where it must stand."""
        document = self.find(type_, name).inputs[path]
        if isinstance(document, str):
            assert old in document, f"{old} does not stand in {path} of {name or type_}"
            self.set(type_, path, document.replace(old, new), name)


@dataclass(frozen=True, kw_only=True)
class Case:
    """How one policy is broken, and only it.

    `adds` are compliant resources of types the platform has none of, so that the policy has something to
    accept; `breaks` then spoils one thing.
    """

    policy: str
    breaks: Callable[[Draft], None]
    adds: tuple[Node, ...] = ()
