"""What people must do and when, as a calendar file: reviews, drills, keys, the domain (TP-2, TP-6, BK-4, ED-8)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from settings import Settings
from settings.registration import EXPIRY_NOTICE

_RUNBOOKS = "https://github.com/jtld-consulting/jtld-platform/blob/main/docs/runbooks"
_QUARTERS = "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU"
_MONTHS = "FREQ=MONTHLY;BYDAY=1MO"
_LONGEST_LINE = 75


@dataclass(frozen=True, kw_only=True)
class Event:
    """One all-day event; `key` never changes, so that a new file updates what an old one made."""

    key: str
    day: date
    title: str
    runbook: str
    repeats: str | None = None


def events(settings: Settings, *, today: date) -> Iterator[Event]:
    """Yield what recurs from the next quarter and month on, and when each key and the domain must be renewed."""
    quarter = _next_quarter(today)
    yield Event(
        key="review",
        day=_first(quarter, weekday=1),
        title="Quarterly review of third-party services",
        runbook="third-party",
        repeats=_QUARTERS,
    )
    yield Event(
        key="drill",
        day=_first(quarter, weekday=1),
        title="Quarterly drill: restore a dump, compare counts, measure against 4 hours",
        runbook="backup",
        repeats=_QUARTERS,
    )
    yield Event(
        key="fallbacks",
        day=_first(quarter, weekday=1),
        title="Quarterly drill of the fallbacks: e-mail, CDN, cache, uploads",
        runbook="third-party",
        repeats=_QUARTERS,
    )
    yield Event(
        key="thresholds",
        day=_first(_next_month(today), weekday=0),
        title="Monthly review of alarm thresholds",
        runbook="severities",
        repeats=_MONTHS,
    )
    yield Event(
        key="alerts",
        day=_first(_next_month(today), weekday=0),
        title="Monthly test alert through every channel, with both who are on call",
        runbook="alerting",
        repeats=_MONTHS,
    )
    for key in settings.third_party.credentials:
        yield Event(
            key=f"rotate-{key.name}",
            day=key.due_on,
            title=f"{key.name}: the new key is in use and the old one revoked",
            runbook="rotation",
        )
    yield Event(
        key="domain",
        day=settings.edge.registration.expires_on - EXPIRY_NOTICE,
        title=f"{settings.environment.domain} is paid for 30 more days: see that it renews",
        runbook="third-party",
    )


def calendar(settings: Settings, *, today: date) -> str:
    """Return the calendar of a stack in the form of RFC 5545."""
    stack = settings.environment.name
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//JTLD Consulting//jtld-platform//EN",
        "CALSCALE:GREGORIAN",
    ]
    for event in events(settings, today=today):
        digest = hashlib.sha256(f"{stack}/{event.key}".encode()).hexdigest()[:16]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{digest}@jtld-platform",
            f"DTSTAMP:{today:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(f'{stack}: {event.title}')}",
            f"DESCRIPTION:{_escaped(f'{_RUNBOOKS}/{event.runbook}.md')}",
            *([f"RRULE:{event.repeats}"] if event.repeats else []),
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    """Continue a long line on the next one, after a blank; a line is counted in bytes."""
    parts, rest = [], line
    while len(rest.encode()) > _LONGEST_LINE:
        cut = _LONGEST_LINE
        while len(rest[:cut].encode()) > _LONGEST_LINE:
            cut -= 1
        parts.append(rest[:cut])
        rest = f" {rest[cut:]}"
    return "\r\n".join([*parts, rest])


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _next_quarter(day: date) -> date:
    month = _next_month(day)
    while month.month % 3 != 1:
        month = _next_month(month)
    return month


def _first(month: date, *, weekday: int) -> date:
    return month + timedelta(days=(weekday - month.weekday()) % 7)
