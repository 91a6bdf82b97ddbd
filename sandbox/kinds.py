"""A resource type as the sandbox works with it, and the place its resources live in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.contracts import Contract
from sandbox.differences import Comparison
from sandbox.shapes import Shape
from sandbox.values import reveal

GLOBAL = "global"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a resource lives."""

    account: str
    region: str
    partition: str = ""
    dns_suffix: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)

    @property
    def constants(self) -> dict[str, Any]:
        """Return the names that templates know of a place."""
        known = {
            "account": self.account,
            "region": self.region,
            "partition": self.partition,
            "dnsSuffix": self.dns_suffix,
            "zone": next(iter(self.zones), ""),
        }
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A resource type: its SDK shape, its contract, and how the real one is written."""

    token: str
    shape: Shape
    contract: Contract
    framework: Literal["sdk", "plugin"]

    @property
    def label(self) -> str:
        """Return the short name for messages."""
        return self.token.rsplit(":", 1)[-1]

    @property
    def package(self) -> str:
        """Return the provider package."""
        return self.token.split(":", 1)[0]

    @property
    def given_names(self) -> frozenset[str]:
        """Return the properties that can be inputs, the merged tags included."""
        return frozenset(self.shape.inputs) | ({"tagsAll"} if self.contract.taggable else frozenset())

    @property
    def regional(self) -> bool:
        """Tell whether a resource can be put into another region than the provider's."""
        return "region" in self.shape.inputs

    @property
    def secrets(self) -> frozenset[str]:
        """Return the outputs that are secret whatever the program says."""
        return self.shape.secrets | frozenset(self.contract.secret)

    @property
    def comparison(self) -> Comparison:
        """Return how inputs are compared with state."""
        return Comparison(contract=self.contract, framework=self.framework, regional=self.regional)

    def stored_region(self, place: Place) -> str:
        """Return the region under which the cloud keeps a resource."""
        return GLOBAL if self.contract.is_global else place.region

    def is_known(self, name: str, *, update: bool) -> bool:
        """Tell whether a computed output is known when a change is previewed."""
        if not update or name in self.contract.volatile:
            return False
        stable = self.contract.stable
        if stable is None:
            return self.framework == "sdk"
        return stable == "all" or name in stable


def region_of(inputs: Mapping[str, Any], default: str) -> str:
    """Return the region that inputs or state name, else the default."""
    region = reveal(inputs.get("region"))
    return region if isinstance(region, str) and region else default
