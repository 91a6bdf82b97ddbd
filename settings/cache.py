"""Redis: our own on ElastiCache, or a service's (Upstash) outside production; and what may be kept in it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.database import DailyWindow, WeeklyWindow, busy, window_span
from settings.environment import EnvironmentSettings
from settings.types import LogRetentionDays

NodeType = Literal[
    "cache.t4g.micro",
    "cache.t4g.small",
    "cache.t4g.medium",
    "cache.m7g.large",
    "cache.m7g.xlarge",
    "cache.r7g.large",
    "cache.r7g.xlarge",
]

EvictionPolicy = Annotated[
    Literal["allkeys-lru", "allkeys-lfu"],
    Rule(
        "must be allkeys-lru or allkeys-lfu",
        "with noeviction a full cache refuses writes, sessions among them; volatile-* does as soon as keys "
        "without a lifetime fill it (CA-1, CA-N1)",
        "Leave the key out: allkeys-lru is the default.",
    ),
]

LEAST_SNAPSHOT_DAYS_IN_PRODUCTION = 7


class CacheSettings(Model):
    """What every kind of cache has in common."""


class ElastiCache(CacheSettings):
    """Our own Valkey on ElastiCache (CA-1)."""

    kind: Literal["elasticache"]
    """Valkey, Redis' free successor, of our own, in the network's isolated subnets."""

    version: Literal["7.2", "8.0", "8.1"] = "8.1"
    """Version; all speak Redis 7's protocol (CA-1)."""

    node_type: NodeType
    """Size of each node (CA-1)."""

    node_count: Annotated[int, Field(ge=1, le=6)] = 2
    """Nodes, each in another zone as far as there are; from two on the replica takes over (CA-1)."""

    eviction_policy: EvictionPolicy = "allkeys-lru"
    """What goes when the memory is full (CA-1, CA-N1)."""

    reserved_memory_percent: Annotated[int, Field(ge=20, le=40)] = 20
    """Memory kept free for snapshots and fail-over (CA-1)."""

    snapshot_retention_days: Annotated[int, Field(ge=1, le=35)] = 7
    """Days for which daily snapshots are kept (CA-1)."""

    snapshot_window: DailyWindow = "05:30-06:30"
    """When the daily snapshot is taken, UTC (CA-1)."""

    maintenance_window: WeeklyWindow = "sun:07:00-sun:08:00"
    """When AWS may patch, UTC (CA-1)."""

    log_retention_days: LogRetentionDays = 365
    """How long slow commands can be looked up (CA-1)."""

    credentials_generation: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Raise it by one to give the application a new password (TP-2)."""

    @property
    def highly_available(self) -> bool:
        """Whether a replica in another zone takes over."""
        return self.node_count > 1

    @rule
    def _windows_last(self) -> Iterator[Violation]:
        for field in ("snapshot_window", "maintenance_window"):
            begin, end = window_span(getattr(self, field))
            if not 3600 <= (end - begin).total_seconds() <= 3 * 3600:  # noqa: PLR2004 - seconds of an hour
                yield Violation(
                    field,
                    rule="must last from 1 to 3 hours",
                    reason="ElastiCache takes no window shorter than an hour (CA-1)",
                    remedy="Move its end.",
                )

    @environment_rule
    def _windows_are_off_peak(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        for field in ("snapshot_window", "maintenance_window"):
            if busy(getattr(self, field), environment.timezone):
                yield Violation(
                    field,
                    rule=f"must lie between 22:00 and 07:00 in {environment.timezone}, in winter and summer",
                    reason="snapshots take memory and maintenance drops connections (CA-1)",
                    remedy="Write the night's hours in UTC, for example 05:30-06:30.",
                )

    @environment_rule
    def _production_survives(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        if not self.highly_available:
            yield Violation(
                "node_count",
                rule="must be at least 2 in prod",
                reason="the failure of a zone must not sign every user out (CA-1)",
                remedy="Write 2 or more, or leave the key out: it is the default.",
            )
        if self.snapshot_retention_days < LEAST_SNAPSHOT_DAYS_IN_PRODUCTION:
            yield Violation(
                "snapshot_retention_days",
                rule=f"must be at least {LEAST_SNAPSHOT_DAYS_IN_PRODUCTION} in prod",
                reason="sessions must survive the loss of every node (CA-1)",
                remedy="Write 7 or more, or leave the key out: it is the default.",
            )


class ExternalCache(CacheSettings):
    """A Redis service; its address is the secret externalRedisUrl (CA-1)."""

    kind: Literal["external"]
    """Redis of a service outside AWS."""

    service: Literal["upstash"]
    """Which service it is; its region in Canada is chosen there."""

    @environment_rule
    def _not_in_production(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production:
            yield Violation(
                "kind",
                rule="must be elasticache in prod",
                reason="users' sessions stay in our own account, under our own keys (CA-1, PIPEDA)",
                remedy="Write kind: elasticache with its nodeType.",
            )


Cache = Annotated[ElastiCache | ExternalCache, Field(discriminator="kind")]
