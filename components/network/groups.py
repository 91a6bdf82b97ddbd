"""The security groups and their rules, made from the rules as data (NW-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.firewall import Direction, Rule
from components.network.flows import CLOUDFLARE, CLOUDFLARE_CIDRS, GROUPS
from components.platform import Platform


@dataclass(frozen=True, kw_only=True)
class SecurityGroups:
    """The groups by role, their rules by key, and the prefix list of Cloudflare's proxies."""

    closed_default: aws.ec2.DefaultSecurityGroup
    cloudflare: aws.ec2.ManagedPrefixList
    groups: Mapping[str, aws.ec2.SecurityGroup]
    rules: Mapping[str, pulumi.CustomResource]


def security_groups(
    vpc: aws.ec2.Vpc, rules: Sequence[Rule], *, parent: pulumi.Resource, platform: Platform
) -> SecurityGroups:
    """Make a group for every role and a resource for every rule."""

    def tags(role: str) -> dict[str, str]:
        return platform.tags("network", Name=platform.name(role))

    # Adopting the default group without rules removes the ones AWS puts there (EC2.2, CIS 5.4).
    closed_default = aws.ec2.DefaultSecurityGroup(
        "default", vpc_id=vpc.id, tags=tags("default-closed"), opts=platform.child(parent)
    )
    cloudflare = aws.ec2.ManagedPrefixList(
        CLOUDFLARE,
        address_family="IPv4",
        max_entries=len(CLOUDFLARE_CIDRS),
        entries=[{"cidr": cidr, "description": "Cloudflare"} for cidr in CLOUDFLARE_CIDRS],
        tags=tags(CLOUDFLARE),
        opts=platform.child(parent),
    )
    groups = {
        role: aws.ec2.SecurityGroup(
            role, vpc_id=vpc.id, description=purpose, tags=tags(role), opts=platform.child(parent)
        )
        for role, purpose in GROUPS.items()
    }
    peers = {role: {"referenced_security_group_id": group.id} for role, group in groups.items()}
    peers[CLOUDFLARE] = {"prefix_list_id": cloudflare.id}
    kinds = {
        Direction.INGRESS: aws.vpc.SecurityGroupIngressRule,
        Direction.EGRESS: aws.vpc.SecurityGroupEgressRule,
    }
    made = {
        rule.key: kinds[rule.direction](
            rule.key,
            security_group_id=groups[rule.group].id,
            ip_protocol=rule.protocol,
            from_port=rule.from_port,
            to_port=rule.to_port,
            description=rule.purpose,
            tags=tags(rule.key),
            opts=platform.child(parent),
            **peers.get(rule.peer, {"cidr_ipv4": rule.peer}),
        )
        for rule in rules
    }
    return SecurityGroups(closed_default=closed_default, cloudflare=cloudflare, groups=groups, rules=made)
