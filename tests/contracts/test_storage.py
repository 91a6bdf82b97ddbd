"""ST-*: what S3 says to buckets and their configurations."""

import json
from typing import Any

import pytest

from sandbox.cloud import Cloud
from tests.contracts.account import Account, Made, OperationError, RefusedError


@pytest.fixture
def bucket(aws: Account) -> Made:
    return aws.make("s3/bucket:Bucket", bucket="jtld-files")


def version(aws: Account, bucket: Made, **more: Any) -> Made:
    return aws.make(
        "s3/bucketVersioning:BucketVersioning",
        bucket=bucket.id,
        versioningConfiguration={"status": "Enabled"},
        **more,
    )


def test_a_bucket_knows_its_addresses(bucket: Made) -> None:
    assert bucket.id == "jtld-files"
    assert bucket["arn"] == "arn:aws:s3:::jtld-files"
    assert bucket["bucketRegionalDomainName"] == "jtld-files.s3.ca-central-1.amazonaws.com"
    assert bucket["bucketRegion"] == "ca-central-1"
    assert bucket["hostedZoneId"] == "Z1QDHH18159H29"


def test_a_bucket_without_a_name_gets_a_short_lowercase_one(aws: Account) -> None:
    assert len(aws.make("s3/bucket:Bucket").id) <= 63
    prefixed = aws.make("s3/bucket:Bucket", bucketPrefix="jtld-")
    assert prefixed.id.startswith("jtld-")


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "Files",
        "-files",
        "files-",
        "fi_les",
        "fi..les",
        "192.168.0.1",
        "xn--files",
        "files-s3alias",
        "a" * 64,
    ],
)
def test_a_name_that_s3_does_not_allow_is_refused(aws: Account, name: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=r"InvalidBucketName|at most 63"):
        aws.make("s3/bucket:Bucket", bucket=name)


def test_a_name_is_taken_in_the_whole_partition() -> None:
    cloud = Cloud(":memory:")
    ours, theirs = Account(cloud=cloud), Account(cloud=cloud, account="210987654321")
    ours.make("s3/bucket:Bucket", bucket="jtld-files")
    with pytest.raises(OperationError, match="BucketAlreadyOwnedByYou"):
        ours.make("s3/bucket:Bucket", bucket="jtld-files", region="ca-west-1")
    with pytest.raises(OperationError, match="BucketAlreadyExists"):
        theirs.make("s3/bucket:Bucket", bucket="jtld-files")


def test_a_bucket_with_objects_is_deleted_only_by_force(aws: Account, bucket: Made) -> None:
    held = aws.make("s3/bucketObjectv2:BucketObjectv2", bucket=bucket.id, key="a.txt", content="x")
    with pytest.raises(OperationError, match="BucketNotEmpty"):
        aws.drop(bucket)
    assert aws.found(held)
    forced = aws.change(bucket, forceDestroy=True)
    aws.drop(forced)
    assert not aws.found(bucket)


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        ("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {}),
        ("s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}}),
        (
            "s3/bucketOwnershipControls:BucketOwnershipControls",
            {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        ),
        ("s3/bucketPolicy:BucketPolicy", {"policy": "{}"}),
    ],
)
def test_configuring_a_bucket_that_does_not_exist_is_refused(
    aws: Account, type_: str, more: dict[str, Any]
) -> None:
    with pytest.raises((OperationError, RefusedError), match=r"NoSuchBucket|Malformed"):
        aws.make(type_, bucket="jtld-missing", **more)


def test_configuring_a_bucket_in_another_region_is_refused(aws: Account, bucket: Made) -> None:
    with pytest.raises(OperationError, match="NoSuchBucket"):
        version(aws, bucket, region="ca-west-1")


def document(bucket: Made, **statement: Any) -> str:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{bucket['arn']}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, **statement}]})


def test_a_second_bucket_policy_takes_the_place_of_the_first(aws: Account, bucket: Made) -> None:
    """PutBucketPolicy overwrites: two resources for one bucket fight each other for ever."""
    first = aws.make("s3/bucketPolicy:BucketPolicy", bucket=bucket.id, policy=document(bucket))
    aws.make("s3/bucketPolicy:BucketPolicy", bucket=bucket.id, policy=document(bucket, Effect="Deny"))
    now = aws.provider.read(first.urn, first.id, first.inputs, first.outputs)
    assert "Deny" in now.outputs["policy"]


GRANT = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    "policy",
    [
        "no json",
        json.dumps({"Version": "2012-10-17", "Statement": []}),
        json.dumps({"Version": "2020-01-01", "Statement": GRANT}),
        json.dumps({"Version": "2012-10-17", "Statement": {**GRANT, "Effect": "Permit"}}),
        json.dumps({"Version": "2012-10-17", "Statement": {**GRANT, "Action": "GetObject"}}),
        json.dumps(
            {"Version": "2012-10-17", "Statement": {k: v for k, v in GRANT.items() if k != "Principal"}}
        ),
    ],
)
def test_a_malformed_bucket_policy_is_refused(aws: Account, bucket: Made, policy: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=r"Malformed|invalid JSON"):
        aws.make("s3/bucketPolicy:BucketPolicy", bucket=bucket.id, policy=policy)


@pytest.fixture
def role(aws: Account) -> Made:
    trust = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return aws.make(
        "iam/role:Role",
        name="replicate",
        assumeRolePolicy=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )


def replication(bucket: Made, role: Made, copy: Made, **rule: Any) -> dict[str, Any]:
    return {
        "bucket": bucket.id,
        "role": role["arn"],
        "rules": [{"status": "Enabled", "destination": {"bucket": copy["arn"]}, **rule}],
    }


REPLICATION = "s3/bucketReplicationConfig:BucketReplicationConfig"


def test_replication_needs_versions_on_both_sides(aws: Account, bucket: Made, role: Made) -> None:
    copy = aws.make("s3/bucket:Bucket", bucket="jtld-copy", region="ca-west-1")
    with pytest.raises(OperationError, match="Versioning must be 'Enabled' on the bucket"):
        aws.make(REPLICATION, **replication(bucket, role, copy))
    source = version(aws, bucket)
    with pytest.raises(OperationError, match="Destination bucket must have versioning"):
        aws.make(REPLICATION, **replication(bucket, role, copy))
    version(aws, copy, region="ca-west-1")
    made = aws.make(REPLICATION, **replication(bucket, role, copy))
    assert made["rules"][0]["id"]
    with pytest.raises(OperationError, match="InvalidBucketState"):
        aws.change(source, versioningConfiguration={"status": "Suspended"})


def test_a_replication_rule_with_a_filter_says_what_becomes_of_delete_markers(
    aws: Account, bucket: Made, role: Made
) -> None:
    copy = aws.make("s3/bucket:Bucket", bucket="jtld-copy", region="ca-west-1")
    version(aws, bucket)
    version(aws, copy, region="ca-west-1")
    with pytest.raises(OperationError, match="DeleteMarkerReplication must be specified"):
        aws.make(REPLICATION, **replication(bucket, role, copy, filter={"prefix": ""}, priority=1))
    encrypted = {"sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}}}
    with pytest.raises(OperationError, match="EncryptionConfiguration must be specified"):
        aws.make(REPLICATION, **replication(bucket, role, copy, **encrypted))
    with pytest.raises(OperationError, match="Destination bucket must exist"):
        aws.make(
            REPLICATION,
            **replication(bucket, role, Made("", "", "", {}, {"arn": "arn:aws:s3:::jtld-nowhere"})),
        )


def test_copies_go_to_another_account_whose_buckets_nobody_here_can_see(
    aws: Account, bucket: Made, role: Made
) -> None:
    """BK-1: whom they belong to then must be said together with the account."""
    version(aws, bucket)
    there = {
        "bucket": "arn:aws:s3:::jtld-elsewhere",
        "accessControlTranslation": {"owner": "Destination"},
        "encryptionConfiguration": {"replicaKmsKeyId": "arn:aws:kms:ca-west-1:444444444444:key/1"},
    }
    criteria = {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    order = replication(bucket, role, bucket, destination=there, sourceSelectionCriteria=criteria)
    with pytest.raises(OperationError, match="Account must be specified"):
        aws.make(REPLICATION, **order)
    there["account"] = "444444444444"
    assert aws.make(REPLICATION, **order).id


def test_access_lists_need_an_ownership_that_allows_them(aws: Account, bucket: Made) -> None:
    with pytest.raises(OperationError, match="AccessControlListNotSupported"):
        aws.make("s3/bucketAcl:BucketAcl", bucket=bucket.id, acl="private")
    aws.make(
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        bucket=bucket.id,
        rule={"objectOwnership": "BucketOwnerPreferred"},
    )
    assert aws.make("s3/bucketAcl:BucketAcl", bucket=bucket.id, acl="private")
    aws.make("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", bucket=bucket.id, blockPublicAcls=True)
    with pytest.raises(OperationError, match="BlockPublicAcls"):
        aws.make("s3/bucketAcl:BucketAcl", bucket=bucket.id, acl="public-read")


def test_logs_go_to_a_bucket_of_the_same_region(aws: Account, bucket: Made) -> None:
    west = aws.make("s3/bucket:Bucket", bucket="jtld-west", region="ca-west-1")
    with pytest.raises(OperationError, match="InvalidTargetBucketForLogging"):
        aws.make("s3/bucketLogging:BucketLogging", bucket=bucket.id, targetBucket=west.id, targetPrefix="s3/")


ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def test_a_key_goes_with_kms_encryption_only_and_exists(aws: Account, bucket: Made) -> None:
    key = aws.make("kms/key:Key")

    def encryption(algorithm: str, arn: str) -> dict[str, Any]:
        default = {"sseAlgorithm": algorithm, "kmsMasterKeyId": arn}
        return {"bucket": bucket.id, "rules": [{"applyServerSideEncryptionByDefault": default}]}

    assert aws.make(ENCRYPTION, **encryption("aws:kms", key["arn"]))
    with pytest.raises(OperationError, match="not applicable"):
        aws.make(ENCRYPTION, **encryption("AES256", key["arn"]))
    with pytest.raises(OperationError, match=r"KMS\.NotFound"):
        aws.make(ENCRYPTION, **encryption("aws:kms", key["arn"][:-4] + "0000"))


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (
            {"allowedMethods": ["GET"], "allowedOrigins": ["https://*.*.example.org"]},
            "more than one wildcard",
        ),
        ({"allowedMethods": ["PATCH"], "allowedOrigins": ["*"]}, "unsupported HTTP method"),
        (
            {"allowedMethods": ["GET"], "allowedOrigins": ["*"], "exposeHeaders": ["*"]},
            "wildcard for ExposeHeader",
        ),
    ],
)
def test_a_cors_rule_that_s3_refuses_is_refused(
    aws: Account, bucket: Made, rule: dict[str, Any], why: str
) -> None:
    with pytest.raises(OperationError, match=why):
        aws.make("s3/bucketCorsConfiguration:BucketCorsConfiguration", bucket=bucket.id, corsRules=[rule])


def test_object_lock_needs_versions(aws: Account, bucket: Made) -> None:
    retention = {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}}
    lock = "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    with pytest.raises(OperationError, match="InvalidBucketState"):
        aws.make(lock, bucket=bucket.id, **retention)
    version(aws, bucket)
    assert aws.make(lock, bucket=bucket.id, **retention)
    born = aws.make("s3/bucket:Bucket", bucket="jtld-dumps", objectLockEnabled=True)
    assert aws.make(lock, bucket=born.id, **retention)
    with pytest.raises(RefusedError, match="conflicts"):
        aws.make(
            lock, bucket=born.id, rule={"defaultRetention": {"mode": "GOVERNANCE", "days": 1, "years": 1}}
        )
