"""What monitoring itself costs, by AWS's list prices in US dollars (2026-11)."""

from collections.abc import Iterable

from components.alarms import Alarm, Metric

ALARM_METRIC, COMPOSITE, DASHBOARD = 0.10, 0.50, 3.00
FREE_ALARM_METRICS, FREE_DASHBOARDS = 10, 3
OWN_METRIC, FREE_OWN_METRICS = 0.30, 10
# Of an end point outside AWS: the check itself, and each of HTTPS, latency, text match and a pace of 10 s.
CHECK, CHECK_FEATURE = 0.75, 2.00
_FAST_SECONDS = 10
_OURS = "JTLD/"


def alarm_dollars(alarms: Iterable[Alarm], *, pages: int, dashboards: int) -> float:
    """Return the monthly cost of alarms, pages and dashboards; an expression is paid by its metrics."""
    metrics = sum(1 if isinstance(alarm.source, Metric) else len(alarm.source.metrics) for alarm in alarms)
    return (
        ALARM_METRIC * max(metrics - FREE_ALARM_METRICS, 0)
        + COMPOSITE * pages
        + DASHBOARD * max(dashboards - FREE_DASHBOARDS, 0)
    )


def own_metrics(alarms: Iterable[Alarm]) -> int:
    """Return how many metrics of ours the alarms look at; AWS charges each for the hours in which it is sent."""
    found = set()
    for alarm in alarms:
        for metric in [alarm.source] if isinstance(alarm.source, Metric) else alarm.source.metrics.values():
            if metric.namespace.startswith(_OURS):
                # A value of an Output is one object however often it is used.
                values = (one if isinstance(one, str) else id(one) for one in metric.dimensions.values())
                found.add((metric.namespace, metric.name, *values))
    return len(found)


def own_metric_dollars(metrics: int) -> float:
    """Return the most that metrics of ours cost a month: each sent in every hour."""
    return OWN_METRIC * max(metrics - FREE_OWN_METRICS, 0)


def check_dollars(*, contains: bool, latency: bool, interval_seconds: int) -> float:
    """Return the monthly cost of one health check over HTTPS."""
    return CHECK + CHECK_FEATURE * (1 + contains + latency + (interval_seconds == _FAST_SECONDS))
