"""Queues and schedules: nothing is lost in silence, and nothing heavy runs while people work."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.levels import Environment, Level
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, any_of

_CRON = re.compile(r"cron\((\d+) (\d+) \S+ \S+ \S+ \S+\)")
_ZONES = available_timezones()
# A winter's and a summer's day: one of them has each offset of a zone.
_DAYS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))


@policy(
    id="queues-encrypted",
    title="Every queue is encrypted with a key of the stack",
    severity=Severity.HIGH,
    requirements=("JB-4",),
    controls=("SQS.1", "CKV_AWS_27", "CKV2_AWS_73"),
    remedy="Set kmsMasterKeyId to the stack's messages key: messages carry personal data.",
    each=(t.QUEUE,),
)
def encrypted(queue: Resource) -> Findings:
    """Refuse SQS' own encryption, and the account's default key."""
    key = queue["kmsMasterKeyId"]
    yield key.must(queue.refers(key, t.KEY, unless=("alias/aws/sqs",)), "must name a key of the stack")


@policy(
    id="queues-not-public",
    title="No policy opens a queue to everyone",
    severity=Severity.CRITICAL,
    requirements=("JB-4",),
    controls=("SQS.3", "CKV_AWS_72", "CKV_AWS_168", "CKV_AWS_387"),
    remedy="Name the principals, with aws:SourceArn for services, and the actions.",
    each=(t.QUEUE_POLICY, t.QUEUE),
)
def not_public(resource: Resource) -> Findings:
    """Check who is let in, and to what."""
    return per_statement(
        resource["policy"],
        lambda statement: statement.pinned and not (statement.allows and statement.whole_service),
        "lets anybody in, a service acting for anybody, or to every action",
    )


@policy(
    id="queues-dead-letters",
    title="Failed messages wait for people, where nobody else can put any",
    severity=Severity.HIGH,
    requirements=("JB-3", "JB-4"),
    remedy="Give the queue a redrivePolicy; keep its dead letters 14 days, with a sqs.RedriveAllowPolicy.",
    limits={"seconds": 14 * 86_400},
    across=(t.QUEUE, t.SCHEDULE, t.REDRIVE_POLICY, t.REDRIVE_ALLOW_POLICY),
)
def dead_letters(stack: Stack) -> Findings:
    """Tell work queues from dead letters by who refers to whom."""
    for queue in stack.of(t.QUEUE):
        redrives = queue["redrivePolicy"].given | stack.has(queue, t.REDRIVE_POLICY, "queueUrl")
        receives = any_of(_refers(other, queue) for other in stack.of(t.QUEUE, t.REDRIVE_POLICY, t.SCHEDULE))
        yield queue.must(redrives | receives, "loses messages that fail")
        lasting = queue["messageRetentionSeconds"].at_least(stack.limits["seconds"])
        yield queue.must(~receives | lasting, "keeps dead letters for less than 14 days")
        guarded = _names_sources(queue) | stack.has(queue, t.REDRIVE_ALLOW_POLICY, "queueUrl", _names_sources)
        yield queue.must(~receives | guarded, "takes dead letters from any queue")


def _names_sources(resource: Resource) -> Truth:
    allowed = resource["redriveAllowPolicy"]
    return allowed.test(lambda text: '"allowAll"' not in str(text))


@policy(
    id="queues-dead-letters-told",
    title="Somebody hears of messages that failed",
    severity=Severity.MEDIUM,
    requirements=("JB-4", "MO-N4"),
    controls=("own: dead-letter alarm",),
    remedy="Declare an alarm on the dead letters' ApproximateNumberOfMessagesVisible.",
    across=(t.QUEUE, t.REDRIVE_POLICY, t.SCHEDULE, t.METRIC_ALARM),
)
def dead_letters_told(stack: Stack) -> Findings:
    """Look at dead letters of queues and of schedules, by who refers to whom."""
    for queue in stack.of(t.QUEUE):
        receives = any_of(_refers(other, queue) for other in stack.of(t.QUEUE, t.REDRIVE_POLICY, t.SCHEDULE))
        told = any_of(
            stack.link(queue, alarm, "dimensions.QueueName")
            & alarm["metricName"].equals("ApproximateNumberOfMessagesVisible")
            for alarm in stack.of(t.METRIC_ALARM)
        )
        yield queue.must(~receives | told, "has no alarm on the number of its messages")


def _refers(other: Resource, queue: Resource) -> Truth:
    """Return whether failures of `other` go to `queue`; its ARN stands in JSON text that may not be known yet."""
    path = "target.deadLetterConfig.arn" if other.type == t.SCHEDULE else "redrivePolicy"
    given = other[path]
    if other.urn == queue.urn or given.raw is None:
        return Truth.NO
    sources = other.property_dependencies.get(path.partition(".")[0], frozenset())
    if queue.urn in sources:
        return Truth.YES
    if given.raw is UNKNOWN and not sources:
        return Truth.UNKNOWN
    return Truth.of(any(name and name in str(given.raw) for name in queue.identities))


@policy(
    id="jobs-schedule-complete",
    title="A schedule says its zone, its retries and where failed starts go",
    severity=Severity.HIGH,
    requirements=("JB-1", "JB-3"),
    remedy="Set scheduleExpressionTimezone, retryPolicy within the limit and deadLetterConfig; ENABLED in prod.",
    limits={"attempts": 10},
    each=(t.SCHEDULE,),
)
def schedule_complete(schedule: Resource) -> Findings:
    """Check each of the four; 185 retries over a day are AWS' own default."""
    zone, state = schedule["scheduleExpressionTimezone"], schedule["state"]
    attempts, letters = (
        schedule["target.retryPolicy.maximumRetryAttempts"],
        schedule["target.deadLetterConfig.arn"],
    )
    yield zone.must(zone.is_in(_ZONES), "must be set, to a zone that exists")
    yield attempts.must(attempts.at_most(schedule.limits["attempts"]), "must be set, and within the limit")
    yield letters.must(schedule.refers(letters, t.QUEUE), "must name a queue")
    if schedule.environment is Environment.PROD:
        yield state.must(state.equals("ENABLED", absent=True), "must be ENABLED")
    for bound in (schedule["startDate"], schedule["endDate"]):
        yield bound.must(~bound.given, "must not be set: outside its dates nothing runs, and nothing says so")


@policy(
    id="jobs-outside-office-hours",
    title="No heavy job starts while people work",
    severity=Severity.HIGH,
    requirements=("JB-N3",),
    remedy="Choose another time in jobs.schedules of the stack file.",
    limits={"timezone": "America/Toronto", "from": 8, "to": 18, "light": ["ssl-check", "status"]},
    each=(t.SCHEDULE,),
)
def outside_office_hours(schedule: Resource) -> Findings:
    """Compute the local hour in winter and in summer; what is no fixed time runs at any hour."""
    hours = range(schedule.limits["from"], schedule.limits["to"])
    zone = ZoneInfo(schedule.limits["timezone"])
    own = schedule["scheduleExpressionTimezone"]

    def at_night(expression: str) -> bool:
        time = _CRON.fullmatch(expression)
        if not time:
            return False
        minute, hour = int(time[1]), int(time[2])
        starts = [day.replace(hour=hour, minute=minute, tzinfo=_zone(own)).astimezone(zone) for day in _DAYS]
        return not any(start.hour in hours for start in starts)

    light = Truth.of(schedule.name in schedule.limits["light"])
    when, window = schedule["scheduleExpression"], schedule["flexibleTimeWindow.mode"]
    outside = Truth.UNKNOWN if own.raw is UNKNOWN else when.test(at_night)
    yield when.must(light | outside, "lies in the office hours of one season")
    yield window.must(light | window.equals("OFF", absent=True), "may put the start off into office hours")


def _zone(given: Value) -> tzinfo:
    """Return the zone that is given; one that nobody knows is no time at night anywhere."""
    try:
        return ZoneInfo(given.raw if isinstance(given.raw, str) else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@policy(
    id="jobs-scheduled-by-settings",
    title="What runs when stands in the settings, not in event rules",
    severity=Severity.MEDIUM,
    requirements=("JB-N4",),
    remedy="Make it a job in jobs.schedules of the stack file: there its window, retries and alarms follow.",
    each=(t.EVENT_RULE,),
)
def scheduled_by_settings(rule: Resource) -> Findings:
    """Refuse rules that are clocks."""
    clock = rule["scheduleExpression"]
    yield clock.must(~clock.given, "must not be set")


@policy(
    id="jobs-own-key",
    title="A schedule's payload is encrypted with a key of the stack",
    severity=Severity.LOW,
    requirements=("JB-3",),
    controls=("CKV_AWS_297",),
    remedy="Set kmsKeyArn to the stack's messages key.",
    level=Level.ADVISORY,
    each=(t.SCHEDULE,),
)
def own_key(schedule: Resource) -> Findings:
    """Look for a key; there is none by default."""
    key = schedule["kmsKeyArn"]
    yield key.must(schedule.refers(key, t.KEY), "must name a key of the stack")
