"""Whom alarms reach: e-mail and Slack for all of them, a pager for the critical ones alone (MO-2)."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule
from settings.environment import EnvironmentSettings
from settings.types import EmailAddress

SlackId = Annotated[
    str,
    Field(pattern=r"^[CGT][A-Z0-9]{8,14}$"),
    Rule(
        "must be an id of Slack: T… of a workspace, C… or G… of a channel",
        "Amazon Q Developer knows workspaces and channels by id, not by name (MO-2)",
        "Copy it from the channel's details in Slack, below «Channel ID».",
    ),
]

PhoneNumber = Annotated[
    str,
    Field(pattern=r"^\+[1-9][0-9]{7,14}$"),
    Rule(
        "must be a telephone number with its country, in quotes",
        "SNS sends to numbers in E.164 form (MO-2)",
        'Write it without blanks, for example "+15145550100".',
    ),
]


class Slack(Model):
    """The channel that hears every alarm (MO-2).

    The workspace is admitted once by hand: Amazon Q Developer in chat applications → Configure new client.
    """

    workspace_id: SlackId
    """Id of the workspace, T…."""

    channel_id: SlackId
    """Id of the channel, C…; a private channel invites @Amazon Q first."""

    channel_name: Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")] = "#ops-alerts"
    """Its name, for people who read the runbooks."""


class NoPager(Model):
    """Nobody is woken: only where nobody depends on the environment."""

    kind: Literal["none"]
    """Critical alarms go to e-mail and Slack like the others."""


class PagerDuty(Model):
    """Critical alarms open an incident in PagerDuty, with the secret pagerDutyIntegrationKey."""

    kind: Literal["pagerDuty"]
    """The service's integration «Amazon CloudWatch»; its key is a stack secret."""

    escalation_minutes: Annotated[int, Field(ge=5, le=60)] = 15
    """How long the first on call has before PagerDuty calls the second; shown in the runbooks (MO-8)."""


class Sms(Model):
    """Critical alarms go to telephones."""

    kind: Literal["sms"]
    """Text messages through SNS, from a number that the account has registered."""

    numbers: Annotated[tuple[PhoneNumber, ...], Field(min_length=1, max_length=5)]
    """Telephones on call."""

    escalation_minutes: Annotated[int, Field(ge=5, le=60)] = 15
    """How long before the second person is called; shown in the runbooks (MO-8)."""


Pager = Annotated[NoPager | PagerDuty | Sms, Field(discriminator="kind")]


class AlertingSettings(Model):
    """The channels of MO-2."""

    email: EmailAddress = "ops@jtldconsulting.com"
    """Mailbox that receives every alarm; whoever reads it confirms four subscriptions once (MO-2)."""

    slack: Slack | None = None
    """Channel that receives every alarm; absent, only the mailbox does (MO-2)."""

    pager: Pager
    """What wakes a person, for critical alarms only (MO-2, MO-N2)."""

    @environment_rule
    def _somebody_is_woken(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        if isinstance(self.pager, NoPager):
            yield Violation(
                "pager",
                "kind",
                rule="must be pagerDuty or sms in prod",
                reason="a site that is down for five minutes must wake somebody (MO-2)",
                remedy="Write pagerDuty and store its integration key as the secret pagerDutyIntegrationKey.",
            )
        if self.slack is None:
            yield Violation(
                "slack",
                rule="must name the channel in prod",
                reason="every alarm is seen where people talk about it (MO-2)",
                remedy="Write workspaceId and channelId.",
            )
