"""The way of bounces and complaints to the worker: from SES over the event bus into a queue (EM-4)."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import EVERYONE, Statement, document
from components.platform import Platform

_FOUR_DAYS = 345_600
_FOURTEEN_DAYS = 1_209_600
_ATTEMPTS = 5
_KINDS = (
    "Email Bounced",
    "Email Complaint Received",
    "Email Delivery Delayed",
    "Email Rejected",
    "Email Rendering Failed",
)


@dataclass(frozen=True, kw_only=True)
class EventQueue:
    """The queue, what could not be worked off, and the rule that fills it."""

    queue: aws.sqs.Queue
    dead_letters: aws.sqs.Queue
    redrive_allowance: aws.sqs.RedriveAllowPolicy
    policy: aws.sqs.QueuePolicy
    rule: aws.cloudwatch.EventRule
    target: aws.cloudwatch.EventTarget


def event_queue(
    *,
    configuration_sets: list[str],
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    platform: Platform,
) -> EventQueue:
    """Make the queue of what happened to mail sent through `configuration_sets`."""
    child, kept = platform.child(parent), platform.stateful_child(parent)
    tags = platform.tags("email")
    dead_letters = aws.sqs.Queue(
        "mail-event-dead-letters",
        kms_master_key_id=key_arn,
        message_retention_seconds=_FOURTEEN_DAYS,
        tags=tags,
        opts=kept,
    )
    queue = aws.sqs.Queue(
        "mail-events",
        kms_master_key_id=key_arn,
        message_retention_seconds=_FOUR_DAYS,
        visibility_timeout_seconds=360,
        redrive_policy=pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": _ATTEMPTS}
        ),
        tags=tags,
        opts=kept,
    )
    rule = aws.cloudwatch.EventRule(
        "mail-events",
        description="Mail that bounced, was complained about or could not be sent",
        event_pattern=json.dumps(
            {
                "source": ["aws.ses"],
                "detail-type": list(_KINDS),
                "detail": {"mail": {"tags": {"ses:configuration-set": configuration_sets}}},
            }
        ),
        tags=tags,
        opts=child,
    )
    return EventQueue(
        queue=queue,
        dead_letters=dead_letters,
        redrive_allowance=aws.sqs.RedriveAllowPolicy(
            "mail-event-dead-letters",
            queue_url=dead_letters.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
            ),
            opts=child,
        ),
        policy=aws.sqs.QueuePolicy(
            "events", queue_url=queue.url, policy=_policy(queue, rule, platform), opts=child
        ),
        rule=rule,
        target=aws.cloudwatch.EventTarget("mail-events", rule=rule.name, arn=queue.arn, opts=child),
    )


def _policy(queue: aws.sqs.Queue, rule: aws.cloudwatch.EventRule, platform: Platform) -> pulumi.Output[str]:
    return document(
        Statement(
            sid="EventsOfThisRule",
            actions="sqs:SendMessage",
            principals={"Service": "events.amazonaws.com"},
            resources=queue.arn,
            conditions={
                "ArnEquals": {"aws:SourceArn": rule.arn},
                "StringEquals": {"aws:SourceAccount": platform.environment.account_id},
            },
        ),
        Statement(
            sid="EncryptedConnectionsOnly",
            effect="Deny",
            actions="sqs:*",
            principals=EVERYONE,
            resources=queue.arn,
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
    )
