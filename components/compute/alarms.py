"""What is worth attention about a service: no tasks, no room, no deployment, and for public ones, bad answers."""

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData, Occurrence
from components.severity import Severity
from settings.compute import ServiceSettings

_MINUTE = 60
_CPU_PERCENT = 80
_MEMORY_PERCENT = 85
_ERROR_PERCENT = 1
_SLOW_SECONDS = 2


def service_alarms(
    name: str, service: aws.ecs.Service, cluster: aws.ecs.Cluster, settings: ServiceSettings
) -> list[Alarm]:
    """Return the alarms of a service."""

    def metric(measured: str, *, namespace: str = "AWS/ECS", statistic: str = "Average") -> Metric:
        return Metric(
            namespace=namespace,
            name=measured,
            dimensions={"ClusterName": cluster.name, "ServiceName": service.name},
            statistic=statistic,
            period_seconds=_MINUTE,
        )

    return [
        Alarm(
            key=f"{name}-tasks-missing",
            title=f"{name} runs fewer tasks than it must",
            source=metric("RunningTaskCount", namespace="ECS/ContainerInsights", statistic="Minimum"),
            comparison=Comparison.BELOW,
            threshold=settings.min_tasks,
            evaluation_periods=5,
            datapoints_to_alarm=5,
            missing_data=MissingData.BREACHING,
            severity=Severity.HIGH,
            runbook="compute",
            requirements=("CT-1", "CT-2"),
        ),
        Alarm(
            key=f"{name}-cpu",
            title=f"{name} has been short of CPU for ten minutes",
            source=metric("CPUUtilization"),
            comparison=Comparison.ABOVE,
            threshold=_CPU_PERCENT,
            evaluation_periods=10,
            datapoints_to_alarm=10,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.MEDIUM,
            runbook="compute",
            requirements=("MO-3", "CT-2"),
        ),
        Alarm(
            key=f"{name}-memory",
            title=f"{name} is about to run out of memory",
            source=metric("MemoryUtilization", statistic="Maximum"),
            comparison=Comparison.ABOVE,
            threshold=_MEMORY_PERCENT,
            evaluation_periods=5,
            datapoints_to_alarm=3,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.MEDIUM,
            runbook="compute",
            requirements=("MO-3", "CT-1"),
        ),
    ]


def deployment_alarm(rule: aws.cloudwatch.EventRule) -> Alarm:
    """Return the alarm on a deployment that the circuit breaker has stopped, which `rule` finds."""
    found = Occurrence(
        rule=rule.name,
        facts={
            "service": "$.resources[0]",
            "deployment": "$.detail.deploymentId",
            "reason": "$.detail.reason",
        },
    )
    return Alarm(
        key="deployment-failed",
        title="A new image did not start; the service went back to the one before",
        source=found.count,
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.HIGH,
        runbook="compute",
        requirements=("CT-1",),
        occurrence=found,
    )


def entrance_alarms(name: str, balancer: pulumi.Input[str], target_group: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms on what visitors of a public service are answered; both are ARN suffixes."""

    def metric(measured: str, statistic: str = "Sum") -> Metric:
        return Metric(
            namespace="AWS/ApplicationELB",
            name=measured,
            dimensions={"LoadBalancer": balancer, "TargetGroup": target_group},
            statistic=statistic,
            period_seconds=_MINUTE,
        )

    return [
        Alarm(
            key=f"{name}-errors",
            title=f"{name} fails more than {_ERROR_PERCENT} % of its requests",
            source=Expression(
                expression="IF(requests > 0, 100 * errors / requests, 0)",
                label="Failed requests, percent",
                metrics={"errors": metric("HTTPCode_Target_5XX_Count"), "requests": metric("RequestCount")},
            ),
            comparison=Comparison.ABOVE,
            threshold=_ERROR_PERCENT,
            evaluation_periods=5,
            datapoints_to_alarm=5,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.HIGH,
            runbook="compute",
            requirements=("MO-3",),
        ),
        Alarm(
            key=f"{name}-slow",
            title=f"{name} answers one request in twenty after more than {_SLOW_SECONDS} s",
            source=metric("TargetResponseTime", "p95"),
            comparison=Comparison.ABOVE,
            threshold=_SLOW_SECONDS,
            evaluation_periods=5,
            datapoints_to_alarm=5,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.MEDIUM,
            runbook="compute",
            requirements=("MO-3",),
        ),
    ]
