"""The virtual network: subnets by tier and zone, ways out, private ways to AWS, firewall, flow logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.firewall import Rule
from components.iam import document
from components.network.endpoints import interface_policy, s3_policy
from components.network.flow_logs import FlowLogs, record_flows
from components.network.flows import firewall_rules
from components.network.groups import SecurityGroups, security_groups
from components.platform import Platform
from components.severity import Severity
from settings.network import NetworkSettings, Tier

_COMPONENT = "network"


@dataclass(frozen=True, kw_only=True)
class _Nat:
    """The way out of one zone's private subnets, or of all zones' where there is only one."""

    address: aws.ec2.Eip
    gateway: aws.ec2.NatGateway


@dataclass(frozen=True, kw_only=True)
class _Routing:
    """Tables and default routes go by the tier or private subnet they serve, associations by subnet."""

    tables: Mapping[str, aws.ec2.RouteTable]
    routes: Mapping[str, aws.ec2.Route]
    associations: Mapping[str, aws.ec2.RouteTableAssociation]


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    vpc: aws.ec2.Vpc
    internet: aws.ec2.InternetGateway
    subnets: Mapping[str, aws.ec2.Subnet]
    nats: Mapping[str, _Nat]
    routing: _Routing
    firewall: SecurityGroups
    endpoints: tuple[aws.ec2.VpcEndpoint, ...]
    flow_logs: FlowLogs


class Network(pulumi.ComponentResource):
    """The VPC (NW-1) and its firewall (NW-2).

    `rules` is the firewall as data, `security_group_ids` maps a rule's group to the group's id, and
    `*_subnet_ids` hold one subnet a zone. Isolated subnets have no route out of the network. `public_ready` holds
    what must exist before anything in the public subnets can be reached. `gateway_clients` are the ranges that
    may enter the data gateway.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    public_ready: list[pulumi.Resource]
    private_subnet_ids: list[pulumi.Output[str]]
    isolated_subnet_ids: list[pulumi.Output[str]]
    private_route_table_ids: Mapping[str, pulumi.Output[str]]
    security_group_ids: Mapping[str, pulumi.Output[str]]
    rules: tuple[Rule, ...]
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        settings: NetworkSettings,
        *,
        platform: Platform,
        logs_key_arn: pulumi.Input[str],
        gateway_clients: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Network", name, None, opts)
        self._settings = settings
        self._platform = platform
        self.rules = firewall_rules(gateway_clients)

        vpc = self._vpc()
        internet = self._internet(vpc)
        subnets = self._subnets(vpc)
        nats = self._nats(subnets, internet)
        routing = self._routing(vpc, internet, subnets, nats)
        firewall = security_groups(vpc, self.rules, parent=self, platform=platform)
        endpoints = self._endpoints(vpc, subnets, routing, firewall)
        flow_logs = record_flows(
            vpc,
            retention_days=settings.flow_log_retention_days,
            key_arn=logs_key_arn,
            parent=self,
            platform=platform,
        )

        self.nodes = _Nodes(
            vpc=vpc,
            internet=internet,
            subnets=subnets,
            nats=nats,
            routing=routing,
            firewall=firewall,
            endpoints=endpoints,
            flow_logs=flow_logs,
        )
        self.vpc_id = vpc.id
        self.public_subnet_ids = self._subnet_ids(Tier.PUBLIC)
        self.public_ready = [
            routing.routes[Tier.PUBLIC.value],
            *(routing.associations[name] for name in self._subnet_names(Tier.PUBLIC)),
        ]
        self.private_subnet_ids = self._subnet_ids(Tier.PRIVATE)
        self.isolated_subnet_ids = self._subnet_ids(Tier.ISOLATED)
        self.private_route_table_ids = {
            name: routing.tables[name].id for name in self._subnet_names(Tier.PRIVATE)
        }
        self.security_group_ids = {role: group.id for role, group in firewall.groups.items()}
        self.alarms = [_port_exhaustion(zone, nat.gateway) for zone, nat in nats.items()]
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "publicSubnetIds": self.public_subnet_ids,
                "privateSubnetIds": self.private_subnet_ids,
                "isolatedSubnetIds": self.isolated_subnet_ids,
                "securityGroupIds": self.security_group_ids,
            }
        )

    def _tags(self, role: str) -> dict[str, str]:
        return self._platform.tags(_COMPONENT, Name=self._platform.name(role))

    def _child(self, *, delete_before_replace: bool | None = None) -> pulumi.ResourceOptions:
        return self._platform.child(self, delete_before_replace=delete_before_replace)

    def _vpc(self) -> aws.ec2.Vpc:
        return aws.ec2.Vpc(
            "vpc",
            cidr_block=self._settings.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("vpc"),
            opts=self._child(),
        )

    def _internet(self, vpc: aws.ec2.Vpc) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            "internet", vpc_id=vpc.id, tags=self._tags("internet"), opts=self._child()
        )

    def _subnets(self, vpc: aws.ec2.Vpc) -> dict[str, aws.ec2.Subnet]:
        return {
            plan.name: aws.ec2.Subnet(
                plan.name,
                vpc_id=vpc.id,
                cidr_block=plan.cidr,
                availability_zone=plan.availability_zone,
                map_public_ip_on_launch=False,
                tags=self._tags(plan.name),
                opts=self._child(),
            )
            for plan in self._settings.subnets()
        }

    def _subnet_names(self, tier: Tier) -> list[str]:
        return [plan.name for plan in self._settings.subnets() if plan.tier is tier]

    def _subnet_ids(self, tier: Tier) -> list[pulumi.Output[str]]:
        return [self.nodes.subnets[name].id for name in self._subnet_names(tier)]

    def _nats(
        self, subnets: Mapping[str, aws.ec2.Subnet], internet: aws.ec2.InternetGateway
    ) -> dict[str, _Nat]:
        zones = [name.removeprefix(f"{Tier.PUBLIC}-") for name in self._subnet_names(Tier.PUBLIC)]
        wanted = {"none": [], "single": zones[:1], "perZone": zones}[self._settings.nat]
        return {zone: self._nat(f"nat-{zone}", subnets[f"{Tier.PUBLIC}-{zone}"], internet) for zone in wanted}

    def _nat(self, role: str, subnet: aws.ec2.Subnet, internet: aws.ec2.InternetGateway) -> _Nat:
        address = aws.ec2.Eip(role, domain="vpc", tags=self._tags(role), opts=self._child())
        gateway = aws.ec2.NatGateway(
            role,
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._tags(role),
            opts=self._platform.child(self, depends_on=[internet], delete_before_replace=True),
        )
        return _Nat(address=address, gateway=gateway)

    def _routing(
        self,
        vpc: aws.ec2.Vpc,
        internet: aws.ec2.InternetGateway,
        subnets: Mapping[str, aws.ec2.Subnet],
        nats: Mapping[str, _Nat],
    ) -> _Routing:
        """One table for the public subnets, one for the isolated ones, one for each private subnet."""
        private = self._subnet_names(Tier.PRIVATE)
        tables = {
            role: aws.ec2.RouteTable(role, vpc_id=vpc.id, tags=self._tags(role), opts=self._child())
            for role in (Tier.PUBLIC.value, Tier.ISOLATED.value, *private)
        }
        public = Tier.PUBLIC.value
        routes = {public: self._default_route(public, tables[public], gateway_id=internet.id)}
        for name in private if nats else ():
            nat = nats.get(name.removeprefix(f"{Tier.PRIVATE}-")) or next(iter(nats.values()))
            routes[name] = self._default_route(name, tables[name], nat_gateway_id=nat.gateway.id)
        associations = {
            name: aws.ec2.RouteTableAssociation(
                name,
                subnet_id=subnet.id,
                route_table_id=(tables.get(name) or tables[name.rpartition("-")[0]]).id,
                opts=self._child(),
            )
            for name, subnet in subnets.items()
        }
        return _Routing(tables=tables, routes=routes, associations=associations)

    def _default_route(
        self, name: str, table: aws.ec2.RouteTable, **target: pulumi.Input[str]
    ) -> aws.ec2.Route:
        return aws.ec2.Route(
            f"{name}-default",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            opts=self._child(),
            **target,
        )

    def _endpoints(
        self,
        vpc: aws.ec2.Vpc,
        subnets: Mapping[str, aws.ec2.Subnet],
        routing: _Routing,
        firewall: SecurityGroups,
    ) -> tuple[aws.ec2.VpcEndpoint, ...]:
        place = self._platform.environment
        gateway = aws.ec2.VpcEndpoint(
            "s3",
            vpc_id=vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{place.region}.s3",
            route_table_ids=[table.id for role, table in routing.tables.items() if role != Tier.PUBLIC],
            policy=document(*s3_policy(account_id=place.account_id, region=place.region)),
            tags=self._tags("s3"),
            opts=self._child(),
        )
        interfaces = (
            aws.ec2.VpcEndpoint(
                service,
                vpc_id=vpc.id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{place.region}.{service}",
                private_dns_enabled=True,
                subnet_ids=[subnets[name].id for name in self._subnet_names(Tier.PRIVATE)],
                security_group_ids=[firewall.groups["endpoint"].id],
                policy=document(interface_policy(service, account_id=place.account_id)),
                tags=self._tags(service),
                opts=self._child(),
            )
            for service in self._settings.interface_endpoints
        )
        return (gateway, *interfaces)


def _port_exhaustion(zone: str, gateway: aws.ec2.NatGateway) -> Alarm:
    return Alarm(
        key=f"nat-{zone}-ports-exhausted",
        title=f"Zone {zone} cannot open more connections to the internet",
        source=Metric(
            namespace="AWS/NATGateway",
            name="ErrorPortAllocation",
            dimensions={"NatGatewayId": gateway.id},
            statistic="Sum",
            period_seconds=300,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.HIGH,
        runbook="network",
        requirements=("NW-1",),
    )
