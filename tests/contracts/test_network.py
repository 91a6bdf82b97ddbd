"""NW-1, NW-2: what EC2 says to a network that cannot be."""

from typing import Any

import pytest

from tests.contracts.account import Account, Made, OperationError, RefusedError


@pytest.fixture
def vpc(aws: Account) -> Made:
    return aws.make("ec2/vpc:Vpc", cidrBlock="10.20.0.0/16", enableDnsHostnames=True)


def subnet(aws: Account, vpc: Made, block: str, zone: str = "a", **more: Any) -> Made:
    return aws.make(
        "ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock=block, availabilityZone=f"ca-central-1{zone}", **more
    )


def test_a_network_gets_its_identifiers_from_the_cloud(aws: Account, vpc: Made) -> None:
    assert len(vpc.id) == len("vpc-") + 17
    assert vpc["arn"] == f"arn:aws:ec2:ca-central-1:123456789012:vpc/{vpc.id}"
    assert vpc["mainRouteTableId"] == vpc["defaultRouteTableId"]
    assert vpc["enableDnsSupport"] is True
    assert subnet(aws, vpc, "10.20.0.0/24")["availabilityZoneId"] == "cac1-az1"


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("10.20.0.1/16", "host bits"),
        ("10.0.0.0/8", "prefix length"),
        ("10.20.0.0/29", "prefix length"),
        ("10.20.0.0", "prefix length"),
        ("10.20.0.0/33", "CIDR"),
        ("office", "CIDR"),
    ],
)
def test_a_block_that_is_no_network_of_16_to_28_bits_is_refused(aws: Account, block: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        aws.make("ec2/vpc:Vpc", cidrBlock=block)


def test_a_network_without_a_block_is_refused_by_the_api(aws: Account) -> None:
    with pytest.raises(OperationError, match="MissingParameter"):
        aws.make("ec2/vpc:Vpc")


def test_a_subnet_outside_its_network_is_refused(aws: Account, vpc: Made) -> None:
    with pytest.raises(OperationError, match=r"InvalidSubnet\.Range"):
        subnet(aws, vpc, "10.21.0.0/24")


def test_overlapping_subnets_are_refused_in_one_network_and_fine_in_two(aws: Account, vpc: Made) -> None:
    subnet(aws, vpc, "10.20.0.0/24")
    with pytest.raises(OperationError, match=r"InvalidSubnet\.Conflict"):
        subnet(aws, vpc, "10.20.0.128/25", "b")
    other = aws.make("ec2/vpc:Vpc", cidrBlock="10.20.0.0/16")
    assert subnet(aws, other, "10.20.0.0/24")


@pytest.mark.parametrize("zone", ["ca-central-1c", "ca-west-1a", "ca-central-1"])
def test_a_zone_that_the_region_does_not_have_is_refused(aws: Account, vpc: Made, zone: str) -> None:
    with pytest.raises((OperationError, RefusedError), match="InvalidParameterValue"):
        aws.make("ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock="10.20.0.0/24", availabilityZone=zone)


def test_a_subnet_of_a_network_that_does_not_exist_is_refused(aws: Account) -> None:
    with pytest.raises(OperationError, match=r"InvalidVpcID\.NotFound"):
        aws.make("ec2/subnet:Subnet", vpcId="vpc-0123456789abcdef0", cidrBlock="10.20.0.0/24")


def test_a_network_of_another_region_is_not_found(aws: Account) -> None:
    west = aws.make("ec2/vpc:Vpc", cidrBlock="10.20.0.0/16", region="ca-west-1")
    with pytest.raises(OperationError, match=r"InvalidVpcID\.NotFound"):
        aws.make("ec2/subnet:Subnet", vpcId=west.id, cidrBlock="10.20.0.0/24")


def test_a_network_with_anything_in_it_cannot_be_deleted(aws: Account, vpc: Made) -> None:
    inside = [
        subnet(aws, vpc, "10.20.0.0/24"),
        aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id),
        aws.make("ec2/securityGroup:SecurityGroup", vpcId=vpc.id, name="web"),
        aws.make("ec2/routeTable:RouteTable", vpcId=vpc.id),
        aws.make("ec2/vpcEndpoint:VpcEndpoint", vpcId=vpc.id, serviceName="com.amazonaws.ca-central-1.s3"),
    ]
    for thing in inside:
        with pytest.raises(OperationError, match="DependencyViolation"):
            aws.drop(vpc)
        aws.drop(thing)
    aws.drop(vpc)
    assert not aws.found(vpc)


def test_a_network_has_one_internet_gateway(aws: Account, vpc: Made) -> None:
    aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    with pytest.raises(OperationError, match="already has an internet gateway"):
        aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id)


def test_a_public_nat_gateway_needs_a_way_out_and_an_address_of_its_own(aws: Account, vpc: Made) -> None:
    public = subnet(aws, vpc, "10.20.0.0/24")
    address = aws.make("ec2/eip:Eip", domain="vpc")
    with pytest.raises(OperationError, match="MissingParameter"):
        aws.make("ec2/natGateway:NatGateway", subnetId=public.id)
    with pytest.raises(OperationError, match=r"Gateway\.NotAttached"):
        aws.make("ec2/natGateway:NatGateway", subnetId=public.id, allocationId=address.id)
    gateway = aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    nat = aws.make("ec2/natGateway:NatGateway", subnetId=public.id, allocationId=address.id)
    assert nat["publicIp"] == address["publicIp"]
    assert nat["privateIp"].startswith("10.20.0.")
    with pytest.raises(OperationError, match="already associated"):
        aws.make("ec2/natGateway:NatGateway", subnetId=public.id, allocationId=address.id)
    for held, code in [
        (address, "InvalidIPAddress.InUse"),
        (public, "DependencyViolation"),
        (gateway, "mapped public"),
    ]:
        with pytest.raises(OperationError, match=code):
            aws.drop(held)


def test_a_private_nat_gateway_does_not_hold_the_way_out(aws: Account, vpc: Made) -> None:
    gateway = aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    inner = subnet(aws, vpc, "10.20.0.0/24")
    aws.make("ec2/natGateway:NatGateway", subnetId=inner.id, connectivityType="private")
    aws.drop(gateway)


def test_a_route_is_unique_per_destination_and_stays_in_its_network(aws: Account, vpc: Made) -> None:
    gateway = aws.make("ec2/internetGateway:InternetGateway", vpcId=vpc.id)
    table = aws.make("ec2/routeTable:RouteTable", vpcId=vpc.id)
    route = {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id}
    made = aws.make("ec2/route:Route", routeTableId=table.id, **route)
    assert made.id == f"r-{table.id}1080289494"
    with pytest.raises(OperationError, match="RouteAlreadyExists"):
        aws.make("ec2/route:Route", routeTableId=table.id, **route)
    other = aws.make("ec2/vpc:Vpc", cidrBlock="10.30.0.0/16")
    elsewhere = aws.make("ec2/routeTable:RouteTable", vpcId=other.id)
    with pytest.raises(OperationError, match="belong to different networks"):
        aws.make("ec2/route:Route", routeTableId=elsewhere.id, **route)
    with pytest.raises(RefusedError, match="one of"):
        aws.make("ec2/route:Route", routeTableId=table.id, destinationCidrBlock="10.99.0.0/16")


def test_a_subnet_has_one_route_table(aws: Account, vpc: Made) -> None:
    inner = subnet(aws, vpc, "10.20.0.0/24")
    tables = [aws.make("ec2/routeTable:RouteTable", vpcId=vpc.id) for _ in range(2)]
    association = "ec2/routeTableAssociation:RouteTableAssociation"
    aws.make(association, subnetId=inner.id, routeTableId=tables[0].id)
    with pytest.raises(OperationError, match="AlreadyAssociated"):
        aws.make(association, subnetId=inner.id, routeTableId=tables[1].id)


def test_private_names_of_an_endpoint_need_dns_in_the_network(aws: Account) -> None:
    plain = aws.make("ec2/vpc:Vpc", cidrBlock="10.40.0.0/16")
    inner = subnet(aws, plain, "10.40.0.0/24")
    with pytest.raises(OperationError, match="enableDnsHostnames"):
        aws.make(
            "ec2/vpcEndpoint:VpcEndpoint",
            vpcId=plain.id,
            serviceName="com.amazonaws.ca-central-1.ecr.api",
            vpcEndpointType="Interface",
            privateDnsEnabled=True,
            subnetIds=[inner.id],
        )


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ({"serviceName": "s3"}, "InvalidServiceName"),
        ({"serviceName": "com.amazonaws.ca-central-1.ecr.api"}, "does not match available service types"),
        (
            {"serviceName": "com.amazonaws.ca-central-1.s3", "subnetIds": "zones"},
            "Subnet IDs are only supported",
        ),
        (
            {
                "serviceName": "com.amazonaws.ca-central-1.s3",
                "vpcEndpointType": "Interface",
                "subnetIds": "twice",
            },
            "DuplicateSubnetsInSameZone",
        ),
        ({"serviceName": "com.amazonaws.ca-central-1.s3", "vpcEndpointType": "Gate"}, "must be one of"),
    ],
)
def test_an_endpoint_that_ec2_would_refuse_is_refused(
    aws: Account, vpc: Made, endpoint: dict[str, Any], why: str
) -> None:
    subnets = {
        "zones": lambda: [subnet(aws, vpc, "10.20.0.0/24").id],
        "twice": lambda: [subnet(aws, vpc, f"10.20.{n}.0/24").id for n in (1, 2)],
    }
    if "subnetIds" in endpoint:
        endpoint = {**endpoint, "subnetIds": subnets[endpoint["subnetIds"]]()}
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("ec2/vpcEndpoint:VpcEndpoint", vpcId=vpc.id, **endpoint)


def test_a_flow_log_needs_a_role_exactly_when_it_writes_to_a_log_group(aws: Account, vpc: Made) -> None:
    log = {"vpcId": vpc.id, "trafficType": "ALL"}
    group = aws.make("cloudwatch/logGroup:LogGroup", name="flow")
    with pytest.raises(OperationError, match="DeliverLogsPermissionArn"):
        aws.make("ec2/flowLog:FlowLog", **log, logDestination=group["arn"])
    bucket = aws.make("s3/bucket:Bucket", bucket="jtld-flow-logs")
    s3 = {"logDestinationType": "s3", "logDestination": bucket["arn"]}
    made = aws.make("ec2/flowLog:FlowLog", **log, **s3)
    assert made["logFormat"].startswith("${version} ${account-id}")
    with pytest.raises(OperationError, match="FlowLogAlreadyExists"):
        aws.make("ec2/flowLog:FlowLog", **log, **s3)
    assert aws.replaces(made, trafficType="REJECT")


def test_the_default_group_and_access_list_are_adopted_not_made(aws: Account, vpc: Made) -> None:
    adopted = aws.make("ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId=vpc.id)
    assert adopted.id == vpc["defaultSecurityGroupId"]
    rules = aws.make(
        "ec2/defaultNetworkAcl:DefaultNetworkAcl", defaultNetworkAclId=vpc["defaultNetworkAclId"]
    )
    assert rules["vpcId"] == vpc.id
