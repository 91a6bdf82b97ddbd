"""The way to database and cache for an application outside the network: pools and a proxy on Fargate (DB-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.gateway import containers
from components.gateway.alarms import counters, door_alarms, pool_alarms
from components.gateway.containers import SESSION, TRANSACTION, Container
from components.gateway.entrance import Entrance, open_entrance
from components.gateway.peering import Peering, accept_peering
from components.iam import Statement, document, service_trust
from components.platform import Platform
from components.records import Record
from components.way_in import PostgresBehind, RedisBehind, WayIn
from settings.gateway import GatewaySettings, PooledGateway, SecureCompute

_COMPONENT = "gateway"


@dataclass(frozen=True, kw_only=True)
class Image:
    """The repository of the gateway's image."""

    repository_url: pulumi.Input[str]
    repository_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class _Role:
    role: aws.iam.Role
    policy: aws.iam.RolePolicy


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Metric filters go by what they count; without a gateway there is nothing."""

    entrance: Entrance | None = None
    peering: Peering | None = None
    logs: aws.cloudwatch.LogGroup | None = None
    counters: Mapping[str, aws.cloudwatch.LogMetricFilter] = field(default_factory=dict)
    starting: _Role | None = None
    acting: _Role | None = None
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
        self._platform = platform
        self._data_key_arn = data_key_arn
        self.nodes, self.host, self.records, self.alarms = _Nodes(), None, [], []

        if isinstance(settings, PooledGateway):
            assert way_in is not None, "a gateway has a host"
            served = self._containers(settings, way_in, postgres, redis)
            peering = (
                accept_peering(
                    settings, route_table_ids=private_route_table_ids, parent=self, platform=platform
                )
                if isinstance(settings, SecureCompute)
                else None
            )
            entrance = open_entrance(
                way_in.host,
                {one.role: one.port for one in served if one.port is not None},
                internal=peering is not None,
                vpc_id=vpc_id,
                subnet_ids=subnet_ids["private" if peering else "public"],
                security_group_id=security_group_ids["gateway"],
                parent=self,
                platform=platform,
            )
            logs = self._logs(settings, logs_key_arn)
            starting = self._starting(image, logs, postgres)
            acting = self._acting(entrance.certificate)
            definition = self._definition(
                settings,
                [containers.certificate(entrance.certificate.arn), *served],
                image=image,
                logs=logs,
                starting=starting,
                acting=acting,
            )
            service = self._service(
                settings,
                served,
                entrance,
                definition,
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
                counters=counters(logs.name, self._child()) if postgres else {},
                starting=starting,
                acting=acting,
                definition=definition,
                service=service,
            )
            self.host = way_in.host
            self.records = entrance.records(way_in.host)
            self.alarms = [
                *(pool_alarms(postgres.slow_queries) if postgres else ()),
                *door_alarms(entrance),
            ]
        self.register_outputs({"host": self.host})

    def _tags(self) -> dict[str, str]:
        return self._platform.tags(_COMPONENT)

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self._platform.child(self, depends_on=list(after) or None)

    def _containers(
        self,
        settings: PooledGateway,
        way_in: WayIn,
        postgres: PostgresBehind | None,
        redis: RedisBehind | None,
    ) -> list[Container]:
        """Return a container for each door that leads somewhere."""
        made = []
        if postgres is not None:
            pools = {
                TRANSACTION: (way_in.transaction_port, postgres.pools.transaction_size, "application"),
                SESSION: (way_in.session_port, postgres.pools.session_size, "migration"),
            }
            made += [
                containers.pool(
                    role,
                    port=port,
                    hosts=(postgres.host, postgres.replica_host if role == TRANSACTION else None),
                    name=postgres.name,
                    upstream_port=postgres.port,
                    size=size,
                    max_clients=settings.max_clients,
                    login=postgres.logins[login],
                )
                for role, (port, size, login) in pools.items()
            ]
        if redis is not None:
            made.append(
                containers.proxy(
                    port=way_in.redis_port,
                    host=redis.host,
                    upstream_port=redis.port,
                    max_clients=settings.max_clients,
                )
            )
        return made

    def _logs(self, settings: PooledGateway, logs_key_arn: pulumi.Input[str]) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            "pools",
            retention_in_days=settings.log_retention_days,
            kms_key_id=logs_key_arn,
            tags=self._tags(),
            opts=self._platform.stateful_child(self),
        )

    def _role(self, role: str, purpose: str, *statements: Statement) -> _Role:
        place = self._platform.environment
        made = aws.iam.Role(
            role,
            description=purpose,
            assume_role_policy=service_trust(
                "ecs-tasks.amazonaws.com",
                account_id=place.account_id,
                source_arn=f"arn:aws:ecs:{place.region}:{place.account_id}:*",
            ),
            permissions_boundary=self._platform.boundary_arn,
            tags=self._tags(),
            opts=self._child(),
        )
        policy = aws.iam.RolePolicy(role, role=made.id, policy=document(*statements), opts=self._child())
        return _Role(role=made, policy=policy)

    def _starting(
        self, image: Image, logs: aws.cloudwatch.LogGroup, postgres: PostgresBehind | None
    ) -> _Role:
        """Make the role of the agent that starts containers; they themselves never have it."""
        region = self._platform.environment.region
        statements = [
            # AWS knows no resource for this action: the token opens only what PullImage allows.
            Statement(sid="LogInToRegistry", actions="ecr:GetAuthorizationToken", resources="*"),
            Statement(
                sid="PullImage",
                actions=(
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ),
                resources=[image.repository_arn],
            ),
            Statement(
                sid="WriteLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(logs.arn, ":*")],
            ),
        ]
        if postgres is not None:
            via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
            statements += [
                Statement(
                    sid="ReadLogins",
                    actions="secretsmanager:GetSecretValue",
                    resources=list(postgres.logins.values()),
                ),
                Statement(
                    sid="OpenLogins",
                    actions="kms:Decrypt",
                    resources=[self._data_key_arn],
                    conditions=via,
                ),
            ]
        return self._role("starting", "Starts the gateway: image, log and logins", *statements)

    def _acting(self, certificate: aws.acm.Certificate) -> _Role:
        fetch = Statement(
            sid="FetchCertificate", actions="acm:ExportCertificate", resources=[certificate.arn]
        )
        return self._role("acting", "The gateway's containers", fetch)

    def _definition(
        self,
        settings: PooledGateway,
        running: Sequence[Container],
        *,
        image: Image,
        logs: aws.cloudwatch.LogGroup,
        starting: _Role,
        acting: _Role,
    ) -> aws.ecs.TaskDefinition:
        reference = pulumi.Output.concat(image.repository_url, ":", settings.image_tag)
        return aws.ecs.TaskDefinition(
            "gateway",
            family=self._platform.name(_COMPONENT),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.cpu_units),
            memory=str(settings.memory_megabytes),
            runtime_platform={"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
            execution_role_arn=starting.role.arn,
            task_role_arn=acting.role.arn,
            volumes=[{"name": volume} for volume in containers.VOLUMES],
            container_definitions=pulumi.Output.json_dumps(
                [
                    one.definition(image=reference, log_group=logs.name, platform=self._platform)
                    for one in running
                ]
            ),
            tags=self._tags(),
            opts=self._child(starting.policy, acting.policy),
        )

    def _service(
        self,
        settings: PooledGateway,
        served: Sequence[Container],
        entrance: Entrance,
        definition: aws.ecs.TaskDefinition,
        *,
        cluster_arn: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
    ) -> aws.ecs.Service:
        return aws.ecs.Service(
            "gateway",
            cluster=cluster_arn,
            task_definition=definition.arn,
            desired_count=settings.tasks,
            launch_type="FARGATE",
            platform_version="LATEST",
            network_configuration={
                "subnets": list(subnet_ids),
                "security_groups": [security_group_id],
                "assign_public_ip": False,
            },
            load_balancers=[
                {
                    "target_group_arn": entrance.target_groups[one.role].arn,
                    "container_name": one.role,
                    "container_port": one.port,
                }
                for one in served
            ],
            health_check_grace_period_seconds=60,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags=self._tags(),
            # ECS takes a target group only once a listener leads to it.
            opts=self._child(*entrance.listeners.values(), *after),
        )
