from policies import tokens as t
from tests.policies.drafts import Case


def _set(policy: str, type_: str, path: str, value: object, name: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(type_, path, value, name))


def _unset(policy: str, type_: str, path: str, name: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.unset(type_, path, name))


RETRIES = "target.retryPolicy.maximumRetryAttempts"

CASES = (
    _unset("queues-encrypted", t.QUEUE, "kmsMasterKeyId", "email"),
    _set("queues-encrypted", t.QUEUE, "kmsMasterKeyId", "alias/aws/sqs", "email"),
    Case(
        policy="queues-not-public",
        breaks=lambda draft: draft.statement(
            t.QUEUE_POLICY, "policy", Principal="*", Action="sqs:SendMessage", Resource="*"
        ),
    ),
    Case(
        policy="queues-not-public",
        breaks=lambda draft: draft.statement(
            t.QUEUE_POLICY, "policy", Principal={"AWS": "333333333333"}, Action="sqs:*", Resource="*"
        ),
    ),
    _unset("queues-dead-letters", t.QUEUE, "redrivePolicy", "email"),
    _set("queues-dead-letters", t.QUEUE, "messageRetentionSeconds", 345_600, "email-dead-letters"),
    _set("queues-dead-letters", t.QUEUE, "messageRetentionSeconds", 345_600, "starts-dead-letters"),
    Case(
        policy="queues-dead-letters",
        breaks=lambda draft: draft.drop(t.REDRIVE_ALLOW_POLICY, "email"),
    ),
    Case(
        policy="queues-dead-letters-told",
        breaks=lambda draft: draft.drop(t.METRIC_ALARM, "queues-email-dead-letters"),
    ),
    Case(
        policy="queues-dead-letters-told",
        breaks=lambda draft: draft.drop(t.METRIC_ALARM, "status-calls-missed"),
    ),
    Case(
        policy="queues-dead-letters-told",
        breaks=lambda draft: draft.drop(t.METRIC_ALARM, "jobs-starts-dead-letters"),
    ),
    _set(
        "queues-dead-letters-told",
        t.METRIC_ALARM,
        "metricName",
        "NumberOfMessagesReceived",
        "queues-email-dead-letters",
    ),
    _unset("jobs-schedule-complete", t.SCHEDULE, "scheduleExpressionTimezone", "expire-jobs"),
    _set("jobs-schedule-complete", t.SCHEDULE, RETRIES, 185, "expire-jobs"),
    _unset("jobs-schedule-complete", t.SCHEDULE, RETRIES, "expire-jobs"),
    _unset("jobs-schedule-complete", t.SCHEDULE, "target.deadLetterConfig", "expire-jobs"),
    _set("jobs-schedule-complete", t.SCHEDULE, "state", "DISABLED", "expire-jobs"),
    _set("jobs-outside-office-hours", t.SCHEDULE, "scheduleExpression", "cron(0 16 * * ? *)", "expire-jobs"),
    # 07:30 in Toronto's winter, 08:30 in its summer; and the other way round in the evening.
    _set("jobs-outside-office-hours", t.SCHEDULE, "scheduleExpression", "cron(30 12 * * ? *)", "expire-jobs"),
    _set("jobs-outside-office-hours", t.SCHEDULE, "scheduleExpression", "cron(30 22 * * ? *)", "expire-jobs"),
    _set("jobs-outside-office-hours", t.SCHEDULE, "scheduleExpression", "rate(1 hour)", "expire-jobs"),
    _set(
        "jobs-outside-office-hours",
        t.SCHEDULE,
        "scheduleExpressionTimezone",
        "Asia/Tokyo",
        "expire-jobs",
    ),
    _set(
        "jobs-scheduled-by-settings",
        t.EVENT_RULE,
        "scheduleExpression",
        "rate(1 day)",
        "failed-deployments",
    ),
    _unset("jobs-own-key", t.SCHEDULE, "kmsKeyArn", "expire-jobs"),
)
