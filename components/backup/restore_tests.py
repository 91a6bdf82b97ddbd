"""Once a month AWS restores the latest recovery points, looks, and throws the copies away (BK-N3)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.platform import Platform

# Kind of resource at AWS → value of the tag `jtld:data`.
_KINDS = {"RDS": "database", "S3": "files"}
_SECOND_OF_THE_MONTH = "cron(0 9 2 * ? *)"
_HOURS_TO_LOOK = 4


@dataclass(frozen=True, kw_only=True)
class RestoreTests:
    """The plan, and what it tries by kind."""

    plan: aws.backup.RestoreTestingPlan
    selections: Mapping[str, aws.backup.RestoreTestingSelection]


def restore_tests(
    vault: aws.backup.Vault, role: aws.iam.Role, *, parent: pulumi.Resource, platform: Platform
) -> RestoreTests:
    """Try what lies in `vault`; a failure reaches the vault's notifications."""
    plan = aws.backup.RestoreTestingPlan(
        "monthly",
        # AWS takes no dashes here.
        name=platform.name("monthly").replace("-", "_"),
        schedule_expression=_SECOND_OF_THE_MONTH,
        start_window_hours=8,
        recovery_point_selection={
            "algorithm": "LATEST_WITHIN_WINDOW",
            "include_vaults": [vault.arn],
            "recovery_point_types": ["SNAPSHOT"],
            "selection_window_days": 31,
        },
        tags=platform.tags("backup"),
        opts=platform.child(parent, delete_before_replace=True),
    )
    return RestoreTests(
        plan=plan,
        selections={
            data: aws.backup.RestoreTestingSelection(
                data,
                name=data,
                restore_testing_plan_name=plan.name,
                iam_role_arn=role.arn,
                protected_resource_type=kind,
                protected_resource_conditions={
                    "string_equals": [{"key": "aws:ResourceTag/jtld:data", "value": data}]
                },
                validation_window_hours=_HOURS_TO_LOOK,
                opts=platform.child(parent, delete_before_replace=True),
            )
            for kind, data in _KINDS.items()
        },
    )
