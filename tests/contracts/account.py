"""An empty AWS account in which tests create, change and delete resources as the engine would."""

from dataclasses import dataclass
from typing import Any

from sandbox.cloud import Cloud
from sandbox.provider import Autonaming, Checked, Difference, OperationError, Provider

ACCOUNT = "123456789012"
REGION = "ca-central-1"


class RefusedError(Exception):
    """The provider's plan refused inputs; the API is not asked at all."""


@dataclass
class Made:
    """A resource that exists."""

    token: str
    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


class Account:
    """The AWS provider over an empty cloud."""

    def __init__(self, *, cloud: Cloud | None = None, account: str = ACCOUNT, region: str = REGION) -> None:
        self.cloud = cloud or Cloud(":memory:")
        self.provider = Provider("aws", self.cloud, seed=7)
        self.provider.configure({"region": region, "allowedAccountIds": [account]})
        self._count = 0

    def check(self, type_: str, **inputs: Any) -> Checked:
        self._count += 1
        urn = f"urn:pulumi:test::test::aws:{type_}::thing{self._count}"
        return self.provider.check(urn, {}, inputs, Autonaming(proposed=f"thing{self._count}-1a2b3c4"))

    def make(self, type_: str, **inputs: Any) -> Made:
        checked = self.check(type_, **inputs)
        if checked.failures:
            raise RefusedError("; ".join(f"{f.property}: {f.reason}" for f in checked.failures))
        urn = f"urn:pulumi:test::test::aws:{type_}::thing{self._count}"
        state = self.provider.create(urn, checked.inputs)
        assert state.id
        return Made(f"aws:{type_}", urn, state.id, dict(state.inputs), dict(state.outputs))

    def plan(self, made: Made, **inputs: Any) -> tuple[Checked, Difference]:
        """Return what a change of some inputs would do; None removes an input."""
        news = {k: v for k, v in {**made.inputs, **inputs}.items() if v is not None and k != "__defaults"}
        checked = self.provider.check(made.urn, made.inputs, news)
        if checked.failures:
            raise RefusedError("; ".join(f"{f.property}: {f.reason}" for f in checked.failures))
        return checked, self.provider.diff(made.urn, made.inputs, made.outputs, checked.inputs)

    def replaces(self, made: Made, **inputs: Any) -> bool:
        _, difference = self.plan(made, **inputs)
        assert difference.changes, "nothing changed"
        return bool(difference.replaces)

    def change(self, made: Made, **inputs: Any) -> Made:
        checked, difference = self.plan(made, **inputs)
        assert difference.changes, "nothing changed"
        assert not difference.replaces, f"{difference.replaces} replaces"
        state = self.provider.update(made.urn, made.id, made.inputs, made.outputs, checked.inputs)
        return Made(made.token, made.urn, made.id, dict(state.inputs), dict(state.outputs))

    def drop(self, made: Made) -> None:
        self.provider.delete(made.urn, made.id, made.outputs)

    def found(self, made: Made) -> bool:
        return self.provider.read(made.urn, made.id, made.inputs, made.outputs).id is not None


__all__ = ["ACCOUNT", "REGION", "Account", "Made", "OperationError", "RefusedError"]
