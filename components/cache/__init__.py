"""Redis for the application: our own on ElastiCache, or a service's, behind the same outputs (CA-1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.cache.alarms import cache_alarms
from components.credentials import Kept, Login, Safe
from components.platform import Platform
from components.variables import Variable
from components.way_in import RedisBehind, WayIn
from settings.cache import CacheSettings, ElastiCache
from settings.cache_keys import KEYS

PORT = 6379
USER = "application"
_COMPONENT = "cache"
_ENGINE = "valkey"


def access_string() -> str:
    """Return what the application may do: everything with its own keys, nothing to the server (CA-N4).

    `info` is what clients ask before they call a connection ready.
    """
    families = " ".join(f"~{key.glob}" for key in KEYS)
    return f"on {families} resetchannels -@all +@all -@admin -@dangerous +info"


@dataclass(frozen=True, kw_only=True)
class _Store:
    group: aws.elasticache.ReplicationGroup
    parameters: aws.elasticache.ParameterGroup
    subnets: aws.elasticache.SubnetGroup
    user: aws.elasticache.User
    users: aws.elasticache.UserGroup
    logs: Mapping[str, aws.cloudwatch.LogGroup]
    login: Login


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    store: _Store | None
    kept: Kept | None


class Cache(pulumi.ComponentResource):
    """Redis (CA-1 to CA-3).

    `secret_arn` names the secret for containers inside the network: JSON whose field `url` is the address.
    `variables` are the application's, through the `way_in`. `behind` is what a gateway leads to.
    """

    secret_arn: pulumi.Output[str]
    behind: RedisBehind | None
    alarms: list[Alarm]
    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: CacheSettings,
        *,
        platform: Platform,
        subnet_ids: Sequence[pulumi.Output[str]],
        security_group_id: pulumi.Input[str],
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        way_in: WayIn | None,
        external_url: pulumi.Output[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Cache", name, None, opts)
        self._platform = platform
        self._safe = Safe(component=_COMPONENT, key_arn=data_key_arn, parent=self, platform=platform)

        if isinstance(settings, ElastiCache):
            assert way_in is not None, "the settings refuse a cache of our own that nobody can reach"
            store = self._store(settings, subnet_ids, security_group_id, data_key_arn, logs_key_arn)
            self.nodes = _Nodes(store=store, kept=None)
            self.behind = RedisBehind(host=store.group.primary_endpoint_address, port=PORT)
            self.secret_arn = store.login.secret.arn
            self.alarms = cache_alarms(settings, store.group.replication_group_id)
            url = _url(store.login.password.result, way_in.host, way_in.redis_port)
        else:
            assert external_url is not None, "the settings ask for a service's address"
            url = external_url
            kept = self._safe.keep(
                USER,
                "Address of the Redis service, for the application",
                pulumi.Output.secret(pulumi.Output.json_dumps({"url": url})),
            )
            self.nodes = _Nodes(store=None, kept=kept)
            self.behind, self.secret_arn, self.alarms = None, kept.secret.arn, []
        self.variables = [Variable(key="REDIS_URL", value=url, secret=True)]
        self.register_outputs({"secretArn": self.secret_arn})

    def _tags(self, **extra: str) -> dict[str, str]:
        return self._platform.tags(_COMPONENT, **extra)

    def _child(self) -> pulumi.ResourceOptions:
        return self._platform.child(self)

    def _store(
        self,
        settings: ElastiCache,
        subnet_ids: Sequence[pulumi.Output[str]],
        security_group_id: pulumi.Input[str],
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
    ) -> _Store:
        name = self._platform.name(_COMPONENT, limit=40)
        subnets = aws.elasticache.SubnetGroup(
            "subnets", subnet_ids=list(subnet_ids), tags=self._tags(), opts=self._child()
        )
        parameters = self._parameters(settings)
        logs = {
            log: aws.cloudwatch.LogGroup(
                log,
                retention_in_days=settings.log_retention_days,
                kms_key_id=logs_key_arn,
                tags=self._tags(),
                opts=self._platform.stateful_child(self),
            )
            for log in ("slow-log", "engine-log")
        }
        password = self._safe.password(USER, generation=settings.credentials_generation)
        user, users = self._users(name, password.result)
        available = settings.highly_available
        group = aws.elasticache.ReplicationGroup(
            "valkey",
            replication_group_id=name,
            description=f"Cache and sessions of {self._platform.environment.domain}",
            engine=_ENGINE,
            engine_version=settings.version,
            node_type=settings.node_type,
            num_cache_clusters=settings.node_count,
            automatic_failover_enabled=available,
            multi_az_enabled=available,
            parameter_group_name=parameters.name,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[security_group_id],
            at_rest_encryption_enabled=True,
            kms_key_id=data_key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[users.user_group_id],
            snapshot_retention_limit=settings.snapshot_retention_days,
            snapshot_window=settings.snapshot_window,
            final_snapshot_identifier=None if self._platform.disposable else f"{name}-final",
            maintenance_window=settings.maintenance_window,
            auto_minor_version_upgrade=True,
            apply_immediately=self._platform.disposable,
            log_delivery_configurations=[
                {
                    "destination": group.name,
                    "destination_type": "cloudwatch-logs",
                    "log_format": "json",
                    "log_type": log,
                }
                for log, group in logs.items()
            ],
            tags=self._tags(**{"jtld:data": "cache"}),
            opts=self._platform.stateful_child(self),
        )
        host = group.primary_endpoint_address
        login = self._safe.login(
            USER,
            user=USER,
            password=password,
            purpose="The application's user in Redis",
            fields={"host": host, "port": str(PORT), "url": _url(password.result, host, PORT)},
        )
        return _Store(
            group=group,
            parameters=parameters,
            subnets=subnets,
            user=user,
            users=users,
            logs=logs,
            login=login,
        )

    def _parameters(self, settings: ElastiCache) -> aws.elasticache.ParameterGroup:
        values = {
            "maxmemory-policy": settings.eviction_policy,
            "reserved-memory-percent": str(settings.reserved_memory_percent),
        }
        return aws.elasticache.ParameterGroup(
            "parameters",
            family=f"{_ENGINE}{settings.version.partition('.')[0]}",
            description=f"Valkey of {self._platform.name(_COMPONENT)}",
            parameters=[{"name": name, "value": value} for name, value in values.items()],
            tags=self._tags(),
            opts=self._child(),
        )

    def _users(
        self, name: str, password: pulumi.Output[str]
    ) -> tuple[aws.elasticache.User, aws.elasticache.UserGroup]:
        """Make the application's user, and the group that admits nobody else: Valkey needs no default user."""
        user = aws.elasticache.User(
            USER,
            user_id=f"{name}-{USER}",
            user_name=USER,
            engine=_ENGINE,
            access_string=access_string(),
            passwords=[password],
            tags=self._tags(),
            opts=self._child(),
        )
        users = aws.elasticache.UserGroup(
            "users",
            user_group_id=f"{name}-users",
            engine=_ENGINE,
            user_ids=[user.user_id],
            tags=self._tags(),
            opts=self._child(),
        )
        return user, users


def _url(password: pulumi.Output[str], host: pulumi.Input[str], port: int) -> pulumi.Output[str]:
    return pulumi.Output.concat("rediss://", USER, ":", password, "@", host, ":", str(port))
