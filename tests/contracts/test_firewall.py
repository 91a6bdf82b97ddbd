"""NW-2: security groups, their rules and access lists, as EC2 takes them."""

from typing import Any

import pytest

from tests.contracts.account import Account, Made, OperationError, RefusedError


@pytest.fixture
def vpc(aws: Account) -> Made:
    return aws.make("ec2/vpc:Vpc", cidrBlock="10.20.0.0/16")


RULE = "vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture
def groups(aws: Account, vpc: Made) -> tuple[Made, Made]:
    names = ("database", "service")
    first, second = (aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name=name) for name in names)
    return first, second


@pytest.mark.usefixtures("groups")
def test_two_groups_of_one_name_in_a_network_are_refused(aws: Account, vpc: Made) -> None:
    with pytest.raises(OperationError, match=r"InvalidGroup\.Duplicate"):
        aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name="database")


def test_a_group_that_a_rule_names_cannot_be_deleted(aws: Account, groups: tuple[Made, Made]) -> None:
    database, service = groups
    rule = aws.make(
        RULE,
        securityGroupId=database.id,
        referencedSecurityGroupId=service.id,
        ipProtocol="tcp",
        fromPort=5432,
        toPort=5432,
    )
    with pytest.raises(OperationError, match="dependent object"):
        aws.drop(service)
    aws.drop(rule)
    aws.drop(service)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}, "one of"),
        ({"ipProtocol": "tcp", "cidrIpv4": "10.20.0.0/16"}, "Must specify both from and to ports"),
        ({"ipProtocol": "-1", "cidrIpv4": "10.20.0.0/16", "fromPort": 0, "toPort": 0}, "protocol is -1"),
        ({"ipProtocol": "tcp", "cidrIpv4": "10.20.0.1/16", "fromPort": 443, "toPort": 443}, "host bits"),
        (
            {"ipProtocol": "tcp", "cidrIpv4": "10.20.0.0/16", "fromPort": 444, "toPort": 443},
            "Invalid TCP/UDP port range",
        ),
        ({"ipProtocol": "tcp", "cidrIpv4": "10.20.0.0/16", "fromPort": 1, "toPort": 70000}, "65535"),
        (
            {
                "ipProtocol": "tcp",
                "cidrIpv4": "10.20.0.0/16",
                "cidrIpv6": "fd00::/8",
                "fromPort": 1,
                "toPort": 2,
            },
            "only one of",
        ),
        (
            {
                "ipProtocol": "tcp",
                "referencedSecurityGroupId": "sg-0123456789abcdef0",
                "fromPort": 1,
                "toPort": 2,
            },
            "InvalidGroup.NotFound",
        ),
    ],
)
def test_a_rule_that_ec2_would_refuse_is_refused(
    aws: Account, groups: tuple[Made, Made], rule: dict[str, Any], why: str
) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make(RULE, securityGroupId=groups[0].id, **rule)


def test_the_same_rule_twice_is_refused(aws: Account, groups: tuple[Made, Made]) -> None:
    rule = {"ipProtocol": "tcp", "cidrIpv4": "10.20.0.0/16", "fromPort": 443, "toPort": 443}
    made = aws.make(RULE, securityGroupId=groups[0].id, **rule)
    with pytest.raises(OperationError, match=r"InvalidPermission\.Duplicate"):
        aws.make(RULE, securityGroupId=groups[0].id, **rule)
    assert not aws.replaces(made, cidrIpv4="10.21.0.0/16")
    assert aws.replaces(made, cidrIpv4=None, referencedSecurityGroupId=groups[1].id)


def test_an_access_list_has_one_rule_per_number_and_direction(aws: Account, vpc: Made) -> None:
    access = aws.make("ec2/networkAcl:NetworkAcl", vpcId=vpc.id)
    rule = {
        "networkAclId": access.id,
        "ruleNumber": 100,
        "protocol": "-1",
        "ruleAction": "allow",
        "cidrBlock": "10.20.0.0/16",
    }
    aws.make("ec2/networkAclRule:NetworkAclRule", **rule)
    aws.make("ec2/networkAclRule:NetworkAclRule", **rule, egress=True)
    with pytest.raises(OperationError, match="NetworkAclEntryAlreadyExists"):
        aws.make("ec2/networkAclRule:NetworkAclRule", **rule)
