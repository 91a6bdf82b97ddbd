"""Who connected to whom, and who was refused: the network's flow logs (NW-1, EC2.6)."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform

_NAME = "flow-logs"


@dataclass(frozen=True, kw_only=True)
class FlowLogs:
    """The log, where it goes, and the role that writes it."""

    group: aws.cloudwatch.LogGroup
    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    log: aws.ec2.FlowLog


def record_flows(
    vpc: aws.ec2.Vpc,
    *,
    retention_days: int,
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    platform: Platform,
) -> FlowLogs:
    """Record every accepted and refused connection of the network for `retention_days`."""
    place = platform.environment
    tags = platform.tags("network")
    group = aws.cloudwatch.LogGroup(
        _NAME,
        retention_in_days=retention_days,
        kms_key_id=key_arn,
        tags=tags,
        opts=platform.stateful_child(parent),
    )
    role = aws.iam.Role(
        _NAME,
        description="Writes the network's flow logs",
        assume_role_policy=service_trust(
            "vpc-flow-logs.amazonaws.com",
            account_id=place.account_id,
            source_arn=f"arn:aws:ec2:{place.region}:{place.account_id}:vpc-flow-log/*",
        ),
        permissions_boundary=platform.boundary_arn,
        tags=tags,
        opts=platform.child(parent),
    )
    policy = aws.iam.RolePolicy(
        _NAME,
        role=role.id,
        policy=document(
            Statement(
                sid="WriteFlowLogs",
                actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(group.arn, ":*")],
            )
        ),
        opts=platform.child(parent),
    )
    log = aws.ec2.FlowLog(
        _NAME,
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=tags,
        opts=platform.child(parent, depends_on=[policy], delete_before_replace=True),
    )
    return FlowLogs(group=group, role=role, policy=policy, log=log)
