"""The cluster: its insights, its recorded shells outside prod, and the names by which services call each other."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.platform import Platform


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster and what belongs to it; `shells` is where shells are recorded, if there may be any."""

    cluster: aws.ecs.Cluster
    insights: aws.cloudwatch.LogGroup
    shells: aws.cloudwatch.LogGroup | None
    namespace: aws.servicediscovery.HttpNamespace


def make_cluster(
    *,
    shell_access: bool,
    log_retention_days: int,
    logs_key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    platform: Platform,
) -> Cluster:
    """Make a cluster whose logs are kept for `log_retention_days`."""
    tags = platform.tags("compute")

    def log_group(role: str, name: pulumi.Input[str] | None = None) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            role,
            name=name,
            retention_in_days=log_retention_days,
            kms_key_id=logs_key_arn,
            tags=tags,
            opts=platform.stateful_child(parent),
        )

    shells = log_group("shells") if shell_access else None
    recording = None
    if shells:
        recording = aws.ecs.ClusterConfigurationArgs(
            execute_command_configuration={
                "kms_key_id": logs_key_arn,
                "logging": "OVERRIDE",
                "log_configuration": {
                    "cloud_watch_encryption_enabled": True,
                    "cloud_watch_log_group_name": shells.name,
                },
            }
        )
    insight = "enhanced" if platform.environment.production else "enabled"
    cluster = aws.ecs.Cluster(
        "cluster",
        settings=[{"name": "containerInsights", "value": insight}],
        configuration=recording,
        tags=tags,
        opts=platform.child(parent),
    )
    return Cluster(
        cluster=cluster,
        # AWS writes there in any case; made by us first, the log has an end and our key.
        insights=log_group(
            "insights", pulumi.Output.concat("/aws/ecs/containerinsights/", cluster.name, "/performance")
        ),
        shells=shells,
        namespace=aws.servicediscovery.HttpNamespace(
            "services",
            description="Names by which services call each other",
            tags=tags,
            opts=platform.child(parent),
        ),
    )
