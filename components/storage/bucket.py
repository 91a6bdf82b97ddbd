"""A bucket that is private, versioned, encrypted, logged and TLS-only, with no way to ask for less (ST-1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import EVERYONE, Statement, document
from components.platform import Platform


@dataclass(frozen=True, kw_only=True)
class BucketPlan:
    """What differs between the platform's buckets.

    `role` is the logical name of the bucket and of everything that configures it. `key_arn` is the key that
    encrypts it, `None` for log targets: S3 delivers access logs only to buckets with its own keys.
    `component` owns the bucket. `locked_days` is how long no version can be deleted, `None` where versions go
    by lifecycle alone.
    """

    role: str
    name: str
    region: str
    holds: str
    key_arn: pulumi.Input[str] | None = None
    lifecycle_rules: Sequence[dict[str, Any]]
    locked_days: int | None = None
    component: str = "storage"

    @property
    def arn(self) -> str:
        """Return the bucket's ARN, which its fixed name already tells."""
        return f"arn:aws:s3:::{self.name}"

    @property
    def log_prefix(self) -> str:
        """Return where in a log bucket the access log of this bucket lies."""
        return f"s3/{self.role}/"


@dataclass(frozen=True, kw_only=True)
class PrivateBucket:
    """A bucket and the resources that configure it."""

    plan: BucketPlan
    bucket: aws.s3.Bucket
    public_access: aws.s3.BucketPublicAccessBlock
    ownership: aws.s3.BucketOwnershipControls
    versioning: aws.s3.BucketVersioning
    encryption: aws.s3.BucketServerSideEncryptionConfiguration
    lifecycle: aws.s3.BucketLifecycleConfiguration
    lock: aws.s3.BucketObjectLockConfiguration | None


def private_bucket(plan: BucketPlan, *, parent: pulumi.Resource, platform: Platform) -> PrivateBucket:
    """Make a bucket after a plan; `bucket_policy` and (not for log targets) `log_access` complete it."""
    bucket = aws.s3.Bucket(
        plan.role,
        bucket=plan.name,
        region=plan.region,
        force_destroy=platform.disposable,
        object_lock_enabled=True if plan.locked_days else None,
        tags=platform.tags(plan.component, **{"jtld:data": plan.holds}),
        opts=platform.stateful_child(parent),
    )
    shared: dict[str, Any] = {"bucket": bucket.bucket, "region": plan.region}
    public_access = aws.s3.BucketPublicAccessBlock(
        plan.role,
        **shared,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=platform.stateful_child(parent),
    )
    ownership = aws.s3.BucketOwnershipControls(
        plan.role,
        **shared,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=platform.stateful_child(parent),
    )
    versioning = aws.s3.BucketVersioning(
        plan.role,
        **shared,
        versioning_configuration={"status": "Enabled"},
        opts=platform.stateful_child(parent),
    )
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        plan.role, **shared, rules=[_encryption(plan.key_arn)], opts=platform.stateful_child(parent)
    )
    lifecycle = aws.s3.BucketLifecycleConfiguration(
        plan.role,
        **shared,
        rules=list(plan.lifecycle_rules),
        opts=platform.child(parent, depends_on=[versioning]),
    )
    lock = None
    if plan.locked_days:
        lock = aws.s3.BucketObjectLockConfiguration(
            plan.role,
            **shared,
            rule={"default_retention": {"mode": "GOVERNANCE", "days": plan.locked_days}},
            opts=platform.stateful_child(parent, depends_on=[versioning]),
        )
    return PrivateBucket(
        plan=plan,
        bucket=bucket,
        public_access=public_access,
        ownership=ownership,
        versioning=versioning,
        encryption=encryption,
        lifecycle=lifecycle,
        lock=lock,
    )


def bucket_policy(
    private: PrivateBucket, *statements: Statement, parent: pulumi.Resource, platform: Platform
) -> aws.s3.BucketPolicy:
    """Demand TLS and the bucket's own key of everybody, and admit those that `statements` name."""
    plan = private.plan
    return aws.s3.BucketPolicy(
        plan.role,
        bucket=private.bucket.bucket,
        region=plan.region,
        policy=document(*_transport(plan.arn), *_encryption_denials(plan), *statements),
        # S3 answers 409 while two calls on one bucket's access meet.
        opts=platform.child(parent, depends_on=[private.public_access]),
    )


def log_access(
    private: PrivateBucket,
    target: PrivateBucket,
    *,
    admitted: aws.s3.BucketPolicy,
    parent: pulumi.Resource,
    platform: Platform,
) -> aws.s3.BucketLogging:
    """Write the access log of one bucket into another, whose policy `admitted` it."""
    return aws.s3.BucketLogging(
        private.plan.role,
        bucket=private.bucket.bucket,
        region=private.plan.region,
        target_bucket=target.bucket.bucket,
        target_prefix=private.plan.log_prefix,
        opts=platform.child(parent, depends_on=[admitted]),
    )


def _encryption(key_arn: pulumi.Input[str] | None) -> dict[str, Any]:
    if key_arn is None:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
        "bucket_key_enabled": True,
    }


def _transport(arn: str) -> tuple[Statement, ...]:
    outdated = {
        "DenyPlainHttp": {"Bool": {"aws:SecureTransport": "false"}},
        "DenyOldTls": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }
    return tuple(
        Statement(
            sid=sid,
            effect="Deny",
            actions="s3:*",
            principals=EVERYONE,
            resources=(arn, f"{arn}/*"),
            conditions=conditions,
        )
        for sid, conditions in outdated.items()
    )


def _encryption_denials(plan: BucketPlan) -> tuple[Statement, ...]:
    """Refuse uploads that name another algorithm or key; those that name none get the bucket's default."""
    if plan.key_arn is None:
        return ()
    header = "s3:x-amz-server-side-encryption"
    wanted = {
        "DenyOtherAlgorithms": (header, "aws:kms"),
        "DenyOtherKeys": (f"{header}-aws-kms-key-id", plan.key_arn),
    }
    return tuple(
        Statement(
            sid=sid,
            effect="Deny",
            actions="s3:PutObject",
            principals=EVERYONE,
            resources=f"{plan.arn}/*",
            conditions={"Null": {key: "false"}, "StringNotEquals": {key: value}},
        )
        for sid, (key, value) in wanted.items()
    )
