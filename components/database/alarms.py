"""When the database runs out of something, or answers slowly (DB-6, MO-3)."""

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.database.instance import METRICS
from components.severity import Severity
from settings.database import MEMORY_GIBIBYTES, RdsDatabase

CONNECTION_PERCENT = 80
DISK_PERCENT = 80
CPU_PERCENT = 80
MEMORY_PERCENT = 85
LAG_SECONDS = 30
_GIBIBYTE = 1024**3
_MINUTE = 60


def database_alarms(
    settings: RdsDatabase, identifier: pulumi.Input[str], *, replica: aws.rds.Instance | None
) -> list[Alarm]:
    """Return the alarms on the instance, and on its replica's lag."""
    memory = MEMORY_GIBIBYTES[settings.instance_class] * _GIBIBYTE
    disk = settings.storage_gigabytes * _GIBIBYTE

    def alarm(
        key: str,
        title: str,
        metric: str,
        threshold: float,
        *,
        below: bool = False,
        severity: Severity = Severity.MEDIUM,
        instance: pulumi.Input[str] = identifier,
    ) -> Alarm:
        return Alarm(
            key=key,
            title=title,
            source=Metric(
                namespace="AWS/RDS",
                name=metric,
                dimensions={"DBInstanceIdentifier": instance},
                statistic="Average",
                period_seconds=_MINUTE,
            ),
            comparison=Comparison.BELOW if below else Comparison.ABOVE,
            threshold=threshold,
            evaluation_periods=10,
            datapoints_to_alarm=10,
            missing_data=MissingData.BREACHING,
            severity=severity,
            runbook="database",
            requirements=("DB-6", "MO-3"),
        )

    alarms = [
        alarm(
            "connections",
            f"More than {CONNECTION_PERCENT} % of the database's connections are in use",
            "DatabaseConnections",
            settings.max_connections * CONNECTION_PERCENT / 100,
            severity=Severity.HIGH,
        ),
        alarm(
            "disk",
            f"The database's disk is more than {DISK_PERCENT} % full",
            "FreeStorageSpace",
            disk * (100 - DISK_PERCENT) / 100,
            below=True,
            severity=Severity.HIGH,
        ),
        alarm(
            "cpu",
            f"The database's CPU has been above {CPU_PERCENT} % for 10 minutes",
            "CPUUtilization",
            CPU_PERCENT,
        ),
        alarm(
            "memory",
            f"The database uses more than {MEMORY_PERCENT} % of its memory",
            "FreeableMemory",
            memory * (100 - MEMORY_PERCENT) / 100,
            below=True,
        ),
    ]
    if replica is not None:
        behind = f"The read replica is more than {LAG_SECONDS} seconds behind"
        alarms.append(alarm("replica-lag", behind, "ReplicaLag", LAG_SECONDS, instance=replica.identifier))
    return alarms


def slow_queries(counted: aws.cloudwatch.LogMetricFilter) -> Metric:
    """Return the number of statements a minute that took longer than half a second."""
    return Metric(
        namespace=METRICS,
        name=counted.metric_transformation.name,
        dimensions={},
        statistic="Sum",
        period_seconds=_MINUTE,
    )
