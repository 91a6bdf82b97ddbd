"""Answers the recording monitor from the sandbox: the contracts that drive the offline cloud judge unit tests too."""

import hashlib
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from sandbox.account import prepare
from sandbox.cloud import Cloud
from sandbox.outputs import without_marks
from sandbox.provider import Autonaming, Failure, OperationError, Provider
from tests.support.monitor import Answer

_PROVIDER_TYPE = "pulumi:providers:"


class RefusedError(Exception):
    """A provider refused inputs; the message names resource, property and reason."""


class SandboxCloud:
    """An in-memory cloud with the providers that a program configures for it.

    `defaults` configures the AWS provider of resources that name none.
    """

    def __init__(self, *, stack: str, preview: bool, defaults: Mapping[str, Any]) -> None:
        self._stack = stack
        self._defaults = defaults
        self._preview = preview
        self._cloud = Cloud(":memory:")
        self._providers: dict[str, Provider] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cloud.close()

    def create(self, type_: str, urn: str, inputs: Mapping[str, Any], provider: str) -> Answer:
        """Check and create a resource, or configure a provider."""
        if type_.startswith(_PROVIDER_TYPE):
            return self._configure(type_.removeprefix(_PROVIDER_TYPE), urn, inputs)
        serving = self._serving(type_, provider)
        checked = serving.check(urn, {}, inputs, Autonaming(self._proposed_name(urn)))
        _require_none(urn, checked.failures)
        try:
            made = serving.create(urn, checked.inputs, preview=self._preview)
        except OperationError as error:
            raise RefusedError(f"{urn}: {error}") from error
        return Answer(inputs=without_marks(checked.inputs), id=made.id or "", outputs=made.outputs)

    def read(self, type_: str, urn: str, id_: str, inputs: Mapping[str, Any], provider: str) -> Answer:
        """Read a resource that must exist."""
        found = self._serving(type_, provider).read(urn, id_, inputs, {})
        if found.id is None:
            raise RefusedError(f"{urn}: {id_} does not exist")
        return Answer(inputs=found.inputs, id=found.id, outputs=found.outputs)

    def invoke(self, token: str, arguments: Mapping[str, Any], provider: str) -> Mapping[str, Any]:
        """Call a function."""
        return self._serving(token, provider).invoke(token, arguments)

    def _configure(self, package: str, urn: str, inputs: Mapping[str, Any]) -> Answer:
        id_ = f"{package}-provider"
        self._start(f"{urn}::{id_}", package, inputs)
        return Answer(inputs=inputs, id=id_, outputs=inputs)

    def _start(self, key: str, package: str, configuration: Mapping[str, Any]) -> None:
        provider = Provider(package, self._cloud, seed=1)
        checked = provider.check_config(configuration)
        _require_none(key, checked.failures)
        provider.configure(checked.inputs)
        for account in json.loads(configuration.get("allowedAccountIds", "[]")):
            prepare(self._cloud, account)
        self._providers[key] = provider

    def _serving(self, token: str, provider: str) -> Provider:
        """Return the provider that a program names; where it names none, a default one, as the engine does."""
        package = token.split(":", maxsplit=1)[0]
        key = provider or f"default_{package}"
        if key not in self._providers:
            self._start(key, package, self._defaults if package == "aws" else {})
        return self._providers[key]

    def _proposed_name(self, urn: str) -> str:
        """Return what the engine proposes after the pattern in Pulumi.yaml, with digits that never change."""
        name = urn.rpartition("::")[2]
        return f"jtld-{self._stack}-{name}-{hashlib.sha256(urn.encode()).hexdigest()[:6]}"


def _require_none(urn: str, failures: Any) -> None:
    problems: list[Failure] = list(failures)
    if problems:
        raise RefusedError("\n".join([urn, *(f"  {one.property}: {one.reason}" for one in problems)]))
