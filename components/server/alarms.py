"""When the host is too small for what it does (SV-1, MO-3)."""

import pulumi

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.server.agent import NAMESPACE
from components.severity import Severity

CPU_PERCENT, MEMORY_PERCENT, DISK_PERCENT = 80, 85, 80
_PERIOD_SECONDS = 300


def host_alarms(group: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms on processor, memory and disk of the auto scaling group's one host."""
    measured = {
        "cpu": ("AWS/EC2", "CPUUtilization", CPU_PERCENT, "The server's processor is busy for ten minutes"),
        "memory": (NAMESPACE, "mem_used_percent", MEMORY_PERCENT, "The server runs out of memory"),
        "disk": (NAMESPACE, "disk_used_percent", DISK_PERCENT, "The server's disk fills up"),
    }
    return [
        Alarm(
            key=key,
            title=title,
            source=Metric(
                namespace=namespace,
                name=name,
                dimensions={"AutoScalingGroupName": group},
                statistic="Average",
                period_seconds=_PERIOD_SECONDS,
            ),
            comparison=Comparison.ABOVE,
            threshold=percent,
            evaluation_periods=2,
            datapoints_to_alarm=2,
            # A host that does not report is as bad as one that is full.
            missing_data=MissingData.BREACHING,
            severity=Severity.HIGH,
            runbook="server",
            requirements=("SV-1", "MO-3"),
        )
        for key, (namespace, name, percent, title) in measured.items()
    ]
