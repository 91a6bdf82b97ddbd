"""How an account is delivered to: where its state lives, and which repository and service may change it."""

import json
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_core import InitErrorDetails

from settings.base import Model, Rule, Violation, rule
from settings.environment import EnvironmentSettings
from settings.repository import RepositorySettings
from settings.types import LogRetentionDays, Slug

LockDays = Annotated[
    int,
    Field(ge=7, le=365),
    Rule(
        "must be 7 to 365 days",
        "a shorter lock does not outlast a holiday, a longer one keeps every version of the state (DL-4)",
        "Write 30 unless somebody asks for more.",
    ),
]


class StateSettings(Model):
    """The bucket that holds the stacks' state (DL-4)."""

    locked_days: LockDays = 30
    """How long no version of the state can be deleted, whoever asks."""

    noncurrent_days: Annotated[int, Field(ge=7, le=3650)] = 90
    """How long superseded versions are kept."""

    access_log_retention_days: LogRetentionDays = 365
    """How long it is known who read or wrote the state."""

    @rule
    def _the_lock_ends_first(self) -> Iterator[Violation]:
        if self.noncurrent_days <= self.locked_days:
            yield Violation(
                "noncurrent_days",
                rule="must be greater than lockedDays",
                reason="a locked version cannot be expired: the lifecycle would fail every day (DL-4)",
                remedy="Keep superseded versions longer than they are locked.",
            )


class DeliverySettings(Model):
    """Everything `bootstrap/Pulumi.<stack>.yaml` says."""

    repository: RepositorySettings
    """The repository whose workflows deliver (DL-1, DL-3)."""

    pulumi_organization: Slug | None = None
    """The Pulumi Cloud organization that keeps the state, `null` where S3 keeps it."""

    deployments: bool = False
    """Whether Pulumi Deployments applies what is promoted, by the settings of the deploy file (DL-1)."""

    drift_schedule: bool = False
    """Whether Pulumi Cloud compares the stack every night; the deploy file must have been pushed before."""

    state: StateSettings = StateSettings()
    """The state bucket."""

    @rule
    def _deployments_live_in_the_cloud(self) -> Iterator[Violation]:
        if self.deployments and not self.pulumi_organization:
            yield Violation(
                "deployments",
                rule="must be false without pulumiOrganization",
                reason="Pulumi Cloud runs them; without it the promote workflow applies (DL-1)",
                remedy="Name the organization, or leave deployments out.",
            )
        if self.drift_schedule and not self.deployments:
            yield Violation(
                "drift_schedule",
                rule="must be false without deployments",
                reason="Pulumi Deployments compares with the role that it deploys with; without it the drift "
                "workflow compares (DL-1)",
                remedy="Set deployments as well, or leave driftSchedule out.",
            )


class BootstrapSettings(Model):
    """One account: the platform's environment, taken from its stack file, and how it is delivered to."""

    environment: EnvironmentSettings
    """The environment as `Pulumi.<stack>.yaml` has it: one account, one owner, written once."""

    delivery: DeliverySettings
    """How it is delivered to."""

    def breaches(self, *, partial: bool = False) -> Iterator[InitErrorDetails]:
        """Yield the breaches of each part in this environment."""
        yield from super().breaches(partial=partial)
        if not partial:
            for violation in self.delivery.repository.violations(
                "environment", self.environment, partial=False
            ):
                yield violation.details("delivery", "repository")


def parse_delivery(document: object) -> DeliverySettings:
    """Return the settings that a plain document says.

    Raises:
        ValidationError: with everything that is wrong.
    """
    return DeliverySettings.model_validate_json(json.dumps(document), by_name=False)


def required_secrets(document: object) -> tuple[str, ...]:
    """Return the secrets a document calls for, each `jtld-bootstrap:<name>`; none where it is wrong."""
    try:
        delivery = parse_delivery(document)
    except ValidationError:
        return ()
    secrets = ["pulumiAccessToken"] if delivery.drift_schedule else []
    if delivery.repository.managed:
        secrets.append("githubToken")
        application = delivery.repository.application
        for held in application.stack_secrets.values() if application else ():
            secrets += held.values()
    return tuple(secrets)
