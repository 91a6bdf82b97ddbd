"""Which environment this is, where it lives, and who answers for it."""

from collections.abc import Iterator

from settings.base import Model, Violation, rule
from settings.types import AwsAccountId, CanadianRegion, DomainName, EnvironmentName, TagValue, TimeZone


class EnvironmentSettings(Model):
    """The environment every component is built for."""

    name: EnvironmentName
    """Name of the environment, equal to the stack's: resources are named and guarded by it (SC-3)."""

    domain: DomainName
    """Domain of the site in this environment; every other host is below it (HO-3, ED-1)."""

    account_id: AwsAccountId
    """AWS account of this environment; the provider refuses every other one."""

    region: CanadianRegion = "ca-central-1"
    """AWS region of everything that has one (ST-1)."""

    replica_region: CanadianRegion = "ca-west-1"
    """AWS region of the copies: another one, also in Canada (ST-9, BK-N1)."""

    owner: TagValue
    """Team that answers for the environment; a tag on every resource."""

    cost_centre: TagValue
    """Cost centre that pays for it; a tag on every resource (TP-4)."""

    timezone: TimeZone = "America/Toronto"
    """Time zone of the office hours, in which no heavy job may run (JB-N3)."""

    @property
    def production(self) -> bool:
        """Whether real users' data lives here."""
        return self.name == "prod"

    @rule
    def _copies_live_elsewhere(self) -> Iterator[Violation]:
        if self.replica_region == self.region:
            yield Violation(
                "replica_region",
                rule="must differ from region",
                reason="a copy in the same region is lost together with the original (ST-9, BK-N1)",
                remedy="Write the other Canadian region.",
            )
