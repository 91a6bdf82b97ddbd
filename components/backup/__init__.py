"""Copies that outlive a mistake, a login and a region: the dumps' bucket, AWS Backup, and tests of it.

The dumps themselves are made by the worker (JB-1) with the role that `grants` speak of.
"""

from dataclasses import dataclass

import pulumi

from components.alarms import Alarm
from components.backup.alarms import dump_alarms, job_alarms, offsite_alarms
from components.backup.dumps import Dumps, dump_store
from components.backup.offsite import Offsite, OffsiteBuilder
from components.backup.recovery import Recovery, RecoveryBuilder
from components.backup.restore_tests import RestoreTests, restore_tests
from components.grants import Grant, Role
from components.platform import Platform
from settings.backup import BackupSettings


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    dumps: Dumps
    offsite: Offsite | None
    recovery: Recovery
    tests: RestoreTests | None


class Backup(pulumi.ComponentResource):
    """Dumps (BK-1, BK-3), recovery points (BK-2) and their monthly trial (BK-N3).

    AWS Backup takes whatever carries the tag `jtld:data` with one of `components.backup.recovery.COVERED`.
    `dump_bucket` lies in the replica region.
    """

    dump_bucket: pulumi.Output[str]
    vault_arn: pulumi.Output[str]
    alarms: list[Alarm]
    grants: list[Grant]

    def __init__(
        self,
        name: str,
        settings: BackupSettings,
        *,
        platform: Platform,
        data_key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
        topic_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Backup", name, None, opts)
        dumps = dump_store(settings, key_arn=replica_key_arn, parent=self, platform=platform)
        second = settings.second_account
        offsite = (
            OffsiteBuilder(
                dumps=dumps.bucket, second=second, key_arn=replica_key_arn, parent=self, platform=platform
            ).build()
            if second
            else None
        )
        recovery = RecoveryBuilder(settings, parent=self, platform=platform).build(
            key_arn=data_key_arn, replica_key_arn=replica_key_arn, topic_arn=topic_arn
        )
        tests = (
            restore_tests(recovery.vault.vault, recovery.role, parent=self, platform=platform)
            if settings.restore_tests
            else None
        )
        self.nodes = _Nodes(dumps=dumps, offsite=offsite, recovery=recovery, tests=tests)
        self.dump_bucket = dumps.bucket.bucket.bucket
        self.vault_arn = recovery.vault.vault.arn
        self.alarms = [
            *dump_alarms(settings, stack=platform.environment.name),
            *job_alarms(recovery.vault.vault.name),
            *(offsite_alarms(second, platform.environment) if second else ()),
        ]
        self.grants = _grants(dumps, replica_key_arn, region=platform.environment.replica_region)
        self.register_outputs({"dumpBucket": self.dump_bucket, "vaultArn": self.vault_arn})


def _grants(dumps: Dumps, key_arn: pulumi.Input[str], *, region: str) -> list[Grant]:
    bucket = dumps.bucket.plan
    return [
        Grant(
            role=Role.BACKUP,
            sid="WriteDumps",
            actions=("s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"),
            resources=(f"{bucket.arn}/*",),
        ),
        Grant(role=Role.BACKUP, sid="ListDumps", actions=("s3:ListBucket",), resources=(bucket.arn,)),
        Grant(
            role=Role.BACKUP,
            sid="EncryptDumps",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=(key_arn,),
            conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
        ),
    ]
