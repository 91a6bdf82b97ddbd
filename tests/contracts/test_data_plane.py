"""Databases, caches, containers, load balancers and backups: what their services say."""

from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, OperationError, RefusedError


@pytest.mark.parametrize(
    ("type_", "given", "why"),
    [
        ("rds/instance:Instance", {"backupRetentionPeriod": 36}, "backupRetentionPeriod"),
        ("rds/instance:Instance", {"identifier": "Main"}, "lowercase"),
        ("rds/instance:Instance", {"identifier": "main-"}, "hyphen"),
        ("rds/instance:Instance", {"maintenanceWindow": "sunday"}, "ddd:hh24:mi"),
        ("rds/instance:Instance", {"monitoringInterval": 60}, "MonitoringRoleARN"),
        ("rds/instance:Instance", {"username": "admin"}, "reserved word"),
        ("rds/instance:Instance", {"instanceClass": "t4g.micro"}, "Invalid DB Instance class"),
        ("rds/instance:Instance", {"allocatedStorage": 10}, "Invalid storage size"),
        ("rds/instance:Instance", {"engineVersion": "9.6"}, "Cannot find version"),
        ("rds/instance:Instance", {"enabledCloudwatchLogsExports": ["slowquery"]}, "log types"),
        ("rds/instance:Instance", {"manageMasterUserPassword": None}, "MasterUserPassword"),
        ("rds/instance:Instance", {"password": "x"}, "conflicts"),
        ("rds/instance:Instance", {"dbSubnetGroupName": "none"}, "DBSubnetGroupNotFound"),
    ],
)
def test_a_database_that_rds_refuses_is_refused(
    aws: Account, type_: str, given: dict[str, Any], why: str
) -> None:
    good = {
        "engine": "postgres",
        "engineVersion": "17.6",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "jtld",
        "manageMasterUserPassword": True,
    }
    made = aws.make(type_, **good, identifier="good", skipFinalSnapshot=True)
    assert made["masterUserSecrets"][0]["secretStatus"] == "active"
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make(type_, **{**good, **given})


def test_a_database_is_deleted_only_with_a_snapshot_and_without_protection(aws: Account) -> None:
    given = {
        "engine": "postgres",
        "instanceClass": "db.t4g.micro",
        "allocatedStorage": 20,
        "username": "jtld",
        "password": "secret-123",
    }
    made = aws.make("rds/instance:Instance", **given, deletionProtection=True)
    with pytest.raises(OperationError, match="Cannot delete protected DB Instance"):
        aws.drop(made)
    open_ = aws.change(made, deletionProtection=False)
    with pytest.raises(OperationError, match="final_snapshot_identifier is required"):
        aws.drop(open_)
    aws.drop(aws.change(open_, finalSnapshotIdentifier="last"))
    assert not aws.found(made)


@pytest.fixture
def network(aws: Account) -> dict[str, list[str]]:
    vpc = aws.make("ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    zones = {"a": "10.0.0.0/24", "b": "10.0.1.0/24"}
    subnets = [
        aws.make(
            "ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock=block, availabilityZone=f"ca-central-1{zone}"
        ).id
        for zone, block in zones.items()
    ]
    group = aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name="service")
    return {"vpc": [vpc.id], "subnets": subnets, "groups": [group.id]}


TASK = {
    "family": "worker",
    "containerDefinitions": "[]",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"memory": "4096"}, "No Fargate configuration"),
        ({"cpu": "300"}, "No Fargate configuration"),
        ({"cpu": "1024", "memory": "2500"}, "No Fargate configuration"),
        ({"networkMode": "bridge"}, "only supports network mode"),
        ({"memory": None}, "be defined at the task level"),
        ({"containerDefinitions": "["}, "JSON"),
        ({"taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "Role is not valid"),
    ],
)
def test_a_task_that_fargate_cannot_run_is_refused(aws: Account, change: dict[str, Any], why: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("ecs/taskDefinition:TaskDefinition", **{**TASK, **change})


def test_a_service_lives_in_its_cluster_and_network(aws: Account, network: dict[str, list[str]]) -> None:
    cluster = aws.make("ecs/cluster:Cluster", name="jtld")
    task = aws.make("ecs/taskDefinition:TaskDefinition", **TASK)
    assert aws.replaces(task, cpu="512", memory="1024")
    given = {
        "name": "worker",
        "cluster": cluster["arn"],
        "taskDefinition": task["arn"],
        "launchType": "FARGATE",
    }
    with pytest.raises(OperationError, match="Network Configuration must be provided"):
        aws.make("ecs/service:Service", **given)
    place = {"subnets": network["subnets"], "securityGroups": network["groups"]}
    service = aws.make("ecs/service:Service", **given, networkConfiguration=place)
    assert service["arn"] == f"arn:aws:ecs:ca-central-1:{ACCOUNT}:service/jtld/worker"
    assert not aws.replaces(service, desiredCount=2)
    with pytest.raises(OperationError, match="ClusterContainsServices"):
        aws.drop(cluster)
    with pytest.raises(OperationError, match="ClusterNotFound"):
        aws.make("ecs/service:Service", **{**given, "cluster": "other"}, networkConfiguration=place)


def test_a_load_balancer_spans_zones_and_can_be_protected(
    aws: Account, network: dict[str, list[str]]
) -> None:
    balancer = "lb/loadBalancer:LoadBalancer"
    with pytest.raises(OperationError, match="At least two subnets"):
        aws.make(balancer, name="x", subnets=network["subnets"][:1], securityGroups=network["groups"])
    made = aws.make(
        balancer,
        name="gateway",
        loadBalancerType="network",
        subnets=network["subnets"],
        enableDeletionProtection=True,
    )
    assert made["vpcId"] == network["vpc"][0]
    target = aws.make(
        "lb/targetGroup:TargetGroup",
        name="pool",
        port=6432,
        protocol="TCP",
        targetType="ip",
        vpcId=made["vpcId"],
    )
    action = {"type": "forward", "targetGroupArn": target["arn"]}
    listener = {"loadBalancerArn": made["arn"], "defaultActions": [action]}
    with pytest.raises(OperationError, match="must be specified"):
        aws.make("lb/listener:Listener", **listener, port=5432, protocol="TLS")
    with pytest.raises(OperationError, match="must be one of"):
        aws.make("lb/listener:Listener", **listener, port=5432, protocol="HTTP")
    aws.make("lb/listener:Listener", **listener, port=5432, protocol="TCP")
    with pytest.raises(OperationError, match="DuplicateListener"):
        aws.make("lb/listener:Listener", **listener, port=5432, protocol="TCP")
    for held, code in [(target, "ResourceInUse"), (made, "OperationNotPermitted")]:
        with pytest.raises(OperationError, match=code):
            aws.drop(held)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"numCacheClusters": 1}, "must be at least 2"),
        ({"automaticFailoverEnabled": False}, "automaticFailoverEnabled must be true"),
        ({"replicationGroupId": "jtld_cache"}, "alphanumeric"),
        ({"engine": "memcached"}, "must be one of"),
        ({"authToken": "0123456789abcdef", "transitEncryptionEnabled": False}, "encryption in transit"),
        ({"parameterGroupName": "none"}, "CacheParameterGroupNotFound"),
    ],
)
def test_a_cache_that_elasticache_refuses_is_refused(aws: Account, change: dict[str, Any], why: str) -> None:
    good = {
        "replicationGroupId": "jtld",
        "description": "sessions",
        "numCacheClusters": 2,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "transitEncryptionEnabled": True,
    }
    assert aws.make("elasticache/replicationGroup:ReplicationGroup", **{**good, "replicationGroupId": "good"})
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("elasticache/replicationGroup:ReplicationGroup", **{**good, **change})


def test_a_backup_goes_to_a_vault_that_exists(aws: Account) -> None:
    rule = {"ruleName": "daily", "targetVaultName": "main", "schedule": "cron(0 5 * * ? *)"}
    with pytest.raises(OperationError, match="vault"):
        aws.make("backup/plan:Plan", name="daily", rules=[rule])
    vault = aws.make("backup/vault:Vault", name="main")
    assert aws.make("backup/plan:Plan", name="daily", rules=[rule])
    assert aws.replaces(vault, kmsKeyArn=aws.make("kms/key:Key")["arn"])
    early = {**rule, "lifecycle": {"coldStorageAfter": 30, "deleteAfter": 60}}
    with pytest.raises(OperationError, match="less than 90 days"):
        aws.make("backup/plan:Plan", name="cold", rules=[early])
