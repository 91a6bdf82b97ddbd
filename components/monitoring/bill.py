"""What monitoring itself costs, by AWS's list prices in US dollars (2026-11)."""

from collections.abc import Iterable

from components.alarms import Alarm, Metric

ALARM_METRIC, COMPOSITE, DASHBOARD = 0.10, 0.50, 3.00
FREE_ALARM_METRICS, FREE_DASHBOARDS = 10, 3
# Of an end point outside AWS: the check itself, and each of HTTPS, latency, text match and a pace of 10 s.
CHECK, CHECK_FEATURE = 0.75, 2.00
_FAST_SECONDS = 10


def alarm_dollars(alarms: Iterable[Alarm], *, pages: int, dashboards: int) -> float:
    """Return the monthly cost of alarms, pages and dashboards; an expression is paid by its metrics."""
    metrics = sum(1 if isinstance(alarm.source, Metric) else len(alarm.source.metrics) for alarm in alarms)
    return (
        ALARM_METRIC * max(metrics - FREE_ALARM_METRICS, 0)
        + COMPOSITE * pages
        + DASHBOARD * max(dashboards - FREE_DASHBOARDS, 0)
    )


def check_dollars(*, contains: bool, latency: bool, interval_seconds: int) -> float:
    """Return the monthly cost of one health check over HTTPS."""
    return CHECK + CHECK_FEATURE * (1 + contains + latency + (interval_seconds == _FAST_SECONDS))
