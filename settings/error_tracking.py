"""Sentry's project and its alert rules (MO-7): made by hand unless a stack file asks for them."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, rule
from settings.day import Day, today
from settings.types import Text

SentrySlug = Annotated[
    str,
    Field(max_length=50, pattern=r"^[a-z0-9-]*[a-z][a-z0-9-]*$"),
    Rule(
        "must be a slug of Sentry: 1 to 50 small letters, digits and dashes, not digits alone",
        "Sentry knows organisation, team and project by it (MO-7)",
        "Copy it from the address bar of Sentry's settings.",
    ),
]


class SentrySlack(Model):
    """The Slack workspace that Sentry's own integration writes to; it is installed once by hand in Sentry."""

    workspace: Text
    """Name of the workspace, as Sentry's list of integrations shows it."""

    channel: Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")] = "#ops-alerts"
    """Channel that hears of every alert, beside the team's mailboxes (MO-2)."""


class ErrorRate(Model):
    """How many errors in how long are an alert, whatever they are (MO-3)."""

    errors: Annotated[int, Field(ge=1, le=100_000)] = 50
    """Errors of the whole application above which the team hears of it."""

    minutes: Literal[1, 5, 10, 15, 30, 60] = 60
    """Time in which they are counted; Sentry has these."""


class ErrorTrackingSettings(Model):
    """The project at Sentry that receives the application's errors (MO-7).

    With it, SENTRY_DSN is the address of that project's key, and does not stand in hosting.variables.
    """

    organization: SentrySlug
    """The organisation at Sentry; it exists, as do its members."""

    team: SentrySlug
    """The team that owns the project, and whose members receive its alerts by e-mail; it exists."""

    project: SentrySlug
    """The project to make, one for each environment: its name, and part of its address."""

    platform: Literal["javascript-nextjs"] = "javascript-nextjs"
    """What the project's errors come from."""

    error_rate: ErrorRate = ErrorRate()
    """When many errors are an alert, beside each new one (MO-3)."""

    slack: SentrySlack | None = None
    """Channel in Slack for the same alerts; absent, they go to the team's mailboxes alone (MO-2)."""

    scrubbing_required_on: Day
    """Day on which the organisation's owner required data scrubbing, its defaults, and no storage of IP addresses.

    All three stand in Sentry below «Security & Privacy»; the provider cannot switch them, and without them personal
    data leaves Canada with every error (PIPEDA, MO-N5).
    """

    @rule
    def _scrubbing_is_on_already(self) -> Iterator[Violation]:
        if self.scrubbing_required_on > today():
            yield Violation(
                "scrubbing_required_on",
                rule="must not lie in the future",
                reason="errors must not carry personal data out of Canada until then (PIPEDA, MO-N5)",
                remedy="Require the three in Sentry first, and write the day on which it was done.",
            )
