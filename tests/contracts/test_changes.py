"""Which changes update a resource in place and which replace it."""

from typing import Any

import pytest

from tests.contracts.account import Account


@pytest.mark.parametrize(
    ("type_", "before", "change", "replaced"),
    [
        ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, True),
        ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"tags": {"a": "b"}}, False),
        ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"enableDnsHostnames": True}, False),
        ("ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"region": "ca-west-1"}, True),
        ("ec2/eip:Eip", {"domain": "vpc"}, {"tags": {"a": "b"}}, False),
        ("kms/key:Key", {}, {"description": "x"}, False),
        ("kms/key:Key", {}, {"enableKeyRotation": True}, False),
        ("kms/key:Key", {}, {"multiRegion": True}, True),
        ("kms/key:Key", {}, {"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"}, True),
        ("s3/bucket:Bucket", {"bucket": "jtld-a"}, {"bucket": "jtld-b"}, True),
        ("s3/bucket:Bucket", {"bucket": "jtld-a"}, {"forceDestroy": True}, False),
        ("s3/bucket:Bucket", {"bucket": "jtld-a"}, {"objectLockEnabled": True}, True),
        ("cloudwatch/logGroup:LogGroup", {"name": "a"}, {"retentionInDays": 30}, False),
        ("cloudwatch/logGroup:LogGroup", {"name": "a"}, {"logGroupClass": "INFREQUENT_ACCESS"}, True),
        ("sns/topic:Topic", {"name": "a"}, {"displayName": "x"}, False),
        ("sns/topic:Topic", {"name": "a"}, {"name": "b"}, True),
        ("sqs/queue:Queue", {"name": "a"}, {"visibilityTimeoutSeconds": 60}, False),
        ("secretsmanager/secret:Secret", {"name": "a"}, {"description": "x"}, False),
        ("secretsmanager/secret:Secret", {"name": "a"}, {"name": "b"}, True),
    ],
)
def test_a_change_updates_or_replaces_as_the_provider_documents(
    aws: Account, type_: str, before: dict[str, Any], change: dict[str, Any], replaced: bool
) -> None:
    assert aws.replaces(aws.make(type_, **before), **change) is replaced
