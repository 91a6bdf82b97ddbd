"""What the eight jobs are, and what their containers are told (JB-1, JB-2).

The containers answer in metrics of the namespace `METRICS`, written as embedded metric format into their log, so
that no task needs a right for it. At its end each run writes `RecordsProcessed`, `RecordsFailed` and
`DurationSeconds` under `Job=<name>`. Every five minutes the worker writes `MinutesOverdue` for each job: how
long ago it should have completed, by `JOBS` and the table job_history, and 0 while all is well (JB-3).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from components.grants import Role
from settings.jobs import JobsSettings

METRICS = "JTLD/Jobs"
"""Namespace of the metrics that jobs and worker write."""

JOB_DIMENSION = "Job"


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a job is for, and as whom it runs."""

    purpose: str
    role: Role


WORKS: Mapping[str, Work] = {
    "expire-jobs": Work(purpose="Closes postings whose time is over", role=Role.RECORDS),
    "job-alerts": Work(purpose="Tells people about new postings that match", role=Role.MAILER),
    "database-backup": Work(purpose="Dumps the database", role=Role.BACKUP),
    "weekly-digest": Work(purpose="Sends the week's summary", role=Role.MAILER),
    "analytics-rollup": Work(purpose="Adds yesterday's events up", role=Role.RECORDS),
    "cleanup-temp": Work(
        purpose="Deletes abandoned uploads and the files of closed accounts", role=Role.CLEANER
    ),
    "ssl-check": Work(purpose="Looks at certificates that end soon", role=Role.RECORDS),
    "usage-report": Work(purpose="Writes the month's usage report", role=Role.RECORDS),
}


def job_environment(settings: JobsSettings) -> dict[str, str]:
    """Return what worker and jobs are told about batches, pauses and deadlines (JB-2, JB-N1)."""
    jobs = [
        {"name": name, "schedule": job.schedule, "windowMinutes": job.window_minutes}
        for name, job in settings.schedules.named().items()
    ]
    return {
        "BATCH_SIZE": str(settings.batch_size),
        "JOBS": json.dumps(jobs),
        "METRICS_NAMESPACE": METRICS,
        "RETRY_SECONDS": ",".join(map(str, settings.retry_seconds)),
    }
