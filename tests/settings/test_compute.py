"""One bad value for each rule of the services and the jobs (CT, JB)."""

import pytest

from settings.fargate import MEMORY_MEGABYTES
from settings.jobs import LIGHT_JOBS, JobsSettings, QueueSettings, Schedules
from settings.schedule import Schedule
from tests.settings.documents import GONE, good, stack_values
from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

ROWS = [
    Bad("CT-4: latest", "prod", "compute.ml.imageTag", "latest", "short git SHA"),
    Bad("CT-4: a version", "prod", "compute.worker.imageTag", "1.2.3", "short git SHA"),
    Bad("CT-4: a SHA in capitals", "prod", "compute.worker.imageTag", "ABCDEF0", "short git SHA"),
    Bad("CT-4: six digits", "prod", "compute.worker.imageTag", "abcdef", "7 to 12"),
    Bad("CT-4: a whole SHA", "prod", "compute.worker.imageTag", "0" * 40, "7 to 12"),
    Bad("CT-4: no image", "prod", "compute.ml.imageTag", GONE, "is required"),
    Bad("CT-1: a CPU that Fargate has not", "prod", "compute.ml.cpuUnits", 300, "must be"),
    between(
        "CT-1: memory that Fargate has not", "prod", "compute.ml.memoryMegabytes", 1024, "2048, 3072, 4096"
    ),
    Bad("CT-2: no task at all", "dev", "compute.worker.minTasks", 0, "at least 1"),
    Bad("CT-2: without bound", "dev", "compute.worker.maxTasks", 1000, "at most 50"),
    between("CT-2: more at least than at most", "prod", "compute.ml.maxTasks", 1, "at least minTasks, 2"),
    between("CT-2: one task in prod", "prod", "compute.worker.minTasks", 1, "at least 2 in prod"),
    Bad("CT-2: scale out at 100 %", "prod", "compute.ml.scaleOutPercent", 100, "at most 99"),
    between(
        "CT-2: scaling that never rests", "prod", "compute.ml.scaleInPercent", 36, "half of scaleOutPercent"
    ),
    Bad(
        "CT-1: a public service with a dotted host", "dev", "compute.ml.hostnameLabel", "ml.api", "DNS label"
    ),
    between("CT-1: a shell in prod", "prod", "compute.shellAccess", True, "false in prod"),
    Bad("CT-1: five images", "prod", "compute.imagesKept", 5, "at least 20"),
    Bad("CT-1: logs for ever", "prod", "compute.logRetentionDays", 0, "must be one of"),
    between("CT-1: a month of logs in prod", "prod", "compute.logRetentionDays", 30, "at least 365 in prod"),
    Bad("JB-1: cron", "prod", "jobs.schedules.expireJobs.schedule", "0 2 * * *", "schedule in UTC"),
    Bad("JB-1: the 31st", "prod", "jobs.schedules.usageReport.schedule", "monthly 31 09:00", "1 to 28"),
    Bad("JB-1: half past 24", "prod", "jobs.schedules.expireJobs.schedule", "daily 24:30", "schedule in UTC"),
    Bad("JB-1: a ninth job", "prod", "jobs.schedules.mining", {"schedule": "daily 02:00"}, "not a setting"),
    Bad(
        "JB-3: a window of a day",
        "prod",
        "jobs.schedules.expireJobs",
        {"schedule": "daily 02:00", "windowMinutes": 1440},
        "at most 360",
        at="jobs.schedules.expireJobs.windowMinutes",
    ),
    between("JB-1: prod without jobs", "prod", "jobs.enabled", False, "true in prod"),
    Bad("JB-N1: everything at once", "prod", "jobs.batchSize", 100_000, "at most 1000"),
    Bad("JB-2: no second try", "prod", "jobs.retrySeconds", [], "at least 1"),
    between("JB-2: pauses that shrink", "prod", "jobs.retrySeconds", [16, 4, 1], "grow"),
    between("JB-2: pauses that stay", "prod", "jobs.retrySeconds", [4, 4], "grow"),
    Bad("JB-3: half of the records may fail", "prod", "jobs.errorPercent", 51, "at most 50"),
    Bad("JB-4: two weeks in the queue", "prod", "jobs.queues.email.retentionDays", 14, "at most 13"),
    Bad("JB-4: longer than SQS hides", "prod", "jobs.queues.email.longestSeconds", 7201, "at most 7200"),
    Bad("JB-4: never too old", "prod", "jobs.queues.email.oldestMinutes", 0, "at least 1"),
    between("JB-2: a month of logs in prod", "prod", "jobs.logRetentionDays", 30, "at least 365 in prod"),
    between("JB-2: memory that Fargate has not", "prod", "jobs.memoryMegabytes", 512, "must be one of 2048"),
    *(
        between(
            f"JB-N3: {name} at {schedule}",
            "prod",
            f"jobs.schedules.{name}",
            {"schedule": schedule},
            "outside 08:00 to 18:00 in America/Toronto",
            at=f"jobs.schedules.{name}.schedule",
        )
        for name, schedule in (
            ("expireJobs", "daily 16:00"),
            ("databaseBackup", "daily 12:30"),  # 08:30 in summer, 07:30 in winter
            ("jobAlerts", "daily 11:15"),  # ends at 08:15 in summer
            ("weeklyDigest", "weekly sat 22:30"),  # 17:30 in winter
            ("usageReport", "monthly 1 13:00"),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("compute.ml.imageTag", "0123456789ab"),
        ("compute.ml.public", True),
        ("jobs.schedules.sslCheck.schedule", "daily 15:00"),
        ("jobs.schedules.expireJobs.schedule", "daily 11:00"),
        ("jobs.schedules.expireJobs.schedule", "daily 23:00"),
    ],
)
def test_what_the_rules_leave_open_is_taken(key: str, value: object) -> None:
    """CT-4, JB-N3: a light job may run at noon, a heavy one up to the first and from the last office hour."""
    taken("prod", key, value)


def test_the_schedules_are_the_requirements_own() -> None:
    """JB-1: times in UTC; none is repeated in the stack files."""
    assert {name: job.schedule for name, job in Schedules().named().items()} == {
        "expire-jobs": "daily 02:00",
        "job-alerts": "daily 08:00",
        "database-backup": "daily 03:00",
        "weekly-digest": "weekly mon 08:00",
        "analytics-rollup": "daily 04:00",
        "cleanup-temp": "weekly sun 01:00",
        "ssl-check": "daily 06:00",
        "usage-report": "monthly 1 09:00",
    }
    assert Schedules.model_fields.keys() >= LIGHT_JOBS


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("daily 02:05", "cron(5 2 * * ? *)"),
        ("weekly mon 08:00", "cron(0 8 ? * MON *)"),
        ("monthly 28 23:59", "cron(59 23 28 * ? *)"),
    ],
)
def test_a_schedule_becomes_what_eventbridge_reads(text: str, cron: str) -> None:
    """JB-1."""
    assert Schedule.parse(text).cron == cron


@pytest.mark.parametrize(
    ("schedule", "minutes", "hinders"),
    [
        ("daily 11:00", 60, False),  # 07:00 to 08:00 in summer
        ("daily 11:00", 61, True),
        ("daily 12:00", 60, True),  # 08:00 in summer, 07:00 in winter
        ("daily 22:59", 5, True),  # 17:59 in winter, 18:59 in summer
        ("daily 23:00", 360, False),
        ("daily 08:00", 120, False),  # the requirement's own: 03:00 and 04:00
    ],
)
def test_a_run_hinders_when_one_season_finds_people_at_work(
    schedule: str, minutes: int, hinders: bool
) -> None:
    """JB-N3: five hours behind UTC in winter and four in summer."""
    found = Schedule.parse(schedule).in_office_hours(minutes=minutes, timezone="America/Toronto")
    assert found is hinders


def test_office_hours_follow_the_environments_zone() -> None:
    """JB-N3."""
    assert not Schedule.parse("daily 08:00").in_office_hours(minutes=60, timezone="America/Toronto")
    assert Schedule.parse("daily 08:00").in_office_hours(minutes=60, timezone="Europe/Berlin")


def test_work_is_done_in_batches_and_tried_again_as_asked() -> None:
    """JB-2, JB-N1."""
    jobs = JobsSettings()
    assert (jobs.batch_size, jobs.retry_seconds, jobs.error_percent) == (100, (1, 4, 16), 5)


def test_a_message_stays_hidden_for_six_times_the_longest_work_on_it() -> None:
    """JB-4."""
    assert QueueSettings(longest_seconds=300).visibility_seconds == 1800


def test_services_scale_between_the_requirements_bounds() -> None:
    """CT-2: 2 to 10 tasks, out at 70 %, in at 30 %."""
    for service in (
        good("prod", stack_values("prod")).compute.ml,
        good("prod", stack_values("prod")).compute.worker,
    ):
        assert (service.min_tasks, service.max_tasks) == (2, 10)
        assert (service.scale_out_percent, service.scale_in_percent) == (70, 30)


def test_every_cpu_has_memory_between_two_and_eight_times_its_own() -> None:
    """CT-1: Fargate's ratio, which a slip in the table would break."""
    assert all(2 * cpu <= memory <= 8 * cpu for cpu, sizes in MEMORY_MEGABYTES.items() for memory in sizes)
