"""What Check refuses and completes, as the bridged providers do (issue 3: Sandbox)."""

from typing import Any

import pytest

from sandbox.provider import Autonaming, OperationError
from sandbox.values import UNKNOWN, Secret
from tests.sandbox.conftest import Account

BUCKET = "aws:s3/bucket:Bucket"
VPC = "aws:ec2/vpc:Vpc"


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"forceDestroi": True}, "forceDestroi", "Invalid or unknown key (the nearest is 'forceDestroy')"),
        ({"arn": "x"}, "arn", "Invalid or unknown key"),
        ({"tags": "x"}, "tags", 'expected object type, got "x" of type string'),
        ({"forceDestroy": "maybe"}, "forceDestroy", 'expected boolean type, got "maybe" of type string'),
        ({"acl": "publik"}, "acl", "expected acl to be one of"),
        (
            {"corsRules": [{"allowedMethods": ["GET"]}]},
            "corsRules[0].allowedOrigins",
            "Missing required property",
        ),
        ({"corsRules": {"a": 1}}, "corsRules", "expected array type"),
        (
            {"corsRules": [{"allowedMethods": ["EAT"], "allowedOrigins": ["*"]}]},
            "corsRules[0].allowedMethods[0]",
            "one of",
        ),
        ({"bucket": "Upper_Case"}, "bucket", "invalid bucket name"),
        ({"bucket": "one", "bucketPrefix": "two"}, "bucket", "conflicts with"),
        ({"region": "mars-1"}, "region", "invalid AWS Region: mars-1"),
    ],
)
def test_an_input_that_the_provider_cannot_take_is_refused_with_its_path(
    aws: Account, inputs: dict[str, Any], path: str, reason: str
) -> None:
    failures = aws.check(BUCKET, "files", inputs).failures
    assert [failure.property for failure in failures] == [path]
    assert reason in failures[0].reason
    assert "Missing" in reason or f"'files.{path}'" in failures[0].reason, "the bridge says where to look"


def test_a_missing_required_property_is_named(aws: Account) -> None:
    [failure] = aws.check("aws:s3/bucketPolicy:BucketPolicy", "policy", {"policy": UNKNOWN}).failures
    assert failure.reason == "Missing required property 'bucket'"


def test_a_secret_of_the_wrong_type_is_refused_without_showing_it(aws: Account) -> None:
    [failure] = aws.check(BUCKET, "files", {"tags": Secret("canary-7381")}).failures
    assert "secret(<redacted>)" in failure.reason
    assert "canary" not in str(failure)


def test_unknowns_and_nulls_pass_and_types_are_coerced_like_the_bridge_does(aws: Account) -> None:
    checked = aws.check(
        BUCKET,
        "files",
        {"bucket": UNKNOWN, "acl": None, "forceDestroy": "true", "tags": {"count": 3, "on": True}},
    )
    assert not checked.failures
    assert checked.inputs["bucket"] is UNKNOWN
    assert "acl" not in checked.inputs
    assert checked.inputs["forceDestroy"] is True
    assert checked.inputs["tags"] == {"count": "3", "on": "true"}


def test_defaults_are_filled_in_and_listed_except_falsy_ones(aws: Account) -> None:
    inputs = aws.check(BUCKET, "files", {"bucket": "files"}).inputs
    assert inputs["requestPayer"] == "BucketOwner"
    assert "forceDestroy" not in inputs
    assert inputs["__defaults"] == ["requestPayer"]


def test_nested_objects_carry_the_marks_of_the_bridge_and_maps_do_not(aws: Account) -> None:
    rule = {"allowedMethods": ["GET"], "allowedOrigins": ["*"]}
    inputs = aws.check(BUCKET, "files", {"corsRules": [rule], "tags": {"a": "b"}}).inputs
    assert inputs["corsRules"] == [{"__defaults": [], **rule}]
    assert inputs["tags"] == {"a": "b"}


def test_the_provider_s_tags_are_merged_under_the_resource_s(aws: Account) -> None:
    inputs = aws.check(BUCKET, "files", {"tags": {"owner": "me", "a": "b"}}).inputs
    assert inputs["tagsAll"] == {"owner": "me", "a": "b"}
    assert aws.check(BUCKET, "files", {}).inputs["tagsAll"] == {"owner": "platform"}
    assert aws.check(BUCKET, "files", {"tags": {"a": UNKNOWN}}).inputs["tagsAll"] is UNKNOWN


@pytest.mark.parametrize(
    ("autonaming", "name"),
    [
        (Autonaming("JTLD-Files"), "jtld-files"),
        (Autonaming("Exactly", "enforce"), "Exactly"),
    ],
)
def test_the_engine_s_name_is_taken_as_its_mode_says(aws: Account, autonaming: Autonaming, name: str) -> None:
    checked = aws.provider.check("urn:pulumi:dev::p::aws:s3/bucket:Bucket::files", {}, {}, autonaming)
    assert checked.inputs["bucket"] == name
    assert "bucket" in checked.inputs["__defaults"]


def test_a_name_without_the_engine_s_proposal_gets_seven_random_digits(aws: Account) -> None:
    name = aws.check(BUCKET, "Files", {}).inputs["bucket"]
    assert name.startswith("files-")
    assert len(name) == len("files-") + 7


def test_disabled_naming_demands_a_name_and_a_long_one_is_not_cut(aws: Account) -> None:
    [failure] = aws.check(BUCKET, "files", {}, Autonaming("", "disable")).failures
    assert "automatic naming is disabled" in failure.reason
    [failure] = aws.check(BUCKET, "files", {}, Autonaming("x" * 21)).failures
    assert "exceeds maximum length of 20" in failure.reason


def test_a_name_once_given_by_the_engine_stays_and_a_prefix_prevents_one(aws: Account) -> None:
    aws.create(BUCKET, "files", {}, Autonaming("first"))
    assert aws.check(BUCKET, "files", {}, Autonaming("second")).inputs["bucket"] == "first"
    assert "bucket" not in aws.check(BUCKET, "other", {"bucketPrefix": "p-"}, Autonaming("x")).inputs


def test_a_name_the_program_stops_giving_is_made_anew(aws: Account) -> None:
    aws.create(BUCKET, "files", {"bucket": "given-name"})
    assert aws.check(BUCKET, "files", {}, Autonaming("made")).inputs["bucket"] == "made"


def test_an_empty_policy_and_one_without_principal_are_refused(aws: Account) -> None:
    policy = "aws:s3/bucketPolicy:BucketPolicy"
    for text, reason in (
        ("{", "invalid JSON"),
        ('{"Statement": [{"Effect": "Allow"}]}', "exactly one of Action"),
    ):
        failures = aws.check(policy, "policy", {"bucket": "b", "policy": text}).failures
        assert any(reason in failure.reason for failure in failures), failures


def test_a_type_without_contract_says_which_file_to_add_it_to(aws: Account) -> None:
    with pytest.raises(
        OperationError, match=r"no contract for aws:sqs/queue:Queue: add it to .*aws/sqs\.yaml"
    ):
        aws.check("aws:sqs/queue:Queue", "jobs", {})


def test_a_service_is_refused_in_a_region_that_has_it_not(aws: Account) -> None:
    acl = {"scope": "REGIONAL", "defaultAction": {"allow": {}}, "region": "ca-west-1"}
    visibility = {"cloudwatchMetricsEnabled": True, "metricName": "m", "sampledRequestsEnabled": True}
    [failure] = aws.check("aws:wafv2/webAcl:WebAcl", "acl", {**acl, "visibilityConfig": visibility}).failures
    assert failure.reason.startswith("WebAcl does not exist in ca-west-1")


def test_a_block_with_host_bits_or_of_the_wrong_size_is_refused(aws: Account) -> None:
    for block in ("10.0.0.1/16", "10.0.0.0/8", "10.0.0.0", "x"):
        assert aws.check(VPC, "main", {"cidrBlock": block}).failures, block
    assert not aws.check(VPC, "main", {"cidrBlock": "10.0.0.0/16"}).failures
