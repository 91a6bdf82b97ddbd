"""Scaling and service discovery: what their services say."""

from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, Made, OperationError, RefusedError
from tests.contracts.test_data_plane import TASK


@pytest.fixture
def service(aws: Account) -> Made:
    cluster = aws.make("ecs/cluster:Cluster", name="jtld")
    task = aws.make("ecs/taskDefinition:TaskDefinition", **TASK)
    vpc = aws.make("ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")
    subnet = aws.make("ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock="10.0.0.0/24")
    group = aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name="service")
    return aws.make(
        "ecs/service:Service",
        name="worker",
        cluster=cluster["arn"],
        taskDefinition=task["arn"],
        launchType="FARGATE",
        networkConfiguration={"subnets": [subnet.id], "securityGroups": [group.id]},
    )


TARGET = {
    "serviceNamespace": "ecs",
    "scalableDimension": "ecs:service:DesiredCount",
    "resourceId": "service/jtld/worker",
    "minCapacity": 2,
    "maxCapacity": 10,
}
POLICY = {
    "name": "out",
    "serviceNamespace": "ecs",
    "scalableDimension": "ecs:service:DesiredCount",
    "resourceId": "service/jtld/worker",
    "policyType": "StepScaling",
    "stepScalingPolicyConfiguration": {
        "adjustmentType": "ChangeInCapacity",
        "stepAdjustments": [{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}],
    },
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"minCapacity": 11}, "less than minimum"),
        ({"minCapacity": -1}, "greater than or equal to 0"),
        ({"serviceNamespace": "vercel"}, "serviceNamespace"),
        ({"scalableDimension": "ecs:service:Memory"}, "scalable dimension"),
        ({"resourceId": "service/jtld"}, "doesn't exist"),
        ({"resourceId": "service/jtld/nobody"}, "doesn't exist"),
    ],
)
def test_a_target_that_cannot_be_scaled_is_refused(
    aws: Account, service: Made, change: dict[str, Any], why: str
) -> None:
    assert service.id
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("appautoscaling/target:Target", **{**TARGET, **change})


def test_bounds_change_in_place_and_the_service_does_not(aws: Account, service: Made) -> None:
    assert service.id
    target = aws.make("appautoscaling/target:Target", **TARGET)

    assert target.id == "service/jtld/worker"
    assert target["roleArn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/")
    assert not aws.replaces(target, maxCapacity=20)
    assert aws.replaces(target, resourceId="service/jtld/ml")


def test_a_policy_needs_its_target_and_its_configuration(aws: Account, service: Made) -> None:
    assert service.id
    with pytest.raises(OperationError, match="No scalable target registered"):
        aws.make("appautoscaling/policy:Policy", **POLICY)
    aws.make("appautoscaling/target:Target", **TARGET)
    made = aws.make("appautoscaling/policy:Policy", **POLICY)

    assert made["arn"].endswith(":resource/ecs/service/jtld/worker:policyName/out")
    assert aws.replaces(made, name="in")
    with pytest.raises(OperationError, match="needs its configuration"):
        aws.make(
            "appautoscaling/policy:Policy",
            **{**POLICY, "name": "bare", "stepScalingPolicyConfiguration": None},
        )


def test_a_namespace_stays_while_services_call_each_other_in_it(aws: Account, service: Made) -> None:
    names = aws.make("servicediscovery/httpNamespace:HttpNamespace", name="jtld")
    with pytest.raises(OperationError, match="namespace does not exist"):
        aws.change(
            service, serviceConnectConfiguration={"enabled": True, "namespace": f"{names['arn']}-gone"}
        )
    calling = aws.change(service, serviceConnectConfiguration={"enabled": True, "namespace": names["arn"]})

    with pytest.raises(OperationError, match="ResourceInUse"):
        aws.drop(names)
    aws.drop(calling)
    aws.drop(names)


def test_a_namespace_is_named_once_and_for_ever(aws: Account) -> None:
    made = aws.make("servicediscovery/httpNamespace:HttpNamespace", name="jtld")

    assert made["httpName"] == "jtld"
    assert aws.replaces(made, name="other")
    with pytest.raises(OperationError, match="already exists"):
        aws.make("servicediscovery/httpNamespace:HttpNamespace", name="jtld")
    with pytest.raises((OperationError, RefusedError), match="letters, digits"):
        aws.make("servicediscovery/httpNamespace:HttpNamespace", name="jtld services")
