"""The containers that run all the time: the ML service and the worker."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from settings.base import Model, Violation, environment_rule, rule
from settings.environment import EnvironmentSettings
from settings.fargate import FargateSize
from settings.types import HostLabel, ImageTag, LogRetentionDays

TASKS_IN_PRODUCTION = 2
LEAST_LOG_DAYS = {"dev": 7, "staging": 30, "prod": 365}

Percent = Annotated[int, Field(ge=1, le=99)]


class ServiceSettings(FargateSize):
    """One service: which image, how large, how many (CT-1, CT-2, CT-4)."""

    image_tag: ImageTag
    """Commit whose image runs (CT-4)."""

    min_tasks: Annotated[int, Field(ge=1, le=50)] = 2
    """Tasks that run even when nothing happens, spread over the zones (CT-2)."""

    max_tasks: Annotated[int, Field(ge=1, le=50)] = 10
    """Tasks that run at most; it bounds the bill (CT-2)."""

    scale_out_percent: Percent = 70
    """CPU above which a task is added (CT-2)."""

    scale_in_percent: Percent = 30
    """CPU below which a task is taken away (CT-2)."""

    @rule
    def _bounds_are_in_order(self) -> Iterator[Violation]:
        if self.min_tasks > self.max_tasks:
            yield Violation(
                "max_tasks",
                rule=f"must be at least minTasks, {self.min_tasks}",
                reason="between these two the service is scaled (CT-2)",
                remedy="Raise maxTasks, or lower minTasks.",
            )

    @rule
    def _scaling_comes_to_rest(self) -> Iterator[Violation]:
        # One task less may double the load of those that stay: then the next minute adds it again.
        if self.scale_in_percent * 2 > self.scale_out_percent:
            yield Violation(
                "scale_in_percent",
                rule=f"must be at most half of scaleOutPercent, {self.scale_out_percent}",
                reason="two tasks below it become one below the other bound, or tasks come and go for ever (CT-2)",
                remedy="Lower scaleInPercent, or leave both out: the defaults are 30 and 70.",
            )


class MlSettings(ServiceSettings):
    """The ML service: FastAPI on port 8000 (CT-1)."""

    public: bool = False
    """Whether the application reaches it over the internet, through Cloudflare; if not, the worker alone
    does, inside the network (CT-1)."""

    hostname_label: HostLabel = "ml"
    """Host of the service below the environment's domain, where it is public (ED-1)."""

    token_generation: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Raise it by one to give the callers of a public service a new token (TP-2)."""


class ComputeSettings(Model):
    """The services on Fargate (CT-1, CT-2, CT-4)."""

    ml: MlSettings
    """The ML service."""

    worker: ServiceSettings
    """The worker that empties the queues (JB-4); the scheduled jobs run its image, too (JB-3)."""

    shell_access: bool = False
    """Whether people may open a recorded shell in a running container; never in prod (CT-1)."""

    images_kept: Annotated[int, Field(ge=20, le=1000)] = 100
    """Images that a repository keeps: so many releases can be rolled back to (CT-1)."""

    log_retention_days: LogRetentionDays = 365
    """How long the services' logs can be looked up (CT-1)."""

    @environment_rule
    def _production_survives_a_zone(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        for name in ("ml", "worker"):
            service: ServiceSettings = getattr(self, name)
            if environment.production and service.min_tasks < TASKS_IN_PRODUCTION:
                yield Violation(
                    name,
                    "min_tasks",
                    rule=f"must be at least {TASKS_IN_PRODUCTION} in prod",
                    reason="one task in one zone is one failure away from none (CT-2)",
                    remedy="Write 2 or more, or leave the key out: it is the default.",
                )

    @environment_rule
    def _nobody_enters_production(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and self.shell_access:
            yield Violation(
                "shell_access",
                rule="must be false in prod",
                reason="a shell beside users' data sees everything its task sees (CT-1)",
                remedy="Leave the key out; reproduce the problem in staging.",
            )

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_LOG_DAYS[environment.name]
        if self.log_retention_days < least:
            yield Violation(
                "log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="what a service did is asked for long after it did it (CT-1, MO-8)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )
