"""What is watched from outside and inside, and how long the traces are kept (MO)."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, repeated, rule
from settings.environment import EnvironmentSettings
from settings.types import HostLabel, LogRetentionDays, Slug

LEAST_LOG_DAYS_IN_PRODUCTION = 365
RequestPath = Annotated[
    str,
    Field(pattern=r"^/[A-Za-z0-9/._~-]{0,200}$"),
    Rule("must be a path that begins with a slash", remedy="Write for example /api/health."),
]
CheckerRegion = Literal[
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "sa-east-1", "ap-southeast-1", "ap-southeast-2"
]


class Endpoint(Model):
    """One address that must answer (MO-1)."""

    name: Slug
    """Short name of the check, which names its alarms."""

    host_label: HostLabel | None = None
    """Host below the environment's domain; absent, the domain itself."""

    path: RequestPath = "/"
    """What is asked for."""

    contains: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """Text that a healthy answer holds; an answer that is merely 200 proves little (MO-6)."""


ENDPOINTS = (
    Endpoint(name="site"),
    Endpoint(name="api", host_label="api", path="/health"),
    Endpoint(name="api-health", path="/api/health", contains='"healthy"'),
)


class Traffic(Model):
    """When the application's answers stop being good enough (MO-3)."""

    error_percent: Annotated[float, Field(gt=0, le=100)] = 1
    """Share of failed requests over five minutes that raises an alarm (MO-3)."""

    p95_seconds: Annotated[float, Field(gt=0, le=60)] = 2
    """Time within which 95 of 100 requests must be answered (MO-3)."""

    few_requests: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Below this many requests in five minutes a single failure would already be an alarm; none is raised."""


class MonitoringSettings(Model):
    """Checks from outside, alarms on the application's own words, dashboards (MO-1, MO-3, MO-4)."""

    endpoints: tuple[Endpoint, ...] = ENDPOINTS
    """What is checked from outside (MO-1)."""

    interval_seconds: Literal[10, 30] = 30
    """Pace of each checker; Route 53 has these two, both faster than a minute (MO-1, MO-N1)."""

    checker_regions: Annotated[tuple[CheckerRegion, ...], Field(min_length=3)] = (
        "us-east-1",
        "us-west-2",
        "eu-west-1",
    )
    """Places from which they ask; Route 53 wants three and has none in Canada (MO-1)."""

    slow_seconds: Annotated[float, Field(gt=0, le=30)] = 2
    """Time to the first byte that is too long in three checks running (MO-1)."""

    certificate_days: Annotated[int, Field(ge=14, le=60)] = 30
    """Days before a certificate's end at which an alarm is raised (MO-1)."""

    traffic: Traffic = Traffic()
    """When the application's answers stop being good enough (MO-3)."""

    application_log_days: LogRetentionDays = 365
    """How long the application's log is kept (MO-8)."""

    dashboards: bool = True
    """Whether each area has its dashboard; three are free in an account, the others 3 USD a month (MO-4)."""

    @rule
    def _places_and_names_differ(self) -> Iterator[Violation]:
        yield from repeated("checker_regions", self.checker_regions)
        yield from repeated("endpoints", [endpoint.name for endpoint in self.endpoints], "name")

    @environment_rule
    def _production_is_watched(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        asked = {(endpoint.host_label, endpoint.path) for endpoint in self.endpoints}
        for endpoint in ENDPOINTS:
            if (endpoint.host_label, endpoint.path) not in asked:
                yield Violation(
                    "endpoints",
                    rule=f"must check {endpoint.host_label or 'the domain'} for {endpoint.path} in prod",
                    reason="users must not be the first to notice an outage (MO-1)",
                    remedy="Add the check, or leave the key out: it is one of the defaults.",
                )
        if self.application_log_days < LEAST_LOG_DAYS_IN_PRODUCTION:
            yield Violation(
                "application_log_days",
                rule=f"must be at least {LEAST_LOG_DAYS_IN_PRODUCTION} in prod",
                reason="what happened must be answerable a year later (MO-8)",
                remedy="Leave the key out: it is the default.",
            )
        if not self.dashboards:
            yield Violation(
                "dashboards",
                rule="must be true in prod",
                reason="whoever answers an alarm needs the picture around it (MO-4)",
                remedy="Leave the key out: it is the default.",
            )
