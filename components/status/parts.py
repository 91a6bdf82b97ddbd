"""Which alarms speak for which part of the public status page (MO-5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from components.alarms import Alarm
from components.severity import Severity

PUBLIC: Mapping[str, tuple[str, ...]] = {
    "Website": ("hosting", "monitoring/site"),
    "API": ("gateway", "monitoring/api"),
    "Database": ("database",),
    "E-mail": ("email",),
    "File Storage": ("storage",),
}
"""Part to what its alarms' names, `<component>/<key>`, begin with."""


def parts(
    alarms: Mapping[str, Sequence[Alarm]], arns: Mapping[str, pulumi.Input[str]]
) -> list[dict[str, Any]]:
    """Return the parts as the function takes them: critical alarms are decisive, what is below high is nobody's."""
    return [
        {"name": part, "checks": list(_checks(beginnings, alarms, arns))}
        for part, beginnings in PUBLIC.items()
    ]


def _checks(
    beginnings: tuple[str, ...], alarms: Mapping[str, Sequence[Alarm]], arns: Mapping[str, pulumi.Input[str]]
) -> Iterator[dict[str, Any]]:
    for component, declared in alarms.items():
        for alarm in declared:
            name = f"{component}/{alarm.key}"
            public = alarm.severity in {Severity.CRITICAL, Severity.HIGH}
            if public and name in arns and any(_below(name, beginning) for beginning in beginnings):
                yield {"arn": arns[name], "decisive": alarm.severity is Severity.CRITICAL}


def _below(name: str, beginning: str) -> bool:
    return name.startswith(beginning if "/" in beginning else f"{beginning}/")
