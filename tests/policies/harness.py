"""Shows graphs to the pack as the engine does: through the SDK's own servicer, in its wire format."""

import functools
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.analyzer import Analyzer
from policies.decorator import Policy
from policies.levels import Environment, Levels, load_overrides
from policies.pack import ROOT, build, looks_at
from policies.registry import all_policies
from policies.values import UNKNOWN
from policies.waivers import Waivers, load_waivers
from sandbox.values import UNKNOWN as SANDBOX_UNKNOWN
from sandbox.values import Asset
from sandbox.wire import encode
from tests.support.graph import Graph, Node
from tests.support.run import as_configured, run_program

PARTNERS = frozenset({"444444444444"})
"""An account that the stack file names beside its own."""
TODAY = date(2026, 11, 22)
LEVELS = {proto.ADVISORY: "advisory", proto.MANDATORY: "mandatory"}


@dataclass(frozen=True)
class Said:
    """One diagnostic, as the engine would print it."""

    policy: str
    level: str
    urn: str
    message: str


def platform(stack: str = "prod") -> Graph:
    """Return the real program's graph: the compliant one that every break starts from."""
    return as_configured(stack).graph


@functools.cache
def platform_preview(stack: str = "prod") -> Graph:
    """Return the graph as the first preview knows it."""
    return run_program(stack, preview=True)


class Pack:
    """The pack in one process, for one stack."""

    def __init__(
        self,
        stack: str = "prod",
        *,
        policies: Iterable[Policy] | None = None,
        waivers: Waivers | None = None,
        servicer: Callable[..., Any] = Analyzer,
    ) -> None:
        self.policies = tuple(policies or all_policies())
        levels = Levels(Environment.of(stack), self.policies, load_overrides(all_policies()))
        made, self.run = build(self.policies, levels, waivers or Waivers(), PARTNERS)
        self.servicer = servicer("jtld-platform", "1.0.0", made, EnforcementLevel.ADVISORY)

    def resources(self, nodes: Iterable[Node]) -> list[Said]:
        """Return what is said while the engine walks through the program."""
        return [said for one in nodes for said in _said(self.servicer.Analyze(_messages(one)[0], None))]

    def stack(self, nodes: Iterable[Node], *, shuffle: int | None = None) -> list[Said]:
        """Return what is said about the whole; `shuffle` seeds the order, which the engine leaves to chance."""
        resources = [_messages(one)[1] for one in nodes]
        if shuffle is not None:
            random.Random(shuffle).shuffle(resources)  # noqa: S311 - an order, not a secret
        return _said(self.servicer.AnalyzeStack(proto.AnalyzeStackRequest(resources=resources), None))

    def check(self, nodes: Iterable[Node]) -> list[Said]:
        """Return everything said about a graph."""
        nodes = (root(), *nodes)
        return [*self.resources(nodes), *self.stack(nodes)]


class Judged:
    """A graph that the whole pack has judged, so that one like it costs only the difference.

    A policy is shown nothing but the types it reads (policies.analyzer): one that reads none of the types that
    differ would repeat itself. A test holds what this says against the whole pack.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = tuple(nodes)
        self.pack = Pack("prod")
        self.said = self.pack.check(self.nodes)

    def differing(self, nodes: Iterable[Node]) -> tuple[list[Said], Pack]:
        """Return what is said about a graph that shares most nodes with this one, and the pack that said it."""
        nodes = tuple(nodes)
        before, now = ({id(one) for one in some} for some in (self.nodes, nodes))
        changed = [one for one in nodes if id(one) not in before]
        types = {one.type for one in (*changed, *(one for one in self.nodes if id(one) not in now))}
        if not types:
            return self.said, self.pack
        concerned = [one for one in all_policies() if any(looks_at(one.types, type_) for type_ in types)]
        pack = Pack("prod", policies=concerned)
        pack.run.inputs.update(self.pack.run.inputs)
        return [*pack.resources(changed), *pack.stack(nodes)], pack


def root(stack: str = "prod") -> Node:
    """Return the stack's own resource, which the recording monitor does not register."""
    return node(ROOT, f"jtld-platform-{stack}")


def violations(said: Iterable[Said]) -> set[str]:
    """Return the policies that found a violation."""
    return {one.policy for one in said} - {"not-known-yet", "waiver-used", "waiver-unused"}


def node(
    type_: str,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    parent: str = "",
    depends: Mapping[str, Iterable[Node]] | None = None,
    outputs: Mapping[str, Any] | None = None,
    protect: bool = True,
) -> Node:
    """Return a resource of our own; `depends` says which resources an input came from."""
    urn = f"urn:pulumi:prod::jtld-platform::{type_}::{name}"
    return Node(
        urn=urn,
        type=type_,
        name=name,
        inputs=dict(inputs or {}),
        outputs=outputs,
        id="",
        parent=parent,
        custom=True,
        provider="",
        protect=protect,
        retain_on_delete=False,
        delete_before_replace=False,
        import_id="",
        ignore_changes=(),
        aliases=(),
        dependencies=frozenset(),
        property_dependencies={
            key: frozenset(n.urn for n in nodes) for key, nodes in (depends or {}).items()
        },
        secret_inputs=frozenset(),
        secret_outputs=frozenset(),
    )


def waivers(tmp_path: Path, *entries: Mapping[str, Any], stack: str = "prod", today: date = TODAY) -> Waivers:
    """Return the waivers of a file with these entries, read on a given day."""
    path = tmp_path / "waivers.yaml"
    path.write_text(yaml.safe_dump({"waivers": [dict(entry) for entry in entries]}))
    return load_waivers(stack, all_policies(), path=path, clock=lambda: today)


def _said(response: Any) -> list[Said]:
    return [
        Said(one.policyName, LEVELS[one.enforcementLevel], one.urn, one.message)
        for one in response.diagnostics
    ]


_made: dict[int, tuple[Node, tuple[Any, Any]]] = {}


def _messages(one: Node) -> tuple[Any, Any]:
    """Return both messages about a resource, made once: every test shows the same platform."""
    if id(one) not in _made:
        # The node is kept beside its messages so that no other object gets its id.
        _made[id(one)] = one, (_analyze_request(one), _analyzer_resource(one))
    return _made[id(one)][1]


def _analyze_request(one: Node) -> Any:
    return proto.AnalyzeRequest(
        type=one.type,
        urn=one.urn,
        name=one.name,
        properties=struct(one.inputs),
        options=proto.AnalyzerResourceOptions(
            protect=one.protect, parent=one.parent, ignoreChanges=one.ignore_changes
        ),
        provider=_provider(one),
    )


def _analyzer_resource(one: Node) -> Any:
    return proto.AnalyzerResource(
        type=one.type,
        urn=one.urn,
        name=one.name,
        properties=struct(one.outputs if one.outputs is not None else one.inputs),
        options=proto.AnalyzerResourceOptions(protect=one.protect, parent=one.parent),
        provider=_provider(one),
        parent=one.parent,
        dependencies=sorted(one.dependencies),
        propertyDependencies={
            key: proto.AnalyzerPropertyDependencies(urns=sorted(urns))
            for key, urns in one.property_dependencies.items()
        },
    )


def _provider(one: Node) -> Any:
    if one.type.startswith("pulumi:") or not one.custom:
        return None
    return proto.AnalyzerProviderResource(
        type="pulumi:providers:aws",
        urn="urn:pulumi:prod::jtld-platform::pulumi:providers:aws::aws",
        name="aws",
        properties=struct({"region": "ca-central-1", "allowedAccountIds": f'["{_account(one)}"]'}),
    )


def _account(one: Node) -> str:
    """Return the account of the stack that a resource is of."""
    return {"dev": "111111111111", "staging": "222222222222"}.get(one.urn.split(":")[2], "333333333333")


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return the message for plain values; unknowns become what the engine sends for them."""
    message = struct_pb2.Struct()
    message.update(_wire(values))
    return message


def _wire(value: Any) -> Any:
    if value is UNKNOWN or value is SANDBOX_UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Asset):
        return MessageToDict(encode({"": value}))[""]
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_wire(item) for item in value]
    return value
