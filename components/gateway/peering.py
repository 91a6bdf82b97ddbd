"""The private line to a Vercel network: the peering it asked for, accepted, and the way back (DB-4)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.platform import Platform
from settings.gateway import SecureCompute


@dataclass(frozen=True, kw_only=True)
class Peering:
    """The accepted connection, and a route for each table by the table's name."""

    accepter: aws.ec2.VpcPeeringConnectionAccepter
    routes: Mapping[str, aws.ec2.Route]


def accept_peering(
    settings: SecureCompute,
    *,
    route_table_ids: Mapping[str, pulumi.Output[str]],
    parent: pulumi.Resource,
    platform: Platform,
) -> Peering:
    """Accept the peering that Vercel asked for; answers find their way back through each of the tables."""
    accepter = aws.ec2.VpcPeeringConnectionAccepter(
        "vercel",
        vpc_peering_connection_id=settings.peering_connection_id,
        auto_accept=True,
        tags=platform.tags("gateway", Name=platform.name("vercel")),
        opts=platform.child(parent),
    )
    routes = {
        name: aws.ec2.Route(
            f"{name}-vercel",
            route_table_id=table_id,
            destination_cidr_block=settings.peer_cidr,
            vpc_peering_connection_id=accepter.id,
            opts=platform.child(parent),
        )
        for name, table_id in route_table_ids.items()
    }
    return Peering(accepter=accepter, routes=routes)
