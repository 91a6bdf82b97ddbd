"""Queues of work between the application, the jobs and the worker (JB-4)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.grants import Grant, Role
from components.platform import Platform
from components.severity import Severity
from components.variables import Variable
from settings.jobs import JobsSettings, QueueSettings

DEAD_LETTER_SECONDS = 14 * 86_400
"""Fourteen days, SQS' longest: a holiday must not cost messages."""

_SECONDS_A_DAY = 86_400
_RECEIVING = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
)
# Who puts work into which queue; the worker alone takes it out.
_SENDERS: Mapping[str, tuple[Role, ...]] = {
    "resume-parsing": (Role.APPLICATION,),
    "email": (Role.APPLICATION, Role.MAILER, Role.WORKER),
    "index-updates": (Role.APPLICATION, Role.RECORDS, Role.WORKER),
}


@dataclass(frozen=True, kw_only=True)
class _WorkQueue:
    queue: aws.sqs.Queue
    dead_letters: aws.sqs.Queue
    allowance: aws.sqs.RedriveAllowPolicy


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    queues: Mapping[str, _WorkQueue]


class Queues(pulumi.ComponentResource):
    """One queue for each kind of work, each with the place where its failures wait for people (JB-4)."""

    urls: Mapping[str, pulumi.Output[str]]
    alarms: list[Alarm]
    variables: list[Variable]
    grants: list[Grant]

    def __init__(
        self,
        name: str,
        settings: JobsSettings,
        *,
        platform: Platform,
        messages_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Queues", name, None, opts)
        self._platform = platform
        self._key_arn = messages_key_arn
        # The first delivery is no retry.
        deliveries = len(settings.retry_seconds) + 1
        plans = settings.queues.named()

        self.nodes = _Nodes(
            queues={role: self._work_queue(role, plan, deliveries) for role, plan in plans.items()}
        )
        self.urls = {role: made.queue.url for role, made in self.nodes.queues.items()}
        self.alarms = [alarm for role, plan in plans.items() for alarm in self._alarms(role, plan)]
        self.variables = [
            Variable(key=f"QUEUE_{role.upper().replace('-', '_')}_URL", value=url, secret=False)
            for role, url in self.urls.items()
        ]
        self.grants = self._grants()
        self.register_outputs({"urls": self.urls})

    def _work_queue(self, role: str, plan: QueueSettings, deliveries: int) -> _WorkQueue:
        tags = self._platform.tags("queues")
        dead_letters = aws.sqs.Queue(
            f"{role}-dead-letters",
            kms_master_key_id=self._key_arn,
            message_retention_seconds=DEAD_LETTER_SECONDS,
            tags=tags,
            opts=self._platform.stateful_child(self),
        )
        queue = aws.sqs.Queue(
            role,
            kms_master_key_id=self._key_arn,
            message_retention_seconds=plan.retention_days * _SECONDS_A_DAY,
            visibility_timeout_seconds=plan.visibility_seconds,
            receive_wait_time_seconds=20,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": deliveries}
            ),
            tags=tags,
            opts=self._platform.stateful_child(self),
        )
        allowance = aws.sqs.RedriveAllowPolicy(
            role,
            queue_url=dead_letters.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
            ),
            opts=self._platform.child(self),
        )
        return _WorkQueue(queue=queue, dead_letters=dead_letters, allowance=allowance)

    def _alarms(self, role: str, plan: QueueSettings) -> tuple[Alarm, Alarm]:
        made = self.nodes.queues[role]
        return (
            dead_letter_alarm(role, made.dead_letters.name, requirement="JB-4"),
            Alarm(
                key=f"{role}-waiting",
                title=f"The worker does not keep up with the queue {role}",
                source=Metric(
                    namespace="AWS/SQS",
                    name="ApproximateAgeOfOldestMessage",
                    dimensions={"QueueName": made.queue.name},
                    statistic="Maximum",
                    period_seconds=300,
                ),
                comparison=Comparison.ABOVE,
                threshold=plan.oldest_minutes * 60,
                evaluation_periods=2,
                datapoints_to_alarm=2,
                missing_data=MissingData.NOT_BREACHING,
                severity=Severity.MEDIUM,
                runbook="jobs",
                requirements=("JB-4",),
            ),
        )

    def _grants(self) -> list[Grant]:
        queues = {name: made.queue.arn for name, made in self.nodes.queues.items()}
        region = self._platform.environment.region
        sending = [
            grant
            for role in Role
            if (sent := tuple(arn for name, arn in queues.items() if role in _SENDERS[name]))
            for grant in (
                Grant(role=role, sid="QueuesSend", actions=("sqs:SendMessage",), resources=sent),
                _key_grant(role, "QueuesSendKey", self._key_arn, region),
            )
        ]
        return sending + receiving("Queues", tuple(queues.values()), self._key_arn, region=region)


def receiving(
    sid: str, queue_arns: tuple[pulumi.Input[str], ...], key_arn: pulumi.Input[str], *, region: str
) -> list[Grant]:
    """Return what the worker needs to empty queues under one key."""
    return [
        Grant(role=Role.WORKER, sid=f"{sid}Receive", actions=_RECEIVING, resources=queue_arns),
        _key_grant(Role.WORKER, f"{sid}ReceiveKey", key_arn, region),
    ]


def _key_grant(role: Role, sid: str, key_arn: pulumi.Input[str], region: str) -> Grant:
    return Grant(
        role=role,
        sid=sid,
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=(key_arn,),
        conditions={"StringEquals": {"kms:ViaService": f"sqs.{region}.amazonaws.com"}},
    )


def dead_letter_alarm(role: str, queue_name: pulumi.Input[str], *, requirement: str) -> Alarm:
    """Return the alarm on the first message that could not be worked off."""
    return Alarm(
        key=f"{role}-dead-letters",
        title=f"Work of {role} has failed for good and waits for people",
        source=Metric(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            period_seconds=300,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.HIGH,
        runbook="jobs",
        requirements=(requirement,),
    )
