"""Where data stands: in subnets that nothing leads out of (NW-1, DB-1, CA-1)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, any_of


@policy(
    id="network-data-isolated",
    title="Databases and caches stand where no route leads out",
    severity=Severity.CRITICAL,
    requirements=("DB-1", "CA-1", "NW-1"),
    controls=("RDS.46",),
    remedy="Take the isolated subnets, and leave their route tables without a way to the internet.",
    across=(
        t.DB_SUBNET_GROUP,
        t.CACHE_SUBNET_GROUP,
        t.SUBNET,
        t.ROUTE,
        t.ROUTE_TABLE,
        t.ROUTE_TABLE_ASSOCIATION,
        t.INTERNET_GATEWAY,
        t.NAT_GATEWAY,
    ),
)
def data_isolated(stack: Stack) -> Findings:
    """Follow group → subnet → route table → route."""
    out = {table.urn: _leads_out(stack, table) for table in stack.of(t.ROUTE_TABLE)}
    for group in stack.of(t.DB_SUBNET_GROUP, t.CACHE_SUBNET_GROUP):
        open_ = any_of(
            stack.link(subnet, group, "subnetIds")
            & stack.link(subnet, tie, "subnetId")
            & stack.link(table, tie, "routeTableId")
            & out[table.urn]
            for subnet in stack.of(t.SUBNET)
            for tie in stack.of(t.ROUTE_TABLE_ASSOCIATION)
            for table in stack.of(t.ROUTE_TABLE)
            if out[table.urn] is not Truth.NO
        )
        yield group.must(~open_, "holds a subnet with a way to the internet")


def _leads_out(stack: Stack, table: Resource) -> Truth:
    routes = any_of(
        stack.link(table, route, "routeTableId")
        & (
            route.refers(route["gatewayId"], t.INTERNET_GATEWAY)
            | route.refers(route["natGatewayId"], t.NAT_GATEWAY)
            | route["egressOnlyGatewayId"].given
        )
        for route in stack.of(t.ROUTE)
    )
    inline = table["routes"].some(
        lambda route: any_of(route[way].given for way in ("gatewayId", "natGatewayId", "egressOnlyGatewayId"))
    )
    return routes | inline
