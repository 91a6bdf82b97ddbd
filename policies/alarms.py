"""Alarms, their topics and dashboards: an alarm is only real if the right person hears it (MO-2, MO-N2 to MO-N4)."""

import re
from pathlib import Path

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement, some_statement
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, any_of

_HOME = "ca-central-1"
_PAGERS = ("https", "sms")
_RUNBOOKS = Path(__file__).parents[1] / "docs" / "runbooks"
_RUNBOOK = re.compile(r"/docs/runbooks/([a-z-]+\.md)")
_ACTIONS = ("alarmActions", "okActions", "insufficientDataActions")
# What else can publish to a topic, and the property that says where.
_NOTICES = {
    t.ANOMALY_SUBSCRIPTION: "subscribers.address",
    t.BUDGET: "notifications.subscriberSnsTopicArns",
    t.EVENT_DESTINATION: "eventDestination.snsDestination.topicArn",
    t.EVENT_TARGET: "arn",
    t.VAULT_NOTIFICATIONS: "snsTopicArn",
}
_SEVERITIES = ("critical", "high", "medium", "low")


def links_a_runbook(text: str) -> bool:
    """Return whether a text names a page of `docs/runbooks/` that exists."""
    page = _RUNBOOK.search(text)
    return page is not None and (_RUNBOOKS / page[1]).is_file()


def _for_machines(alarm: Resource) -> Truth:
    """Return whether the alarm only steers Auto Scaling, which people need not hear of: its actions decide."""
    actions = alarm["alarmActions"]
    steers = actions.given & actions.holds(lambda one: one.test(lambda arn: ":autoscaling:" in arn))
    return alarm["tags.jtld:purpose"].equals("scaling") & steers


def _same_region(one: Resource, other: Resource) -> Truth:
    regions = [
        UNKNOWN if found.raw is UNKNOWN else found.raw or _HOME for found in (one["region"], other["region"])
    ]
    return Truth.UNKNOWN if UNKNOWN in regions else Truth.of(regions[0] == regions[1])


@policy(
    id="alarm-heard",
    title="Every alarm reaches somebody",
    severity=Severity.HIGH,
    requirements=("MO-2", "MO-N4"),
    controls=("CloudWatch.15",),
    remedy="Declare it as an Alarm value: Monitoring gives it the topic of its region, which has subscribers.",
    across=(t.METRIC_ALARM, t.COMPOSITE_ALARM, t.TOPIC, t.SUBSCRIPTION),
)
def heard(stack: Stack) -> Findings:
    """Follow alarm → action → topic of the same region → subscription."""
    audience = {
        topic.urn: stack.has(topic, t.SUBSCRIPTION, "topic", lambda one: ~one["filterPolicy"].given)
        for topic in stack.of(t.TOPIC)
    }
    for alarm in stack.of(t.METRIC_ALARM, t.COMPOSITE_ALARM):
        reached = any_of(
            stack.link(topic, alarm, "alarmActions") & audience[topic.urn] & _same_region(alarm, topic)
            for topic in stack.of(t.TOPIC)
        )
        yield alarm.must(
            reached | _for_machines(alarm), "has no action on a topic of its region that somebody hears"
        )


@policy(
    id="alarm-explains-itself",
    title="Every alarm says how bad it is and where to read on",
    severity=Severity.MEDIUM,
    requirements=("MO-8", "MO-N4"),
    controls=("own: runbook link",),
    remedy="Declare it as an Alarm value: Monitoring writes severity and runbook into the description.",
    each=(t.METRIC_ALARM, t.COMPOSITE_ALARM),
)
def explains_itself(alarm: Resource) -> Findings:
    """Look for the link in the text, for its page beside the pack, and for the severity among the tags."""
    text, machines = alarm["alarmDescription"], _for_machines(alarm)
    yield text.must(text.test(links_a_runbook) | machines, "links no runbook that exists")
    severity = alarm["tags.jtld:severity"]
    yield severity.must(severity.is_in(_SEVERITIES) | machines, "is none of the four severities")


@policy(
    id="alarm-awake",
    title="No alarm is switched off, or silent where data is missing",
    severity=Severity.MEDIUM,
    requirements=("MO-N4",),
    controls=("CloudWatch.17", "CKV_AWS_319"),
    remedy="Leave actionsEnabled out and say with treatMissingData what silence means.",
    each=(t.METRIC_ALARM, t.COMPOSITE_ALARM),
)
def awake(alarm: Resource) -> Findings:
    """Refuse the default for missing data, which nobody chose."""
    on = alarm["actionsEnabled"]
    yield on.must(on.equals(True, absent=True), "must not be false")
    if alarm.type == t.METRIC_ALARM:
        missing = alarm["treatMissingData"]
        yield missing.must(
            missing.is_in(("breaching", "notBreaching", "ignore")),
            "must be breaching, notBreaching or ignore",
        )


@policy(
    id="alarm-pages-when-critical",
    title="Only what is critical wakes a person",
    severity=Severity.HIGH,
    requirements=("MO-2", "MO-N2"),
    remedy="Send it to the routine topic; the page of its region combines the critical alarms.",
    across=(t.METRIC_ALARM, t.COMPOSITE_ALARM, t.TOPIC, t.SUBSCRIPTION, *_NOTICES),
)
def pages_when_critical(stack: Stack) -> Findings:
    """Look at the topics that a telephone or a pager listens to."""
    for topic in stack.of(t.TOPIC):
        calls = stack.has(topic, t.SUBSCRIPTION, "topic", lambda one: one["protocol"].is_in(_PAGERS))
        for alarm in stack.of(t.METRIC_ALARM, t.COMPOSITE_ALARM):
            reached = any_of(stack.link(topic, alarm, actions) for actions in _ACTIONS)
            critical = alarm["tags.jtld:severity"].equals("critical")
            yield alarm.must(~calls | ~reached | critical, "calls a person without being critical")
        for type_, via in _NOTICES.items():
            for one in stack.of(type_):
                yield one.must(~calls | ~stack.link(topic, one, via), "calls a person without being an alarm")


@policy(
    id="event-goes-somewhere",
    title="What a rule finds reaches somebody or something",
    severity=Severity.MEDIUM,
    requirements=("ST-8", "MO-N4"),
    remedy="Give the alarm on the rule an Occurrence: Monitoring sends each event to the channel.",
    across=(t.EVENT_RULE, t.EVENT_TARGET),
)
def goes_somewhere(stack: Stack) -> Findings:
    """Look for a target: without one a rule only counts, and CloudWatch promises no count."""
    for rule in stack.of(t.EVENT_RULE):
        yield rule.must(stack.has(rule, t.EVENT_TARGET, "rule"), "has no target")
        off = rule["state"].equals("DISABLED") | rule["isEnabled"].equals(False)
        yield rule.must(~off, "is switched off")


@policy(
    id="topic-own-key",
    title="Topics are encrypted with a key of the stack",
    severity=Severity.HIGH,
    requirements=("MO-2",),
    controls=("SNS.1", "CKV_AWS_26"),
    remedy="Set kmsMasterKeyId to the messages key: alarms cannot publish to a topic under AWS's own key.",
    each=(t.TOPIC,),
)
def own_key(topic: Resource) -> Findings:
    """Refuse the service's default key, named or left out."""
    key = topic["kmsMasterKeyId"]
    yield key.must(topic.refers(key, t.KEY, t.REPLICA_KEY), "must name a key of the stack")


@policy(
    id="topic-takes-alarms",
    title="CloudWatch may publish to the topics that alarms name, and use their keys",
    severity=Severity.HIGH,
    requirements=("MO-2", "MO-N4"),
    remedy="Admit cloudwatch.amazonaws.com in the topic's policy (Publish) and its key's (Decrypt, GenerateDataKey).",
    across=(t.METRIC_ALARM, t.COMPOSITE_ALARM, t.TOPIC, t.TOPIC_POLICY, t.KEY),
)
def takes_alarms(stack: Stack) -> Findings:
    """Follow alarm → topic → its policy and its key's: refused, an action fails where nobody looks."""
    alarms = stack.of(t.METRIC_ALARM, t.COMPOSITE_ALARM)
    for topic in stack.of(t.TOPIC):
        named = any_of(stack.link(topic, alarm, "alarmActions") for alarm in alarms)
        admitted = stack.has(topic, t.TOPIC_POLICY, "arn", lambda one: _admits(one["policy"], "sns:Publish"))
        sealed = any_of(
            stack.link(key, topic, "kmsMasterKeyId")
            & _admits(key["policy"], "kms:Decrypt", "kms:GenerateDataKey")
            for key in stack.of(t.KEY)
        )
        yield topic.must(~named | admitted, "does not let CloudWatch publish")
        own = topic["kmsMasterKeyId"].given  # without one it is topic-own-key's business
        yield topic.must(~named | ~own | sealed, "has a key that CloudWatch may not use")


def _admits(document: Value, *actions: str) -> Truth:
    """Return whether a document lets CloudWatch's alarms do all of `actions`."""
    return some_statement(
        document,
        lambda statement: (
            statement.allows
            and "cloudwatch.amazonaws.com" in statement.principals.get("Service", ())
            and all(statement.covers(action) for action in actions)
        ),
    )


@policy(
    id="topic-not-public",
    title="Only services of this account publish to a topic",
    severity=Severity.CRITICAL,
    requirements=("MO-2",),
    controls=("SNS.4", "CKV_AWS_169", "CKV_AWS_385"),
    remedy="Pin every service principal by aws:SourceAccount or aws:SourceArn; list the actions.",
    each=(t.TOPIC_POLICY, t.TOPIC),
)
def not_public(resource: Resource) -> Findings:
    """Check each statement for strangers, for services that may act for strangers, and for too many rights."""
    return per_statement(
        resource["policy"],
        lambda statement: statement.pinned and not (statement.allows and statement.whole_service),
        "lets a stranger, or a service acting for one, publish, or grants every action",
    )


@policy(
    id="topic-delivers-encrypted",
    title="No alarm leaves in the clear",
    severity=Severity.HIGH,
    requirements=("MO-2",),
    controls=("prowler sns_subscription_not_using_http",),
    remedy="Subscribe with https.",
    each=(t.SUBSCRIPTION,),
)
def delivers_encrypted(subscription: Resource) -> Findings:
    """Refuse plain HTTP."""
    protocol = subscription["protocol"]
    yield protocol.must(~protocol.equals("http"), "must not be http")


@policy(
    id="dashboard-with-alarms",
    title="No dashboard without alarms",
    severity=Severity.LOW,
    requirements=("MO-4", "MO-N3"),
    remedy="Let Monitoring make it: each begins with the state of its area's alarms.",
    each=(t.DASHBOARD,),
)
def with_alarms(dashboard: Resource) -> Findings:
    """Look for a widget that shows alarms."""
    widgets = Value("dashboardBody", dashboard["dashboardBody"].decoded().raw)["widgets"]

    def shows_alarms(widget: Value) -> Truth:
        return widget["type"].equals("alarm") & widget["properties.alarms"].given

    shown = Truth.UNKNOWN if widgets.raw is UNKNOWN else widgets.some(shows_alarms)
    yield dashboard["dashboardBody"].must(shown, "shows no alarm")
