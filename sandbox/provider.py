"""The operations of a resource provider over the sandbox's cloud, in plain Python values.

`sandbox.server` puts gRPC in front of it; unit tests call it directly as their mocks' answer.
Properties are camelCase and may hold `UNKNOWN`, `Secret` and `Asset` at any depth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from sandbox import configuration, functions, generators, inputs, outputs
from sandbox.checks import Failure
from sandbox.cloud import Cloud
from sandbox.configuration import Configuration
from sandbox.contracts import ContractError, Contracts
from sandbox.contracts.loader import shared
from sandbox.differences import Difference
from sandbox.entropy import Entropy
from sandbox.faults import Faults, LastingError, Operation, Script
from sandbox.inputs import Autonaming
from sandbox.kinds import Kind, region_of
from sandbox.lifecycle import Lifecycle, Properties, State
from sandbox.rules import violations
from sandbox.shapes import ShapeError, Shapes, shapes_of
from sandbox.surroundings import RefusedError, Surroundings
from sandbox.values import has_unknown, reveal

__all__ = ["Autonaming", "Checked", "Difference", "Failure", "OperationError", "Provider", "State"]

T = TypeVar("T")
_DOING = {
    "create": "creating",
    "read": "reading",
    "update": "updating",
    "delete": "deleting",
    "invoke": "invoking",
}


@dataclass(frozen=True)
class Checked:
    """Inputs as the provider takes them, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: Sequence[Failure] = ()


class OperationError(Exception):
    """The cloud refused or failed; the message is worded like the real provider's."""


class Provider:
    """One provider package (`aws`, `cloudflare`, …) over a cloud.

    `seed` makes fresh identifiers repeatable, for snapshots in unit tests.
    """

    def __init__(
        self,
        package: str,
        cloud: Cloud,
        *,
        contracts: Contracts | None = None,
        shapes: Shapes | None = None,
        script: Script | None = None,
        seed: int | None = None,
    ) -> None:
        self.package = package
        self._cloud = cloud
        self._contracts = contracts or shared()
        self._shapes = shapes or shapes_of(package)
        self._faults = Faults(script or Script(), cloud)
        self._entropy = Entropy(seed)
        self._configuration = Configuration(self._contracts.provider(package))
        self.kind = cache(self._kind)

    def check_config(self, news: Properties) -> Checked:
        """Check a provider's own inputs, which arrive as JSON texts or as plain values."""
        shape = self._shapes.shape(f"pulumi:providers:{self.package}")
        checked, failures = configuration.checked(shape, self._configuration.contract, news)
        return Checked(checked, failures)

    def configure(self, config: Properties) -> None:
        """Take configuration values; a region that does not exist is an OperationError."""
        checked = self.check_config(config)
        if checked.failures:
            problems = "; ".join(f"{failure.property}: {failure.reason}" for failure in checked.failures)
            raise OperationError(f"could not configure the {self.package} provider: {problems}")
        self._configuration = Configuration(self._configuration.contract, checked.inputs)

    def check(
        self, urn: str, olds: Properties, news: Properties, autonaming: Autonaming | None = None
    ) -> Checked:
        """Return the inputs with names and defaults filled in, and every reason to refuse them."""
        kind = self.kind(type_of(urn))
        result, failures = inputs.checked(
            kind, self._configuration, urn, olds=olds, news=news, autonaming=autonaming, entropy=self._entropy
        )
        if not failures:
            around = self._around(kind, news)
            seen = outputs.with_defaults(kind, result)
            failures = list(violations(kind.contract.validations, result, around, seen=seen))
            if kind.contract.generator and not has_unknown(result):
                told = generators.problems(kind.contract.generator, reveal(result))
                failures += [Failure(*problem) for problem in told]
        return Checked(result, [inputs.located(failure, name_of(urn)) for failure in failures])

    def diff(
        self,
        urn: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        *,
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        """Compare checked inputs with the state the cloud last returned."""
        kind = self.kind(type_of(urn))
        return kind.comparison.difference(old_inputs, old_outputs, news, kind.given_names, ignore_changes)

    def create(self, urn: str, news: Properties, *, preview: bool = False) -> State:
        """Create a resource, or say what is known of it beforehand."""
        life = self._life(urn, news)
        return (
            life.preview(None, news, {}) if preview else self._run("create", life, lambda: life.create(news))
        )

    def read(self, urn: str, id_: str, old_inputs: Properties, old_outputs: Properties) -> State:
        """Return a resource as it is now; without old outputs it is an import and `id_` may take that form."""
        if old_outputs:
            life = self._life(urn, old_outputs, id_)
            return self._run("read", life, lambda: life.refresh(id_, old_inputs, old_outputs))
        bare, _, region = id_.rpartition("@")
        elsewhere = bool(bare) and region in self._configuration.contract.regions
        life = self._life(urn, {"region": region} if elsewhere else old_inputs)
        return self._run("read", life, lambda: life.adopt(bare if elsewhere else id_))

    def update(
        self,
        urn: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        *,
        preview: bool = False,
    ) -> State:
        """Change a resource in place, or say what is known of the result beforehand."""
        life = self._life(urn, old_outputs, id_)
        if preview:
            return life.preview(id_, news, old_outputs)
        return self._run("update", life, lambda: life.update(id_, old_inputs, old_outputs, news))

    def delete(self, urn: str, id_: str, old_outputs: Properties) -> None:
        """Delete a resource; one that is already gone is no error."""
        life = self._life(urn, old_outputs, id_)
        self._run("delete", life, life.delete)

    def invoke(self, token: str, arguments: Properties) -> dict[str, Any]:
        """Return the result of a function; one without a contract is an OperationError."""
        try:
            function, shape = self._contracts.function(token), self._shapes.shape(token)
        except (ContractError, ShapeError) as error:
            raise OperationError(str(error)) from error
        place = self._configuration.place(region_of(arguments, self._configuration.region))
        around = Surroundings(self._cloud, self.kind, functions.kind_of(shape), place, self._entropy)
        label = token.rsplit(":", 1)[-1]
        return self._guarded("invoke", token, label, lambda: functions.invoke(function, arguments, around))

    def _kind(self, token: str) -> Kind:
        try:
            contract = self._contracts.contract(token)
            framework = contract.framework or self._configuration.contract.framework
            return Kind(token=token, shape=self._shapes.shape(token), contract=contract, framework=framework)
        except (ContractError, ShapeError) as error:
            raise OperationError(str(error)) from error

    def _around(self, kind: Kind, properties: Properties) -> Surroundings:
        place = self._configuration.place(region_of(properties, self._configuration.region))
        return Surroundings(self._cloud, self.kind, kind, place, self._entropy)

    def _life(self, urn: str, properties: Properties, id_: str | None = None) -> Lifecycle:
        around = self._around(self.kind(type_of(urn)), properties)
        if id_ is not None:
            around = replace(around, own_id=inputs.identity(around, id_, properties))
        return Lifecycle(self._cloud, around, urn, name_of(urn))

    def _run(self, operation: Operation, life: Lifecycle, act: Callable[[], T]) -> T:
        kind = life.around.kind
        return self._guarded(operation, kind.token, f"{kind.label} ({life.logical_name})", act)

    def _guarded(self, operation: Operation, token: str, subject: str, act: Callable[[], T]) -> T:
        try:
            return self._faults.run(operation, token, act)
        except (RefusedError, LastingError, LookupError) as error:
            raise OperationError(f"{_DOING[operation]} {subject}: {error}") from error


def type_of(urn: str) -> str:
    """Return the resource type of a URN."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """Return the logical name of a URN."""
    return urn.split("::", 3)[3]
