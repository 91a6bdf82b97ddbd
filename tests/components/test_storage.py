"""The file store as the requirements want it: ST-1 to ST-6, ST-8, ST-9 and every ST-N."""

import json
from typing import Any

import pytest

from components.alarms import Alarm, Expression
from components.storage.lifecycle import ARCHIVE_CLASS, COOL_CLASS
from settings.prefixes import PREFIXES
from tests.components.stored import BUCKET, OBJECTS, buckets, files, twin
from tests.support import STACKS, Graph, Node, as_configured, resolve, run_stack
from tests.support.documents import listed, matches, statements

ACCESS_BLOCK = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@pytest.mark.parametrize("stack", STACKS)
def test_the_file_bucket_has_the_name_that_the_application_knows(stack: str) -> None:
    """ST-1."""
    bucket = files(as_configured(stack).graph)

    assert bucket.inputs["bucket"] == f"jtld-platform-files-{stack}"
    assert bucket.outputs["region"] == "ca-central-1"


def test_every_bucket_blocks_public_access(graph: Graph) -> None:
    """ST-1, ST-N1, S3.8."""
    for bucket in buckets(graph):
        assert all(twin(graph, "BucketPublicAccessBlock", bucket).inputs[flag] for flag in ACCESS_BLOCK)


def test_the_account_blocks_public_access_too(graph: Graph) -> None:
    """ST-1, S3.1: one careless bucket elsewhere in the account stays private as well."""
    block = graph.one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock")

    assert all(block.inputs[flag] for flag in ACCESS_BLOCK)


def test_every_bucket_belongs_to_its_owner_alone(graph: Graph) -> None:
    """ST-1, S3.12: ACLs are switched off."""
    for bucket in buckets(graph):
        rule = twin(graph, "BucketOwnershipControls", bucket).inputs["rule"]
        assert rule == {"objectOwnership": "BucketOwnerEnforced"}


def test_every_bucket_keeps_versions(graph: Graph) -> None:
    """ST-1, ST-N3, S3.14."""
    for bucket in buckets(graph):
        assert (
            twin(graph, "BucketVersioning", bucket).inputs["versioningConfiguration"]["status"] == "Enabled"
        )


def encryption(graph: Graph, bucket: Node) -> dict[str, Any]:
    (rule,) = twin(graph, "BucketServerSideEncryptionConfiguration", bucket).inputs["rules"]
    return rule


def test_files_are_encrypted_with_our_own_keys(graph: Graph) -> None:
    """ST-1, ST-N2, S3.17: the copy with the key of its own region."""
    keys = {"files": "data", "replica": "replica"}
    for bucket in buckets(graph):
        if bucket.name not in keys:
            continue
        default = encryption(graph, bucket)["applyServerSideEncryptionByDefault"]
        key = graph.one("aws:kms/key:Key", keys[bucket.name])
        assert default == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key.outputs["arn"]}
        assert encryption(graph, bucket)["bucketKeyEnabled"] is True


def test_log_buckets_use_the_only_encryption_that_log_delivery_takes(graph: Graph) -> None:
    """ST-N2: never unencrypted; S3 writes no access log into a bucket with a customer-managed key."""
    for bucket in buckets(graph):
        if bucket.name.endswith("logs"):
            assert encryption(graph, bucket)["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"


def test_access_to_files_is_logged_elsewhere(graph: Graph) -> None:
    """ST-1, S3.9: into a bucket of the same region that admits the log, under a prefix of its own."""
    by_name = {bucket.outputs["bucket"]: bucket for bucket in buckets(graph)}
    logged = {bucket.name for bucket in buckets(graph) if not bucket.name.endswith("logs")}
    seen = set()
    for logging in graph.of_type("aws:s3/bucketLogging:BucketLogging"):
        source, target = by_name[logging.inputs["bucket"]], by_name[logging.inputs["targetBucket"]]
        seen.add(source.name)
        assert source.outputs["region"] == target.outputs["region"]
        admitted = statements(twin(graph, "BucketPolicy", target))["AccessLogs"]
        log = f"{target.outputs['arn']}/{logging.inputs['targetPrefix']}2026-11-22-00-00-00-ABC"
        assert matches(admitted["Resource"], log)
        assert admitted["Condition"]["ArnLike"]["aws:SourceArn"] == source.outputs["arn"]
    assert seen == logged


def test_every_bucket_refuses_plain_http_and_old_tls(graph: Graph) -> None:
    """ST-1, S3.5."""
    for bucket in buckets(graph):
        arn = bucket.outputs["arn"]
        policy = statements(twin(graph, "BucketPolicy", bucket))
        for sid, condition in (
            ("DenyPlainHttp", {"Bool": {"aws:SecureTransport": "false"}}),
            ("DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        ):
            assert policy[sid]["Effect"] == "Deny"
            assert policy[sid]["Principal"] == {"AWS": "*"}
            assert policy[sid]["Action"] == "s3:*"
            assert set(policy[sid]["Resource"]) == {arn, f"{arn}/*"}
            assert policy[sid]["Condition"] == condition


def test_nobody_is_allowed_in_without_being_named(graph: Graph) -> None:
    """ST-N1, S3.2: each Allow names a service and pins the source it acts for."""
    for bucket in buckets(graph):
        for statement in statements(twin(graph, "BucketPolicy", bucket)).values():
            if statement["Effect"] == "Allow":
                assert list(statement["Principal"]) == ["Service"]
                assert "aws:SourceArn" in json.dumps(statement["Condition"])


def test_an_upload_cannot_choose_a_weaker_encryption(graph: Graph) -> None:
    """ST-N2: naming another algorithm or key is refused; naming none takes the bucket's default."""
    policy = statements(twin(graph, "BucketPolicy", files(graph)))
    key = graph.one("aws:kms/key:Key", "data").outputs["arn"]
    header = "s3:x-amz-server-side-encryption"

    for sid, name, wanted in (
        ("DenyOtherAlgorithms", header, "aws:kms"),
        ("DenyOtherKeys", f"{header}-aws-kms-key-id", key),
    ):
        assert policy[sid]["Effect"] == "Deny"
        assert policy[sid]["Condition"] == {"Null": {name: "false"}, "StringNotEquals": {name: wanted}}


@pytest.mark.parametrize(
    ("key", "refused"),
    [(key, False) for key in OBJECTS.values()]
    + [("cv.pdf", True), ("resume/u1/cv.pdf", True), ("uploads/x", True), ("Resumes/u1/cv.pdf", True)],
)
def test_objects_live_under_the_declared_prefixes_only(prod: Graph, key: str, refused: bool) -> None:
    """ST-2, ST-N4: no flat layout; the bucket itself refuses it."""
    bucket = files(prod)
    statement = statements(twin(prod, "BucketPolicy", bucket))["DenyUndeclaredPrefixes"]

    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:PutObject")
    assert matches(statement["NotResource"], f"{bucket.outputs['arn']}/{key}") is not refused


def storage_class(graph: Graph, bucket: Node, key: str, age_days: int) -> str | None:
    """Return where an object is at an age after the bucket's life cycle: a storage class, `None` when gone."""
    current: str | None = "STANDARD"
    for rule in twin(graph, "BucketLifecycleConfiguration", bucket).inputs["rules"]:
        if rule["status"] != "Enabled" or not key.startswith(rule.get("filter", {}).get("prefix", "")):
            continue
        if age_days >= rule.get("expiration", {}).get("days", age_days + 1):
            return None
        for step in sorted(rule.get("transitions", []), key=lambda one: one["days"]):
            if age_days >= step["days"]:
                current = step["storageClass"]
    return current


@pytest.mark.parametrize(
    ("key", "age_days", "expected"),
    [
        (OBJECTS["temp"], 0, "STANDARD"),
        (OBJECTS["temp"], 1, None),
        (OBJECTS["resumes"], 89, "STANDARD"),
        (OBJECTS["resumes"], 90, COOL_CLASS),
        (OBJECTS["documents"], 364, COOL_CLASS),
        (OBJECTS["documents"], 365, ARCHIVE_CLASS),
        (OBJECTS["photos"], 3650, "STANDARD"),
        (OBJECTS["logos"], 3650, "STANDARD"),
    ],
)
def test_objects_age_as_required(prod: Graph, key: str, age_days: int, expected: str | None) -> None:
    """ST-3, ST-N5."""
    assert storage_class(prod, files(prod), key, age_days) == expected
    assert ARCHIVE_CLASS.startswith("GLACIER")


def test_nothing_invisible_piles_up(graph: Graph) -> None:
    """ST-3, S3.13: parts of unfinished uploads and old versions go, in every bucket."""
    for bucket in buckets(graph):
        rules = twin(graph, "BucketLifecycleConfiguration", bucket).inputs["rules"]
        (whole,) = (rule for rule in rules if rule["id"] == "every-object")
        assert whole["filter"]["prefix"] == ""
        assert whole["abortIncompleteMultipartUpload"]["daysAfterInitiation"] <= 7
        assert whole["noncurrentVersionExpiration"]["noncurrentDays"] >= 1


def test_uploads_come_from_our_own_pages_only(prod: Graph) -> None:
    """ST-6."""
    (rule,) = prod.one("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration").inputs["corsRules"]

    assert set(rule["allowedOrigins"]) == {
        "https://jtldconsulting.com",
        "https://www.jtldconsulting.com",
        "https://portal.jtldconsulting.com",
        "https://admin.jtldconsulting.com",
    }
    assert "DELETE" not in rule["allowedMethods"]
    assert "*" not in rule["allowedHeaders"]


def test_every_upload_is_announced(graph: Graph) -> None:
    """ST-8, S3.11."""
    assert graph.one("aws:s3/bucketNotification:BucketNotification").inputs["eventbridge"] is True


@pytest.mark.parametrize(("megabytes", "noticed"), [(50, False), (50.001, True)])
def test_an_upload_above_the_limit_is_noticed(prod: Graph, megabytes: float, noticed: bool) -> None:
    """ST-8: any single upload over 50 MB."""
    pattern = json.loads(
        prod.one("aws:cloudwatch/eventRule:EventRule", "oversize-upload").inputs["eventPattern"]
    )
    ((operator, limit),) = (test["numeric"] for test in pattern["detail"]["object"]["size"])

    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["bucket"]["name"] == [files(prod).outputs["bucket"]]
    assert operator == ">"
    assert (megabytes * 1024**2 > limit) is noticed


def alarm(key: str) -> Alarm:
    (found,) = (resolve(one) for one in as_configured("prod").value.storage.alarms if one.key == key)
    return found


def test_growth_and_cost_raise_alarms_at_the_settings_limits() -> None:
    """ST-8: total size over all storage classes, object count, monthly cost."""
    limits = as_configured("prod").value.settings.storage.alarms
    size = alarm("size").source

    assert isinstance(size, Expression)
    assert {metric.dimensions["StorageType"] for metric in size.metrics.values()} >= {
        "StandardStorage",
        "StandardIAStorage",
        "GlacierInstantRetrievalStorage",
    }
    assert alarm("size").threshold == limits.size_gigabytes * 1024**3
    assert alarm("object-count").threshold == limits.object_count
    assert alarm("monthly-cost").threshold == limits.monthly_budget_dollars
    assert alarm("monthly-cost").region == "us-east-1", "cost metrics exist nowhere else"


def test_the_oversize_alarm_watches_the_rule(prod: Graph) -> None:
    """ST-8."""
    rule = prod.one("aws:cloudwatch/eventRule:EventRule", "oversize-upload")

    assert alarm("oversize-upload").source.dimensions == {"RuleName": rule.outputs["name"]}


def test_every_lasting_object_is_copied_to_the_other_canadian_region(prod: Graph) -> None:
    """ST-9, S3.7: encrypted with that region's key, both ends versioned, the pipe watched."""
    replica = prod.one(BUCKET, "replica")
    config = prod.one("aws:s3/bucketReplicationConfig:BucketReplicationConfig").inputs
    key = prod.one("aws:kms/key:Key", "replica")

    assert replica.outputs["region"] == key.outputs["region"] == "ca-west-1"
    assert config["bucket"] == files(prod).outputs["bucket"]
    assert {rule["filter"]["prefix"] for rule in config["rules"]} == {
        prefix.path for prefix in PREFIXES if not prefix.temporary
    }
    for rule in config["rules"]:
        assert rule["status"] == "Enabled"
        assert rule["destination"]["bucket"] == replica.outputs["arn"]
        assert rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"] == key.outputs["arn"]
        assert rule["sourceSelectionCriteria"]["sseKmsEncryptedObjects"]["status"] == "Enabled"
        assert rule["destination"]["metrics"]["status"] == "Enabled"
    assert set(alarm("replication-failing").source.metrics) == {rule["id"] for rule in config["rules"]}


def test_replication_may_copy_and_nothing_else(prod: Graph) -> None:
    """ST-9: S3 alone, for this bucket alone; it reads there, writes here, and uses each key through S3."""
    trust = statements(prod.one("aws:iam/role:Role", "replication"), "assumeRolePolicy")
    policy = statements(prod.one("aws:iam/rolePolicy:RolePolicy", "replication"))
    source, target = files(prod).outputs["arn"], prod.one(BUCKET, "replica").outputs["arn"]

    assert trust["ServiceOfThisAccount"]["Condition"]["ArnLike"]["aws:SourceArn"] == source
    assert policy["ReadVersions"]["Resource"] == [f"{source}/*"]
    assert policy["WriteCopies"]["Resource"] == [f"{target}/*"]
    assert all("kms:ViaService" in json.dumps(policy[sid]) for sid in ("DecryptOriginals", "EncryptCopies"))
    assert not [sid for sid, one in policy.items() if "*" in listed(one["Resource"])]


def test_dev_may_do_without_a_copy() -> None:
    """ST-9: replication is a setting, and what it takes is not built where it is off."""
    graph = run_stack("dev", {"storage": {"replication": False}}).graph

    assert not {bucket.name for bucket in buckets(graph)} & {"replica", "replica-logs"}
    assert not graph.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    assert not graph.one("aws:cloudfront/distribution:Distribution", "files").inputs.get("originGroups")


def test_prod_buckets_cannot_be_emptied_by_a_destroy(prod: Graph) -> None:
    """CKV_AWS_93, SC-3."""
    assert not [bucket.name for bucket in buckets(prod) if bucket.inputs.get("forceDestroy")]
    assert not [bucket.name for bucket in buckets(prod) if not bucket.protect]
