"""When the pools fill, queries slow down, or nobody answers at the door (DB-6)."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.gateway.containers import SESSION, TRANSACTION
from components.gateway.entrance import Entrance
from components.severity import Severity

METRICS = "JTLD/Gateway"
POOL_PERCENT = 80
SLOW_PERCENT = 5
"""More than 5 % of the statements above half a second: the 95th percentile is above half a second."""

EXPIRY_DAYS = 30
_MINUTE = 60
_DAY = 86_400
_COUNTED = {
    "transaction-used": (TRANSACTION, "$.usedPercent", "TransactionPoolUsedPercent"),
    "session-used": (SESSION, "$.usedPercent", "SessionPoolUsedPercent"),
    "queries": (TRANSACTION, "$.queries", "Queries"),
}


def counters(
    log_group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> dict[str, aws.cloudwatch.LogMetricFilter]:
    """Return the metrics made from the pools' own reports."""
    return {
        key: aws.cloudwatch.LogMetricFilter(
            key,
            log_group_name=log_group,
            pattern=f'{{ $.pool = "{pool}" }}',
            metric_transformation={"name": metric, "namespace": METRICS, "value": value},
            opts=opts,
        )
        for key, (pool, value, metric) in _COUNTED.items()
    }


def pool_alarms(slow_queries: Metric) -> list[Alarm]:
    """Return the alarms on the pools' use and on the time of queries."""
    full = [
        _alarm(
            f"{pool}-pool",
            f"More than {POOL_PERCENT} % of the {pool} pool is in use",
            _metric(METRICS, f"{pool.title()}PoolUsedPercent", {}, "Maximum"),
            POOL_PERCENT,
            severity=Severity.HIGH,
        )
        for pool in (TRANSACTION, SESSION)
    ]
    latency = Expression(
        expression="IF(queries > 0, 100 * slow / queries, 0)",
        label="Percent of statements above half a second",
        metrics={"slow": slow_queries, "queries": _metric(METRICS, "Queries", {}, "Sum")},
    )
    return [
        *full,
        _alarm(
            "query-latency-p95",
            "One statement in twenty takes more than half a second",
            latency,
            SLOW_PERCENT,
        ),
    ]


def door_alarms(entrance: Entrance) -> list[Alarm]:
    """Return the alarms on doors behind which nobody is well, and on a certificate that nobody renews."""
    closed = [
        _alarm(
            f"{role}-unreachable",
            f"No task of the gateway answers for {role}",
            _metric("AWS/NetworkELB", "HealthyHostCount", _dimensions(entrance, role), "Minimum"),
            1,
            comparison=Comparison.BELOW,
            minutes=5,
            severity=Severity.CRITICAL,
            missing=MissingData.BREACHING,
        )
        for role in entrance.target_groups
    ]
    expiring = _alarm(
        "certificate",
        f"The data gateway's certificate ends within {EXPIRY_DAYS} days",
        Metric(
            namespace="AWS/CertificateManager",
            name="DaysToExpiry",
            dimensions={"CertificateArn": entrance.certificate.arn},
            statistic="Minimum",
            period_seconds=_DAY,
        ),
        EXPIRY_DAYS,
        comparison=Comparison.BELOW,
        minutes=1,
        severity=Severity.HIGH,
    )
    return [*closed, expiring]


def _dimensions(entrance: Entrance, role: str) -> Mapping[str, pulumi.Input[str]]:
    return {
        "LoadBalancer": entrance.balancer.arn_suffix,
        "TargetGroup": entrance.target_groups[role].arn_suffix,
    }


def _metric(namespace: str, name: str, dimensions: Mapping[str, pulumi.Input[str]], statistic: str) -> Metric:
    return Metric(
        namespace=namespace, name=name, dimensions=dimensions, statistic=statistic, period_seconds=_MINUTE
    )


def _alarm(
    key: str,
    title: str,
    source: Metric | Expression,
    threshold: float,
    *,
    comparison: Comparison = Comparison.ABOVE,
    minutes: int = 10,
    severity: Severity = Severity.MEDIUM,
    missing: MissingData = MissingData.NOT_BREACHING,
) -> Alarm:
    return Alarm(
        key=key,
        title=title,
        source=source,
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=minutes,
        datapoints_to_alarm=minutes,
        missing_data=missing,
        severity=severity,
        runbook="gateway",
        requirements=("DB-6", "DB-4"),
    )
