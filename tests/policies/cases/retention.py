from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

BACKUPS = node(t.BUCKET, "backups", {"bucket": "jtld-backups-prod", "objectLockEnabled": True})


def _settings_of(bucket: str) -> tuple:
    """Everything else a bucket needs, so that only object lock is missing in the end."""
    common = {"bucket": bucket}
    return (
        node(t.BUCKET_PUBLIC_ACCESS, bucket, common | dict.fromkeys(_FLAGS, True)),
        node(t.BUCKET_OWNERSHIP, bucket, common | {"rule": {"objectOwnership": "BucketOwnerEnforced"}}),
        node(t.BUCKET_VERSIONING, bucket, common | {"versioningConfiguration": {"status": "Enabled"}}),
        node(
            t.BUCKET_LOGGING,
            bucket,
            common | {"targetBucket": "jtld-platform-logs-prod", "targetPrefix": "b/"},
        ),
        node(t.BUCKET_ENCRYPTION, bucket, common | {"rules": [_ENCRYPTION]}),
        node(t.BUCKET_LIFECYCLE, bucket, common | {"rules": [_LIFE]}),
        node(t.BUCKET_POLICY, bucket, common | {"policy": _TLS.replace("BUCKET", bucket)}),
        node(t.BUCKET_REPLICATION, bucket, common | {"role": "r", "rules": [_COPY]}),
    )


_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_ENCRYPTION = {
    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "arn:aws:kms:x"},
    "bucketKeyEnabled": True,
}
_LIFE = {
    "id": "all",
    "status": "Enabled",
    "noncurrentVersionExpiration": {"noncurrentDays": 30},
    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
}
_COPY = {
    "status": "Enabled",
    "destination": {
        "bucket": "arn:aws:s3:::jtld-platform-replica-prod",
        "encryptionConfiguration": {"replicaKmsKeyId": "arn:aws:kms:x"},
    },
}
_TLS = """{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
"Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"],
"Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"""
_LOCK = node(
    t.BUCKET_OBJECT_LOCK,
    "backups",
    {"bucket": "jtld-backups-prod", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}},
)

CASES = (
    Case(
        policy="storage-life-cycle",
        breaks=lambda draft: draft.unset(t.BUCKET_LIFECYCLE, "rules.0.noncurrentVersionExpiration", "logs"),
    ),
    Case(
        policy="storage-life-cycle",
        breaks=lambda draft: draft.set(
            t.BUCKET_LIFECYCLE, "rules.0.abortIncompleteMultipartUpload.daysAfterInitiation", 90, "logs"
        ),
    ),
    Case(
        policy="storage-temp-expires",
        breaks=lambda draft: draft.set(
            t.BUCKET_LIFECYCLE,
            "rules",
            [
                rule
                for rule in draft.find(t.BUCKET_LIFECYCLE, "files").inputs["rules"]
                if rule["id"] != "temp"
            ],
            "files",
        ),
    ),
    Case(
        policy="storage-versioned",
        breaks=lambda draft: draft.set(
            t.BUCKET_VERSIONING, "versioningConfiguration.status", "Suspended", "files"
        ),
    ),
    Case(
        policy="storage-versioned",
        breaks=lambda draft: draft.drop(t.BUCKET_VERSIONING, "files"),
    ),
    Case(
        policy="storage-replicated",
        breaks=lambda draft: [
            draft.set(t.BUCKET_REPLICATION, f"rules.{index}.status", "Disabled")
            for index in range(len(draft.find(t.BUCKET_REPLICATION).inputs["rules"]))
        ],
    ),
    Case(
        policy="storage-backups-locked",
        adds=(BACKUPS, _LOCK, *_settings_of("jtld-backups-prod")),
        breaks=lambda draft: draft.unset(t.BUCKET_OBJECT_LOCK, "rule.defaultRetention.days", "backups"),
    ),
    Case(
        policy="storage-uploads-seen",
        breaks=lambda draft: draft.drop(t.BUCKET_NOTIFICATION),
    ),
    Case(
        policy="storage-no-force-destroy",
        breaks=lambda draft: draft.set(t.BUCKET, "forceDestroy", True, "files"),
    ),
)
