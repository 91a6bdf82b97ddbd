"""When the cache runs out of something, or stops being worth asking (CA-3, MO-3)."""

import pulumi

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.severity import Severity
from settings.cache import ElastiCache

MEMORY_PERCENT = 80
HIT_PERCENT = 70
EVICTIONS_A_MINUTE = 100
CONNECTIONS = 1000
"""Far more than the application and its workers hold: some client opens connections and does not close them.

It does not follow from the size of the node, since that is not what runs out: a node takes tens of thousands
(ElastiCache's `maxclients` is 65,000). It is their number that slows the one thread of the engine down.
"""

CPU_PERCENT = 80
FEW_LOOKUPS = 100
"""Below this many look-ups a minute, one miss is already a percent and says nothing."""

_MINUTE = 60


def cache_alarms(settings: ElastiCache, group: pulumi.Output[str]) -> list[Alarm]:
    """Return the alarms of each node, and the one on the first node's hit rate."""
    # ElastiCache names a group's nodes after it.
    numbers = [f"{number:03}" for number in range(1, settings.node_count + 1)]
    nodes = {number: pulumi.Output.concat(group, "-", number) for number in numbers}
    return [
        *(alarm for node, id_ in nodes.items() for alarm in _node_alarms(node, id_)),
        _hit_rate(nodes["001"]),
    ]


def _metric(name: str, node: pulumi.Input[str], statistic: str) -> Metric:
    return Metric(
        namespace="AWS/ElastiCache",
        name=name,
        dimensions={"CacheClusterId": node},
        statistic=statistic,
        period_seconds=_MINUTE,
    )


def _node_alarms(node: str, id_: pulumi.Input[str]) -> list[Alarm]:
    plans = {
        "memory": (
            "DatabaseMemoryUsagePercentage",
            "Average",
            MEMORY_PERCENT,
            Severity.HIGH,
            f"is more than {MEMORY_PERCENT} % full",
        ),
        "evictions": (
            "Evictions",
            "Sum",
            EVICTIONS_A_MINUTE,
            Severity.MEDIUM,
            f"throws out more than {EVICTIONS_A_MINUTE} keys a minute",
        ),
        "connections": (
            "CurrConnections",
            "Average",
            CONNECTIONS,
            Severity.MEDIUM,
            f"holds more than {CONNECTIONS} connections",
        ),
        "cpu": (
            "EngineCPUUtilization",
            "Average",
            CPU_PERCENT,
            Severity.MEDIUM,
            f"has been busier than {CPU_PERCENT} % for 10 minutes",
        ),
    }
    return [
        Alarm(
            key=f"{key}-{node}",
            title=f"Cache node {node} {what}",
            source=_metric(metric, id_, statistic),
            comparison=Comparison.ABOVE,
            threshold=threshold,
            evaluation_periods=10,
            datapoints_to_alarm=10,
            missing_data=MissingData.BREACHING,
            severity=severity,
            runbook="cache",
            requirements=("CA-3", "MO-3"),
        )
        for key, (metric, statistic, threshold, severity, what) in plans.items()
    ]


def _hit_rate(node: pulumi.Input[str]) -> Alarm:
    return Alarm(
        key="hit-rate",
        title=f"Fewer than {HIT_PERCENT} % of the look-ups find their key",
        source=Expression(
            expression=f"IF(hits + misses > {FEW_LOOKUPS}, 100 * hits / (hits + misses), 100)",
            label="Percent of look-ups that find their key",
            metrics={
                "hits": _metric("CacheHits", node, "Sum"),
                "misses": _metric("CacheMisses", node, "Sum"),
            },
        ),
        comparison=Comparison.BELOW,
        threshold=HIT_PERCENT,
        evaluation_periods=30,
        datapoints_to_alarm=30,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.LOW,
        runbook="cache",
        requirements=("CA-3",),
    )
