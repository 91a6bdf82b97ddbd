"""Alarms as values: components declare them, Monitoring alone creates them (MO-3, MO-N4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pulumi

from components.severity import Route, Severity


class Comparison(StrEnum):
    """CloudWatch's comparison operators."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"
    AT_MOST = "LessThanOrEqualToThreshold"


class MissingData(StrEnum):
    """What an alarm makes of a period without data points."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"
    IGNORE = "ignore"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One CloudWatch metric: `period_seconds` is the length of one data point.

    `statistic` is a CloudWatch statistic (`Average`, `Sum`, `Maximum`) or a percentile (`p95`).
    """

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    period_seconds: int


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A metric-math expression over named metrics, e.g. `100 * errors / requests`."""

    expression: str
    label: str
    metrics: Mapping[str, Metric]


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """What an EventBridge rule finds now and then: people get each event itself, besides the alarm on their number.

    CloudWatch promises no data point, and one lost point would be the one upload or deployment that matters.
    `facts` go into the message, by name: paths into the event that lead to no personal data.
    """

    rule: pulumi.Input[str]
    facts: Mapping[str, str]

    @property
    def count(self) -> Metric:
        """Return how many events matched."""
        return Metric(
            namespace="AWS/Events",
            name="MatchedEvents",
            dimensions={"RuleName": self.rule},
            statistic="Sum",
            period_seconds=300,
        )


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What deserves attention, how bad it is, and what to do then.

    `key` is unique within its component and never changes: it becomes the alarm's logical name.
    `runbook` names a page in `docs/runbooks/` without its suffix. `region` is only given where the
    metric exists in another region than the platform's (Route 53 health checks, CloudFront). Where an
    `occurrence` is given, `source` is its `count`. An alarm that `rehearses` a route watches nothing: only
    `./jtld verify --alerts` sets it, and it speaks to that route alone, past the page of its region.
    """

    key: str
    title: str
    source: Metric | Expression
    comparison: Comparison
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    missing_data: MissingData
    severity: Severity
    runbook: str
    requirements: tuple[str, ...] = field(default=())
    region: str | None = None
    occurrence: Occurrence | None = None
    rehearses: Route | None = None
