"""A resource monitor that records all that the engine would see; the SDK's own forgets most of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from google.protobuf import empty_pb2
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2

from sandbox.values import reveal
from sandbox.wire import decode, encode
from tests.support.graph import STACK_TYPE, Graph, Node
from tests.support.secrets import secret_paths


class DuplicateUrnError(Exception):
    """Two resources were registered under one URN; the engine refuses that, the SDK's mock does not."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider makes of a registration: checked inputs, id and outputs, secrets marked in place."""

    inputs: Mapping[str, Any]
    id: str
    outputs: Mapping[str, Any]


class Cloud(Protocol):
    """What stands behind the monitor."""

    def create(self, type_: str, urn: str, inputs: Mapping[str, Any], provider: str) -> Answer: ...

    def read(self, type_: str, urn: str, id_: str, inputs: Mapping[str, Any], provider: str) -> Answer: ...

    def invoke(self, token: str, arguments: Mapping[str, Any], provider: str) -> Mapping[str, Any]: ...


class RecordingMonitor(MockMonitor):
    """Answers registrations from a cloud and keeps each as a `Node`."""

    def __init__(self, cloud: Cloud, *, project: str, stack: str) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type]  # every method that would use it is overridden
        self._cloud = cloud
        self._urn_root = f"urn:pulumi:{stack}::{project}::"
        self._nodes: dict[str, Node] = {}
        self._exports: dict[str, Any] = {}
        self._secret_exports: frozenset[str] = frozenset()

    @property
    def graph(self) -> Graph:
        """Return what was registered so far."""
        return Graph(
            nodes=tuple(self._nodes.values()), exports=self._exports, secret_exports=self._secret_exports
        )

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Form a URN as the engine does: the parent's types lead, the stack's own does not."""
        parent_type = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if parent_type == STACK_TYPE else f"{parent_type}${type_}"
        return f"{self._urn_root}{qualified}::{name}"

    def RegisterResource(  # noqa: N802  # the SDK's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a registration and answer it."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = decode(request.object)
        if request.custom and request.importId:
            answer = self._cloud.read(request.type, urn, request.importId, inputs, request.provider)
        elif request.custom:
            answer = self._cloud.create(request.type, urn, inputs, request.provider)
        else:
            answer = Answer(inputs=inputs, id="", outputs={})
        self._record(self._node(request, urn, inputs, answer))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=answer.id, object=encode(answer.outputs))

    def ReadResource(  # noqa: N802  # the SDK's name
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer `Resource.get`: the resource must exist in the cloud; it is not part of the graph."""
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = decode(request.properties)
        answer = self._cloud.read(request.type, urn, request.id, inputs, request.provider)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=encode(answer.outputs))

    def Invoke(  # noqa: N802  # the SDK's name
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a function call; an unknown token is the cloud's error."""
        result = self._cloud.invoke(request.tok, decode(request.args), request.provider)
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(result)})

    def RegisterResourceOutputs(  # noqa: N802  # the SDK's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Keep a component's or the stack's outputs."""
        outputs = decode(request.outputs)
        values, secrets = reveal(outputs), frozenset(secret_paths(outputs))
        if request.urn in self._nodes:
            self._nodes[request.urn] = replace(
                self._nodes[request.urn], outputs=values, secret_outputs=secrets
            )
        else:
            self._exports, self._secret_exports = values, secrets
        return empty_pb2.Empty()

    def _record(self, node: Node) -> None:
        if node.urn in self._nodes:
            raise DuplicateUrnError(f"{node.urn} is registered twice: names must differ within a parent")
        self._nodes[node.urn] = node

    def _node(
        self,
        request: resource_pb2.RegisterResourceRequest,
        urn: str,
        given: Mapping[str, Any],
        answer: Answer,
    ) -> Node:
        return Node(
            urn=urn,
            type=request.type,
            name=request.name,
            inputs=reveal(answer.inputs),
            outputs=reveal(answer.outputs) if request.custom else None,
            id=answer.id,
            parent=request.parent,
            custom=request.custom,
            provider=request.provider,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            import_id=request.importId,
            ignore_changes=tuple(request.ignoreChanges),
            aliases=tuple(alias.urn or f"{alias.spec.type}::{alias.spec.name}" for alias in request.aliases),
            dependencies=frozenset(request.dependencies),
            property_dependencies={
                key: frozenset(value.urns) for key, value in request.propertyDependencies.items()
            },
            secret_inputs=frozenset(secret_paths(given)),
            secret_outputs=frozenset(secret_paths(answer.outputs)),
        )
