"""Turns an alarm that a component declares into one that CloudWatch raises and somebody hears (MO-N4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Expression, Metric, Occurrence
from components.alerting import Topics
from components.platform import Platform
from components.severity import Severity

RUNBOOKS = "https://github.com/jtld-consulting/jtld-platform/blob/main/docs/runbooks"
_RESULT = "result"


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A declared alarm, the component that declared it, where it lives, and what became of it."""

    area: str
    alarm: Alarm
    region: str
    made: aws.cloudwatch.MetricAlarm
    told: aws.cloudwatch.EventTarget | None


def describe(title: str, severity: Severity, runbook: str) -> str:
    """Return what the message says: what is wrong, how bad it is, where to read on."""
    return f"{title}.\nSeverity: {severity}\nRunbook: {RUNBOOKS}/{runbook}.md"


def raise_alarm(
    area: str, alarm: Alarm, topics: Mapping[str, Topics], *, parent: pulumi.Resource, platform: Platform
) -> Raised:
    """Make the alarm; every one goes to mailbox and Slack, and only pages and their tests wake anybody."""
    region = alarm.region or platform.environment.region
    pair = topics[region]
    heard = [pair.critical if alarm.rehearses == "critical" else pair.routine]
    purpose = {"jtld:purpose": "test"} if alarm.rehearses else {}
    made = aws.cloudwatch.MetricAlarm(
        f"{area}-{alarm.key}",
        alarm_description=describe(alarm.title, alarm.severity, alarm.runbook),
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        evaluation_periods=alarm.evaluation_periods,
        datapoints_to_alarm=alarm.datapoints_to_alarm,
        treat_missing_data=alarm.missing_data,
        alarm_actions=heard,
        ok_actions=heard,
        region=alarm.region,
        tags=platform.tags(area, **{"jtld:severity": alarm.severity.value, **purpose}),
        opts=platform.child(parent),
        **_source(alarm.source),
    )
    told = (
        _tell(f"{area}-{alarm.key}", alarm, alarm.occurrence, heard[0], opts=platform.child(parent))
        if alarm.occurrence
        else None
    )
    return Raised(area=area, alarm=alarm, region=region, made=made, told=told)


def _tell(
    name: str,
    alarm: Alarm,
    occurrence: Occurrence,
    topic_arn: pulumi.Input[str],
    *,
    opts: pulumi.ResourceOptions,
) -> aws.cloudwatch.EventTarget:
    """Send each event to the channel, in the form that Slack's integration takes for a message of one's own."""
    facts = ", ".join(f"{fact} <{fact}>" for fact in occurrence.facts)
    said = describe(f"{alarm.title}: {facts}", alarm.severity, alarm.runbook)
    message = {"title": alarm.title, "description": said}
    return aws.cloudwatch.EventTarget(
        name,
        rule=occurrence.rule,
        arn=topic_arn,
        input_transformer={
            "input_paths": dict(occurrence.facts),
            "input_template": json.dumps({"version": "1.0", "source": "custom", "content": message}),
        },
        opts=opts,
    )


def _source(source: Metric | Expression) -> dict[str, Any]:
    if isinstance(source, Metric):
        return {
            "namespace": source.namespace,
            "metric_name": source.name,
            "dimensions": source.dimensions or None,
            "period": source.period_seconds,
            "extended_statistic" if _percentile(source) else "statistic": source.statistic,
        }
    measured = [
        {
            "id": id_,
            "metric": {
                "namespace": metric.namespace,
                "metric_name": metric.name,
                "dimensions": metric.dimensions or None,
                "period": metric.period_seconds,
                "stat": metric.statistic,
            },
            "return_data": False,
        }
        for id_, metric in source.metrics.items()
    ]
    result = {
        "id": _RESULT,
        "expression": source.expression,
        "label": source.label,
        "return_data": True,
    }
    return {"metric_queries": [*measured, result]}


def _percentile(metric: Metric) -> bool:
    return metric.statistic.startswith("p")
