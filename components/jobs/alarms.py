"""What is worth attention about a job: not done in time, too many failures, ever slower (JB-3)."""

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.jobs.catalogue import JOB_DIMENSION, METRICS
from components.severity import Severity
from settings.jobs import JobSettings

_SLOW_PERCENT = 80


def job_alarms(name: str, job: JobSettings, *, error_percent: int) -> list[Alarm]:
    """Return the alarms of one job."""

    def metric(measured: str, statistic: str) -> Metric:
        return Metric(
            namespace=METRICS,
            name=measured,
            dimensions={JOB_DIMENSION: name},
            statistic=statistic,
            period_seconds=300,
        )

    return [
        Alarm(
            key=f"{name}-overdue",
            title=f"{name} has not completed within {job.window_minutes} minutes of {job.schedule} UTC",
            source=metric("MinutesOverdue", "Maximum"),
            comparison=Comparison.ABOVE,
            threshold=0,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            # Who watches the watchman: a worker that says nothing knows nothing.
            missing_data=MissingData.BREACHING,
            severity=Severity.HIGH,
            runbook="jobs",
            requirements=("JB-3",),
        ),
        Alarm(
            key=f"{name}-errors",
            title=f"{name} failed with more than {error_percent} % of its records",
            source=Expression(
                expression="IF(processed > 0, 100 * failed / processed, 0)",
                label="Failed records, percent",
                metrics={
                    "failed": metric("RecordsFailed", "Sum"),
                    "processed": metric("RecordsProcessed", "Sum"),
                },
            ),
            comparison=Comparison.ABOVE,
            threshold=error_percent,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.MEDIUM,
            runbook="jobs",
            requirements=("JB-3",),
        ),
        Alarm(
            key=f"{name}-slow",
            title=f"{name} needs more than {_SLOW_PERCENT} % of its window",
            source=metric("DurationSeconds", "Maximum"),
            comparison=Comparison.ABOVE,
            threshold=job.window_minutes * 60 * _SLOW_PERCENT / 100,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.LOW,
            runbook="jobs",
            requirements=("JB-3",),
        ),
    ]
