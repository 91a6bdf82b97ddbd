import ipaddress
from dataclasses import replace

import pytest

from components.firewall import EVERYWHERE, Direction, Flow, Rule
from components.network.flows import GATEWAY_PORTS, GROUPS
from tests.support import STACKS, Graph, Node, as_configured, run_stack
from tests.support.documents import listed, statements

DATABASE_PORTS = {5432, 6379}
TIERS = ("public", "private", "isolated")


def rules_of(stack: str) -> tuple[Rule, ...]:
    return as_configured(stack).value.network.rules


def subnets(graph: Graph, tier: str) -> list[Node]:
    return [node for node in graph.of_type("aws:ec2/subnet:Subnet") if node.name.startswith(tier)]


def routes_of(graph: Graph, subnet: Node) -> list[Node]:
    """Return the routes of the table that a subnet uses."""
    association = next(
        node
        for node in graph.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if node.inputs["subnetId"] == subnet.id
    )
    return [
        route
        for route in graph.of_type("aws:ec2/route:Route")
        if route.inputs["routeTableId"] == association.inputs["routeTableId"]
    ]


def test_every_tier_has_a_subnet_in_every_zone(graph: Graph) -> None:
    """NW-1: public, private and isolated subnets over at least two zones."""
    zones = {tier: {s.inputs["availabilityZone"] for s in subnets(graph, tier)} for tier in TIERS}

    assert zones["public"] == zones["private"] == zones["isolated"]
    assert len(zones["public"]) >= 2


def test_prod_spreads_over_three_zones(prod: Graph) -> None:
    """NW-1."""
    assert len(subnets(prod, "isolated")) == 3


def test_subnets_share_the_network_without_overlap(graph: Graph) -> None:
    network = ipaddress.ip_network(graph.one("aws:ec2/vpc:Vpc").inputs["cidrBlock"])
    ranges = [
        ipaddress.ip_network(node.inputs["cidrBlock"]) for tier in TIERS for node in subnets(graph, tier)
    ]

    assert all(one.subnet_of(network) for one in ranges)
    assert not [(a, b) for i, a in enumerate(ranges) for b in ranges[i + 1 :] if a.overlaps(b)]


def test_no_subnet_hands_out_public_addresses(graph: Graph) -> None:
    """EC2.15."""
    assert not [n.name for n in graph.of_type("aws:ec2/subnet:Subnet") if n.inputs["mapPublicIpOnLaunch"]]


def test_isolated_subnets_have_no_way_out(graph: Graph) -> None:
    """NW-1: data lives where no route leads to the internet, in neither direction."""
    assert not [route.urn for subnet in subnets(graph, "isolated") for route in routes_of(graph, subnet)]


def test_only_public_subnets_face_the_internet(graph: Graph) -> None:
    """NW-1."""
    gateway = graph.one("aws:ec2/internetGateway:InternetGateway").id

    assert all(
        r.inputs["gatewayId"] == gateway for s in subnets(graph, "public") for r in routes_of(graph, s)
    )
    assert not [r for s in subnets(graph, "private") for r in routes_of(graph, s) if "gatewayId" in r.inputs]


def test_prod_leaves_each_zone_through_its_own_nat(prod: Graph) -> None:
    """NW-1: one NAT gateway a zone, so that a lost zone takes no other with it."""
    nats = {node.id: node for node in prod.of_type("aws:ec2/natGateway:NatGateway")}
    zone_of = {node.id: node.inputs["availabilityZone"] for node in subnets(prod, "public")}
    for subnet in subnets(prod, "private"):
        (route,) = routes_of(prod, subnet)
        nat = nats[route.inputs["natGatewayId"]]
        assert zone_of[nat.inputs["subnetId"]] == subnet.inputs["availabilityZone"]


@pytest.mark.parametrize(("nat", "gateways", "routed"), [("none", 0, 0), ("single", 1, 3), ("perZone", 3, 3)])
def test_the_ways_out_follow_the_settings(nat: str, gateways: int, routed: int) -> None:
    """NW-1: dev may do with one NAT gateway, or none."""
    zones = {"availabilityZones": ["ca-central-1a", "ca-central-1b", "ca-central-1d"]}
    graph = run_stack("staging", {"network": {"nat": nat, **zones}}).graph

    assert len(graph.of_type("aws:ec2/natGateway:NatGateway")) == gateways
    assert sum(len(routes_of(graph, subnet)) for subnet in subnets(graph, "private")) == routed


def test_the_default_security_group_is_closed(graph: Graph) -> None:
    """NW-1, EC2.2, CIS 5.4."""
    default = graph.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")

    assert default.inputs["vpcId"] == graph.one("aws:ec2/vpc:Vpc").id
    assert not default.inputs.get("ingress")
    assert not default.inputs.get("egress")


def test_every_connection_is_recorded_encrypted_and_kept(graph: Graph) -> None:
    """NW-1, EC2.6, CKV_AWS_158: flow logs of all traffic, in a group with retention and our key."""
    log = graph.one("aws:ec2/flowLog:FlowLog")
    group = graph.one("aws:cloudwatch/logGroup:LogGroup", "flow-logs")

    assert log.inputs["trafficType"] == "ALL"
    assert log.inputs["logDestination"] == group.outputs["arn"]
    assert group.inputs["kmsKeyId"] == graph.one("aws:kms/key:Key", "logs").outputs["arn"]
    assert group.inputs["retentionInDays"] >= 7


def test_prod_keeps_its_flow_logs_for_a_year(prod: Graph) -> None:
    """CloudWatch.16."""
    assert prod.one("aws:cloudwatch/logGroup:LogGroup", "flow-logs").inputs["retentionInDays"] >= 365


@pytest.mark.parametrize("stack", STACKS)
def test_only_this_account_passes_the_endpoints(stack: str) -> None:
    """NW-1, EC2.10: a stranger's credentials lead nowhere, and S3 only to our own buckets."""
    built = as_configured(stack)
    account = built.value.platform.environment.account_id
    for endpoint in built.graph.of_type("aws:ec2/vpcEndpoint:VpcEndpoint"):
        for sid, statement in statements(endpoint).items():
            if sid == "ImageLayers":
                assert statement["Action"] == "s3:GetObject"
                continue
            narrowed = {"aws:PrincipalAccount": account}
            if endpoint.name == "s3":
                narrowed["aws:ResourceAccount"] = account
            assert statement["Condition"] == {"StringEquals": narrowed}, endpoint.name


def test_s3_is_reached_privately_from_wherever_data_is(graph: Graph) -> None:
    """NW-1: the gateway endpoint serves the private and isolated tables, and its policy is not open."""
    endpoint = graph.one("aws:ec2/vpcEndpoint:VpcEndpoint", "s3")
    tables = {n.id for n in graph.of_type("aws:ec2/routeTable:RouteTable") if n.name != "public"}

    assert set(endpoint.inputs["routeTableIds"]) == tables
    assert "*" not in {r for s in statements(endpoint).values() for r in listed(s["Resource"])}


@pytest.mark.parametrize("stack", STACKS)
def test_the_security_groups_hold_exactly_the_rules_of_the_table(stack: str) -> None:
    """NW-2: what operators read is what is deployed."""
    built = as_configured(stack)
    groups = {node.id: node.name for node in built.graph.of_type("aws:ec2/securityGroup:SecurityGroup")}
    lists = {
        node.id: node.name for node in built.graph.of_type("aws:ec2/managedPrefixList:ManagedPrefixList")
    }
    deployed = {
        (
            groups[node.inputs["securityGroupId"]],
            direction,
            node.inputs["fromPort"],
            node.inputs["toPort"],
            groups.get(node.inputs.get("referencedSecurityGroupId"))
            or lists.get(node.inputs.get("prefixListId"))
            or node.inputs.get("cidrIpv4"),
        )
        for direction in Direction
        for node in built.graph.of_type(
            f"aws:vpc/securityGroup{direction.title()}Rule:SecurityGroup{direction.title()}Rule"
        )
    }
    declared = {(r.group, r.direction, r.from_port, r.to_port, r.peer) for r in built.value.network.rules}

    assert deployed == declared
    assert set(groups.values()) == set(GROUPS)


def test_no_rule_is_written_inside_a_group(graph: Graph) -> None:
    """Inline and separate rules of one group undo each other at every deployment."""
    for group in graph.of_type("aws:ec2/securityGroup:SecurityGroup"):
        assert not group.inputs.get("ingress"), group.urn
        assert not group.inputs.get("egress"), group.urn


def reachable(rules: tuple[Rule, ...], start: str) -> set[tuple[str, int]]:
    """Return every group and port that traffic from `start` can meet, hop by hop.

    A hop needs the receiver's ingress rule and, where the sender is a group, the sender's egress rule too.
    """
    met: set[tuple[str, int]] = set()
    waiting = [start]
    while waiting:
        sender = waiting.pop()
        for rule in rules:
            if rule.direction is not Direction.INGRESS or rule.peer != sender:
                continue
            let_out = sender not in GROUPS or any(
                out.group == sender
                and out.direction is Direction.EGRESS
                and out.peer == rule.group
                and out.from_port <= rule.from_port
                and rule.to_port <= out.to_port
                for out in rules
            )
            hop = (rule.group, rule.from_port)
            if let_out and hop not in met:
                met.add(hop)
                waiting.append(rule.group)
    return met


def direct(rules: tuple[Rule, ...], start: str) -> set[tuple[str, int]]:
    return {(r.group, r.from_port) for r in rules if r.direction is Direction.INGRESS and r.peer == start}


def open_to_outsiders(rules: tuple[Rule, ...]) -> list[str]:
    """Return the rules by which somebody who is no group of ours meets a store, or a store's port anywhere."""
    return [
        rule.key
        for rule in rules
        if rule.direction is Direction.INGRESS
        and rule.peer not in GROUPS
        and (
            rule.group in {"database", "cache"}
            or any(rule.from_port <= port <= rule.to_port for port in DATABASE_PORTS)
        )
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_no_address_reaches_postgres_or_redis(stack: str) -> None:
    """NW-2: 5432 and 6379 open only to named groups; known addresses meet the gateway's own ports."""
    assert open_to_outsiders(rules_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_gateway_leads_to_the_pools_and_the_pools_to_their_backends(stack: str) -> None:
    """DB-4, NW-2: one step each, whoever else there is; the way out is for images and certificates alone."""
    out = {group: {(r.peer, r.from_port) for r in rules_of(stack) if leaves(r, group)} for group in GROUPS}

    assert out["gateway"] == {("pool", port) for port in GATEWAY_PORTS}
    assert out["pool"] == {("database", 5432), ("cache", 6379), ("endpoint", 443), (EVERYWHERE, 443)}
    assert {r.group for r in rules_of(stack) if r.direction is Direction.INGRESS and r.peer == "gateway"} == {
        "pool"
    }


def leaves(rule: Rule, group: str) -> bool:
    return rule.group == group and rule.direction is Direction.EGRESS


@pytest.mark.parametrize("stack", STACKS)
def test_known_addresses_reach_the_gateway_and_through_it_only_the_stores(stack: str) -> None:
    """NW-2, DB-4: the application's way in."""
    rules = rules_of(stack)

    assert direct(rules, "203.0.113.10/32") == {("gateway", port) for port in GATEWAY_PORTS}
    assert reachable(rules, "203.0.113.10/32") - direct(rules, "203.0.113.10/32") == {
        *(("pool", port) for port in GATEWAY_PORTS),
        ("database", 5432),
        ("cache", 6379),
        ("endpoint", 443),
    }


def test_the_public_meets_load_balancers_only_and_only_through_cloudflare() -> None:
    """NW-2: 443 at load balancers; nothing else is open to whoever asks."""
    for stack in STACKS:
        open_to_all = [
            r for r in rules_of(stack) if r.direction is Direction.INGRESS and r.peer.endswith("/0")
        ]
        assert not open_to_all
        assert direct(rules_of(stack), "cloudflare") == {("load-balancer", 443)}


def test_nothing_opens_ssh() -> None:
    """NW-2: not at all where Session Manager serves."""
    assert not [r for stack in STACKS for r in rules_of(stack) if r.from_port <= 22 <= r.to_port]


def test_stores_start_no_connection() -> None:
    """CKV_AWS_382: a stolen database sends nothing anywhere."""
    quiet = {"database", "cache", "endpoint"}

    assert not [
        r for stack in STACKS for r in rules_of(stack) if r.group in quiet and r.direction == "egress"
    ]


def test_the_reachability_walk_sees_an_opened_port() -> None:
    """The proof above is worth something only if it fails when somebody opens the database."""
    opened = Flow(source="203.0.113.10/32", target="database", port=5432, purpose="a mistake")
    (rule,) = opened.rules(frozenset(GROUPS))

    assert ("database", 5432) in direct((rule,), "203.0.113.10/32")
    assert open_to_outsiders((rule,))
    assert open_to_outsiders((replace(rule, group="pool", from_port=6000, to_port=7000),))
    assert open_to_outsiders((replace(rule, from_port=1, to_port=65_535, peer="0.0.0.0/0"),))


@pytest.mark.parametrize("stack", STACKS)
def test_rules_keep_their_names(stack: str) -> None:
    """A rule is named by what it allows, never by its place in a list."""
    keys = [rule.key for rule in rules_of(stack)]

    assert len(keys) == len(set(keys))
    assert all(rule.purpose for rule in rules_of(stack))


def test_every_nat_gateway_has_an_alarm(prod: Graph) -> None:
    """NW-1: a NAT gateway without free ports looks like the internet being down."""
    watched = {alarm.source.name for alarm in as_configured("prod").value.network.alarms}

    assert watched == {"ErrorPortAllocation"}
    assert len(as_configured("prod").value.network.alarms) == len(
        prod.of_type("aws:ec2/natGateway:NatGateway")
    )
