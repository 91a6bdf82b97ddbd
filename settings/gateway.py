"""The application's way to database and cache: through a gateway, a private connection, or none at all."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.environment import EnvironmentSettings
from settings.types import HostLabel, ImageTag, LogRetentionDays, VpcCidr

TASKS_IN_PRODUCTION = 2
# AWS sells Fargate in these pairs; the gateway needs no larger one.
_MEMORY = {256: (512, 1024, 2048), 512: (1024, 2048, 3072, 4096), 1024: (2048, 3072, 4096)}


class GatewaySettings(Model):
    """What every kind of gateway has in common."""

    @property
    def most_tasks(self) -> int:
        """Return how many tasks hold connections at once, while a deployment replaces them all."""
        return 0


class PooledGateway(GatewaySettings):
    """PgBouncer and a Redis proxy on Fargate behind a network load balancer (DB-4, CA-1)."""

    hostname_label: HostLabel = "data"
    """Host of the entrance, below the environment's domain; its certificate is for this name (DB-4)."""

    image_tag: ImageTag
    """Commit whose image runs (CT-4)."""

    tasks: Annotated[int, Field(ge=1, le=10)] = 2
    """Tasks, spread over the zones (DB-4)."""

    cpu_units: Literal[256, 512, 1024] = 256
    """CPU of a task, 1024 for a whole one."""

    memory_megabytes: Annotated[int, Field(ge=512, le=4096)] = 512
    """Memory of a task."""

    max_clients: Annotated[int, Field(ge=10, le=10_000)] = 1000
    """Client connections that one task accepts on each port (DB-4)."""

    log_retention_days: LogRetentionDays = 365
    """How long the pools' logs can be looked up."""

    @property
    def most_tasks(self) -> int:
        """Return how many tasks hold connections at once, while a deployment replaces them all."""
        return 2 * self.tasks

    @rule
    def _fargate_has_this_size(self) -> Iterator[Violation]:
        sizes = _MEMORY[self.cpu_units]
        if self.memory_megabytes not in sizes:
            yield Violation(
                "memory_megabytes",
                rule=f"must be one of {', '.join(map(str, sizes))} with cpuUnits {self.cpu_units}",
                reason="Fargate has tasks of these sizes only (DB-4)",
                remedy="Take the next larger size.",
            )

    @environment_rule
    def _production_survives_a_zone(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and self.tasks < TASKS_IN_PRODUCTION:
            yield Violation(
                "tasks",
                rule=f"must be at least {TASKS_IN_PRODUCTION} in prod",
                reason="one task in one zone is the whole application's only way to its data (DB-4)",
                remedy="Write 2 or more, or leave the key out: it is the default.",
            )


class PublicGateway(PooledGateway):
    """An entrance on the internet that admits nobody but network.gatewayClientCidrs."""

    kind: Literal["gateway"]
    """Connection pools whose entrance admits the application's known addresses."""


class SecureCompute(PooledGateway):
    """A private entrance, for a Vercel network peered with ours (Enterprise)."""

    kind: Literal["secureCompute"]
    """Connection pools whose entrance is private, reached through Vercel's peering."""

    peering_connection_id: Annotated[
        str,
        Field(pattern=r"^pcx-[0-9a-f]{8,17}$"),
        Rule(
            "must be the id of a VPC peering connection",
            "Vercel asks for the peering and we accept that one (DB-4)",
            "Copy the pcx-… id from the team's Secure Compute settings in Vercel.",
        ),
    ]
    """Peering connection that Vercel has asked for (DB-4)."""

    peer_cidr: VpcCidr
    """Range of the Vercel network; the pools admit it alone (DB-4)."""


class NoGateway(GatewaySettings):
    """No gateway: database and cache are services with public, encrypted addresses (DB-5)."""

    kind: Literal["external"]
    """Nothing of ours to reach."""


Gateway = Annotated[PublicGateway | SecureCompute | NoGateway, Field(discriminator="kind")]
