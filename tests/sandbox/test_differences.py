"""What counts as a change, and what a change brings with it (issue 3: Sandbox)."""

import json
from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.values import UNKNOWN
from tests.sandbox.conftest import Account, account

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
VPC, SUBNET, CERTIFICATE = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:acm/certificate:Certificate"
RULE = {"allowedMethods": ["GET", "PUT"], "allowedOrigins": ["https://a.test"]}
BASE: dict[str, Any] = {"bucket": "files", "tags": {"a": "1", "jtld:b": "2"}, "corsRules": [RULE]}


@pytest.fixture
def bucket(aws: Account) -> Account:
    aws.create(BUCKET, "files", BASE)
    return aws


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tags": {"a": "9", "jtld:b": "2"}}, {"tags.a": "update", "tagsAll.a": "update"}),
        ({"tags": {"a": "1"}}, {'tags["jtld:b"]': "delete", 'tagsAll["jtld:b"]': "delete"}),
        ({"forceDestroy": True}, {"forceDestroy": "add"}),
        ({"corsRules": [{**RULE, "allowedMethods": ["GET"]}]}, {"corsRules[0].allowedMethods[1]": "delete"}),
        ({"corsRules": [RULE, {**RULE, "maxAgeSeconds": 5}]}, {"corsRules[1]": "add"}),
        ({"corsRules": [{**RULE, "maxAgeSeconds": 5}]}, {"corsRules[0].maxAgeSeconds": "update"}),
        ({"corsRules": []}, {"corsRules": "delete"}),
        ({"acl": UNKNOWN}, {"acl": "add"}),
        ({"tags": UNKNOWN}, {"tags": "update", "tagsAll": "update"}),
    ],
)
def test_a_change_is_told_by_its_nested_path_and_kind(
    bucket: Account, change: dict[str, Any], expected: dict[str, str]
) -> None:
    found = dict(bucket.diff(BUCKET, "files", {**BASE, **change}).changes)
    if "forceDestroy" in change:
        assert found == {"forceDestroy": "update"}, "the cloud returned the default"
    else:
        assert found == expected


@pytest.mark.parametrize(
    "change", [{"forceDestroy": False}, {"acl": None}, {"grants": []}, {"requestPayer": "BucketOwner"}]
)
def test_saying_what_is_so_anyway_is_no_change(bucket: Account, change: dict[str, Any]) -> None:
    assert not bucket.diff(BUCKET, "files", {**BASE, **change}).changes


def test_a_fixed_name_goes_before_its_replacement_and_a_made_one_after(aws: Account) -> None:
    aws.create(BUCKET, "fixed", {"bucket": "fixed"})
    moved = aws.diff(BUCKET, "fixed", {"bucket": "fixed", "region": "ca-west-1"})
    assert list(moved.replaces) == ["region"]
    assert moved.delete_before_replace, "two buckets cannot have one name"
    renamed = aws.diff(BUCKET, "fixed", {"bucket": "renamed"})
    assert list(renamed.replaces) == ["bucket"]
    assert not renamed.delete_before_replace
    aws.create(BUCKET, "made", {})
    assert not aws.diff(BUCKET, "made", {"region": "ca-west-1"}).delete_before_replace


def test_a_resource_follows_the_provider_s_region_unless_it_has_its_own(aws: Account) -> None:
    aws.create(VPC, "follows", {"cidrBlock": "10.0.0.0/16"})
    aws.create(VPC, "stays", {"cidrBlock": "10.0.0.0/16", "region": "ca-central-1"})
    aws.provider.configure({"region": "ca-west-1", "allowedAccountIds": ["111122223333"]})
    assert "region" in aws.diff(VPC, "follows", {"cidrBlock": "10.0.0.0/16"}).replaces
    assert (
        "region"
        not in aws.diff(VPC, "stays", {"cidrBlock": "10.0.0.0/16", "region": "ca-central-1"}).replaces
    )


def test_what_the_cloud_filled_in_is_no_change_when_left_out(aws: Account) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    aws.create(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24"})
    assert not aws.diff(SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24"}).changes
    other = aws.diff(
        SUBNET, "a", {"vpcId": vpc.id, "cidrBlock": "10.0.0.0/24", "availabilityZone": "ca-central-1b"}
    )
    assert list(other.replaces) == ["availabilityZone"]


def test_policies_are_compared_by_what_they_say(aws: Account) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::files"]}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    aws.create(BUCKET, "files", {"bucket": "files"})
    aws.create(POLICY, "policy", {"bucket": "files", "policy": json.dumps(document)})
    same = {"Statement": {**statement, "Action": "s3:*"}, "Version": "2012-10-17"}
    assert not aws.diff(POLICY, "policy", {"bucket": "files", "policy": json.dumps(same, indent=2)}).changes
    other = {**document, "Statement": [{**statement, "Action": "s3:GetObject"}]}
    assert aws.diff(POLICY, "policy", {"bucket": "files", "policy": json.dumps(other)}).changes


def test_the_order_of_a_set_is_no_change_and_that_of_a_list_is(aws: Account) -> None:
    aws.create(CERTIFICATE, "site", {"domainName": "a.test", "subjectAlternativeNames": ["b.test", "c.test"]})
    shuffled = {"domainName": "a.test", "subjectAlternativeNames": ["c.test", "b.test"]}
    assert not aws.diff(CERTIFICATE, "site", shuffled).changes
    fewer = aws.diff(CERTIFICATE, "site", {"domainName": "a.test", "subjectAlternativeNames": ["c.test"]})
    assert fewer.changes == {"subjectAlternativeNames[0]": "delete"}
    assert list(fewer.replaces) == ["subjectAlternativeNames"]
    aws.create(BUCKET, "files", BASE)
    assert aws.diff(
        BUCKET, "files", {**BASE, "corsRules": [{**RULE, "allowedMethods": ["PUT", "GET"]}]}
    ).changes


def test_ignored_paths_are_no_change(bucket: Account) -> None:
    changed = {**BASE, "tags": {"a": "9", "jtld:b": "2"}}
    assert not bucket.diff(BUCKET, "files", changed, ignore_changes=["tags", "tagsAll"]).changes
    assert bucket.diff(BUCKET, "files", changed, ignore_changes=["tags.b", "tagsAll"]).changes == {
        "tags.a": "update"
    }


def test_the_plugin_framework_tells_false_from_absent(cloud: Cloud) -> None:
    cloudflare = account(cloud, package="cloudflare")
    record = {"zoneId": "z", "name": "www.jtld.test", "ttl": 1, "content": "192.0.2.1", "type": "A"}
    created = cloudflare.create("cloudflare:index/dnsRecord:DnsRecord", "www", record)
    assert "proxied" not in created.inputs, "its defaults show in outputs only"
    assert "__defaults" not in created.inputs
    assert created.outputs["proxied"] is False
    assert not cloudflare.diff("cloudflare:index/dnsRecord:DnsRecord", "www", record).changes
    assert cloudflare.diff("cloudflare:index/dnsRecord:DnsRecord", "www", {**record, "proxied": True}).changes
