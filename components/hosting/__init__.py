"""The application's project on Vercel: build, domains, variables, protection and firewall.

The code and its deployments are not managed here: the git link or the delivery workflow deploys. Vercel's provider
cannot switch on Analytics and Speed Insights: docs/hosting.md has that step (HO-5).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random
import pulumiverse_vercel as vercel

from components.grants import Grant
from components.hosting.domains import Domain, domains
from components.hosting.environment import Assignment, assignments
from components.hosting.firewall import managed_rulesets, rules
from components.hosting.static_key import StaticKeys, static_keys
from components.platform import Platform
from components.records import Record
from components.variables import Target, Variable
from settings.access import VercelProject
from settings.hosting import HostingSettings

__all__ = ["Hosting", "provider"]

_SESSION_SECRET_LENGTH = 48
_LOCAL_URL = "http://localhost:3000"


def provider(api_token: pulumi.Input[str], team_id: str) -> vercel.Provider:
    """Return the stack's Vercel provider, bound to one team."""
    return vercel.Provider("vercel", api_token=api_token, team=team_id)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    project: vercel.Project
    domains: Mapping[str, vercel.ProjectDomain]
    session_secret: random.RandomPassword
    static_keys: StaticKeys | None
    variables: Mapping[str, vercel.ProjectEnvironmentVariable]
    retention: vercel.ProjectDeploymentRetention
    firewall: vercel.FirewallConfig


class Hosting(pulumi.ComponentResource):
    """The project that runs the application (HO-1 to HO-7).

    `development_variables` is what a developer's `.env.local` holds, secret, and empty where a stack serves no
    developers. `redirects` maps hosts that only lead elsewhere to where they lead.
    """

    project_id: pulumi.Output[str]
    development_variables: pulumi.Output[dict[str, str]]
    records: list[Record]
    redirects: dict[str, str]

    def __init__(
        self,
        name: str,
        settings: HostingSettings,
        *,
        platform: Platform,
        project: VercelProject,
        variables: Iterable[Variable],
        grants: Sequence[Grant],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Hosting", name, None, opts)
        self._platform = platform
        hosts = domains(settings.hosts, platform.environment.domain)
        made = self._project(settings, project)
        session_secret = random.RandomPassword(
            "session-secret",
            length=_SESSION_SECRET_LENGTH,
            special=False,
            keepers={"serial": str(settings.auth_secret_serial)},
            opts=platform.child(self),
        )
        keys = (
            static_keys(settings.static_key, grants=grants, parent=self, platform=platform)
            if settings.static_key
            else None
        )
        assigned = assignments(
            [
                *variables,
                *self._own_variables(settings, session_secret),
                *(keys.variables if keys else ()),
            ],
            served=platform.targets,
        )
        self.nodes = _Nodes(
            project=made,
            domains=self._domains(made, hosts),
            session_secret=session_secret,
            static_keys=keys,
            variables={assignment.name: self._variable(made, assignment) for assignment in assigned},
            retention=vercel.ProjectDeploymentRetention(
                "retention",
                project_id=made.id,
                team_id=made.team_id,
                expiration_production=settings.retention.production,
                expiration_preview=settings.retention.preview,
                expiration_canceled=settings.retention.cancelled,
                expiration_errored=settings.retention.errored,
                opts=platform.child(self),
            ),
            firewall=vercel.FirewallConfig(
                "firewall",
                project_id=made.id,
                team_id=made.team_id,
                enabled=True,
                managed_rulesets=managed_rulesets(settings.plan),
                rules={"rules": rules()},
                opts=platform.child(self),
            ),
        )
        self.project_id = made.id
        self.records = [host.record for host in hosts]
        self.redirects = {host.name: host.leads_to for host in hosts if host.leads_to}
        local = {item.key: item.value for item in assigned if item.target is Target.DEVELOPMENT}
        self.development_variables = pulumi.Output.secret(pulumi.Output.all(**local))
        self.register_outputs({"projectId": self.project_id})

    def _project(self, settings: HostingSettings, project: VercelProject) -> vercel.Project:
        build, functions, git = settings.build, settings.functions, settings.git
        return vercel.Project(
            "project",
            name=project.project_name,
            team_id=project.team_id,
            framework=build.framework,
            root_directory=build.root_directory,
            install_command=build.install_command,
            build_command=build.build_command,
            output_directory=build.output_directory,
            node_version=build.node_version,
            git_repository={
                "type": "github",
                "repo": git.repository,
                "production_branch": git.production_branch,
            }
            if git
            else None,
            git_fork_protection=True,
            resource_config={
                "fluid": True,
                "function_default_regions": [functions.region],
                "function_default_timeout": functions.default_timeout_seconds,
            },
            # Everything but the production domains asks for a member of the team.
            vercel_authentication={"deployment_type": "standard_protection_new"},
            preview_deployments_disabled=Target.PREVIEW not in self._platform.targets,
            oidc_token_config={"issuer_mode": "team"},
            automatically_expose_system_environment_variables=False,
            directory_listing=False,
            protected_sourcemaps=True,
            prioritise_production_builds=True,
            skew_protection="12 hours",
            opts=self._platform.stateful_child(self),
        )

    def _domains(self, project: vercel.Project, hosts: Iterable[Domain]) -> dict[str, vercel.ProjectDomain]:
        made: dict[str, vercel.ProjectDomain] = {}
        for host in hosts:
            target = made.get(host.leads_to_role) if host.leads_to_role else None
            made[host.role] = vercel.ProjectDomain(
                host.role,
                project_id=project.id,
                team_id=project.team_id,
                domain=host.name,
                redirect=target.domain if target else None,
                redirect_status_code=308 if target else None,
                opts=self._platform.child(self, delete_before_replace=True),
            )
        return made

    def _own_variables(self, settings: HostingSettings, secret: random.RandomPassword) -> list[Variable]:
        site = f"https://{self._platform.environment.domain}"
        production, development = frozenset({Target.PRODUCTION}), frozenset({Target.DEVELOPMENT})
        return [
            Variable(key="NEXTAUTH_URL", value=site, secret=False, targets=production),
            Variable(key="NEXTAUTH_URL", value=_LOCAL_URL, secret=False, targets=development),
            # A preview's address changes with every commit, so the library takes it from the request.
            Variable(key="AUTH_TRUST_HOST", value="true", secret=False, targets=frozenset({Target.PREVIEW})),
            Variable(key="NEXTAUTH_SECRET", value=secret.result, secret=True),
            *(Variable(key=key, value=value, secret=False) for key, value in settings.variables.items()),
        ]

    def _variable(self, project: vercel.Project, item: Assignment) -> vercel.ProjectEnvironmentVariable:
        return vercel.ProjectEnvironmentVariable(
            item.name,
            project_id=project.id,
            team_id=project.team_id,
            key=item.key,
            value=pulumi.Output.secret(item.value) if item.secret else item.value,
            sensitive=item.secret,
            targets=[item.target.value],
            opts=self._platform.child(self, delete_before_replace=True),
        )
