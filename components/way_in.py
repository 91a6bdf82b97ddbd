"""The way to database and cache as values: where clients outside find it, and what lies behind it (DB-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.alarms import Metric
from components.network.flows import REDIS_DOOR, SESSION_DOOR, TRANSACTION_DOOR
from settings.database import Pools
from settings.environment import EnvironmentSettings
from settings.gateway import GatewaySettings, PooledGateway


@dataclass(frozen=True, kw_only=True)
class WayIn:
    """The gateway's host and its port for each kind of client."""

    host: str
    transaction_port: int = TRANSACTION_DOOR
    session_port: int = SESSION_DOOR
    redis_port: int = REDIS_DOOR


def way_in(gateway: GatewaySettings, environment: EnvironmentSettings) -> WayIn | None:
    """Return the gateway's address, or nothing where there is no gateway."""
    if not isinstance(gateway, PooledGateway):
        return None
    return WayIn(host=f"{gateway.hostname_label}.{environment.domain}")


@dataclass(frozen=True, kw_only=True)
class PostgresBehind:
    """The database behind the pools; `logins` are the secrets of the role of each pool."""

    host: pulumi.Output[str]
    replica_host: pulumi.Output[str] | None
    port: int
    name: str
    logins: Mapping[str, pulumi.Output[str]]
    pools: Pools
    slow_queries: Metric
    ready: Sequence[pulumi.Resource] = field(default=())


@dataclass(frozen=True, kw_only=True)
class RedisBehind:
    """The cache behind the proxy."""

    host: pulumi.Output[str]
    port: int
