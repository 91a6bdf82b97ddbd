"""The public status page (MO-5)."""

from collections.abc import Iterator

from settings.base import Model, Violation, environment_rule
from settings.environment import EnvironmentSettings
from settings.types import HostLabel, LogRetentionDays

LEAST_LOG_DAYS = {"dev": 30, "staging": 90, "prod": 365}


class StatusSettings(Model):
    """The page that tells visitors how the platform is doing (MO-5)."""

    hostname_label: HostLabel = "status"
    """Host of the page, below the environment's domain (MO-5)."""

    log_retention_days: LogRetentionDays = 365
    """How long the log of the function that makes the page, and the page's access log, are kept (MO-8)."""

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_LOG_DAYS[environment.name]
        if self.log_retention_days < least:
            yield Violation(
                "log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="what was shown to visitors must be answerable afterwards (MO-8)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )
