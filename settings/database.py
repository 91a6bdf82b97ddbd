"""PostgreSQL: our own on RDS, or a service's (Supabase, Neon) outside production."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.environment import EnvironmentSettings
from settings.types import LogRetentionDays

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html, read 2026-11.
MEMORY_GIBIBYTES = {
    "db.t4g.micro": 1,
    "db.t4g.small": 2,
    "db.t4g.medium": 4,
    "db.t4g.large": 8,
    "db.m7g.large": 8,
    "db.m7g.xlarge": 16,
    "db.m7g.2xlarge": 32,
    "db.m7g.4xlarge": 64,
    "db.r7g.large": 16,
    "db.r7g.xlarge": 32,
    "db.r7g.2xlarge": 64,
    "db.r7g.4xlarge": 128,
}
InstanceClass = Literal[
    "db.t4g.micro",
    "db.t4g.small",
    "db.t4g.medium",
    "db.t4g.large",
    "db.m7g.large",
    "db.m7g.xlarge",
    "db.m7g.2xlarge",
    "db.m7g.4xlarge",
    "db.r7g.large",
    "db.r7g.xlarge",
    "db.r7g.2xlarge",
    "db.r7g.4xlarge",
]

# RDS gives PostgreSQL one connection for this much memory, and never more than that many connections. The
# operating system and the agents keep about a tenth of the memory to themselves.
_BYTES_PER_CONNECTION = 9_531_392
_MOST_CONNECTIONS = 5000
_PERCENT_FOR_POSTGRESQL = 90

LEAST_BACKUP_DAYS_IN_PRODUCTION = 14
LEAST_LOG_DAYS = {"dev": 7, "staging": 30, "prod": 365}
_BUSY_HOURS = range(7, 22)
_LONGEST_WINDOW = timedelta(hours=3)

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = r"(mon|tue|wed|thu|fri|sat|sun)"
DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DailyWindow = Annotated[
    str,
    Field(pattern=rf"^{_TIME}-{_TIME}$"),
    Rule("must be a daily window in UTC, written hh:mm-hh:mm", remedy="Write it like 05:00-05:30."),
]
WeeklyWindow = Annotated[
    str,
    Field(pattern=rf"^{_DAY}:{_TIME}-{_DAY}:{_TIME}$"),
    Rule(
        "must be a weekly window in UTC, written ddd:hh:mm-ddd:hh:mm",
        remedy="Write it like sun:06:30-sun:07:30.",
    ),
]


def max_connections(instance_class: str) -> int:
    """Return how many connections an instance of this class is set to admit."""
    memory = MEMORY_GIBIBYTES[instance_class] * 1024**3 * _PERCENT_FOR_POSTGRESQL // 100
    return min(memory // _BYTES_PER_CONNECTION, _MOST_CONNECTIONS)


def window_span(window: str) -> tuple[datetime, datetime]:
    """Return a window's beginning and end in a winter week that begins on a Monday, UTC."""
    begin, _, end = window.partition("-")
    first, last = _moment(begin), _moment(end)
    return first, last if last > first else last + timedelta(days=7 if ":" in end[3:4] else 1)


def _moment(text: str) -> datetime:
    day, _, time = text.partition(":") if text[:3] in DAYS_OF_WEEK else ("mon", "", text)
    hours, minutes = map(int, time.split(":"))
    return datetime(2026, 1, 5, hours, minutes, tzinfo=UTC) + timedelta(days=DAYS_OF_WEEK.index(day))


def busy(window: str, timezone: str) -> bool:
    """Tell whether a window touches the hours in which people use the site, in winter or in summer."""
    begin, end = window_span(window)
    season = timedelta(weeks=26)
    moments = (
        begin + shift + timedelta(minutes=minutes)
        for shift in (timedelta(), season)
        for minutes in range(0, int((end - begin).total_seconds()) // 60, 15)
    )
    return any(moment.astimezone(ZoneInfo(timezone)).hour in _BUSY_HOURS for moment in moments)


class Pools(Model):
    """How many connections each user of the database may hold (DB-3, DB-4)."""

    function_connections: Annotated[int, Field(ge=1, le=50)] = 10
    """Connections one function instance of the application opens to the gateway (DB-4)."""

    transaction_size: Annotated[int, Field(ge=1, le=1000)] = 20
    """Connections to PostgreSQL that one gateway task shares among all of DATABASE_URL's clients (DB-4)."""

    session_size: Annotated[int, Field(ge=1, le=100)] = 3
    """Connections to PostgreSQL that one gateway task lends to DIRECT_URL's clients, one each (DB-4)."""

    service_connections: Annotated[int, Field(ge=1, le=1000)] = 20
    """Connections that containers, jobs and the platform's own checks hold beside the gateway (DB-3)."""

    def demand(self, gateway_tasks: int) -> int:
        """Return the connections to PostgreSQL when every pool is full."""
        return gateway_tasks * (self.transaction_size + self.session_size) + self.service_connections


class DatabaseSettings(Model):
    """What every kind of database has in common."""

    pools: Pools = Pools()
    """How many connections each user of the database may hold (DB-3, DB-4)."""


class RdsDatabase(DatabaseSettings):
    """Our own PostgreSQL on RDS (DB-1 to DB-6)."""

    kind: Literal["rds"]
    """PostgreSQL of our own, in the network's isolated subnets."""

    version: Literal["16", "17"] = "17"
    """Major version; minor versions follow by themselves in the maintenance window (DB-1)."""

    instance_class: InstanceClass
    """Size of the instance; its memory decides how many connections there are (DB-1)."""

    storage_gigabytes: Annotated[int, Field(ge=20, le=65_536)]
    """Disk at the start; it grows by itself (DB-1)."""

    max_storage_gigabytes: Annotated[int, Field(ge=22, le=65_536)]
    """Size at which the disk stops growing by itself (DB-1)."""

    multi_az: bool = True
    """Whether a standby in another zone takes over when the first fails (DB-1)."""

    publicly_accessible: Annotated[
        Literal[False],
        Rule(
            "must be false",
            "a database with a public address is one leaked password away from strangers (DB-N1)",
            "Leave the key out; the application comes in through the gateway.",
        ),
    ] = False
    """Whether the instance has a public address: never (DB-N1)."""

    deletion_protection: bool = True
    """Whether RDS itself refuses to delete the instance (DB-1)."""

    backup_retention_days: Annotated[int, Field(ge=7, le=35)] = 14
    """Days back to any second of which the database can be restored (DB-2, DB-N3)."""

    backup_window: DailyWindow = "05:00-05:30"
    """When the daily snapshot is taken, UTC (DB-1)."""

    maintenance_window: WeeklyWindow = "sun:06:00-sun:07:00"
    """When AWS may patch and restart, UTC (DB-1)."""

    replica: bool = False
    """Whether a read replica with an address of its own exists (DB-5)."""

    insights: Literal["standard", "advanced"] = "standard"
    """Database Insights: standard keeps a week of query statistics, advanced 15 months at a price (DB-1)."""

    log_retention_days: LogRetentionDays = 365
    """How long slow queries and errors can be looked up (DB-1)."""

    credentials_generation: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Raise it by one to give the application and migration roles new passwords (TP-2)."""

    @property
    def max_connections(self) -> int:
        """Return how many connections the instance admits."""
        return max_connections(self.instance_class)

    @rule
    def _the_disk_can_grow(self) -> Iterator[Violation]:
        # RDS refuses a limit closer than a tenth above the allocated size.
        least = self.storage_gigabytes + -(-self.storage_gigabytes // 10)
        if self.max_storage_gigabytes < least:
            yield Violation(
                "max_storage_gigabytes",
                rule=f"must be at least {least}: a tenth above storageGigabytes",
                reason="a disk that cannot grow is a database that stops (DB-1, DB-6)",
                remedy=f"Write {least} or more; twice storageGigabytes is usual.",
            )

    @rule
    def _windows_do_not_meet(self) -> Iterator[Violation]:
        backup, maintenance = window_span(self.backup_window), window_span(self.maintenance_window)
        for field, (begin, end) in (("backup_window", backup), ("maintenance_window", maintenance)):
            if not timedelta(minutes=30) <= end - begin <= _LONGEST_WINDOW:
                yield Violation(
                    field,
                    rule="must last from 30 minutes to 3 hours",
                    reason="RDS takes no shorter window, and a longer one cannot be watched (DB-1)",
                    remedy="Move its end.",
                )
        daily = (tuple(moment + timedelta(days=days) for moment in backup) for days in range(8))
        if any(begin < maintenance[1] and maintenance[0] < end for begin, end in daily):
            yield Violation(
                "maintenance_window",
                rule="must not overlap backupWindow",
                reason="RDS refuses windows that overlap (DB-1)",
                remedy="Begin it when the backup window ends.",
            )

    @environment_rule
    def _windows_are_off_peak(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        for field in ("backup_window", "maintenance_window"):
            if busy(getattr(self, field), environment.timezone):
                yield Violation(
                    field,
                    rule=f"must lie between 22:00 and 07:00 in {environment.timezone}, in winter and summer",
                    reason="backups slow the database down and maintenance restarts it (DB-1)",
                    remedy="Write the night's hours in UTC, for example 05:00-05:30.",
                )

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_LOG_DAYS[environment.name]
        if self.log_retention_days < least:
            yield Violation(
                "log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="who changed which table must be answerable later (DB-1)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )

    @environment_rule
    def _production_survives(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        for field, why in (
            ("multi_az", "the failure of a zone must not stop the site (DB-1)"),
            ("deletion_protection", "one wrong command must not delete users' data (DB-1, SC-3)"),
        ):
            if not getattr(self, field):
                yield Violation(
                    field,
                    rule="must be true in prod",
                    reason=why,
                    remedy="Write true, or leave the key out: it is the default.",
                )
        if self.backup_retention_days < LEAST_BACKUP_DAYS_IN_PRODUCTION:
            yield Violation(
                "backup_retention_days",
                rule=f"must be at least {LEAST_BACKUP_DAYS_IN_PRODUCTION} in prod",
                reason="a slow corruption is noticed after days, not hours (DB-2)",
                remedy="Write 14 or more, or leave the key out: it is the default.",
            )

    @environment_rule
    def _other_environments_can_be_destroyed(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production and self.deletion_protection:
            yield Violation(
                "deletion_protection",
                rule=f"must be false in {environment.name}",
                reason=f"{environment.name} is destroyed and made again, and would stop at its database (SC-3)",
                remedy="Write deletionProtection: false; only prod keeps its data.",
            )


class ExternalDatabase(DatabaseSettings):
    """A PostgreSQL service; its addresses are the secrets externalDatabaseUrl and externalDirectUrl (DB-5)."""

    kind: Literal["external"]
    """PostgreSQL of a service outside AWS."""

    service: Literal["supabase", "neon"]
    """Which service it is; its region in Canada is chosen there."""

    @environment_rule
    def _not_in_production(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production:
            yield Violation(
                "kind",
                rule="must be rds in prod",
                reason="users' data stays in our own account, under our own keys and backups (DB-5, PIPEDA)",
                remedy="Write kind: rds with its instanceClass and storage.",
            )


Database = Annotated[RdsDatabase | ExternalDatabase, Field(discriminator="kind")]
