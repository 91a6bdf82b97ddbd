"""When a backup is missing, empty, much smaller than the last, or could not be taken (BK-4)."""

import pulumi

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.backup.offsite import MINUTES, RULE
from components.severity import Severity
from settings.backup import BackupSettings, SecondAccount, dump_bucket
from settings.environment import EnvironmentSettings

DUMP_NAMESPACE, DUMP_METRIC = "JTLD/Jobs", "DumpBytes"
"""Where the worker reports the size of the dump it has read back from the bucket."""

_DAY, _FIVE_MINUTES = 86_400, 300


def dump_alarms(settings: BackupSettings, *, stack: str) -> list[Alarm]:
    """Return the alarms on the worker's dumps."""
    shrinking = Expression(
        expression="100 * size / (size - DIFF(size))",
        label="Size in percent of the day before",
        metrics={"size": _size(stack, "Maximum")},
    )
    return [
        _alarm(
            "dump-missing",
            "No dump of the database was made for a day",
            _size(stack, "SampleCount"),
            Comparison.BELOW,
            1,
            missing=MissingData.BREACHING,
        ),
        _alarm(
            "dump-empty", "The dump of the database is empty", _size(stack, "Minimum"), Comparison.BELOW, 1
        ),
        _alarm(
            "dump-shrunk",
            f"The dump has less than {settings.smallest_dump_percent} % of the size of the day before",
            shrinking,
            Comparison.BELOW,
            settings.smallest_dump_percent,
            # A difference needs two days in view; with one alone CloudWatch may have nothing to compare with.
            days=2,
        ),
    ]


def job_alarms(vault: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms on AWS Backup's own jobs."""
    kinds = {"backup": "recovery points", "copy": "copies in the replica region", "restore": "restore tests"}
    return [
        _alarm(
            f"{kind}-jobs-failing",
            f"AWS Backup fails to make {what}",
            Metric(
                namespace="AWS/Backup",
                name=f"NumberOf{kind.capitalize()}JobsFailed",
                dimensions={"BackupVaultName": vault},
                statistic="Sum",
                period_seconds=_DAY,
            ),
            Comparison.ABOVE,
            0,
        )
        for kind, what in kinds.items()
    ]


def offsite_alarms(second: SecondAccount, place: EnvironmentSettings) -> list[Alarm]:
    """Return the alarms on dumps that do not reach the second account, or late.

    S3 tells of failures in the region of the original and of delays in that of the copy: the replica region both.
    """
    found = {
        "offsite-failing": ("Dumps do not reach the second account", "OperationsFailedReplication", "Sum", 0),
        "offsite-late": (
            f"Dumps reach the second account more than {MINUTES} minutes late",
            "ReplicationLatency",
            "Maximum",
            MINUTES * 60,
        ),
    }
    return [
        _alarm(
            key,
            title,
            Metric(
                namespace="AWS/S3",
                name=metric,
                dimensions={
                    "SourceBucket": dump_bucket(place),
                    "DestinationBucket": second.bucket,
                    "RuleId": RULE,
                },
                statistic=statistic,
                period_seconds=_FIVE_MINUTES,
            ),
            Comparison.ABOVE,
            threshold,
            region=place.replica_region,
        )
        for key, (title, metric, statistic, threshold) in found.items()
    ]


def _size(stack: str, statistic: str) -> Metric:
    return Metric(
        namespace=DUMP_NAMESPACE,
        name=DUMP_METRIC,
        dimensions={"Stack": stack},
        statistic=statistic,
        period_seconds=_DAY,
    )


def _alarm(
    key: str,
    title: str,
    source: Metric | Expression,
    comparison: Comparison,
    threshold: float,
    *,
    missing: MissingData = MissingData.NOT_BREACHING,
    days: int = 1,
    region: str | None = None,
) -> Alarm:
    return Alarm(
        key=key,
        title=title,
        source=source,
        comparison=comparison,
        threshold=threshold,
        evaluation_periods=days,
        datapoints_to_alarm=1,
        missing_data=missing,
        severity=Severity.HIGH,
        runbook="backup",
        requirements=("BK-4",),
        region=region,
    )
