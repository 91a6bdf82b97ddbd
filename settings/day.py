"""Days in stack files, and which day it is."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BeforeValidator

from settings.base import Rule


def today() -> date:
    """Return today's date in UTC."""
    return datetime.now(UTC).date()


def _from_text(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[
    date,
    BeforeValidator(_from_text),
    Rule(
        "must be a date, written YYYY-MM-DD",
        remedy="Write the day in UTC, in quotes, for example '2026-10-01'.",
    ),
]
"""One day; text in stack files, since configuration knows no dates."""
