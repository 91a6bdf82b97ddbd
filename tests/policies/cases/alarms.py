from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="alarm-heard",
        breaks=lambda draft: draft.unset(t.METRIC_ALARM, "alarmActions", "storage-size"),
    ),
    Case(
        policy="alarm-explains-itself",
        breaks=lambda draft: draft.set(t.METRIC_ALARM, "alarmDescription", "CPU is high", "storage-size"),
    ),
    Case(
        policy="alarm-explains-itself",
        breaks=lambda draft: draft.unset(t.METRIC_ALARM, "tags.jtld:severity", "storage-size"),
    ),
    Case(
        policy="alarm-explains-itself",
        breaks=lambda draft: draft.set(
            t.METRIC_ALARM, "alarmDescription", "See blob/main/docs/runbooks/nowhere.md", "storage-size"
        ),
    ),
    Case(
        policy="event-goes-somewhere",
        breaks=lambda draft: draft.drop(t.EVENT_TARGET, "storage-oversize-upload"),
    ),
    Case(
        policy="alarm-awake",
        breaks=lambda draft: draft.set(t.METRIC_ALARM, "treatMissingData", "missing", "storage-size"),
    ),
    Case(
        policy="alarm-awake",
        breaks=lambda draft: draft.set(t.COMPOSITE_ALARM, "actionsEnabled", False),
    ),
    Case(
        policy="alarm-pages-when-critical",
        breaks=lambda draft: draft.set(t.COMPOSITE_ALARM, "tags.jtld:severity", "high"),
    ),
    Case(
        policy="topic-own-key",
        breaks=lambda draft: draft.unset(t.TOPIC, "kmsMasterKeyId", "routine"),
    ),
    Case(
        policy="topic-takes-alarms",
        breaks=lambda draft: draft.rewrite(
            t.KEY, "policy", "cloudwatch.amazonaws.com", "codebuild.amazonaws.com", "edge-messages"
        ),
    ),
    Case(
        policy="topic-takes-alarms",
        breaks=lambda draft: draft.rewrite(
            t.TOPIC_POLICY, "policy", "cloudwatch.amazonaws.com", "codebuild.amazonaws.com", "routine"
        ),
    ),
    Case(
        policy="topic-not-public",
        breaks=lambda draft: draft.statement(
            t.TOPIC_POLICY,
            "policy",
            "routine",
            Principal={"Service": "events.amazonaws.com"},
            Action="sns:Publish",
            Resource="*",
        ),
    ),
    Case(
        policy="topic-delivers-encrypted",
        breaks=lambda draft: draft.set(t.SUBSCRIPTION, "protocol", "http", "critical-pager"),
    ),
    Case(
        policy="dashboard-with-alarms",
        breaks=lambda draft: draft.set(
            t.DASHBOARD, "dashboardBody", '{"widgets": [{"type": "metric"}]}', "mail"
        ),
    ),
)
