"""The gateway's task, and the service that keeps enough of them running (DB-4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.gateway import containers
from components.gateway.containers import Container
from components.gateway.entrance import Entrance
from components.platform import Platform
from components.task_roles import TaskRole
from settings.gateway import PooledGateway


@dataclass(frozen=True, kw_only=True)
class Image:
    """The repository of the gateway's image."""

    repository_url: pulumi.Input[str]
    repository_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class TaskBuilder:
    """Makes task and service as the settings describe them, below `parent`."""

    settings: PooledGateway
    parent: pulumi.Resource
    platform: Platform

    def definition(
        self,
        running: Sequence[Container],
        *,
        image: Image,
        logs: aws.cloudwatch.LogGroup,
        starting: TaskRole,
        acting: TaskRole,
    ) -> aws.ecs.TaskDefinition:
        """Describe a task in which these containers run."""
        settings = self.settings
        reference = pulumi.Output.concat(image.repository_url, ":", settings.image_tag)
        return aws.ecs.TaskDefinition(
            "gateway",
            family=self.platform.name("gateway"),
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
                    one.definition(image=reference, log_group=logs.name, platform=self.platform)
                    for one in running
                ]
            ),
            tags=self.platform.tags("gateway"),
            # A task that starts before its roles have their rights fails to pull its image.
            opts=self.platform.child(
                self.parent, depends_on=[one.policy for one in (starting, acting) if one.policy]
            ),
        )

    def service(
        self,
        definition: aws.ecs.TaskDefinition,
        served: Sequence[Container],
        entrance: Entrance,
        *,
        cluster_arn: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
    ) -> aws.ecs.Service:
        """Keep tasks running behind the doors of the entrance."""
        return aws.ecs.Service(
            "gateway",
            cluster=cluster_arn,
            task_definition=definition.arn,
            desired_count=self.settings.tasks,
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
            tags=self.platform.tags("gateway"),
            # ECS takes a target group only once a listener leads to it.
            opts=self.platform.child(self.parent, depends_on=[*entrance.listeners.values(), *after]),
        )
