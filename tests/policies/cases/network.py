from policies import tokens as t
from policies.values import UNKNOWN
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node

WORLD = "0.0.0.0/0"


def rule(name: str, port: int, **peer: str):
    """An ingress rule of our own."""
    return node(
        t.INGRESS_RULE,
        name,
        {
            "securityGroupId": "sg-0",
            "ipProtocol": "tcp",
            "fromPort": port,
            "toPort": port,
            "description": "a test's rule",
            **peer,
        },
    )


ACL = node(
    t.NETWORK_ACL,
    "isolated",
    {
        "vpcId": "vpc-0",
        "ingress": [
            {
                "action": "allow",
                "protocol": "tcp",
                "ruleNo": 100,
                "fromPort": 443,
                "toPort": 443,
                "cidrBlock": WORLD,
            }
        ],
    },
)


def _way_out(type_: str, via: str):
    """Give the isolated subnets a route to a gateway."""

    def breaks(draft: Draft) -> None:
        gateway = draft.find(type_)
        table = next(
            one for one in draft.nodes if one.type == t.ROUTE_TABLE and one.name.startswith("isolated")
        )
        ids = {"routeTableId": table.id or UNKNOWN, via: gateway.id or UNKNOWN}
        draft.add(
            node(
                t.ROUTE,
                "out",
                {"destinationCidrBlock": WORLD, **ids},
                depends={"routeTableId": [table], via: [gateway]},
            )
        )

    return breaks


CASES = (
    Case(
        policy="network-no-admin-from-world",
        breaks=lambda draft: draft.add(rule("ssh", 22, cidrIpv4=WORLD)),
    ),
    Case(
        policy="network-no-admin-from-world",
        breaks=lambda draft: draft.add(rule("rdp", 3389, cidrIpv6="::/0")),
    ),
    Case(
        policy="network-no-admin-from-world",
        breaks=lambda draft: draft.add(
            node(
                t.INGRESS_RULE,
                "everything",
                {
                    "securityGroupId": "sg-0",
                    "ipProtocol": "-1",
                    "cidrIpv4": "128.0.0.0/1",
                    "description": "half",
                },
            )
        ),
    ),
    Case(
        policy="network-no-admin-from-world",
        breaks=lambda draft: draft.add(
            node(
                t.SECURITY_GROUP_RULE,
                "old-spelling",
                {"type": "ingress", "protocol": "tcp", "fromPort": 0, "toPort": 1024, "cidrBlocks": [WORLD]},
            )
        ),
    ),
    Case(
        policy="network-data-by-group",
        breaks=lambda draft: draft.add(rule("postgres", 5432, cidrIpv4=WORLD)),
    ),
    Case(
        policy="network-data-by-group",
        breaks=lambda draft: draft.add(rule("redis", 6379, cidrIpv4="10.0.0.0/8")),
    ),
    Case(
        policy="network-data-by-group",
        breaks=lambda draft: draft.add(rule("postgres-list", 5432, prefixListId="pl-0")),
    ),
    Case(
        policy="network-public-ports",
        breaks=lambda draft: draft.add(rule("pool", 6432, cidrIpv4=WORLD)),
    ),
    Case(
        policy="network-data-by-group",
        breaks=lambda draft: draft.add(rule("in-capitals", 5432, cidrIpv4="10.30.0.0/16", ipProtocol="TCP")),
    ),
    Case(
        policy="network-public-ports",
        breaks=lambda draft: draft.add(rule("udp", 443, cidrIpv4=WORLD, ipProtocol="udp")),
    ),
    Case(
        policy="network-lists-narrow",
        breaks=lambda draft: draft.set(t.MANAGED_PREFIX_LIST, "entries.0.cidr", "128.0.0.0/1"),
    ),
    *(
        Case(policy="network-data-isolated", breaks=_way_out(*way))
        for way in (
            (t.INTERNET_GATEWAY, "gatewayId"),
            (t.NAT_GATEWAY, "natGatewayId"),
        )
    ),
    Case(
        policy="network-no-automatic-addresses",
        breaks=lambda draft: draft.set(t.SUBNET, "assignIpv6AddressOnCreation", True),
    ),
    Case(
        policy="network-default-group-closed",
        breaks=lambda draft: draft.drop(t.DEFAULT_SECURITY_GROUP),
    ),
    Case(
        policy="network-default-group-closed",
        breaks=lambda draft: draft.set(
            t.DEFAULT_SECURITY_GROUP, "egress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]
        ),
    ),
    Case(
        policy="network-flow-logged",
        breaks=lambda draft: draft.set(t.FLOW_LOG, "trafficType", "ACCEPT"),
    ),
    Case(
        policy="network-no-automatic-addresses",
        breaks=lambda draft: draft.set(t.SUBNET, "mapPublicIpOnLaunch", True),
    ),
    Case(
        policy="network-acl-no-admin",
        adds=(ACL,),
        breaks=lambda draft: draft.set(t.NETWORK_ACL, "ingress.0.fromPort", 0),
    ),
    Case(
        policy="network-acl-no-admin",
        adds=(ACL,),
        breaks=lambda draft: draft.add(
            node(
                t.NETWORK_ACL_RULE,
                "ssh",
                {"ruleAction": "allow", "protocol": "-1", "ruleNumber": 1, "cidrBlock": WORLD},
            )
        ),
    ),
    Case(
        policy="network-endpoints-present",
        breaks=lambda draft: draft.drop(t.VPC_ENDPOINT, "secretsmanager"),
    ),
    Case(
        policy="network-endpoint-policy-narrow",
        breaks=lambda draft: draft.unset(t.VPC_ENDPOINT, "policy", "logs"),
    ),
    Case(
        policy="network-endpoint-policy-narrow",
        breaks=lambda draft: draft.statement(
            t.VPC_ENDPOINT, "policy", "logs", Principal="*", Action="*", Resource="*"
        ),
    ),
    Case(
        policy="network-rules-described",
        breaks=lambda draft: draft.unset(t.EGRESS_RULE, "description"),
    ),
    Case(
        policy="network-egress-narrow",
        breaks=lambda draft: draft.add(
            node(
                t.EGRESS_RULE,
                "everything",
                {"securityGroupId": "sg-0", "ipProtocol": "-1", "cidrIpv4": WORLD, "description": "out"},
            )
        ),
    ),
    Case(
        policy="network-rules-one-way",
        breaks=lambda draft: draft.set(
            t.SECURITY_GROUP,
            "ingress",
            [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "self": True}],
            "service",
        ),
    ),
)
