"""Create, read, update, replace and delete over the cloud (issue 3: Sandbox)."""

import json
import re

import pytest

from sandbox.cloud import Cloud
from sandbox.provider import Autonaming, OperationError, Provider
from sandbox.values import UNKNOWN, Secret
from tests.sandbox.conftest import ACCOUNT, CONFIG, CONTRACTS, Account, account, urn

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
DATABASE, CERTIFICATE = "aws:rds/instance:Instance", "aws:acm/certificate:Certificate"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
DOCUMENT = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
)


def test_computed_outputs_are_unknown_before_creation_and_what_is_given_is_known(aws: Account) -> None:
    preview = aws.preview(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    assert preview.id is None
    assert preview.outputs["arn"] is preview.outputs["ownerId"] is UNKNOWN
    assert preview.outputs["cidrBlock"] == "10.0.0.0/16"
    assert preview.outputs["tagsAll"] == {"owner": "platform"}


def test_what_the_cloud_fills_into_given_blocks_is_unknown_before_creation(aws: Account) -> None:
    rule = {"allowedMethods": ["GET"], "allowedOrigins": ["*"]}
    outputs = aws.preview(BUCKET, "files", {"corsRules": [rule, {**rule, "maxAgeSeconds": 5}]}).outputs
    assert [one["maxAgeSeconds"] for one in outputs["corsRules"]] == [UNKNOWN, 5]
    assert outputs["versioning"] is UNKNOWN
    assert aws.preview(BUCKET, "files", {"versioning": {"enabled": True}}).outputs["versioning"] == {
        "enabled": True,
        "mfaDelete": UNKNOWN,
    }


def test_ids_and_arns_have_the_cloud_s_form_and_are_fresh_each_time(aws: Account) -> None:
    first = aws.create(VPC, "one", {"cidrBlock": "10.0.0.0/16"})
    second = aws.create(VPC, "two", {"cidrBlock": "10.1.0.0/16"})
    assert re.fullmatch(r"vpc-[0-9a-f]{17}", str(first.id))
    assert first.id != second.id
    assert first.outputs["arn"] == f"arn:aws:ec2:ca-central-1:{ACCOUNT}:vpc/{first.id}"
    assert first.outputs["region"] == "ca-central-1"


def test_a_second_run_changes_nothing_and_a_refresh_sees_no_change(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}})
    assert not aws.diff(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}).changes
    assert aws.refresh(VPC, "main").outputs == vpc.outputs
    assert not aws.diff(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}).changes


def test_a_change_in_place_keeps_what_was_fresh_at_creation(aws: Account) -> None:
    before = aws.create(BUCKET, "files", {"bucket": "files"})
    after = aws.update(BUCKET, "files", {"bucket": "files", "tags": {"a": "b"}})
    assert after.outputs["hostedZoneId"] == before.outputs["hostedZoneId"]
    assert after.outputs["tagsAll"] == {"a": "b", "owner": "platform"}


def test_a_reference_must_exist_in_the_same_region(aws: Account) -> None:
    with pytest.raises(
        OperationError, match=r"creating Subnet \(a\): InvalidVpcID.NotFound: 'vpc-0' does not exist"
    ):
        aws.create(SUBNET, "a", {"vpcId": "vpc-0", "cidrBlock": "10.0.0.0/24"})
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    with pytest.raises(OperationError, match="InvalidVpcID"):
        aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24", "region": "ca-west-1"})
    assert (
        aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24"}).outputs["ownerId"] == ACCOUNT
    )


def test_a_block_must_lie_in_its_network_and_overlap_no_sibling(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    with pytest.raises(OperationError, match=r"InvalidSubnet\.Range"):
        aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.1.0.0/24"})
    aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24"})
    with pytest.raises(OperationError, match=r"InvalidSubnet\.Conflict"):
        aws.create(SUBNET, "b", {"vpcId": vpc.id, "cidrBlock": "10.0.0.128/25"})


def test_a_zone_of_another_region_is_refused(aws: Account) -> None:
    subnet = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a"}
    [failure] = aws.check(SUBNET, "a", subnet).failures
    assert "ca-central-1a" in failure.reason


def test_a_name_is_unique_in_its_scope_even_in_another_region(aws: Account) -> None:
    aws.create(BUCKET, "one", {"bucket": "files"})
    with pytest.raises(OperationError, match="BucketAlreadyExists: files"):
        aws.create(BUCKET, "two", {"bucket": "files", "region": "ca-west-1"})


def test_two_kinds_of_records_clash_as_the_condition_says(cloud: Cloud) -> None:
    cloudflare = account(cloud, package="cloudflare")
    record = {"zoneId": "z", "name": "www.jtld.test", "ttl": 1, "content": "192.0.2.1"}
    cloudflare.create(RECORD, "a", {**record, "type": "A"})
    cloudflare.create(RECORD, "other-zone", {**record, "type": "CNAME", "zoneId": "y"})
    with pytest.raises(OperationError, match="CNAME record with that host"):
        cloudflare.create(RECORD, "b", {**record, "type": "CNAME"})
    cloudflare.create(RECORD, "text", {**record, "type": "TXT"})


def test_a_prefix_makes_the_name_at_creation_only(aws: Account) -> None:
    assert aws.preview(BUCKET, "files", {"bucketPrefix": "jtld-"}).outputs["bucket"] is UNKNOWN
    made = aws.create(BUCKET, "files", {"bucketPrefix": "jtld-"})
    assert re.fullmatch(r"jtld-\d{26}", str(made.id))
    assert not aws.diff(BUCKET, "files", {"bucketPrefix": "jtld-"}).changes


def test_what_a_resource_computes_for_each_name_is_there_once(aws: Account) -> None:
    inputs = {"domainName": "jtld.test", "subjectAlternativeNames": ["*.jtld.test", "jtld.test"]}
    options = aws.create(CERTIFICATE, "site", inputs).outputs["domainValidationOptions"]
    assert [option["domainName"] for option in options] == ["jtld.test", "*.jtld.test"]
    assert options[1]["resourceRecordName"].endswith(".jtld.test.")


def test_an_immutable_property_is_refused_by_the_cloud_not_by_the_preview(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    changed = {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "dedicated"}
    assert aws.diff(VPC, "main", changed).changes == {"instanceTenancy": "update"}
    with pytest.raises(OperationError, match=f"UnsupportedOperation: tenancy of {vpc.id}|tenancy of"):
        aws.update(VPC, "main", changed)


def test_a_deletion_waits_for_what_depends_on_the_resource(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24"})
    with pytest.raises(OperationError, match=rf"deleting Vpc \(main\): DependencyViolation: {vpc.id}"):
        aws.delete(VPC, "main")
    aws.delete(SUBNET, "a")
    aws.delete(VPC, "main")
    assert aws.refresh(VPC, "main").id is None


@pytest.mark.parametrize("force", [False, True])
def test_a_bucket_that_is_in_use_goes_only_by_force(aws: Account, force: bool) -> None:
    aws.create(BUCKET, "files", {"bucket": "files", "forceDestroy": force})
    aws.create(POLICY, "policy", {"bucket": "files", "policy": DOCUMENT})
    if force:
        aws.delete(BUCKET, "files")
    else:
        with pytest.raises(OperationError, match="BucketNotEmpty"):
            aws.delete(BUCKET, "files")


def test_a_protected_database_stays_until_the_protection_is_lifted(aws: Account) -> None:
    database = {"instanceClass": "db.t4g.small", "identifier": "jobs"}
    aws.create(DATABASE, "db", {**database, "deletionProtection": True})
    with pytest.raises(OperationError, match="Cannot delete protected DB Instance jobs"):
        aws.delete(DATABASE, "db")
    aws.update(DATABASE, "db", {**database, "deletionProtection": False})
    aws.delete(DATABASE, "db")


def test_a_key_that_waits_for_its_deletion_is_gone_for_the_stack_only(aws: Account, cloud: Cloud) -> None:
    key = aws.create(KEY, "data", {})
    aws.create(ALIAS, "data", {"targetKeyId": key.outputs["arn"]}, Autonaming("jtld-data"))
    aws.delete(KEY, "data")
    assert aws.refresh(KEY, "data").id is None
    assert [stored.status for stored in cloud.find(type_=KEY)] == ["pending"]
    with pytest.raises(OperationError, match="NotFound: no Key"):
        aws.create(ALIAS, "again", {"targetKeyId": key.id}, Autonaming("other"))


def test_deleting_what_is_already_gone_is_no_error(aws: Account) -> None:
    aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    aws.delete(VPC, "main")
    aws.delete(VPC, "main")


def test_an_import_returns_inputs_that_leave_nothing_to_change(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}, "region": "ca-west-1"})
    imported = aws.provider.read(urn(VPC, "adopted"), f"{vpc.id}@ca-west-1", {}, {})
    assert imported.id == vpc.id
    assert imported.inputs["cidrBlock"] == "10.0.0.0/16"
    assert "enableDnsSupport" not in imported.inputs, "a default says nothing"
    assert aws.provider.read(urn(VPC, "adopted"), str(vpc.id), {}, {}).id is None, "it is in the other region"
    program = {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}, "region": "ca-west-1"}
    checked = aws.provider.check(urn(VPC, "adopted"), imported.inputs, program)
    assert not aws.provider.diff(
        urn(VPC, "adopted"), imported.inputs, imported.outputs, checked.inputs
    ).changes


def test_reading_another_stack_s_resource_takes_nothing_from_it_and_updating_does(
    aws: Account, cloud: Cloud
) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    read = aws.provider.read(urn(VPC, "other"), str(vpc.id), {}, {})
    assert [stored.urn for stored in cloud.find(type_=VPC)] == [urn(VPC, "main")]
    aws.provider.update(urn(VPC, "other"), str(vpc.id), read.inputs, read.outputs, read.inputs)
    assert [stored.urn for stored in cloud.find(type_=VPC)] == [urn(VPC, "other")]


def test_a_secret_stays_one_from_input_to_cloud_to_output(aws: Account) -> None:
    database = {"instanceClass": "db.t4g.small", "identifier": "jobs", "password": "canary-1"}
    created = aws.create(DATABASE, "db", database)
    assert isinstance(created.outputs["password"], Secret), "the SDK says that it is secret"
    assert isinstance(aws.refresh(DATABASE, "db").outputs["password"], Secret)
    assert "canary" not in repr(created)


def test_a_write_only_value_is_never_kept_and_never_a_difference(aws: Account) -> None:
    database = {"instanceClass": "db.t4g.small", "identifier": "jobs", "passwordWoVersion": 1}
    created = aws.create(DATABASE, "db", {**database, "passwordWo": "canary-2"})
    assert "passwordWo" not in created.outputs
    assert not aws.diff(DATABASE, "db", {**database, "passwordWo": "another"}).changes
    changed = {**database, "passwordWo": "another", "passwordWoVersion": 2}
    assert aws.diff(DATABASE, "db", changed).changes == {"passwordWoVersion": "update"}


def test_what_changes_with_every_update_is_unknown_before_it(cloud: Cloud) -> None:
    cloudflare = account(cloud, package="cloudflare")
    record = {"zoneId": "z", "name": "www.jtld.test", "ttl": 1, "content": "192.0.2.1", "type": "A"}
    created = cloudflare.create(RECORD, "www", record)
    preview = cloudflare.preview(RECORD, "www", {**record, "content": "192.0.2.2"})
    assert preview.outputs["modifiedOn"] is UNKNOWN
    assert preview.outputs["createdOn"] == created.outputs["createdOn"]
    assert preview.outputs["content"] == "192.0.2.2"


def test_sdk_resources_know_their_computed_outputs_before_an_update(aws: Account) -> None:
    bucket = aws.create(BUCKET, "files", {"bucket": "files"})
    preview = aws.preview(BUCKET, "files", {"bucket": "files", "tags": {"a": "b"}})
    assert preview.outputs["hostedZoneId"] == bucket.outputs["hostedZoneId"]


def test_a_lookup_finds_what_is_in_the_cloud_and_nothing_else(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"tier": "core"}})
    token = "aws:ec2/getVpc:getVpc"
    assert aws.provider.invoke(token, {"id": vpc.id})["cidrBlock"] == "10.0.0.0/16"
    assert aws.provider.invoke(token, {"tags": {"tier": "core"}})["id"] == vpc.id
    filters = [{"name": "cidr-block", "values": ["10.0.0.0/16"]}, {"name": "tag:tier", "values": ["core"]}]
    assert aws.provider.invoke(token, {"filters": filters})["id"] == vpc.id
    for arguments, reason in (
        ({"id": "vpc-0"}, "no matching EC2 VPC found"),
        ({"nope": 1}, "Invalid or unknown key"),
        ({"filters": [{"name": "nope", "values": []}]}, "The filter 'nope' is invalid"),
    ):
        with pytest.raises(OperationError, match=reason):
            aws.provider.invoke(token, arguments)


def test_an_unknown_function_is_an_error_that_says_where_to_add_it(aws: Account) -> None:
    with pytest.raises(
        OperationError, match=r"no contract for the function aws:s3/getBucket:getBucket.*aws/s3\.yaml"
    ):
        aws.provider.invoke("aws:s3/getBucket:getBucket", {"bucket": "b"})


def test_the_account_is_the_allowed_one(aws: Account) -> None:
    assert aws.provider.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"] == ACCOUNT


def test_a_provider_in_an_unknown_region_is_refused(aws: Account) -> None:
    with pytest.raises(OperationError, match="invalid AWS Region: atlantis-1"):
        aws.provider.configure({"region": "atlantis-1"})
    [failure] = aws.provider.check_config({"region": "ca-central-1", "regoin": "x"}).failures
    assert "the nearest is 'region'" in failure.reason


def test_configuration_may_come_as_json_texts(aws: Account) -> None:
    aws.provider.configure(
        {
            "region": "ca-central-1",
            "allowedAccountIds": '["999988887777"]',
            "defaultTags": '{"tags":{"a":"b"}}',
        }
    )
    assert aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"}).outputs["ownerId"] == "999988887777"


def test_ids_repeat_only_for_a_seed() -> None:
    def made() -> str:
        provider = Provider("aws", Cloud(":memory:"), contracts=CONTRACTS, seed=1)
        provider.configure(CONFIG)
        return str(Account(provider).create(VPC, "main", {"cidrBlock": "10.0.0.0/16"}).id)

    assert made() == made()


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"aws:mine": "x"}, "prefix aws: is reserved"),
        ({"k" * 129: "x"}, "1 to 128 characters"),
        ({"k": "v" * 257}, "at most 256"),
        ({f"k{number}": "x" for number in range(50)}, "at most 50 tags, got 51"),
    ],
)
def test_tags_beyond_the_cloud_s_limits_are_refused(aws: Account, tags: dict[str, str], reason: str) -> None:
    with pytest.raises(OperationError, match=reason):
        aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": tags})
