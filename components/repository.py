"""The repositories on GitHub as code: rules of main, environments with their reviewers, variables, secrets (DL-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_github as github

from components.platform import Platform
from settings.repository import BranchRules, RepositorySettings

_MAIN = "main"
# GitHub's own number of the app that reports the checks of its Actions.
_GITHUB_ACTIONS = 15368


@dataclass(frozen=True, kw_only=True)
class DeploymentEnvironment:
    """An environment a workflow can run in: whose approval it waits for, and what it is told.

    `main_only` keeps every branch but main out: no pull request's code runs there.
    """

    name: str
    reviewer_teams: Sequence[int] = ()
    main_only: bool = True
    variables: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Environments go by name, variables and secrets by `<environment>-<NAME>`, rules by repository."""

    environments: Mapping[str, github.RepositoryEnvironment]
    branch_policies: Mapping[str, github.RepositoryEnvironmentDeploymentPolicy]
    variables: Mapping[str, github.ActionsEnvironmentVariable]
    secrets: Mapping[str, github.ActionsEnvironmentSecret]
    rules: Mapping[str, github.RepositoryRuleset]


class Repository(pulumi.ComponentResource):
    """The rules under which a change reaches main, and from there an environment (DL-3, DL-N7).

    `secrets` are the values of the application's secrets by environment and name; each must be secret.
    """

    def __init__(
        self,
        name: str,
        settings: RepositorySettings,
        *,
        platform: Platform,
        environments: Sequence[DeploymentEnvironment],
        secrets: Mapping[str, Mapping[str, pulumi.Input[str]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Repository", name, None, opts)
        self._platform = platform
        made = {
            environment.name: self._environment(settings.name, environment) for environment in environments
        }
        branch_policies = {
            environment.name: self._only_main(environment.name, made[environment.name])
            for environment in environments
            if environment.main_only
        }
        variables = {
            f"{environment.name}-{key}": self._variable(
                f"{environment.name}-{key}", made[environment.name], key, value
            )
            for environment in environments
            for key, value in environment.variables.items()
        }
        rules: dict[str, github.RepositoryRuleset] = {}
        application_secrets: dict[str, github.ActionsEnvironmentSecret] = {}
        if settings.branch_rules:
            rules[settings.name] = self._rules(settings.name, settings.branch_rules)
        if application := settings.application:
            checks = BranchRules(required_checks=application.required_checks)
            rules[application.name] = self._rules(application.name, checks)
            for environment in _application_environments(settings):
                role = f"application-{environment.name}"
                made[role] = self._environment(application.name, environment, role=role)
                if environment.main_only:
                    branch_policies[role] = self._only_main(role, made[role])
                application_secrets |= {
                    f"{environment.name}-{name}": self._secret(environment.name, made[role], name, value)
                    for name, value in secrets[environment.name].items()
                }
        self.nodes = _Nodes(
            environments=made,
            branch_policies=branch_policies,
            variables=variables,
            secrets=application_secrets,
            rules=rules,
        )
        self.register_outputs({"environments": sorted(made)})

    def _environment(
        self, repository: str, environment: DeploymentEnvironment, *, role: str | None = None
    ) -> github.RepositoryEnvironment:
        reviewed = bool(environment.reviewer_teams)
        return github.RepositoryEnvironment(
            role or environment.name,
            repository=repository,
            environment=environment.name,
            reviewers=[{"teams": list(environment.reviewer_teams)}] if reviewed else None,
            prevent_self_review=reviewed,
            can_admins_bypass=not reviewed,
            deployment_branch_policy={"protected_branches": False, "custom_branch_policies": True}
            if environment.main_only
            else None,
            opts=self._platform.child(self),
        )

    def _only_main(
        self, role: str, environment: github.RepositoryEnvironment
    ) -> github.RepositoryEnvironmentDeploymentPolicy:
        return github.RepositoryEnvironmentDeploymentPolicy(
            role,
            repository=environment.repository,
            environment=environment.environment,
            branch_pattern=_MAIN,
            opts=self._platform.child(self),
        )

    def _variable(
        self, role: str, environment: github.RepositoryEnvironment, key: str, value: pulumi.Input[str]
    ) -> github.ActionsEnvironmentVariable:
        return github.ActionsEnvironmentVariable(
            role,
            repository=environment.repository,
            environment=environment.environment,
            variable_name=key,
            value=value,
            opts=self._platform.child(self),
        )

    def _secret(
        self, role: str, environment: github.RepositoryEnvironment, key: str, value: pulumi.Input[str]
    ) -> github.ActionsEnvironmentSecret:
        return github.ActionsEnvironmentSecret(
            f"{role}-{key}",
            repository=environment.repository,
            environment=environment.environment,
            secret_name=key,
            value=value,
            opts=self._platform.child(self),
        )

    def _rules(self, repository: str, rules: BranchRules) -> github.RepositoryRuleset:
        """Nobody is exempt: a rule that somebody may skip is a suggestion (DL-N7)."""
        checks = [{"context": check, "integration_id": _GITHUB_ACTIONS} for check in rules.required_checks]
        return github.RepositoryRuleset(
            repository,
            name="main",
            repository=repository,
            target="branch",
            enforcement="active",
            conditions={"ref_name": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
            rules={
                "deletion": True,
                "non_fast_forward": True,
                "required_linear_history": True,
                "pull_request": {
                    "required_approving_review_count": rules.approvals,
                    "dismiss_stale_reviews_on_push": True,
                    "require_code_owner_review": True,
                    "require_last_push_approval": True,
                    "required_review_thread_resolution": True,
                },
                "required_status_checks": {
                    "required_checks": checks,
                    "strict_required_status_checks_policy": True,
                },
            },
            opts=self._platform.child(self),
        )


def _application_environments(settings: RepositorySettings) -> tuple[DeploymentEnvironment, ...]:
    return (
        DeploymentEnvironment(name="production", reviewer_teams=settings.reviewer_teams, variables={}),
        DeploymentEnvironment(name="preview", main_only=False, variables={}),
    )
