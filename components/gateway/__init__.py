"""The way to database and cache for an application outside the network: pools and a proxy on Fargate (DB-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.gateway.alarms import counters, door_alarms, pool_alarms
from components.gateway.containers import certificate, serving
from components.gateway.entrance import Entrance, open_entrance
from components.gateway.peering import Peering, accept_peering
from components.gateway.tasks import Image, TaskBuilder
from components.iam import Statement
from components.platform import Platform
from components.records import Record
from components.task_roles import TaskRole, TaskRoles
from components.way_in import PostgresBehind, RedisBehind, WayIn
from settings.gateway import GatewaySettings, PooledGateway, SecureCompute

__all__ = ["Gateway", "Image"]


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Metric filters go by what they count; without a gateway there is nothing."""

    entrance: Entrance | None = None
    peering: Peering | None = None
    logs: aws.cloudwatch.LogGroup | None = None
    counters: Mapping[str, aws.cloudwatch.LogMetricFilter] = field(default_factory=dict)
    starting: TaskRole | None = None
    acting: TaskRole | None = None
    definition: aws.ecs.TaskDefinition | None = None
    service: aws.ecs.Service | None = None


class Gateway(pulumi.ComponentResource):
    """PgBouncer and a Redis proxy behind a network load balancer, for known addresses only (DB-4, CA-1).

    With `kind: external` nothing is made. Each pool admits one role: the transaction pool the application's,
    the session pool the migrations'.
    """

    host: str | None
    records: list[Record]
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        settings: GatewaySettings,
        *,
        platform: Platform,
        way_in: WayIn | None,
        vpc_id: pulumi.Input[str],
        subnet_ids: Mapping[str, Sequence[pulumi.Output[str]]],
        public_ready: Sequence[pulumi.Resource],
        private_route_table_ids: Mapping[str, pulumi.Output[str]],
        security_group_ids: Mapping[str, pulumi.Output[str]],
        cluster_arn: pulumi.Input[str],
        image: Image,
        postgres: PostgresBehind | None,
        redis: RedisBehind | None,
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Gateway", name, None, opts)
        self.nodes, self.host, self.records, self.alarms = _Nodes(), None, [], []

        if isinstance(settings, PooledGateway):
            assert way_in is not None, "a gateway has a host"
            served = serving(settings, way_in, postgres=postgres, redis=redis)
            peering = None
            if isinstance(settings, SecureCompute):
                peering = accept_peering(
                    settings, route_table_ids=private_route_table_ids, parent=self, platform=platform
                )
            entrance = open_entrance(
                way_in.host,
                {one.role: one.port for one in served if one.port is not None},
                internal=peering is not None,
                vpc_id=vpc_id,
                subnet_ids=subnet_ids["private" if peering else "public"],
                public_ready=public_ready,
                security_group_id=security_group_ids["gateway"],
                parent=self,
                platform=platform,
            )
            logs = aws.cloudwatch.LogGroup(
                "pools",
                retention_in_days=settings.log_retention_days,
                kms_key_id=logs_key_arn,
                tags=platform.tags("gateway"),
                opts=platform.stateful_child(self),
            )
            roles = TaskRoles(parent=self, component="gateway", platform=platform, data_key_arn=data_key_arn)
            starting = roles.starting(
                "starting",
                "Starts the gateway: image, log and logins",
                repository_arn=image.repository_arn,
                log_group=logs,
                secret_arns=list(postgres.logins.values()) if postgres else [],
            )
            fetch = Statement(
                sid="FetchCertificate",
                actions="acm:ExportCertificate",
                resources=[entrance.certificate.arn],
            )
            acting = roles.role("acting", "The gateway's containers", [fetch])
            tasks = TaskBuilder(settings=settings, parent=self, platform=platform)
            definition = tasks.definition(
                [certificate(entrance.certificate.arn), *served],
                image=image,
                logs=logs,
                starting=starting,
                acting=acting,
            )
            service = tasks.service(
                definition,
                served,
                entrance,
                cluster_arn=cluster_arn,
                subnet_ids=subnet_ids["private"],
                security_group_id=security_group_ids["pool"],
                # A task that starts before its certificate is issued or its role exists only fails.
                after=[entrance.issued, *(postgres.ready if postgres else ())],
            )
            self.nodes = _Nodes(
                entrance=entrance,
                peering=peering,
                logs=logs,
                counters=counters(logs.name, platform.child(self)) if postgres else {},
                starting=starting,
                acting=acting,
                definition=definition,
                service=service,
            )
            self.host = way_in.host
            self.records = entrance.records(way_in.host)
            self.alarms = [*(pool_alarms(postgres.slow_queries) if postgres else ()), *door_alarms(entrance)]
        self.register_outputs({"host": self.host})
