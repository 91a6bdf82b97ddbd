"""Copies of every lasting object in the other Canadian region (ST-9)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform
from components.storage.bucket import PrivateBucket
from settings.prefixes import PREFIXES

REPLICATED: Mapping[str, str] = {prefix.name: prefix.path for prefix in PREFIXES if not prefix.temporary}
"""The lasting prefixes of the file bucket: a rule's name to what it copies."""


@dataclass(frozen=True, kw_only=True)
class Replication:
    """The role S3 assumes to copy, and what it copies."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    rules: aws.s3.BucketReplicationConfig


def replicate(
    source: PrivateBucket,
    target: PrivateBucket,
    *,
    source_key_arn: pulumi.Input[str],
    target_key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
    platform: Platform,
    prefixes: Mapping[str, str] = REPLICATED,
) -> Replication:
    """Copy `source` to `target` from now on, deletions included, one rule a prefix."""
    place = platform.environment
    role = aws.iam.Role(
        "replication",
        description="Copies files to the replica region",
        assume_role_policy=service_trust(
            "s3.amazonaws.com", account_id=place.account_id, source_arn=source.bucket.arn
        ),
        permissions_boundary=platform.boundary_arn,
        tags=platform.tags("storage"),
        opts=platform.child(parent),
    )
    policy = aws.iam.RolePolicy(
        "replication",
        role=role.id,
        policy=document(
            Statement(
                sid="ReadReplicationRules",
                actions=("s3:GetReplicationConfiguration", "s3:ListBucket"),
                resources=[source.bucket.arn],
            ),
            Statement(
                sid="ReadVersions",
                actions=(
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionTagging",
                ),
                resources=[pulumi.Output.concat(source.bucket.arn, "/*")],
            ),
            Statement(
                sid="WriteCopies",
                actions=("s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"),
                resources=[pulumi.Output.concat(target.bucket.arn, "/*")],
            ),
            key_use("DecryptOriginals", ("kms:Decrypt",), source_key_arn, place.region),
            key_use(
                "EncryptCopies", ("kms:Encrypt", "kms:GenerateDataKey"), target_key_arn, place.replica_region
            ),
        ),
        opts=platform.child(parent),
    )
    rules = aws.s3.BucketReplicationConfig(
        "replication",
        bucket=source.bucket.bucket,
        role=role.arn,
        rules=[
            {
                "id": name,
                "status": "Enabled",
                "priority": priority,
                "filter": {"prefix": path},
                "delete_marker_replication": {"status": "Enabled"},
                "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                "destination": {
                    "bucket": target.bucket.arn,
                    "storage_class": "STANDARD_IA",
                    "encryption_configuration": {"replica_kms_key_id": target_key_arn},
                    "metrics": {"status": "Enabled"},
                },
            }
            for priority, (name, path) in enumerate(prefixes.items(), start=1)
        ],
        opts=platform.child(parent, depends_on=[policy, source.versioning, target.versioning]),
    )
    return Replication(role=role, policy=policy, rules=rules)


def key_use(sid: str, actions: tuple[str, ...], key_arn: pulumi.Input[str], region: str) -> Statement:
    """Allow S3 of one region, and nobody else, the use of a key for the role."""
    return Statement(
        sid=sid,
        actions=actions,
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
    )
