"""Where the stacks' state lives: private, versioned, locked, encrypted, logged, and copied (DL-4, DL-N5)."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import EVERYONE, Statement, document
from components.platform import PROJECT, Platform
from components.storage.bucket import BucketPlan, PrivateBucket, bucket_policy, log_access, private_bucket
from components.storage.policies import access_logs
from components.storage.replication import Replication, replicate
from settings.delivery import StateSettings


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """One region's half of the store: what keeps the state there, and who read it."""

    key: aws.kms.Key
    alias: aws.kms.Alias
    bucket: PrivateBucket
    policy: aws.s3.BucketPolicy
    logs: PrivateBucket
    logs_policy: aws.s3.BucketPolicy
    logging: aws.s3.BucketLogging


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    account_block: aws.s3.AccountPublicAccessBlock
    state: _Copy
    replica: _Copy
    replication: Replication


class StateStore(pulumi.ComponentResource):
    """The bucket of Pulumi's S3 backend, the key of the stacks' secrets, and a copy of both elsewhere.

    The engine locks a stack by a file in the bucket; object lock keeps every version of the state itself.
    """

    bucket: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    key_alias: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        settings: StateSettings,
        *,
        platform: Platform,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:bootstrap:StateStore", name, None, opts)
        self._settings = settings
        self._platform = platform
        place = platform.environment

        account_block = self._account_block()
        state = self._copy("state", place.region)
        replica = self._copy("state-replica", place.replica_region)
        replication = replicate(
            state.bucket,
            replica.bucket,
            source_key_arn=state.key.arn,
            target_key_arn=replica.key.arn,
            parent=self,
            platform=platform,
            prefixes={"everything": ""},
        )

        self.nodes = _Nodes(
            account_block=account_block, state=state, replica=replica, replication=replication
        )
        self.bucket = state.bucket.bucket.bucket
        self.bucket_arn = state.bucket.bucket.arn
        self.key_arn = state.key.arn
        self.key_alias = state.alias.name
        self.register_outputs(
            {
                "bucket": self.bucket,
                "bucketArn": self.bucket_arn,
                "keyArn": self.key_arn,
                "keyAlias": self.key_alias,
            }
        )

    def _account_block(self) -> aws.s3.AccountPublicAccessBlock:
        return aws.s3.AccountPublicAccessBlock(
            "account",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._platform.stateful_child(self),
        )

    def _copy(self, role: str, region: str) -> _Copy:
        platform, account = self._platform, self._platform.environment.account_id
        key, alias = self._key(role, region)
        logs = private_bucket(self._logs_plan(f"{role}-logs", region), parent=self, platform=platform)
        bucket = private_bucket(self._plan(role, region, key.arn), parent=self, platform=platform)
        admitted = access_logs(logs.plan, bucket.plan, account_id=account)
        logs_policy = bucket_policy(logs, admitted, parent=self, platform=platform)
        return _Copy(
            key=key,
            alias=alias,
            bucket=bucket,
            policy=bucket_policy(bucket, _keep_versions(bucket.plan), parent=self, platform=platform),
            logs=logs,
            logs_policy=logs_policy,
            logging=log_access(bucket, logs, admitted=logs_policy, parent=self, platform=platform),
        )

    def _key(self, role: str, region: str) -> tuple[aws.kms.Key, aws.kms.Alias]:
        account = self._platform.environment.account_id
        delegation = Statement(
            sid="DelegateToIam",
            actions="kms:*",
            principals={"AWS": f"arn:aws:iam::{account}:root"},
            resources="*",
        )
        key = aws.kms.Key(
            role,
            description=f"State and secrets of the stacks in {self._platform.environment.name}",
            policy=document(delegation),
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=30,
            region=region,
            tags=self._platform.tags("state"),
            opts=self._platform.stateful_child(self),
        )
        alias = aws.kms.Alias(
            role,
            name=f"alias/{self._platform.name(role)}",
            target_key_id=key.key_id,
            region=region,
            opts=self._platform.child(self),
        )
        return key, alias

    def _plan(self, role: str, region: str, key_arn: pulumi.Output[str]) -> BucketPlan:
        return BucketPlan(
            role=role,
            name=f"{PROJECT}-{role}-{self._platform.environment.name}",
            region=region,
            holds="state",
            key_arn=key_arn,
            lifecycle_rules=[self._housekeeping()],
            locked_days=self._settings.locked_days,
        )

    def _logs_plan(self, role: str, region: str) -> BucketPlan:
        expiry = {
            "id": "expire",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "expiration": {"days": self._settings.access_log_retention_days},
        }
        return BucketPlan(
            role=role,
            name=f"{PROJECT}-{role}-{self._platform.environment.name}",
            region=region,
            holds="logs",
            lifecycle_rules=[self._housekeeping(), expiry],
        )

    def _housekeeping(self) -> dict[str, Any]:
        return {
            "id": "every-object",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            "noncurrent_version_expiration": {"noncurrent_days": self._settings.noncurrent_days},
            "expiration": {"expired_object_delete_marker": True},
        }


def _keep_versions(plan: BucketPlan) -> Statement:
    return Statement(
        sid="DenyLosingVersions",
        effect="Deny",
        actions=("s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"),
        principals=EVERYONE,
        resources=f"{plan.arn}/*",
    )
