"""The scheduled jobs: when each starts, as whom it runs, and what happens when it cannot (JB-1, JB-3).

What the jobs do is the worker image's business (`services/worker`); it is started as `job <name>`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.compute.tasks import ContainerSecret, Image, Task, TaskPlan, Tasks
from components.grants import Grant, Role
from components.iam import Statement, document, service_trust
from components.jobs.alarms import job_alarms
from components.jobs.catalogue import WORKS, job_environment
from components.platform import Platform
from components.queues import DEAD_LETTER_SECONDS, dead_letter_alarm
from settings.jobs import JobSettings, JobsSettings

__all__ = ["Jobs", "job_environment"]

_COMPONENT = "jobs"


@dataclass(frozen=True, kw_only=True)
class _Starts:
    """Who may start jobs, and where starts wait that failed for good."""

    group: aws.scheduler.ScheduleGroup
    dead_letters: aws.sqs.Queue
    closed: aws.sqs.RedriveAllowPolicy
    role: aws.iam.Role
    policy: aws.iam.RolePolicy


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    tasks: Mapping[Role, Task]
    starts: _Starts
    schedules: Mapping[str, aws.scheduler.Schedule]


class Jobs(pulumi.ComponentResource):
    """Eight schedules in UTC, each starting one task on Fargate under a role for its kind of work.

    `secrets` are what every job reads, `backup_secrets` what the backup reads instead; `backup_role_arn` is the
    role it runs under.
    """

    schedule_group: pulumi.Output[str]
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        settings: JobsSettings,
        *,
        platform: Platform,
        cluster_arn: pulumi.Input[str],
        image: Image,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        messages_key_arn: pulumi.Input[str],
        grants: Sequence[Grant],
        environment: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, ContainerSecret],
        backup_role_arn: pulumi.Input[str],
        backup_secrets: Mapping[str, ContainerSecret],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Jobs", name, None, opts)
        self._settings = settings
        self._platform = platform
        self._cluster_arn = cluster_arn
        self._key_arn = messages_key_arn
        self._network: dict[str, Any] = {
            "subnets": subnet_ids,
            "security_groups": [security_group_id],
            "assign_public_ip": False,
        }

        tasks = Tasks(
            parent=self,
            component=_COMPONENT,
            platform=platform,
            data_key_arn=data_key_arn,
            logs_key_arn=logs_key_arn,
            log_retention_days=settings.log_retention_days,
        )
        told = {**environment, **job_environment(settings)}
        made = {
            role: tasks.make(
                TaskPlan(
                    name=role.value,
                    purpose=f"Jobs: {', '.join(job for job, work in WORKS.items() if work.role is role)}",
                    image=image,
                    size=settings,
                    serves=False,
                    environment=told,
                    secrets=backup_secrets if role is Role.BACKUP else secrets,
                    grants=[grant for grant in grants if grant.role is role],
                    role_arn=backup_role_arn if role is Role.BACKUP else None,
                )
            )
            for role in sorted({work.role for work in WORKS.values()})
        }
        starts = self._starts(made)

        self.nodes = _Nodes(
            tasks=made,
            starts=starts,
            schedules={
                job: self._schedule(job, plan, made[WORKS[job].role], starts)
                for job, plan in settings.schedules.named().items()
            },
        )
        self.schedule_group = starts.group.name
        self.alarms = self._alarms(starts)
        self.register_outputs({"scheduleGroup": self.schedule_group})

    @property
    def _tags(self) -> dict[str, str]:
        return self._platform.tags(_COMPONENT)

    def _starts(self, tasks: Mapping[Role, Task]) -> _Starts:
        place = self._platform.environment
        child = self._platform.child(self)
        group = aws.scheduler.ScheduleGroup(_COMPONENT, tags=self._tags, opts=child)
        dead_letters = aws.sqs.Queue(
            "starts-dead-letters",
            kms_master_key_id=self._key_arn,
            message_retention_seconds=DEAD_LETTER_SECONDS,
            tags=self._tags,
            opts=self._platform.stateful_child(self),
        )
        closed = aws.sqs.RedriveAllowPolicy(
            "starts-dead-letters",
            queue_url=dead_letters.url,
            # The scheduler writes here itself: no queue may pass its failures on to this one.
            redrive_allow_policy=json.dumps({"redrivePermission": "denyAll"}),
            opts=child,
        )
        role = aws.iam.Role(
            "scheduler",
            description="Starts the jobs of this group",
            assume_role_policy=service_trust(
                "scheduler.amazonaws.com", account_id=place.account_id, source_arn=group.arn
            ),
            permissions_boundary=self._platform.boundary_arn,
            tags=self._tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            "scheduler",
            role=role.id,
            policy=document(
                *_starting(tasks, self._cluster_arn, dead_letters.arn, self._key_arn, region=place.region)
            ),
            opts=child,
        )
        return _Starts(group=group, dead_letters=dead_letters, closed=closed, role=role, policy=policy)

    def _schedule(self, name: str, job: JobSettings, task: Task, starts: _Starts) -> aws.scheduler.Schedule:
        work = WORKS[name]
        override = {"containerOverrides": [{"name": work.role.value, "command": ["job", name]}]}
        return aws.scheduler.Schedule(
            name,
            description=work.purpose,
            group_name=starts.group.name,
            schedule_expression=job.when.cron,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            state="ENABLED" if self._settings.enabled else "DISABLED",
            kms_key_arn=self._key_arn,
            target={
                "arn": self._cluster_arn,
                "role_arn": starts.role.arn,
                "input": json.dumps(override),
                "ecs_parameters": {
                    "task_definition_arn": task.definition.arn,
                    "task_count": 1,
                    "launch_type": "FARGATE",
                    "platform_version": "LATEST",
                    "network_configuration": self._network,
                    "enable_ecs_managed_tags": True,
                    "propagate_tags": "TASK_DEFINITION",
                },
                "retry_policy": {
                    "maximum_retry_attempts": len(self._settings.retry_seconds),
                    # What cannot start within its window would only run into the office hours.
                    "maximum_event_age_in_seconds": job.window_minutes * 60,
                },
                "dead_letter_config": {"arn": starts.dead_letters.arn},
            },
            opts=self._platform.child(self, depends_on=[starts.policy]),
        )

    def _alarms(self, starts: _Starts) -> list[Alarm]:
        if not self._settings.enabled:
            return []
        found = [dead_letter_alarm("starts", starts.dead_letters.name, requirement="JB-3")]
        for name, job in self._settings.schedules.named().items():
            found += job_alarms(name, job, error_percent=self._settings.error_percent)
        return found


def _starting(
    tasks: Mapping[Role, Task],
    cluster_arn: pulumi.Input[str],
    dead_letters_arn: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    *,
    region: str,
) -> tuple[Statement, ...]:
    """Return what the scheduler needs: these tasks in this cluster, under their own roles."""
    # Any revision: during an update the schedules still name the one before.
    families = [pulumi.Output.concat(task.definition.arn_without_revision, ":*") for task in tasks.values()]
    return (
        Statement(
            sid="StartTheseTasks",
            actions="ecs:RunTask",
            resources=families,
            conditions={"ArnEquals": {"ecs:cluster": cluster_arn}},
        ),
        Statement(
            sid="PassTheirRoles",
            actions="iam:PassRole",
            resources=[arn for task in tasks.values() for arn in task.role_arns],
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        Statement(sid="KeepFailedStarts", actions="sqs:SendMessage", resources=[dead_letters_arn]),
        Statement(
            sid="OpenPayloads",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=[key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": [
                        f"{service}.{region}.amazonaws.com" for service in ("scheduler", "sqs")
                    ]
                }
            },
        ),
    )
