"""The two roles of a Fargate task: as whom the agent starts it, and as whom its containers run (CT-1, DB-4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform


@dataclass(frozen=True, kw_only=True)
class TaskRole:
    """A role and what it may do; `policy` is missing where that is nothing."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy | None


@dataclass(frozen=True, kw_only=True)
class TaskRoles:
    """Makes roles that only ECS tasks of the platform's account can take on, as children of `parent`."""

    parent: pulumi.Resource
    component: str
    platform: Platform
    data_key_arn: pulumi.Input[str]

    def starting(
        self,
        name: str,
        purpose: str,
        *,
        repository_arn: pulumi.Input[str],
        log_group: aws.cloudwatch.LogGroup,
        secret_arns: Sequence[pulumi.Input[str]],
    ) -> TaskRole:
        """Make the role of the agent that starts containers; they themselves never have it."""
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
                resources=[repository_arn],
            ),
            Statement(
                sid="WriteLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(log_group.arn, ":*")],
            ),
        ]
        if secret_arns:
            via = f"secretsmanager.{self.platform.environment.region}.amazonaws.com"
            statements += [
                Statement(
                    sid="ReadSecrets", actions="secretsmanager:GetSecretValue", resources=list(secret_arns)
                ),
                Statement(
                    sid="OpenSecrets",
                    actions="kms:Decrypt",
                    resources=[self.data_key_arn],
                    conditions={"StringEquals": {"kms:ViaService": via}},
                ),
            ]
        return self.role(name, purpose, statements)

    def role(self, name: str, purpose: str, statements: Sequence[Statement]) -> TaskRole:
        """Make a role that may do what `statements` say."""
        place = self.platform.environment
        child = self.platform.child(self.parent)
        role = aws.iam.Role(
            name,
            description=purpose,
            assume_role_policy=service_trust(
                "ecs-tasks.amazonaws.com",
                account_id=place.account_id,
                source_arn=f"arn:aws:ecs:{place.region}:{place.account_id}:*",
            ),
            permissions_boundary=self.platform.boundary_arn,
            tags=self.platform.tags(self.component),
            opts=child,
        )
        policy = (
            aws.iam.RolePolicy(name, role=role.id, policy=document(*statements), opts=child)
            if statements
            else None
        )
        return TaskRole(role=role, policy=policy)
