"""Sentry's project for one environment, the address that the application reports to, and two alert rules (MO-7).

Not here: the organisation, its team and its Slack integration, which exist, and its rules on personal data, which
the provider cannot switch (docs/operators/errors.md). Only a program whose settings ask for it imports this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumiverse_sentry as sentry

from components.platform import Platform
from components.variables import Variable
from settings.error_tracking import ErrorTrackingSettings

__all__ = ["ErrorTracking", "provider"]

# Left out, the provider would take it from whoever runs the program, and send the token there.
_API = "https://sentry.io/api/"
_MINUTES_BETWEEN_MESSAGES = 30
_ABOVE = 0
"""Sentry's number for a threshold that is crossed upwards."""

_CONDITIONS = (
    "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition",
    "sentry.rules.conditions.regression_event.RegressionEventCondition",
)


def provider(token: pulumi.Input[str]) -> sentry.Provider:
    """Return the stack's Sentry provider."""
    return sentry.Provider("sentry", token=token, base_url=_API)


@dataclass(frozen=True, kw_only=True)
class _Recipients:
    """Ids that Sentry gives what its alerts reach; there is no Slack where settings have none."""

    team: pulumi.Output[str]
    slack: pulumi.Output[str] | None


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    project: sentry.SentryProject
    key: sentry.SentryKey
    new_error: sentry.SentryIssueAlert
    many_errors: sentry.SentryMetricAlert


class ErrorTracking(pulumi.ComponentResource):
    """One project, the key of the application, and its alerts: a new or returning error, and many errors."""

    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: ErrorTrackingSettings,
        *,
        platform: Platform,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:ErrorTracking", name, None, opts)
        self._settings = settings
        self._platform = platform
        recipients = self._recipients()
        project = self._project()
        key = sentry.SentryKey(
            "application",
            organization=settings.organization,
            project=project.slug,
            name="application",
            opts=platform.child(self),
        )
        self.nodes = _Nodes(
            project=project,
            key=key,
            new_error=self._new_error(project, recipients),
            many_errors=self._many_errors(project, recipients),
        )
        # Every browser that opens the site is told the address: it admits errors and gives nothing away.
        self.variables = [Variable(key="SENTRY_DSN", value=key.dsn_public, secret=False)]
        self.register_outputs({"project": project.slug})

    def _recipients(self) -> _Recipients:
        organization, slack = self._settings.organization, self._settings.slack
        of_this = pulumi.InvokeOptions(parent=self)
        team = sentry.get_sentry_team_output(
            organization=organization, slug=self._settings.team, opts=of_this
        )
        workspace = slack and sentry.get_sentry_organization_integration_output(
            organization=organization, provider_key="slack", name=slack.workspace, opts=of_this
        )
        return _Recipients(team=team.internal_id, slack=workspace.internal_id if workspace else None)

    def _project(self) -> sentry.SentryProject:
        return sentry.SentryProject(
            "project",
            organization=self._settings.organization,
            teams=[self._settings.team],
            name=self._settings.project,
            slug=self._settings.project,
            platform=self._settings.platform,
            opts=self._platform.stateful_child(self),
        )

    def _new_error(self, project: sentry.SentryProject, recipients: _Recipients) -> sentry.SentryIssueAlert:
        actions: list[Mapping[str, pulumi.Input[str]]] = [
            {
                "id": "sentry.mail.actions.NotifyEmailAction",
                "targetType": "Team",
                "targetIdentifier": recipients.team,
            }
        ]
        if self._settings.slack and recipients.slack:
            actions.append(
                {
                    "id": "sentry.integrations.slack.notify_action.SlackNotifyServiceAction",
                    "workspace": recipients.slack,
                    "channel": self._settings.slack.channel,
                }
            )
        return sentry.SentryIssueAlert(
            "new-error",
            organization=self._settings.organization,
            project=project.slug,
            name="A new error, or one that has come back",
            action_match="any",
            filter_match="all",
            frequency=_MINUTES_BETWEEN_MESSAGES,
            conditions=[{"id": condition} for condition in _CONDITIONS],
            actions=actions,
            opts=self._platform.child(self),
        )

    def _many_errors(
        self, project: sentry.SentryProject, recipients: _Recipients
    ) -> sentry.SentryMetricAlert:
        rate, slack = self._settings.error_rate, self._settings.slack
        actions: list[Mapping[str, pulumi.Input[str | int]]] = [
            {"type": "email", "target_type": "team", "target_identifier": recipients.team}
        ]
        if slack and recipients.slack:
            actions.append(
                {
                    "type": "slack",
                    "target_type": "specific",
                    "target_identifier": slack.channel,
                    "integration_id": recipients.slack.apply(int),
                }
            )
        return sentry.SentryMetricAlert(
            "many-errors",
            organization=self._settings.organization,
            project=project.slug,
            name=f"More than {rate.errors} errors in {rate.minutes} minutes",
            dataset="events",
            event_types=["error", "default"],
            aggregate="count()",
            query="",
            time_window=rate.minutes,
            threshold_type=_ABOVE,
            triggers=[
                {
                    "label": "critical",
                    "threshold_type": _ABOVE,
                    "alert_threshold": rate.errors,
                    "actions": actions,
                }
            ],
            opts=self._platform.child(self),
        )
