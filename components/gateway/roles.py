"""As whom a task of the gateway starts, and as whom it runs (DB-4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform


@dataclass(frozen=True, kw_only=True)
class Image:
    """The repository of the gateway's image."""

    repository_url: pulumi.Input[str]
    repository_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class TaskRole:
    """A role and what it may do."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy


@dataclass(frozen=True, kw_only=True)
class RoleBuilder:
    """Makes the two roles below `parent`."""

    parent: pulumi.Resource
    platform: Platform

    def starting(
        self,
        image: Image,
        logs: aws.cloudwatch.LogGroup,
        *,
        logins: Sequence[pulumi.Output[str]],
        data_key_arn: pulumi.Input[str],
    ) -> TaskRole:
        """Make the role of the agent that starts containers; they themselves never have it."""
        region = self.platform.environment.region
        statements = [
            # AWS knows no resource for this action: the token opens only what PullImage allows.
            Statement(sid="LogInToRegistry", actions="ecr:GetAuthorizationToken", resources="*"),
            Statement(
                sid="PullImage",
                actions=(
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ),
                resources=[image.repository_arn],
            ),
            Statement(
                sid="WriteLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(logs.arn, ":*")],
            ),
        ]
        if logins:
            via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}}
            statements += [
                Statement(sid="ReadLogins", actions="secretsmanager:GetSecretValue", resources=list(logins)),
                Statement(sid="OpenLogins", actions="kms:Decrypt", resources=[data_key_arn], conditions=via),
            ]
        return self._role("starting", "Starts the gateway: image, log and logins", *statements)

    def acting(self, certificate: aws.acm.Certificate) -> TaskRole:
        """Make the containers' own role."""
        fetch = Statement(
            sid="FetchCertificate", actions="acm:ExportCertificate", resources=[certificate.arn]
        )
        return self._role("acting", "The gateway's containers", fetch)

    def _role(self, role: str, purpose: str, *statements: Statement) -> TaskRole:
        place = self.platform.environment
        child = self.platform.child(self.parent)
        made = aws.iam.Role(
            role,
            description=purpose,
            assume_role_policy=service_trust(
                "ecs-tasks.amazonaws.com",
                account_id=place.account_id,
                source_arn=f"arn:aws:ecs:{place.region}:{place.account_id}:*",
            ),
            permissions_boundary=self.platform.boundary_arn,
            tags=self.platform.tags("gateway"),
            opts=child,
        )
        policy = aws.iam.RolePolicy(role, role=made.id, policy=document(*statements), opts=child)
        return TaskRole(role=made, policy=policy)
