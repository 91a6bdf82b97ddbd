"""The role that Grafana takes on to read metrics and alarms, and nothing else (MO-4, HO-6)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document
from components.platform import Platform
from settings.grafana import GrafanaCloud, GrafanaReader, OwnGrafana

# Grafana Labs' account, from which Grafana Cloud takes on roles (its page «Configure AWS authentication», 2026-11).
_GRAFANA_CLOUD = "arn:aws:iam::008923505280:root"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The role, its rights, and how a data source is told to take it on."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    authentication: Mapping[str, pulumi.Input[str]]


def reading(reader: GrafanaReader, *, parent: pulumi.Resource, platform: Platform) -> Reading:
    """Make the role; whoever takes it on must send the external id."""
    match reader:
        case GrafanaCloud():
            # Its own id it sends by itself: the data source has no place for it.
            principal, proof = _GRAFANA_CLOUD, {"authType": "grafana_assume_role"}
        case OwnGrafana():
            principal = reader.role_arn
            proof = {"authType": "default", "externalId": reader.external_id}
    role = aws.iam.Role(
        "grafana",
        description="What Grafana reads for its dashboards",
        assume_role_policy=document(
            Statement(
                sid="GrafanaForUs",
                actions="sts:AssumeRole",
                principals={"AWS": principal},
                conditions={"StringEquals": {"sts:ExternalId": reader.external_id}},
            )
        ),
        permissions_boundary=platform.boundary_arn,
        tags=platform.tags("grafana"),
        opts=platform.child(parent),
    )
    policy = aws.iam.RolePolicy(
        "grafana", role=role.id, policy=document(*_rights(platform)), opts=platform.child(parent)
    )
    return Reading(role=role, policy=policy, authentication={**proof, "assumeRoleArn": role.arn})


def _rights(platform: Platform) -> tuple[Statement, ...]:
    """Return what the plug-in's metrics and annotations ask for; our graphs use neither logs, tags nor EC2."""
    alarms = f"arn:aws:cloudwatch:*:{platform.environment.account_id}:alarm:{platform.name('')}*"
    return (
        Statement(
            sid="ReadMetrics",
            actions=("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"),
            resources="*",
        ),
        # Alarms looked for by the beginning of their names are shown only to whom all are.
        Statement(sid="ReadAlarms", actions="cloudwatch:DescribeAlarms", resources="*"),
        Statement(sid="ReadChanges", actions="cloudwatch:DescribeAlarmHistory", resources=alarms),
    )
