"""A small account of the sandbox, with contracts as small as the tests need."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.contracts import Contracts
from sandbox.faults import Script
from sandbox.lifecycle import State
from sandbox.provider import Autonaming, Checked, Difference, Provider

CONTRACTS = Contracts(Path(__file__).parent / "contracts")
ACCOUNT = "111122223333"
CONFIG = {
    "region": "ca-central-1",
    "allowedAccountIds": [ACCOUNT],
    "defaultTags": {"tags": {"owner": "platform"}},
}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::jtld::jtld:platform:Thing${type_}::{name}"


class Account:
    """A stack's view: programs give inputs, the account remembers state as the engine would."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.state: dict[str, tuple[dict[str, Any], State]] = {}

    def check(
        self, type_: str, name: str, inputs: Mapping[str, Any], autonaming: Autonaming | None = None
    ) -> Checked:
        olds = self.state[urn(type_, name)][0] if urn(type_, name) in self.state else {}
        return self.provider.check(urn(type_, name), olds, inputs, autonaming)

    def create(
        self, type_: str, name: str, inputs: Mapping[str, Any], autonaming: Autonaming | None = None
    ) -> State:
        checked = self.check(type_, name, inputs, autonaming)
        assert not checked.failures, checked.failures
        state = self.provider.create(urn(type_, name), checked.inputs)
        self.state[urn(type_, name)] = (checked.inputs, state)
        return state

    def preview(self, type_: str, name: str, inputs: Mapping[str, Any]) -> State:
        checked = self.check(type_, name, inputs)
        assert not checked.failures, checked.failures
        if urn(type_, name) not in self.state:
            return self.provider.create(urn(type_, name), checked.inputs, preview=True)
        old, state = self.state[urn(type_, name)]
        return self.provider.update(
            urn(type_, name), state.id, old, state.outputs, checked.inputs, preview=True
        )

    def diff(self, type_: str, name: str, inputs: Mapping[str, Any], **options: Any) -> Difference:
        checked = self.check(type_, name, inputs)
        assert not checked.failures, checked.failures
        old, state = self.state[urn(type_, name)]
        return self.provider.diff(urn(type_, name), old, state.outputs, checked.inputs, **options)

    def update(self, type_: str, name: str, inputs: Mapping[str, Any]) -> State:
        checked = self.check(type_, name, inputs)
        old, state = self.state[urn(type_, name)]
        updated = self.provider.update(urn(type_, name), state.id, old, state.outputs, checked.inputs)
        self.state[urn(type_, name)] = (checked.inputs, updated)
        return updated

    def refresh(self, type_: str, name: str) -> State:
        old, state = self.state[urn(type_, name)]
        read = self.provider.read(urn(type_, name), state.id, old, state.outputs)
        self.state[urn(type_, name)] = (read.inputs, read)
        return read

    def delete(self, type_: str, name: str) -> None:
        _, state = self.state[urn(type_, name)]
        self.provider.delete(urn(type_, name), state.id, state.outputs)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(":memory:")


@pytest.fixture
def aws(cloud: Cloud) -> Account:
    return account(cloud)


def account(cloud: Cloud, script: Script | None = None, package: str = "aws") -> Account:
    contracts = None if package == "random" else CONTRACTS
    provider = Provider(package, cloud, contracts=contracts, script=script)
    if package == "aws":
        provider.configure(CONFIG)
    return Account(provider)
