"""When mail stops arriving, or people stop wanting it (EM-5)."""

import pulumi

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.email.messages import StreamName
from components.severity import Severity

DIMENSION = "stream"
BOUNCE_PERCENT = 2.0
COMPLAINT_PERCENT = 0.1
DELIVERY_PERCENT = 95.0
QUOTA_PERCENT = 80
_HOUR = 3600
_DAY = 86_400
_FEW = 20
"""Below this many messages an hour, one bounce is already five percent and says nothing."""


def stream_alarms(stream: StreamName) -> list[Alarm]:
    """Return the alarms on a stream's reputation: SES pauses accounts at 5 % bounces or 0.5 % complaints."""
    return [
        _rate(
            stream, "bounces", "Bounce", Comparison.ABOVE, BOUNCE_PERCENT, when_few=0, severity=Severity.HIGH
        ),
        _rate(
            stream,
            "complaints",
            "Complaint",
            Comparison.ABOVE,
            COMPLAINT_PERCENT,
            when_few=0,
            severity=Severity.HIGH,
        ),
        _rate(
            stream,
            "delivery",
            "Delivery",
            Comparison.BELOW,
            DELIVERY_PERCENT,
            when_few=100,
            severity=Severity.HIGH,
        ),
    ]


def quota_alarm(per_day: int) -> Alarm:
    """Return the alarm on a day that nears the quota: beyond it, SES refuses mail."""
    return Alarm(
        key="quota",
        title=f"The day's mail nears the quota of {per_day}",
        source=Metric(namespace="AWS/SES", name="Send", dimensions={}, statistic="Sum", period_seconds=_DAY),
        comparison=Comparison.ABOVE,
        threshold=per_day * QUOTA_PERCENT / 100,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.MEDIUM,
        runbook="email",
        requirements=("EM-5",),
    )


def queue_alarms(queue: pulumi.Input[str], dead_letters: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms on bounces and complaints that nobody works off."""
    growth = _queue_metric(queue, "ApproximateAgeOfOldestMessage")
    lost = _queue_metric(dead_letters, "ApproximateNumberOfMessagesVisible")
    return [
        _queue("queue-growth", "Bounces and complaints pile up", growth, 900, Severity.HIGH),
        _queue("dead-letters", "A bounce or complaint could not be worked off", lost, 0, Severity.MEDIUM),
    ]


def _rate(
    stream: StreamName,
    key: str,
    event: str,
    comparison: Comparison,
    threshold: float,
    *,
    when_few: int,
    severity: Severity,
) -> Alarm:
    return Alarm(
        key=f"{stream}-{key}",
        title=f"{key.capitalize()} of {stream} mail: {comparison.name.lower()} {threshold:g} %",
        source=Expression(
            expression=f"IF(sent > {_FEW}, 100 * happened / sent, {when_few})",
            label=f"{event} in percent of {stream} mail",
            metrics={"sent": _event(stream, "Send"), "happened": _event(stream, event)},
        ),
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=2,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=severity,
        runbook="email",
        requirements=("EM-5",),
    )


def _event(stream: StreamName, name: str) -> Metric:
    return Metric(
        namespace="AWS/SES",
        name=name,
        dimensions={DIMENSION: stream.value},
        statistic="Sum",
        period_seconds=_HOUR,
    )


def _queue_metric(queue: pulumi.Input[str], name: str) -> Metric:
    return Metric(
        namespace="AWS/SQS",
        name=name,
        dimensions={"QueueName": queue},
        statistic="Maximum",
        period_seconds=300,
    )


def _queue(key: str, title: str, source: Metric, threshold: float, severity: Severity) -> Alarm:
    return Alarm(
        key=key,
        title=title,
        source=source,
        comparison=Comparison.ABOVE,
        threshold=threshold,
        evaluation_periods=3,
        datapoints_to_alarm=3,
        missing_data=MissingData.NOT_BREACHING,
        severity=severity,
        runbook="email",
        requirements=("EM-4", "EM-5"),
    )
