"""Who may deliver to the account: workflows and Pulumi Cloud by OIDC, each role bound to one place (DL-1).

A role trusts exact subjects: this repository in one GitHub environment, or this stack in Pulumi Deployments.
A repository-wide subject would let any pull request act as the deployment (docs/decisions.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap import permissions
from bootstrap.names import DELIVERY_PATH
from bootstrap.services import NUMBERED
from components.iam import Statement, document
from components.platform import PROJECT, Platform
from settings.delivery import DeliverySettings

_GITHUB = "token.actions.githubusercontent.com"
_GITHUB_AUDIENCE = "sts.amazonaws.com"
_PULUMI = "api.pulumi.com/oidc"
_SESSION_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class _Identity:
    role: aws.iam.Role
    attachments: Sequence[aws.iam.RolePolicyAttachment]


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Roles and policies go by purpose."""

    github: aws.iam.OpenIdConnectProvider
    pulumi_cloud: aws.iam.OpenIdConnectProvider | None
    policies: Mapping[str, aws.iam.Policy]
    identities: Mapping[str, _Identity]


class Identities(pulumi.ComponentResource):
    """The delivery's roles by GitHub environment.

    `<stack>` changes, `<stack>-read` compares, `<stack>-preview` plans, `<stack>-images` takes new images.
    """

    role_arns: Mapping[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        settings: DeliverySettings,
        *,
        platform: Platform,
        state_arn: pulumi.Input[str],
        state_key_arn: pulumi.Input[str],
        boundary_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:bootstrap:Identities", name, None, opts)
        self._settings = settings
        self._platform = platform
        stack = platform.environment.name

        self._github = self._issuer("github", _GITHUB, _GITHUB_AUDIENCE)
        self._pulumi_cloud = (
            self._issuer("pulumi-cloud", _PULUMI, settings.pulumi_organization)
            if settings.deployments and settings.pulumi_organization
            else None
        )
        self._policies = self._write_policies(state_arn, state_key_arn, boundary_arn)
        identities = {
            stack: self._identity(
                "deploy", self._may_deploy(), ("plan", "refresh", "state", *self._changes())
            ),
            f"{stack}-read": self._identity(
                "read",
                self._in_environment(f"{stack}-read"),
                ("plan", "refresh", "lock"),
                permissions.READS_SETTINGS,
            ),
            f"{stack}-preview": self._identity(
                "preview", self._in_environment(f"{stack}-preview"), ("plan",)
            ),
            f"{stack}-images": self._identity("images", self._in_environment(f"{stack}-images"), ("images",)),
        }

        self.nodes = _Nodes(
            github=self._github,
            pulumi_cloud=self._pulumi_cloud,
            policies=self._policies,
            identities=identities,
        )
        self.role_arns = {environment: identity.role.arn for environment, identity in identities.items()}
        self.register_outputs({"roleArns": self.role_arns})

    def _issuer(self, role: str, issuer: str, audience: str) -> aws.iam.OpenIdConnectProvider:
        return aws.iam.OpenIdConnectProvider(
            role,
            url=f"https://{issuer}",
            client_id_lists=[audience],
            tags=self._platform.tags("delivery"),
            opts=self._platform.child(self),
        )

    def _changes(self) -> tuple[str, ...]:
        return ("guards", "identities", "named", "network", "services", "data")

    def _write_policies(
        self, state_arn: pulumi.Input[str], key_arn: pulumi.Input[str], boundary_arn: pulumi.Input[str]
    ) -> dict[str, aws.iam.Policy]:
        place = self._platform.environment
        network = ("ec2", "elasticloadbalancing", "cloudfront", "acm", "route53")
        data = ("backup", "elasticache", "rds", "ses", "sns", "sqs")
        services = [service for service in NUMBERED if service not in {*network, *data}]
        documents = {
            "plan": permissions.plan(state_arn=state_arn, key_arn=key_arn),
            "refresh": permissions.refresh(place),
            "lock": permissions.lock(state_arn=state_arn, key_arn=key_arn),
            "state": permissions.state_changes(state_arn=state_arn, key_arn=key_arn),
            "guards": permissions.guards(place, state_arn=state_arn, key_arn=key_arn),
            "identities": permissions.identities(place, boundary_arn=boundary_arn),
            "named": permissions.named(place),
            "network": permissions.numbered(place, *network),
            "data": permissions.numbered(place, *data),
            "services": permissions.numbered(place, *services),
            "images": permissions.image_pushes(place),
        }
        return {purpose: self._policy(purpose, statements) for purpose, statements in documents.items()}

    def _policy(self, purpose: str, statements: Sequence[Statement]) -> aws.iam.Policy:
        return aws.iam.Policy(
            purpose,
            name=self._platform.name(f"delivery-{purpose}"),
            path=DELIVERY_PATH,
            description=f"Delivery: {purpose}",
            policy=document(*statements),
            tags=self._platform.tags("delivery"),
            opts=self._platform.child(self),
        )

    def _identity(
        self, role: str, trust: Sequence[Statement], purposes: Sequence[str], managed: Sequence[str] = ()
    ) -> _Identity:
        made = aws.iam.Role(
            role,
            name=self._platform.name(role),
            path=DELIVERY_PATH,
            description=f"Delivery to {self._platform.environment.name}: {role}",
            assume_role_policy=document(*trust),
            max_session_duration=_SESSION_SECONDS,
            tags=self._platform.tags("delivery"),
            opts=self._platform.child(self),
        )
        attached = {purpose: self._policies[purpose].arn for purpose in purposes}
        attached |= {arn.rsplit("/", 1)[-1]: pulumi.Output.from_input(arn) for arn in managed}
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{role}-{purpose}", role=made.name, policy_arn=arn, opts=self._platform.child(self)
            )
            for purpose, arn in attached.items()
        ]
        return _Identity(role=made, attachments=attachments)

    def _may_deploy(self) -> list[Statement]:
        stack = self._platform.environment.name
        statements = self._in_environment(stack)
        if self._pulumi_cloud:
            # Pulumi Deployments previews with the role that deploys: only in dev may a pull request do that.
            operations = ["refresh", "update", *(["preview"] if stack == "dev" else [])]
            prefix = f"pulumi:deploy:org:{self._settings.pulumi_organization}:project:{PROJECT}:stack:{stack}"
            subjects = [f"{prefix}:operation:{operation}:scope:write" for operation in operations]
            audience = self._settings.pulumi_organization or ""
            statements.append(
                _federated("PulumiDeployments", self._pulumi_cloud, _PULUMI, audience, subjects)
            )
        return statements

    def _in_environment(self, environment: str) -> list[Statement]:
        repository = self._settings.repository
        subject = f"repo:{repository.owner}/{repository.name}:environment:{environment}"
        return [_federated("Workflows", self._github, _GITHUB, _GITHUB_AUDIENCE, [subject])]


def _federated(
    sid: str,
    provider: aws.iam.OpenIdConnectProvider,
    issuer: str,
    audience: str,
    subjects: Sequence[str],
) -> Statement:
    return Statement(
        sid=sid,
        actions="sts:AssumeRoleWithWebIdentity",
        principals={"Federated": provider.arn},
        conditions={"StringEquals": {f"{issuer}:aud": audience, f"{issuer}:sub": list(subjects)}},
    )
