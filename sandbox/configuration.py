"""A provider's own configuration: where its resources go and what it adds to them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.checks import Failure, ShapeCheck
from sandbox.contracts import ProviderContract
from sandbox.kinds import GLOBAL, Place
from sandbox.shapes import Shape
from sandbox.values import UNKNOWN, Secret, has_unknown, reveal

# What the engine itself puts among a provider's inputs.
_ENGINE_KEYS = frozenset({"version", "pluginDownloadURL", "pluginChecksums", "parameterization"})


@dataclass(frozen=True)
class Configuration:
    """A configured provider."""

    contract: ProviderContract
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """Return the provider's region, empty for providers without regions."""
        return str(reveal(self.values.get("region")) or "")

    @property
    def account(self) -> str:
        """Return the account that the configuration allows, else the sandbox's."""
        allowed = reveal(self.values.get("allowedAccountIds"))
        return str(allowed[0]) if isinstance(allowed, list) and allowed else self.contract.account

    @property
    def default_tags(self) -> Mapping[str, Any]:
        """Return the tags for every resource."""
        return dict((self.values.get("defaultTags") or {}).get("tags") or {})

    def place(self, region: str) -> Place:
        """Return the place that a region is."""
        known = self.contract.regions.get(region)
        if known is None:
            return Place(account=self.account, region=region)
        return Place(
            account=self.account,
            region=region,
            partition=known.partition,
            dns_suffix=known.dns_suffix,
            zones=known.zones,
        )

    def region_problem(self, region: Any) -> str | None:
        """Return why a region is refused."""
        if not self.contract.regions or has_unknown(region) or region in (*self.contract.regions, GLOBAL):
            return None
        return f"invalid AWS Region: {region}" if region else "Missing required property 'region'"


def checked(
    shape: Shape, contract: ProviderContract, news: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Failure]]:
    """Return a provider's inputs in their real types, and what is wrong with them."""
    decoded = {
        name: _decoded(value, shape.inputs.get(name))
        for name, value in news.items()
        if name not in _ENGINE_KEYS
    }
    check = ShapeCheck(shape)
    inputs = check.check(decoded)
    problem = Configuration(contract).region_problem(reveal(inputs.get("region", "")))
    if problem and "region" in shape.inputs:
        check.failures.append(Failure("region", problem))
    for name in shape.secrets & inputs.keys():
        inputs[name] = inputs[name] if isinstance(inputs[name], Secret) else Secret(inputs[name])
    return inputs, check.failures


def _decoded(value: Any, spec: Any) -> Any:
    # SDKs send every configuration value that is not a text as JSON in a text.
    if isinstance(value, Secret):
        return Secret(_decoded(value.value, spec))
    if not isinstance(value, str) or value is UNKNOWN or spec in (None, "string"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
