"""Every dump once more, in another account: out of reach of any login to this one (BK-1, BK-N1).

The bucket and its key are the second account's; `components.backup.admission` says what their policies admit.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.backup.admission import ROLE, SEALING, WRITING
from components.iam import Statement, document, service_trust
from components.platform import Platform
from components.storage.bucket import PrivateBucket
from components.storage.replication import key_use
from settings.backup import SecondAccount

RULE = "every-dump"
# The only threshold S3 offers.
MINUTES = 15


@dataclass(frozen=True, kw_only=True)
class Offsite:
    """The role S3 assumes to copy, and the order to do so."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    rules: aws.s3.BucketReplicationConfig


@dataclass(frozen=True, kw_only=True)
class OffsiteBuilder:
    """Makes what copies `dumps`, encrypted with the key `key_arn`, to the second account."""

    dumps: PrivateBucket
    second: SecondAccount
    key_arn: pulumi.Input[str]
    parent: pulumi.Resource
    platform: Platform

    def build(self) -> Offsite:
        """Copy each dump that is written from now on."""
        role = self._role()
        policy = aws.iam.RolePolicy(
            ROLE, role=role.id, policy=document(*self._rights()), opts=self.platform.child(self.parent)
        )
        return Offsite(role=role, policy=policy, rules=self._rules(role, policy))

    @property
    def _target(self) -> str:
        return f"arn:aws:s3:::{self.second.bucket}"

    def _role(self) -> aws.iam.Role:
        return aws.iam.Role(
            ROLE,
            description="Copies dumps to the second account",
            assume_role_policy=service_trust(
                "s3.amazonaws.com",
                account_id=self.platform.environment.account_id,
                source_arn=self.dumps.bucket.arn,
            ),
            permissions_boundary=self.platform.boundary_arn,
            tags=self.platform.tags("backup"),
            opts=self.platform.child(self.parent),
        )

    def _rights(self) -> tuple[Statement, ...]:
        # Both buckets lie in the replica region.
        region, source = self.platform.environment.replica_region, self.dumps.plan.arn
        return (
            Statement(
                sid="ReadReplicationRules",
                actions=("s3:GetReplicationConfiguration", "s3:ListBucket"),
                resources=[source],
            ),
            Statement(
                sid="ReadVersions",
                actions=(
                    # Without these two S3 copies nothing out of a bucket with object lock.
                    *("s3:GetObjectLegalHold", "s3:GetObjectRetention"),
                    *("s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication"),
                    "s3:GetObjectVersionTagging",
                ),
                resources=[f"{source}/*"],
            ),
            Statement(sid="WriteCopies", actions=WRITING, resources=[f"{self._target}/*"]),
            key_use("DecryptOriginals", ("kms:Decrypt",), self.key_arn, region),
            key_use("EncryptCopies", SEALING, self.second.key_arn, region),
        )

    def _rules(self, role: aws.iam.Role, policy: aws.iam.RolePolicy) -> aws.s3.BucketReplicationConfig:
        threshold = {"minutes": MINUTES}
        return aws.s3.BucketReplicationConfig(
            ROLE,
            bucket=self.dumps.bucket.bucket,
            region=self.dumps.plan.region,
            role=role.arn,
            rules=[
                {
                    "id": RULE,
                    "status": "Enabled",
                    "priority": 1,
                    "filter": {"prefix": ""},
                    # What is deleted here, by whomever, stays there.
                    "delete_marker_replication": {"status": "Disabled"},
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": self._target,
                        "account": self.second.account_id,
                        "access_control_translation": {"owner": "Destination"},
                        "storage_class": "STANDARD_IA",
                        "encryption_configuration": {"replica_kms_key_id": self.second.key_arn},
                        "replication_time": {"status": "Enabled", "time": threshold},
                        "metrics": {"status": "Enabled", "event_threshold": threshold},
                    },
                }
            ],
            opts=self.platform.child(self.parent, depends_on=[policy, self.dumps.versioning]),
        )
