"""One Fargate task: its log, its two roles, its definition; the same for services and for scheduled jobs.

What an image must keep to (`services/`): it runs as user 10001 with a read-only root and a writable `/tmp`
(`VOLUME /tmp`), reads its settings from the environment, and where it serves, answers `GET /health` on port
8000 with 200 or 503 (MO-6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.grants import Grant
from components.iam import Statement
from components.platform import Platform
from components.task_roles import TaskRole, TaskRoles
from settings.fargate import FargateSize

PORT = 8000
PORT_NAME = "http"
HEALTH_PATH = "/health"
USER = "10001:10001"
"""Nobody on the host and in no image's /etc/passwd: a fixed number needs no name (CT-N1)."""

_HEALTH_CHECK = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}{HEALTH_PATH}', timeout=3)"
# ECS Exec's agent writes there, whatever the rest of the file system allows.
_SHELL_PATHS = {"shell-state": "/var/lib/amazon", "shell-log": "/var/log/amazon"}


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image in one of our repositories, named by the commit that built it (CT-4)."""

    repository_arn: pulumi.Output[str]
    reference: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class ContainerSecret:
    """One key of a JSON secret in Secrets Manager, for one environment variable of a container."""

    arn: pulumi.Input[str]
    key: str

    @property
    def value_from(self) -> pulumi.Output[str]:
        """Return it as a container definition names it."""
        return pulumi.Output.concat(self.arn, f":{self.key}::")


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """What differs between tasks.

    `name` is the logical name of everything made for it and the name of its container. `serves` says whether
    it listens on `PORT`. `grants` become the policy of a task role of its own; where `role_arn` is given,
    that role, which somebody else has made, is taken on instead.
    """

    name: str
    purpose: str
    image: Image
    size: FargateSize
    serves: bool
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, ContainerSecret]
    grants: Sequence[Grant] = ()
    role_arn: pulumi.Input[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Where recorded shells go: they exist outside prod only."""

    log_group_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task that can be run; `role_arns` are the two roles that whoever runs it passes on."""

    log_group: aws.cloudwatch.LogGroup
    execution: TaskRole
    identity: TaskRole | None
    definition: aws.ecs.TaskDefinition
    role_arns: tuple[pulumi.Input[str], pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class Tasks:
    """Makes tasks whose resources are children of `parent`."""

    parent: pulumi.Resource
    component: str
    platform: Platform
    data_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    log_retention_days: int
    shell: Shell | None = field(default=None)

    def make(self, plan: TaskPlan) -> Task:
        """Make a task after a plan."""
        log_group = aws.cloudwatch.LogGroup(
            plan.name,
            retention_in_days=self.log_retention_days,
            kms_key_id=self.logs_key_arn,
            tags=self._tags,
            opts=self.platform.stateful_child(self.parent),
        )
        roles = TaskRoles(
            parent=self.parent,
            component=self.component,
            platform=self.platform,
            data_key_arn=self.data_key_arn,
        )
        execution = roles.starting(
            f"{plan.name}-execution",
            f"Starts {plan.name}: image, log and secrets",
            repository_arn=plan.image.repository_arn,
            log_group=log_group,
            # By identity: one secret may hold several variables, and its ARN is not known yet.
            secret_arns=list({id(secret.arn): secret.arn for secret in plan.secrets.values()}.values()),
        )
        identity: TaskRole | None = None
        if plan.role_arn is None:
            identity = roles.role(f"{plan.name}-task", plan.purpose, self._acting(plan))
            role_arn: pulumi.Input[str] = identity.role.arn
        else:
            role_arn = plan.role_arn
        return Task(
            log_group=log_group,
            execution=execution,
            identity=identity,
            definition=self._definition(plan, log_group, execution, identity, role_arn),
            role_arns=(execution.role.arn, role_arn),
        )

    @property
    def _tags(self) -> dict[str, str]:
        return self.platform.tags(self.component)

    def _acting(self, plan: TaskPlan) -> list[Statement]:
        """Return what the container itself may do."""
        granted = [
            Statement(
                sid=grant.sid,
                actions=grant.actions,
                resources=list(grant.resources),
                conditions=grant.conditions,
            )
            for grant in plan.grants
        ]
        return granted + (self._shell_statements(self.shell) if self.shell else [])

    def _shell_statements(self, shell: Shell) -> list[Statement]:
        channels = [
            f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")
        ]
        return [
            # AWS knows no resource for channels; who may open one is decided by ecs:ExecuteCommand.
            Statement(sid="ShellChannels", actions=channels, resources="*"),
            Statement(
                sid="ShellRecord",
                actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(shell.log_group_arn, ":*")],
            ),
            Statement(sid="ShellKey", actions="kms:Decrypt", resources=[shell.key_arn]),
        ]

    def _definition(
        self,
        plan: TaskPlan,
        log_group: aws.cloudwatch.LogGroup,
        execution: TaskRole,
        identity: TaskRole | None,
        role_arn: pulumi.Input[str],
    ) -> aws.ecs.TaskDefinition:
        mounts = {"tmp": "/tmp", **(_SHELL_PATHS if self.shell else {})}  # noqa: S108  # in the container
        return aws.ecs.TaskDefinition(
            plan.name,
            family=self.platform.name(plan.name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(plan.size.cpu_units),
            memory=str(plan.size.memory_megabytes),
            runtime_platform={"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
            execution_role_arn=execution.role.arn,
            task_role_arn=role_arn,
            volumes=[{"name": name} for name in mounts],
            container_definitions=pulumi.Output.json_dumps([self._container(plan, log_group, mounts)]),
            tags=self._tags,
            # A task that starts before its roles have their rights fails to pull its image.
            opts=self.platform.child(
                self.parent, depends_on=[one.policy for one in (execution, identity) if one and one.policy]
            ),
        )

    def _container(
        self, plan: TaskPlan, log_group: aws.cloudwatch.LogGroup, mounts: Mapping[str, str]
    ) -> dict[str, Any]:
        place = self.platform.environment
        environment = {"ENVIRONMENT": place.name, "AWS_REGION": place.region, **plan.environment}
        container: dict[str, Any] = {
            "name": plan.name,
            "image": plan.image.reference,
            "essential": True,
            "user": USER,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "environment": [{"name": key, "value": environment[key]} for key in sorted(environment)],
            "secrets": [
                {"name": key, "valueFrom": plan.secrets[key].value_from} for key in sorted(plan.secrets)
            ],
            "mountPoints": [
                {"sourceVolume": name, "containerPath": path, "readOnly": False}
                for name, path in mounts.items()
            ],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group.name,
                    "awslogs-region": place.region,
                    "awslogs-stream-prefix": plan.name,
                    # A full log pipe must not stop a container that serves people.
                    "mode": "non-blocking",
                },
            },
            "stopTimeout": 60,
        }
        if plan.serves:
            container["portMappings"] = [
                {"name": PORT_NAME, "containerPort": PORT, "protocol": "tcp", "appProtocol": "http"}
            ]
            container["healthCheck"] = {
                "command": ["CMD", "python", "-c", _HEALTH_CHECK],
                "interval": 15,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 60,
            }
        return container
