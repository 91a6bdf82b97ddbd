"""Which changes update a resource in place and which replace it."""

from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.provider import Provider
from tests.contracts.account import Account, OperationError


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


RULESET_TYPE = "github:index/repositoryRuleset:RepositoryRuleset"
CACHE = {
    "replicationGroupId": "sessions",
    "description": "sessions",
    "engine": "valkey",
    "engineVersion": "8.0",
    "nodeType": "cache.t4g.micro",
    "transitEncryptionEnabled": True,
}
OLD_CACHE = {**CACHE, "engine": "redis", "engineVersion": "6.2", "transitEncryptionEnabled": None}


@pytest.mark.parametrize(
    ("before", "change", "replaced"),
    [
        (CACHE, {"engineVersion": "8.1"}, False),
        (CACHE, {"engineVersion": "7.2"}, True),
        (CACHE, {"engine": "redis", "engineVersion": "7.1"}, True),
        ({**OLD_CACHE, "engineVersion": "7.1"}, {"engine": "valkey", "engineVersion": "8.0"}, False),
        ({**OLD_CACHE, "engineVersion": "6.x"}, {"engineVersion": "6.2"}, True),
        (OLD_CACHE, {"engineVersion": "6.x"}, False),
        (OLD_CACHE, {"transitEncryptionEnabled": True}, True),
        ({**OLD_CACHE, "engineVersion": "7.1"}, {"transitEncryptionEnabled": True}, False),
        (CACHE, {"nodeType": "cache.t4g.small"}, False),
        (CACHE, {"nodeGroupConfigurations": [{"slots": "0-16383"}]}, True),
    ],
)
def test_a_cache_is_replaced_for_a_step_back_and_updated_for_one_ahead(
    aws: Account, before: dict[str, Any], change: dict[str, Any], replaced: bool
) -> None:
    """`engine_version.go`, `replication_group.go` of the Terraform provider: CustomizeDiff."""
    made = aws.make("elasticache/replicationGroup:ReplicationGroup", **_given(before))
    assert aws.replaces(made, **change) is replaced


DATABASE = {
    "engine": "postgres",
    "engineVersion": "16.4",
    "instanceClass": "db.t4g.micro",
    "allocatedStorage": 50,
    "username": "jtld",
    "manageMasterUserPassword": True,
    "skipFinalSnapshot": True,
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"engineVersion": "17.6"}, "AllowMajorVersionUpgrade"),
        ({"engineVersion": "17.6", "allowMajorVersionUpgrade": False}, "AllowMajorVersionUpgrade"),
        ({"engineVersion": "15.8", "allowMajorVersionUpgrade": True}, "Cannot upgrade"),
        ({"allocatedStorage": 30}, "cannot be less than the current storage size"),
    ],
)
def test_a_step_that_a_database_cannot_take_is_refused(
    aws: Account, change: dict[str, Any], why: str
) -> None:
    made = aws.make("rds/instance:Instance", **DATABASE)
    with pytest.raises(OperationError, match=why):
        aws.change(made, **change)


def test_a_database_takes_minor_versions_and_with_the_flag_a_major_one(aws: Account) -> None:
    minor = aws.change(aws.make("rds/instance:Instance", **DATABASE), engineVersion="16.8")
    major = aws.change(minor, engineVersion="17.6", allowMajorVersionUpgrade=True)
    assert major["engineVersion"] == "17.6"


def test_storage_that_grew_by_itself_is_no_difference_and_stays(aws: Account) -> None:
    """`instance.go` suppresses it: storage autoscaling works against the program otherwise."""
    made = aws.make("rds/instance:Instance", **{**DATABASE, "maxAllocatedStorage": 100})
    _, difference = aws.plan(made, allocatedStorage=30)
    assert not difference.changes
    changed = aws.change(made, allocatedStorage=30, instanceClass="db.t4g.small")
    assert changed["allocatedStorage"] == 50


@pytest.fixture
def network(aws: Account) -> dict[str, Any]:
    vpc = aws.make("ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnets = [
        aws.make("ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock=f"10.0.{n}.0/24", availabilityZone=zone).id
        for n, zone in enumerate(["ca-central-1a", "ca-central-1b", "ca-central-1d"])
    ]
    groups = [aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name=name).id for name in "ab"]
    return {"vpc": vpc.id, "subnets": subnets, "groups": groups}


@pytest.mark.parametrize(
    ("kind", "subnets", "replaced"),
    [
        ("network", [0, 1, 2], False),
        ("network", [0], True),
        ("network", [0, 2], True),
        ("application", [0, 1, 2], False),
        ("application", [1, 2], False),
    ],
)
def test_a_network_load_balancer_gains_subnets_in_place_and_loses_them_with_itself(
    aws: Account, network: dict[str, Any], kind: str, subnets: list[int], replaced: bool
) -> None:
    all_subnets, groups = network["subnets"], network["groups"]
    made = aws.make(
        "lb/loadBalancer:LoadBalancer",
        loadBalancerType=kind,
        subnets=all_subnets[:2],
        securityGroups=groups[:1],
    )
    assert aws.replaces(made, subnets=[all_subnets[n] for n in subnets]) is replaced


def test_a_network_load_balancer_gets_its_first_security_group_at_creation_or_never(
    aws: Account, network: dict[str, Any]
) -> None:
    balancer = "lb/loadBalancer:LoadBalancer"
    groups = network["groups"]
    bare = aws.make(balancer, loadBalancerType="network", subnets=network["subnets"][:2], name="bare")
    assert aws.replaces(bare, securityGroups=groups)
    dressed = aws.make(
        balancer, loadBalancerType="network", subnets=network["subnets"][:2], securityGroups=groups[:1]
    )
    assert not aws.replaces(dressed, securityGroups=groups)
    assert aws.replaces(dressed, securityGroups=[])


def test_what_only_the_other_kind_of_load_balancer_has_is_no_difference(
    aws: Account, network: dict[str, Any]
) -> None:
    balancer, subnets = "lb/loadBalancer:LoadBalancer", network["subnets"][:2]
    made = aws.make(balancer, loadBalancerType="network", subnets=subnets)
    assert made.inputs["idleTimeout"] == 60, "the bridge fills in Terraform's defaults for every kind"
    assert not aws.plan(made, idleTimeout=120)[1].changes
    application = aws.make(balancer, subnets=subnets, securityGroups=network["groups"])
    assert aws.plan(application, idleTimeout=120)[1].changes


def test_private_dns_can_be_switched_on_an_interface_endpoint_alone(
    aws: Account, network: dict[str, Any]
) -> None:
    service = {"vpcId": network["vpc"], "serviceName": "com.amazonaws.ca-central-1.s3"}
    endpoint = "ec2/vpcEndpoint:VpcEndpoint"
    assert aws.replaces(aws.make(endpoint, **service), privateDnsEnabled=True)
    interface = aws.make(endpoint, **service, vpcEndpointType="Interface", subnetIds=network["subnets"][:1])
    assert not aws.replaces(interface, privateDnsEnabled=True)


def test_a_service_changes_its_capacity_in_place_only_with_a_forced_deployment(aws: Account) -> None:
    cluster = aws.make("ecs/cluster:Cluster", name="app")
    task = aws.make("ecs/taskDefinition:TaskDefinition", family="app", containerDefinitions="[]")
    given = {
        "cluster": cluster["arn"],
        "taskDefinition": task["arn"],
        "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
    }
    spot = {"capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
    assert aws.replaces(aws.make("ecs/service:Service", **given, name="a"), **spot)
    forced = aws.make("ecs/service:Service", **given, name="b", forceNewDeployment=True)
    assert not aws.replaces(forced, **spot)
    assert aws.replaces(forced, capacityProviderStrategies=[])


def test_log_delivery_moves_to_another_bucket_in_place_and_to_another_service_not(aws: Account) -> None:
    first, second = (aws.make("s3/bucket:Bucket", bucket=name)["arn"] for name in ("logs-a", "logs-b"))
    group = aws.make("cloudwatch/logGroup:LogGroup", name="delivered")["arn"]
    made = aws.make(
        "cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        name="logs",
        deliveryDestinationConfiguration={"destinationResourceArn": first},
    )
    assert not aws.replaces(made, deliveryDestinationConfiguration={"destinationResourceArn": second})
    assert aws.replaces(made, deliveryDestinationConfiguration={"destinationResourceArn": group})


def test_defaults_inside_a_block_are_filled_in_and_listed_there(aws: Account) -> None:
    """The bridge applies Terraform's defaults at every level and marks them in `__defaults`."""
    checked = aws.check("lb/targetGroup:TargetGroup", healthCheck={"path": "/up"}, targetType="lambda")
    block = checked.inputs["healthCheck"]
    assert block["interval"] == 30
    assert block["__defaults"] == [
        "enabled",
        "healthyThreshold",
        "interval",
        "port",
        "protocol",
        "unhealthyThreshold",
    ]
    assert "stickiness" not in checked.inputs, "a block that is not there gets no defaults"


RULESET = {
    "repository": "platform",
    "name": "main",
    "target": "branch",
    "enforcement": "active",
    "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
    "rules": {"deletion": True},
}
CACHING: dict[str, Any] = {
    "zoneId": "0" * 32,
    "name": "caching",
    "kind": "zone",
    "phase": "http_request_cache_settings",
    "rules": [{"action": "set_cache_settings", "expression": "true"}],
}


@pytest.mark.parametrize(
    ("type_", "good", "wrong", "where"),
    [
        (RULESET_TYPE, RULESET, {"repository": "jtld/platform"}, "repository"),
        (
            RULESET_TYPE,
            RULESET,
            {"rules": {"pullRequest": {"requiredApprovingReviewCount": 11}}},
            "rules.pullRequest.requiredApprovingReviewCount",
        ),
        (
            "cloudflare:index/ruleset:Ruleset",
            CACHING,
            {"rules": [{**CACHING["rules"][0], "actionParameters": {"edgeTtl": {"mode": "override"}}}]},
            "rules[0].actionParameters.edgeTtl.mode",
        ),
        ("cloudflare:index/ruleset:Ruleset", CACHING, {"name": ""}, "name"),
        (
            "vercel:index/project:Project",
            {"name": "site"},
            {"passwordProtection": {"deploymentType": "all_deployments", "password": "x" * 73}},
            "passwordProtection.password",
        ),
    ],
)
def test_what_a_provider_s_own_schema_refuses_is_refused_in_the_plan(
    type_: str, good: dict[str, Any], wrong: dict[str, Any], where: str
) -> None:
    provider = Provider(type_.split(":", maxsplit=1)[0], Cloud(":memory:"))
    urn = f"urn:pulumi:test::test::{type_}::thing"
    assert not provider.check(urn, {}, good).failures
    assert [failure.property for failure in provider.check(urn, {}, {**good, **wrong}).failures] == [where]


def test_a_ruleset_follows_its_renamed_repository_in_place() -> None:
    provider = Provider("github", Cloud(":memory:"))
    urn = f"urn:pulumi:test::test::{RULESET_TYPE}::thing"
    before = provider.check(urn, {}, RULESET).inputs
    made = provider.create(urn, before)
    after = provider.check(urn, before, {**RULESET, "repository": "renamed"}).inputs
    difference = provider.diff(urn, before, made.outputs, after)
    assert difference.changes
    assert not difference.replaces


def _given(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if value is not None}
