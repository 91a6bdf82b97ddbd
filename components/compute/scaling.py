"""More tasks when the CPU is busy, fewer when it idles, one at a time (CT-2)."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Comparison, MissingData
from components.platform import Platform
from settings.compute import ServiceSettings

_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """A change by one task and what triggers it."""

    policy: aws.appautoscaling.Policy
    trigger: aws.cloudwatch.MetricAlarm


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of a service and the two steps between them."""

    target: aws.appautoscaling.Target
    out: Step
    into: Step


def scale(
    name: str,
    service: aws.ecs.Service,
    cluster: aws.ecs.Cluster,
    settings: ServiceSettings,
    *,
    parent: pulumi.Resource,
    platform: Platform,
) -> Scaling:
    """Keep the CPU of a service between its two bounds.

    Target tracking knows one bound only; the triggers are alarms for Auto Scaling, not for people, which is
    why they are no `Alarm` values.
    """
    tags = platform.tags("compute")
    target = aws.appautoscaling.Target(
        name,
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        min_capacity=settings.min_tasks,
        max_capacity=settings.max_tasks,
        tags=tags,
        opts=platform.child(parent),
    )

    def step(role: str, change: int, comparison: Comparison, percent: int, minutes: int) -> Step:
        policy = aws.appautoscaling.Policy(
            f"{name}-{role}",
            policy_type="StepScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            step_scaling_policy_configuration={
                "adjustment_type": "ChangeInCapacity",
                "metric_aggregation_type": "Average",
                "cooldown": minutes * _MINUTE,
                "step_adjustments": [
                    {
                        "scaling_adjustment": change,
                        ("metric_interval_lower_bound" if change > 0 else "metric_interval_upper_bound"): "0",
                    }
                ],
            },
            opts=platform.child(parent),
        )
        trigger = aws.cloudwatch.MetricAlarm(
            f"{name}-{role}",
            alarm_description=f"Scaling of {name}, not for people: CPU {comparison} {percent} %",
            namespace="AWS/ECS",
            metric_name="CPUUtilization",
            dimensions={"ClusterName": cluster.name, "ServiceName": service.name},
            statistic="Average",
            period=_MINUTE,
            evaluation_periods=minutes,
            comparison_operator=comparison.value,
            threshold=percent,
            treat_missing_data=MissingData.IGNORE.value,
            alarm_actions=[policy.arn],
            tags={**tags, "jtld:purpose": "scaling"},
            opts=platform.child(parent),
        )
        return Step(policy=policy, trigger=trigger)

    return Scaling(
        target=target,
        out=step("scale-out", 1, Comparison.ABOVE, settings.scale_out_percent, minutes=3),
        # Slower on the way back: what has just been busy is soon busy again.
        into=step("scale-in", -1, Comparison.BELOW, settings.scale_in_percent, minutes=15),
    )
