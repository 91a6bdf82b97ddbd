"""The containers that run all the time: cluster, image repositories, the ML service and the worker.

The images are built by `services/` and its workflow; which of them runs is said by the settings (CT-4).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.compute.alarms import deployment_alarm, entrance_alarms, service_alarms
from components.compute.cluster import Cluster, make_cluster
from components.compute.entrance import Entrance, entrance
from components.compute.registry import Repository, repositories
from components.compute.scaling import Scaling, scale
from components.compute.tasks import PORT, PORT_NAME, ContainerSecret, Image, Shell, Task, TaskPlan, Tasks
from components.grants import Grant, Role
from components.platform import Platform
from components.records import Record
from components.variables import Variable
from settings.compute import ComputeSettings, ServiceSettings

__all__ = ["Compute", "ContainerSecret", "Image"]

_COMPONENT = "compute"


@dataclass(frozen=True, kw_only=True)
class _Service:
    task: Task
    service: aws.ecs.Service
    scaling: Scaling


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    cluster: Cluster
    repositories: Mapping[str, Repository]
    entrance: Entrance | None
    services: Mapping[str, _Service]
    failed_deployments: aws.cloudwatch.EventRule


class Compute(pulumi.ComponentResource):
    """The cluster and its two services, at home in the private subnets (CT-1, CT-2, CT-4).

    The worker reaches the ML service inside the network; the application only where the settings make it
    public. `images` are those that run, for whoever starts tasks of his own; `repository_urls` has one more,
    the data gateway's.
    """

    cluster_arn: pulumi.Output[str]
    repository_urls: Mapping[str, pulumi.Output[str]]
    repository_arns: Mapping[str, pulumi.Output[str]]
    images: Mapping[str, Image]
    records: list[Record]
    alarms: list[Alarm]
    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: ComputeSettings,
        *,
        platform: Platform,
        vpc_id: pulumi.Input[str],
        private_subnet_ids: Sequence[pulumi.Input[str]],
        public_subnet_ids: Sequence[pulumi.Input[str]],
        public_ready: Sequence[pulumi.Resource],
        security_group_ids: Mapping[str, pulumi.Input[str]],
        logs_bucket: pulumi.Input[str],
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        grants: Sequence[Grant],
        worker_environment: Mapping[str, pulumi.Input[str]],
        worker_secrets: Mapping[str, ContainerSecret],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Compute", name, None, opts)
        self._settings = settings
        self._platform = platform
        self._network: dict[str, Any] = {
            "subnets": private_subnet_ids,
            "security_groups": [security_group_ids["service"]],
            "assign_public_ip": False,
        }

        cluster = make_cluster(
            shell_access=settings.shell_access,
            log_retention_days=settings.log_retention_days,
            logs_key_arn=logs_key_arn,
            parent=self,
            platform=platform,
        )
        stock = repositories(
            key_arn=data_key_arn, images_kept=settings.images_kept, parent=self, platform=platform
        )
        self.images = {
            "ml": stock["ml"].image(settings.ml.image_tag),
            "worker": stock["worker"].image(settings.worker.image_tag),
        }
        door = None
        if settings.ml.public:
            door = entrance(
                "ml",
                f"{settings.ml.hostname_label}.{platform.environment.domain}",
                vpc_id=vpc_id,
                subnet_ids=public_subnet_ids,
                public_ready=public_ready,
                security_group_id=security_group_ids["load-balancer"],
                log_bucket=logs_bucket,
                key_arn=data_key_arn,
                token_generation=settings.ml.token_generation,
                parent=self,
                platform=platform,
            )
        token = {"SERVICE_TOKEN": ContainerSecret(arn=door.token.secret.arn, key="password")} if door else {}
        tasks = Tasks(
            parent=self,
            component=_COMPONENT,
            platform=platform,
            data_key_arn=data_key_arn,
            logs_key_arn=logs_key_arn,
            log_retention_days=settings.log_retention_days,
            shell=Shell(log_group_arn=cluster.shells.arn, key_arn=logs_key_arn) if cluster.shells else None,
        )
        ml = TaskPlan(
            name="ml",
            purpose="The ML service",
            image=self.images["ml"],
            size=settings.ml,
            serves=True,
            environment={},
            secrets=token,
            grants=[grant for grant in grants if grant.role is Role.ML],
        )
        worker = TaskPlan(
            name="worker",
            purpose="The worker that empties the queues",
            image=self.images["worker"],
            size=settings.worker,
            serves=True,
            environment={"ML_SERVICE_URL": f"http://{ml.name}:{PORT}", **worker_environment},
            secrets={**worker_secrets, **{f"ML_{key}": secret for key, secret in token.items()}},
            grants=[grant for grant in grants if grant.role is Role.WORKER],
        )
        served = self._service(tasks.make(ml), ml, settings.ml, cluster, door=door, discoverable=True)
        working = self._service(tasks.make(worker), worker, settings.worker, cluster, after=served.service)

        self.nodes = _Nodes(
            cluster=cluster,
            repositories=stock,
            entrance=door,
            services={"ml": served, "worker": working},
            failed_deployments=self._failed_deployments(cluster.cluster),
        )
        self.cluster_arn = cluster.cluster.arn
        self.repository_urls = {role: made.repository.repository_url for role, made in stock.items()}
        self.repository_arns = {role: made.repository.arn for role, made in stock.items()}
        self.records = door.records if door else []
        self.alarms = self._alarms()
        self.variables = self._variables(door)
        self.register_outputs({"clusterArn": self.cluster_arn, "repositoryUrls": self.repository_urls})

    @property
    def _tags(self) -> dict[str, str]:
        return self._platform.tags(_COMPONENT)

    def _service(
        self,
        task: Task,
        plan: TaskPlan,
        settings: ServiceSettings,
        cluster: Cluster,
        *,
        door: Entrance | None = None,
        discoverable: bool = False,
        after: aws.ecs.Service | None = None,
    ) -> _Service:
        """Run a task all the time; `after` is the service it calls, whose name it must be able to learn."""
        call: dict[str, Any] = {"enabled": True, "namespace": cluster.namespace.arn}
        if discoverable:
            alias = {"dns_name": plan.name, "port": PORT}
            call["services"] = [
                {"port_name": PORT_NAME, "discovery_name": plan.name, "client_alias": [alias]}
            ]
        entry: dict[str, Any] = {}
        if door:
            entry = {
                "load_balancers": [
                    {
                        "target_group_arn": door.target_group.arn,
                        "container_name": plan.name,
                        "container_port": PORT,
                    }
                ],
                "health_check_grace_period_seconds": 60,
            }
        # ECS takes a target group only once a listener leads to it.
        depends_on: list[pulumi.Resource] = [one for one in (after, door.listener if door else None) if one]
        service = aws.ecs.Service(
            plan.name,
            cluster=cluster.cluster.arn,
            task_definition=task.definition.arn,
            desired_count=settings.min_tasks,
            launch_type="FARGATE",
            platform_version="LATEST",
            network_configuration=self._network,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            availability_zone_rebalancing="ENABLED",
            enable_execute_command=self._settings.shell_access,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            service_connect_configuration=call,
            tags=self._tags,
            opts=pulumi.ResourceOptions.merge(
                self._platform.child(self, depends_on=depends_on),
                # Scaling owns the number of tasks from the second day on.
                pulumi.ResourceOptions(ignore_changes=["desiredCount"]),
            ),
            **entry,
        )
        scaling = scale(plan.name, service, cluster.cluster, settings, parent=self, platform=self._platform)
        return _Service(task=task, service=service, scaling=scaling)

    def _failed_deployments(self, cluster: aws.ecs.Cluster) -> aws.cloudwatch.EventRule:
        pattern = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        }
        services = cluster.name.apply(
            lambda name: [
                {"wildcard": f"arn:aws:ecs:*:{self._platform.environment.account_id}:service/{name}/*"}
            ]
        )
        return aws.cloudwatch.EventRule(
            "failed-deployments",
            description="Deployments that the circuit breaker has stopped",
            event_pattern=services.apply(lambda found: json.dumps({**pattern, "resources": found})),
            tags=self._tags,
            opts=self._platform.child(self),
        )

    def _alarms(self) -> list[Alarm]:
        nodes = self.nodes
        plans: dict[str, ServiceSettings] = {"ml": self._settings.ml, "worker": self._settings.worker}
        found = [
            alarm
            for role, made in nodes.services.items()
            for alarm in service_alarms(role, made.service, nodes.cluster.cluster, plans[role])
        ]
        found.append(deployment_alarm(nodes.failed_deployments))
        if nodes.entrance:
            found += entrance_alarms(
                "ml", nodes.entrance.balancer.arn_suffix, nodes.entrance.target_group.arn_suffix
            )
        return found

    def _variables(self, door: Entrance | None) -> list[Variable]:
        """Return what the application needs to call a public service; a private one is none of its business."""
        if door is None:
            return []
        return [
            Variable(key="ML_SERVICE_URL", value=f"https://{door.host}", secret=False),
            Variable(key="ML_SERVICE_TOKEN", value=door.token.password.result, secret=True),
        ]
