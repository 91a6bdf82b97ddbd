"""What a stack has bought of the services of others, and the keys it holds (TP)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, repeated, rule
from settings.day import Day, today
from settings.environment import EnvironmentSettings
from settings.services import OPTIONAL_SERVICES, SERVICES, Service
from settings.types import EmailAddress, Text

ROTATION_DAYS = 90
WARNING_DAYS = 14
ServiceName = Literal[
    "aws", "cloudflare", "vercel", "sendgrid", "resend", "sentry", "github", "pagerduty", "slack", "grafana"
]
KeyName = Annotated[
    str,
    Field(pattern=r"^[a-z][A-Za-z0-9]{2,39}$"),
    Rule(
        "must be a name of 3 to 40 letters and digits that begins with a small letter",
        "it is the stack secret's name where the key is one (TP-2)",
        "Write for example sendgridApiKey.",
    ),
]


class Credential(Model):
    """One key to a service, known by its date alone (TP-2)."""

    name: KeyName
    """Name of the stack secret that holds it, or a short name."""

    kept_in: Text = "stack secret"
    """Where the value lives: never here."""

    rotated_on: Day
    """Day on which the key in use was made; the next must be in use 90 days later (TP-2)."""

    @property
    def due_on(self) -> date:
        """Return the day by which the next key must be in use."""
        return self.rotated_on + timedelta(days=ROTATION_DAYS)

    @property
    def remind_on(self) -> date:
        """Return the first day of the alarm, which leaves old and new key time to overlap."""
        return self.due_on - timedelta(days=WARNING_DAYS)


class Subscription(Model):
    """What the environment has of one service (TP-1)."""

    service: ServiceName
    """The service, as `settings/services.py` declares it."""

    plan: Text
    """What we have bought."""

    monthly_dollars: Annotated[int, Field(ge=0, le=100_000)]
    """Expected cost in this environment, in US dollars (TP-4)."""

    billing: EmailAddress = "billing@jtldconsulting.com"
    """Who receives the invoices (TP-1)."""

    credentials: tuple[Credential, ...] = ()
    """The keys we hold (TP-2)."""


class ThirdPartySettings(Model):
    """Inventory, rotation, checks and money (TP-1 to TP-6)."""

    services: tuple[Subscription, ...]
    """Every service that the platform leans on, each once (TP-1)."""

    watched: bool = True
    """Whether each service is asked every 30 seconds and its usage is watched, at 5 USD a month each (TP-3)."""

    anomaly_dollars: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Impact from which an unusual cost is reported, in US dollars (TP-4)."""

    def subscription(self, service: str) -> Subscription:
        """Return what the environment has of a service."""
        return next(one for one in self.services if one.service == service)

    @property
    def listed(self) -> tuple[Service, ...]:
        """Return the services that the environment has, in the order of their declaration."""
        names = {one.service for one in self.services}
        return tuple(service for service in (*SERVICES, *OPTIONAL_SERVICES) if service.name in names)

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """Return the keys to all services."""
        return tuple(key for one in self.services for key in one.credentials)

    @rule
    def _the_inventory_is_whole(self) -> Iterator[Violation]:
        names = [one.service for one in self.services]
        yield from repeated("services", names, "service")
        if missing := [service.name for service in SERVICES if service.name not in names]:
            yield Violation(
                "services",
                rule=f"must also list {', '.join(missing)}",
                reason="a service that nobody lists has no owner when it fails (TP-1)",
                remedy="Add its plan and cost, 0 where it is free.",
            )

    @rule
    def _each_key_stands_once(self) -> Iterator[Violation]:
        seen: set[str] = set()
        for row, one in enumerate(self.services):
            for place, key in enumerate(one.credentials):
                where = ("services", row, "credentials", place)
                if key.name in seen:
                    yield Violation(
                        *where,
                        "name",
                        rule="must not stand in the registry twice",
                        reason="each key has an alarm of its own (TP-2)",
                        remedy="Delete one of the two.",
                    )
                seen.add(key.name)
                if key.rotated_on > today():
                    yield Violation(
                        *where,
                        "rotated_on",
                        rule="must not lie in the future",
                        reason="a date ahead of its time hides that the key is old (TP-2)",
                        remedy="Write the day on which the key in use was made.",
                    )

    @environment_rule
    def _production_sees_outages_itself(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and not self.watched:
            yield Violation(
                "watched",
                rule="must be true in prod",
                reason="users must not be the first to notice that a service is down (TP-3)",
                remedy="Leave the key out: it is the default.",
            )
