"""VPC and firewall: nothing listens to the world that need not (NW-1, NW-2)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.levels import Level
from policies.openings import is_world, openings
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, any_of

_ADMIN_PORTS = (22, 3389)
_DATA_PORTS = (5432, 6379)
_INGRESS = (t.INGRESS_RULE, t.SECURITY_GROUP, t.SECURITY_GROUP_RULE)
_EGRESS = (t.EGRESS_RULE, t.SECURITY_GROUP, t.SECURITY_GROUP_RULE)


@policy(
    id="network-no-admin-from-world",
    title="Nobody administers a host from the internet",
    severity=Severity.CRITICAL,
    requirements=("NW-2",),
    controls=(
        "EC2.13",
        "EC2.14",
        "EC2.53",
        "EC2.54",
        "CIS 5.2",
        "CIS 5.3",
        "CKV_AWS_24",
        "CKV_AWS_25",
        "CKV_AWS_277",
    ),
    remedy="Use Session Manager, or list the administrators' ranges.",
    each=_INGRESS,
)
def no_admin_from_world(resource: Resource) -> Findings:
    """Look for SSH, RDP and rules that open everything."""
    for opening in openings(resource, "ingress"):
        closed = ~(opening.world & opening.covers(*_ADMIN_PORTS))
        yield opening.at.must(closed, "opens 22, 3389 or every port to the world")


@policy(
    id="network-data-by-group",
    title="PostgreSQL and Redis answer named groups only",
    severity=Severity.CRITICAL,
    requirements=("NW-2", "DB-N1", "SV-N3"),
    controls=("EC2.18", "EC2.19"),
    remedy="Refer to the security group that connects; outside clients go through the gateway.",
    each=_INGRESS,
)
def data_by_group(resource: Resource) -> Findings:
    """Refuse every address range and prefix list; a rule for the whole world is the worst of them."""
    for opening in openings(resource, "ingress"):
        closed = ~(opening.addresses & opening.covers(*_DATA_PORTS))
        # What is open to the world altogether is reported once, as that.
        elsewhere = opening.world & opening.covers(*_ADMIN_PORTS)
        yield opening.at.must(closed | elsewhere, "opens 5432 or 6379 to addresses")


@policy(
    id="network-public-ports",
    title="Only web ports are open to the world",
    severity=Severity.HIGH,
    requirements=("NW-2",),
    controls=("EC2.18", "EC2.19", "CKV_AWS_260"),
    remedy="Admit the world on 443 (and 80 for its redirect) at the load balancer only.",
    limits={"ports": [80, 443]},
    each=_INGRESS,
)
def public_ports(resource: Resource) -> Findings:
    """Leave administration and data ports to their own policies."""
    for opening in openings(resource, "ingress"):
        elsewhere = opening.covers(*_ADMIN_PORTS, *_DATA_PORTS)
        allowed = opening.only(resource.limits["ports"])
        yield opening.at.must(
            ~opening.world | allowed | elsewhere, "opens another port than the web's to the world"
        )


@policy(
    id="network-default-group-closed",
    title="The default security group of every VPC lets nothing through",
    severity=Severity.HIGH,
    requirements=("NW-1",),
    controls=("EC2.2", "CIS 5.4", "CKV2_AWS_12"),
    remedy="Adopt it by an ec2.DefaultSecurityGroup without ingress and egress.",
    across=(t.VPC, t.DEFAULT_SECURITY_GROUP),
)
def default_group_closed(stack: Stack) -> Findings:
    """Look for the adopted group and its rules."""

    def empty(group: Resource) -> Truth:
        return ~group["ingress"].given & ~group["egress"].given

    for vpc in stack.of(t.VPC):
        closed = stack.has(vpc, t.DEFAULT_SECURITY_GROUP, "vpcId", empty)
        yield vpc.must(closed, "its default security group is not adopted and emptied")


@policy(
    id="network-flow-logged",
    title="Every VPC logs its flows",
    severity=Severity.MEDIUM,
    requirements=("NW-1",),
    controls=("EC2.6", "CIS 3.7", "CKV2_AWS_11"),
    remedy="Add an ec2.FlowLog for the VPC with traffic type ALL or REJECT and a destination.",
    across=(t.VPC, t.FLOW_LOG, t.LOG_GROUP, t.BUCKET),
)
def flow_logged(stack: Stack) -> Findings:
    """Look for a flow log that goes somewhere."""

    def logs(flow: Resource) -> Truth:
        destination = flow.refers(flow["logDestination"], t.LOG_GROUP, t.BUCKET)
        return flow["trafficType"].is_in(("ALL", "REJECT")) & destination

    for vpc in stack.of(t.VPC):
        yield vpc.must(stack.has(vpc, t.FLOW_LOG, "vpcId", logs), "no flow log records what is refused")


@policy(
    id="network-no-automatic-addresses",
    title="Nothing gets a public address by being started",
    severity=Severity.HIGH,
    requirements=("NW-1",),
    controls=("EC2.15", "CKV_AWS_130"),
    remedy="Leave both switches false; load balancers and NAT gateways bring their own addresses.",
    each=(t.SUBNET,),
)
def no_automatic_addresses(subnet: Resource) -> Findings:
    """Take absent for false, the provider's default."""
    for automatic in (subnet["mapPublicIpOnLaunch"], subnet["assignIpv6AddressOnCreation"]):
        yield automatic.must(~automatic.true, "must not be true")


@policy(
    id="network-acl-no-admin",
    title="No network ACL lets the world administer a host",
    severity=Severity.HIGH,
    requirements=("NW-2",),
    controls=("EC2.21", "CIS 5.1", "CKV_AWS_231", "CKV_AWS_232"),
    remedy="Narrow the range, or deny 22 and 3389 in a rule with a lower number.",
    each=(t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL, t.NETWORK_ACL_RULE),
)
def acl_no_admin(resource: Resource) -> Findings:
    """Judge each rule for itself, as the control does."""
    alone = resource.type == t.NETWORK_ACL_RULE
    inbound = ~resource["egress"].true if alone else Truth.YES
    for opening in openings(resource, "ingress"):
        action = opening.at["ruleAction" if alone else "action"]
        allows = action.test(lambda text: str(text).lower() == "allow")
        closed = ~(inbound & allows & opening.world & opening.covers(*_ADMIN_PORTS))
        yield opening.at.must(closed, "admits the world to 22, 3389 or every port")


@policy(
    id="network-lists-narrow",
    title="No list of ranges holds the world",
    severity=Severity.CRITICAL,
    requirements=("NW-2",),
    controls=("EC2.18",),
    remedy="List the ranges that are meant; a rule that refers to the list shows none of them.",
    each=(t.MANAGED_PREFIX_LIST,),
)
def lists_narrow(ranges: Resource) -> Findings:
    """Look into the list: to the rules it is only an id."""
    for entry in ranges["entries"]:
        cidr = entry["cidr"]
        yield cidr.must(~cidr.test(is_world), "is the world, or a large part of it")


@policy(
    id="network-endpoints-present",
    title="Containers reach AWS without leaving the network",
    severity=Severity.LOW,
    requirements=("NW-1",),
    controls=("EC2.10", "EC2.55", "EC2.56", "EC2.57"),
    remedy="Add the missing ec2.VpcEndpoint.",
    level=Level.ADVISORY,
    prod_only=True,
    limits={"services": ["ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager"]},
    across=(t.VPC, t.VPC_ENDPOINT),
)
def endpoints_present(stack: Stack) -> Findings:
    """Look for one endpoint for each service."""
    for vpc in stack.of(t.VPC):
        for service in stack.limits["services"]:
            found = stack.has(
                vpc,
                t.VPC_ENDPOINT,
                "vpcId",
                lambda endpoint, service=service: endpoint["serviceName"].test(  # type: ignore[misc]
                    lambda name: name.endswith(f".{service}")
                ),
            )
            yield vpc.must(found, f"no endpoint for {service}")


@policy(
    id="network-endpoint-policy-narrow",
    title="A VPC endpoint carries this account's traffic only",
    severity=Severity.MEDIUM,
    requirements=("NW-1",),
    controls=("EC2.10",),
    remedy="Give it a policy that narrows principals by aws:PrincipalAccount or names resources.",
    level=Level.ADVISORY,
    each=(t.VPC_ENDPOINT,),
)
def endpoint_policy_narrow(endpoint: Resource) -> Findings:
    """Take an absent policy for what it is: everything for everyone."""
    document = endpoint["policy"]
    yield document.must(document.given, "must be set: the default lets everything through")
    says = "lets anyone reach everything"
    yield from per_statement(
        document, lambda statement: not (statement.public and statement.everything), says
    )


@policy(
    id="network-rules-described",
    title="Every group and rule says what it is for",
    severity=Severity.LOW,
    requirements=("NW-2",),
    controls=("CKV_AWS_23",),
    remedy="Write a description; the firewall table shows it.",
    level=Level.ADVISORY,
    each=(t.SECURITY_GROUP, t.INGRESS_RULE, t.EGRESS_RULE),
)
def rules_described(resource: Resource) -> Findings:
    """Refuse the provider's filler as well."""
    described = resource["description"]
    yield described.must(described.given & ~described.equals("Managed by Pulumi"), "must say what it is for")


@policy(
    id="network-egress-narrow",
    title="No group may talk to everyone about everything",
    severity=Severity.MEDIUM,
    requirements=("NW-2",),
    controls=("CKV_AWS_382",),
    remedy="List the ports that the role really uses, towards the groups or ranges it uses them with.",
    level=Level.ADVISORY,
    each=_EGRESS,
)
def egress_narrow(resource: Resource) -> Findings:
    """Look at every group, not only those of the data tier: a role always knows its ports."""
    for opening in openings(resource, "egress"):
        yield opening.at.must(~(opening.world & opening.all_ports), "lets everything out to the world")


@policy(
    id="network-rules-one-way",
    title="A group's rules are written in one way only",
    severity=Severity.MEDIUM,
    requirements=("NW-2",),
    controls=("AG security-group-no-rule-management-conflicts",),
    remedy="Leave ingress and egress out of the group: inline rules delete the standalone ones.",
    across=(t.SECURITY_GROUP, t.INGRESS_RULE, t.EGRESS_RULE, t.SECURITY_GROUP_RULE),
)
def rules_one_way(stack: Stack) -> Findings:
    """Compare inline rules with standalone ones."""
    standalone = (t.INGRESS_RULE, t.EGRESS_RULE, t.SECURITY_GROUP_RULE)
    for group in stack.of(t.SECURITY_GROUP):
        inline = group["ingress"].given | group["egress"].given
        beside = any_of(stack.has(group, type_, "securityGroupId") for type_ in standalone)
        yield group.must(~(inline & beside), "has inline rules beside standalone ones")
