"""The scheduled jobs and the queues: when, how long, how often again."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from settings.base import Model, Violation, environment_rule, rule
from settings.compute import LEAST_LOG_DAYS
from settings.environment import EnvironmentSettings
from settings.fargate import FargateSize
from settings.schedule import OFFICE_HOURS, Schedule, ScheduleText
from settings.types import LogRetentionDays

LIGHT_JOBS = frozenset({"ssl_check"})
"""Jobs that nobody feels: the others read or write much of what people work on, and keep out of the office
hours (JB-N3)."""

VISIBILITY_FACTOR = 6
"""A message stays hidden for so many times the longest work on it (AWS's advice for consumers)."""


Pause = Annotated[int, Field(ge=1, le=300)]


class JobSettings(Model):
    """When one job runs, and by when it must be done (JB-1, JB-3)."""

    schedule: ScheduleText
    """When it starts, UTC (JB-1)."""

    window_minutes: Annotated[int, Field(ge=5, le=360)] = 60
    """Minutes after its start by which it must have completed; later is an alarm (JB-3)."""

    @property
    def when(self) -> Schedule:
        """Return the schedule taken apart."""
        return Schedule.parse(self.schedule)


class Schedules(Model):
    """The eight jobs (JB-1)."""

    expire_jobs: JobSettings = JobSettings(schedule="daily 02:00")
    """Closes postings whose time is over (JB-1)."""

    job_alerts: JobSettings = JobSettings(schedule="daily 08:00")
    """Tells people about new postings that match (JB-1)."""

    database_backup: JobSettings = JobSettings(schedule="daily 03:00", window_minutes=120)
    """Dumps the database (JB-1, BK-1)."""

    weekly_digest: JobSettings = JobSettings(schedule="weekly mon 08:00")
    """Sends the week's summary (JB-1)."""

    analytics_rollup: JobSettings = JobSettings(schedule="daily 04:00")
    """Adds yesterday's events up (JB-1)."""

    cleanup_temp: JobSettings = JobSettings(schedule="weekly sun 01:00")
    """Deletes abandoned uploads and the files of closed accounts (JB-1, ST-7)."""

    ssl_check: JobSettings = JobSettings(schedule="daily 06:00", window_minutes=15)
    """Looks at certificates that end soon (JB-1)."""

    usage_report: JobSettings = JobSettings(schedule="monthly 1 09:00")
    """Writes the month's usage report (JB-1)."""

    def named(self) -> dict[str, JobSettings]:
        """Return the jobs by name: `expire-jobs`."""
        return {field.replace("_", "-"): getattr(self, field) for field in type(self).model_fields}


class QueueSettings(Model):
    """One queue of work (JB-4)."""

    longest_seconds: Annotated[int, Field(ge=1, le=7200)] = 60
    """Seconds for which the worker may be busy with one message (JB-4)."""

    retention_days: Annotated[int, Field(ge=1, le=13)] = 4
    """Days for which a message waits; dead letters wait 14 (JB-4)."""

    oldest_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """Age of the oldest message that raises an alarm: the worker does not keep up (JB-4)."""

    @property
    def visibility_seconds(self) -> int:
        """Return how long a message is hidden while somebody works on it."""
        return self.longest_seconds * VISIBILITY_FACTOR


class QueuesSettings(Model):
    """The queues (JB-4)."""

    resume_parsing: QueueSettings = QueueSettings(longest_seconds=300, oldest_minutes=30)
    """Résumés that the ML service reads (JB-4)."""

    email: QueueSettings = QueueSettings()
    """E-mails to be sent (JB-4)."""

    index_updates: QueueSettings = QueueSettings()
    """Changes that the search index must learn (JB-4)."""

    def named(self) -> dict[str, QueueSettings]:
        """Return the queues by name: `resume-parsing`."""
        return {field.replace("_", "-"): getattr(self, field) for field in type(self).model_fields}


class JobsSettings(FargateSize):
    """Scheduled jobs and queues (JB-1 to JB-4)."""

    enabled: bool = True
    """Whether the schedules start anything; in dev they need not (JB-1)."""

    schedules: Schedules = Schedules()
    """When each job runs (JB-1)."""

    queues: QueuesSettings = QueuesSettings()
    """The queues (JB-4)."""

    batch_size: Annotated[int, Field(ge=10, le=1000)] = 100
    """Records that a job reads and writes at once (JB-2, JB-N1)."""

    retry_seconds: Annotated[tuple[Pause, ...], Field(min_length=1, max_length=5)] = (1, 4, 16)
    """Pauses before a transient fault is tried again, one each; queues deliver as often (JB-2, JB-4)."""

    error_percent: Annotated[int, Field(ge=1, le=50)] = 5
    """Share of a run's records that may fail before it raises an alarm (JB-3)."""

    log_retention_days: LogRetentionDays = 365
    """How long the jobs' logs can be looked up (JB-2)."""

    @rule
    def _pauses_grow(self) -> Iterator[Violation]:
        if list(self.retry_seconds) != sorted(set(self.retry_seconds)):
            yield Violation(
                "retry_seconds",
                rule="must be pauses that grow",
                reason="what is overloaded recovers only when asked less and less often (JB-2)",
                remedy="Leave the key out: the default is 1, 4 and 16.",
            )

    @environment_rule
    def _heavy_jobs_keep_out_of_the_office_hours(
        self, environment: EnvironmentSettings
    ) -> Iterator[Violation]:
        for field in Schedules.model_fields:
            job: JobSettings = getattr(self.schedules, field)
            if field not in LIGHT_JOBS and job.when.in_office_hours(
                minutes=job.window_minutes, timezone=environment.timezone
            ):
                yield Violation(
                    "schedules",
                    field,
                    "schedule",
                    rule=f"must leave its {job.window_minutes} minutes outside {OFFICE_HOURS.start:02}:00 to "
                    f"{OFFICE_HOURS.stop:02}:00 in {environment.timezone}, in winter and in summer",
                    reason="a heavy job takes the database away from the people who work with it (JB-N3)",
                    remedy="Write a time in UTC that is night there, for example daily 05:00, or shorten "
                    "windowMinutes.",
                )

    @environment_rule
    def _production_works(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and not self.enabled:
            yield Violation(
                "enabled",
                rule="must be true in prod",
                reason="without its jobs nothing expires, is sent or is backed up (JB-1, BK-1)",
                remedy="Leave the key out: true is the default.",
            )

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_LOG_DAYS[environment.name]
        if self.log_retention_days < least:
            yield Violation(
                "log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="what a job did is asked for long after it did it (JB-2, MO-8)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )
