"""When a job runs, written as people say it: `daily 02:00`, `weekly mon 08:00`, `monthly 1 09:00`, in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import Field

from settings.base import Rule

DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_HOURS = range(8, 18)
"""Hours of the local day in which no heavy job may run (JB-N3)."""

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
# A winter's and a summer's week: whatever the zone does, one of them has each of its offsets.
_SEASONS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))

ScheduleText = Annotated[
    str,
    Field(pattern=rf"^(daily|weekly (mon|tue|wed|thu|fri|sat|sun)|monthly ([1-9]|1[0-9]|2[0-8])) {_TIME}$"),
    Rule(
        "must be a schedule in UTC: daily hh:mm, weekly ddd hh:mm, or monthly d hh:mm with d from 1 to 28",
        "what runs when must be plain to see (JB-1), and a month has 28 days for certain",
        "Write it like daily 02:00, weekly mon 08:00 or monthly 1 09:00.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule taken apart; `day` is the day of the week or of the month, empty where it runs daily."""

    period: Literal["daily", "weekly", "monthly"]
    day: str
    hour: int
    minute: int

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule that a `ScheduleText` says."""
        period, *day, time = text.split()
        hour, _, minute = time.partition(":")
        return cls(
            period=cast("Literal['daily', 'weekly', 'monthly']", period),
            day=day[0] if day else "",
            hour=int(hour),
            minute=int(minute),
        )

    @property
    def cron(self) -> str:
        """Return it as EventBridge Scheduler reads it; exactly one of the two days is `?`."""
        day_of_month = {"daily": "*", "weekly": "?", "monthly": self.day}[self.period]
        day_of_week = self.day.upper() if self.period == "weekly" else "?"
        return f"cron({self.minute} {self.hour} {day_of_month} * {day_of_week} *)"

    def in_office_hours(self, *, minutes: int, timezone: str) -> bool:
        """Tell whether a run of that length would touch the office hours, in winter or in summer."""
        zone = ZoneInfo(timezone)
        return any(
            moment.astimezone(zone).hour in OFFICE_HOURS
            for season in _SEASONS
            for moment in self._moments(season, minutes)
        )

    def _moments(self, season: datetime, minutes: int) -> Iterator[datetime]:
        # Office hours are judged on every day of the week: deadlines know no weekend either.
        start = season + timedelta(hours=self.hour, minutes=self.minute)
        return (start + timedelta(minutes=minute) for minute in range(minutes))
