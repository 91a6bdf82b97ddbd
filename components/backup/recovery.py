"""AWS Backup: what is taken when, where it is kept, who may not delete it, who is told (BK-2)."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import EVERYONE, Statement, document, service_trust
from components.platform import Platform
from settings.backup import BackupSettings

COVERED = ("database", "files")
"""The values of the tag `jtld:data` that AWS Backup looks for in the platform's region."""

# Off-peak in Canada, after the worker's own dump at 03:00 UTC; the days are BK-2's classes.
_SCHEDULES = {"daily": "cron(0 5 * * ? *)", "weekly": "cron(0 6 ? * SUN *)", "monthly": "cron(0 7 1 * ? *)"}
_FAILURES = [
    "BACKUP_JOB_EXPIRED",
    "BACKUP_JOB_FAILED",
    "COPY_JOB_FAILED",
    "RESTORE_JOB_FAILED",
    "S3_BACKUP_OBJECT_FAILED",
    "S3_RESTORE_OBJECT_FAILED",
]
_MANAGED = "arn:aws:iam::aws:policy"
# AWS keeps the permissions of its own service up to date; ours would fail with each new resource type.
_POLICIES = {
    "backup": f"{_MANAGED}/service-role/AWSBackupServiceRolePolicyForBackup",
    "restore": f"{_MANAGED}/service-role/AWSBackupServiceRolePolicyForRestores",
    "s3-backup": f"{_MANAGED}/AWSBackupServiceRolePolicyForS3Backup",
    "s3-restore": f"{_MANAGED}/AWSBackupServiceRolePolicyForS3Restore",
}
_COMPLIANCE_GRACE_DAYS = 3


@dataclass(frozen=True, kw_only=True)
class Vault:
    """A vault and what keeps its recovery points."""

    vault: aws.backup.Vault
    lock: aws.backup.VaultLockConfiguration | None
    policy: aws.backup.VaultPolicy | None


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """The vaults of both regions, the plan, what it covers, and its role."""

    vault: Vault
    copies: Vault | None
    notifications: aws.backup.VaultNotifications
    role: aws.iam.Role
    attachments: tuple[aws.iam.RolePolicyAttachment, ...]
    plan: aws.backup.Plan
    selection: aws.backup.Selection


class RecoveryBuilder:
    """Makes AWS Backup's part."""

    def __init__(self, settings: BackupSettings, *, parent: pulumi.Resource, platform: Platform) -> None:
        self.settings = settings
        self.parent = parent
        self.platform = platform

    def build(
        self,
        *,
        key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
        topic_arn: pulumi.Input[str],
    ) -> Recovery:
        """Make everything, encrypted with the key of each region."""
        place = self.platform.environment
        vault = self._vault("recovery", key_arn, place.region)
        copies = (
            self._vault("copies", replica_key_arn, place.replica_region) if self.settings.copies else None
        )
        role = self._role()
        attachments = tuple(
            aws.iam.RolePolicyAttachment(
                f"recovery-{purpose}", role=role.name, policy_arn=arn, opts=self._child()
            )
            for purpose, arn in _POLICIES.items()
        )
        plan = self._plan(vault, copies)
        return Recovery(
            vault=vault,
            copies=copies,
            notifications=aws.backup.VaultNotifications(
                "recovery",
                backup_vault_name=vault.vault.name,
                sns_topic_arn=topic_arn,
                backup_vault_events=_FAILURES,
                opts=self._child(),
            ),
            role=role,
            attachments=attachments,
            plan=plan,
            selection=aws.backup.Selection(
                "tagged",
                plan_id=plan.id,
                iam_role_arn=role.arn,
                selection_tags=[
                    {"type": "STRINGEQUALS", "key": "jtld:data", "value": value} for value in COVERED
                ],
                opts=self.platform.child(self.parent, depends_on=[*attachments]),
            ),
        )

    def _child(self) -> pulumi.ResourceOptions:
        return self.platform.child(self.parent)

    @property
    def _lives(self) -> dict[str, int]:
        return {
            "daily": self.settings.snapshot_days,
            "weekly": max(self.settings.retention.weekly_days, self.settings.snapshot_days),
            "monthly": max(self.settings.retention.monthly_days, self.settings.snapshot_days),
        }

    def _vault(self, role: str, key_arn: pulumi.Input[str], region: str) -> Vault:
        vault = aws.backup.Vault(
            role,
            kms_key_arn=key_arn,
            force_destroy=self.platform.disposable,
            region=region,
            tags=self.platform.tags("backup"),
            opts=self.platform.stateful_child(self.parent),
        )
        if self.settings.lock == "none":
            return Vault(vault=vault, lock=None, policy=None)
        shared: dict[str, Any] = {"backup_vault_name": vault.name, "region": region}
        return Vault(
            vault=vault,
            lock=aws.backup.VaultLockConfiguration(
                role,
                **shared,
                min_retention_days=min(self._lives.values()),
                max_retention_days=max(self._lives.values()),
                changeable_for_days=_COMPLIANCE_GRACE_DAYS if self.settings.lock == "compliance" else None,
                opts=self.platform.stateful_child(self.parent),
            ),
            policy=aws.backup.VaultPolicy(
                role,
                **shared,
                policy=document(
                    Statement(
                        sid="NobodyDeletesEarly",
                        effect="Deny",
                        actions=("backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"),
                        principals=EVERYONE,
                        resources="*",
                    )
                ),
                opts=self.platform.stateful_child(self.parent),
            ),
        )

    def _role(self) -> aws.iam.Role:
        place = self.platform.environment
        return aws.iam.Role(
            "recovery",
            description="AWS Backup takes and restores recovery points",
            assume_role_policy=service_trust(
                "backup.amazonaws.com",
                account_id=place.account_id,
                source_arn=f"arn:aws:backup:{place.region}:{place.account_id}:*",
            ),
            permissions_boundary=self.platform.boundary_arn,
            tags=self.platform.tags("backup"),
            opts=self._child(),
        )

    def _plan(self, vault: Vault, copies: Vault | None) -> aws.backup.Plan:
        return aws.backup.Plan(
            "recovery",
            rules=[
                {
                    "rule_name": name,
                    "target_vault_name": vault.vault.name,
                    "schedule": schedule,
                    "start_window": 60,
                    "completion_window": 360,
                    "lifecycle": {"delete_after": self._lives[name]},
                    "copy_actions": [
                        {"destination_vault_arn": arn, "lifecycle": {"delete_after": self._lives[name]}}
                        for arn in self._destinations(copies)
                    ],
                }
                for name, schedule in _SCHEDULES.items()
            ],
            tags=self.platform.tags("backup"),
            opts=self._child(),
        )

    def _destinations(self, copies: Vault | None) -> list[pulumi.Input[str]]:
        found: list[pulumi.Input[str]] = [copies.vault.arn] if copies else []
        if second := self.settings.second_account:
            region = self.platform.environment.replica_region
            found.append(f"arn:aws:backup:{region}:{second.account_id}:backup-vault:{second.vault}")
        return found
