"""Who may act on the platform's data, and how they prove who they are: federation and roles, never keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.grants import Grant, Role
from components.iam import Statement, document, service_trust
from components.platform import Platform
from components.variables import Variable
from settings.access import AccessSettings, VercelProject


@dataclass(frozen=True, kw_only=True)
class _Identity:
    role: aws.iam.Role
    policy: aws.iam.RolePolicy


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    vercel: aws.iam.OpenIdConnectProvider
    application: _Identity
    backup: _Identity


class Access(pulumi.ComponentResource):
    """The application and backup roles (ST-4, HO-6).

    Their policies hold exactly the `grants` that the other components declare for them.
    """

    application_role_arn: pulumi.Output[str]
    backup_role_arn: pulumi.Output[str]
    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: AccessSettings,
        *,
        platform: Platform,
        grants: Sequence[Grant],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Access", name, None, opts)
        self._platform = platform
        self._grants = grants

        vercel = self._vercel(settings.vercel)
        application = self._identity(
            Role.APPLICATION,
            "The application's functions on Vercel",
            self._vercel_trust(settings.vercel, vercel),
        )
        backup = self._identity(Role.BACKUP, "The backup jobs' containers", self._container_trust())

        self.nodes = _Nodes(vercel=vercel, application=application, backup=backup)
        self.application_role_arn = application.role.arn
        self.backup_role_arn = backup.role.arn
        self.variables = [
            Variable(key="AWS_REGION", value=platform.environment.region, secret=False),
            Variable(key="AWS_ROLE_ARN", value=self.application_role_arn, secret=False),
        ]
        self.register_outputs(
            {"applicationRoleArn": self.application_role_arn, "backupRoleArn": self.backup_role_arn}
        )

    def _vercel(self, vercel: VercelProject) -> aws.iam.OpenIdConnectProvider:
        return aws.iam.OpenIdConnectProvider(
            "vercel",
            url=f"https://{_issuer(vercel)}",
            client_id_lists=[_audience(vercel)],
            tags=self._platform.tags("access"),
            opts=self._platform.child(self),
        )

    def _identity(self, role: Role, purpose: str, trust: pulumi.Output[str]) -> _Identity:
        made = aws.iam.Role(
            role.value,
            description=purpose,
            assume_role_policy=trust,
            permissions_boundary=self._platform.boundary_arn,
            tags=self._platform.tags("access"),
            opts=self._platform.child(self),
        )
        granted = (
            Statement(
                sid=grant.sid,
                actions=grant.actions,
                resources=list(grant.resources),
                conditions=grant.conditions,
            )
            for grant in self._grants
            if grant.role is role
        )
        policy = aws.iam.RolePolicy(
            role.value, role=made.id, policy=document(*granted), opts=self._platform.child(self)
        )
        return _Identity(role=made, policy=policy)

    def _vercel_trust(
        self, vercel: VercelProject, provider: aws.iam.OpenIdConnectProvider
    ) -> pulumi.Output[str]:
        """Trust this project in the targets that this stack serves: exact subjects, no pattern."""
        project = f"owner:{vercel.team_slug}:project:{vercel.project_name}"
        subjects = sorted(f"{project}:environment:{target}" for target in self._platform.targets)
        issuer = _issuer(vercel)
        return document(
            Statement(
                sid="VercelFunctions",
                actions="sts:AssumeRoleWithWebIdentity",
                principals={"Federated": provider.arn},
                conditions={
                    "StringEquals": {f"{issuer}:aud": _audience(vercel), f"{issuer}:sub": subjects},
                },
            )
        )

    def _container_trust(self) -> pulumi.Output[str]:
        place = self._platform.environment
        return service_trust(
            "ecs-tasks.amazonaws.com",
            account_id=place.account_id,
            source_arn=f"arn:aws:ecs:{place.region}:{place.account_id}:*",
        )


def _issuer(vercel: VercelProject) -> str:
    return f"oidc.vercel.com/{vercel.team_slug}"


def _audience(vercel: VercelProject) -> str:
    return f"https://vercel.com/{vercel.team_slug}"
