"""When a backup is missing, empty, much smaller than the last, or could not be taken (BK-4)."""

import pulumi

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.severity import Severity
from settings.backup import BackupSettings

DUMP_NAMESPACE, DUMP_METRIC = "JTLD/Jobs", "DumpBytes"
"""Where the worker reports the size of the dump it has read back from the bucket."""

_DAY = 86_400


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
    )
