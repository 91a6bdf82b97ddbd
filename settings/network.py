"""The virtual network: its range, zones, ways out, and who may reach it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, repeated, rule
from settings.environment import EnvironmentSettings
from settings.types import LogRetentionDays, NarrowCidr, VpcCidr

Nat = Literal["none", "single", "perZone"]
Endpoint = Literal[
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
]

AvailabilityZone = Annotated[
    str,
    Field(pattern=r"^ca-(central-1[abd]|west-1[abc])$"),
    Rule(
        "must be a zone of a Canadian region that takes new subnets",
        "all data stays in Canada; ca-central-1 has the zones a, b and d, ca-west-1 a, b and c (NW-1)",
        "Write the whole name, for example ca-central-1a.",
    ),
]

NEEDED_WITHOUT_NAT: frozenset[Endpoint] = frozenset({"ecr.api", "ecr.dkr", "logs", "secretsmanager"})
"""What a container cannot start without: its image, its log and its secrets."""

DOCUMENTATION = tuple(IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
"""Addresses that belong to nobody (RFC 5737): stand-ins until the real ones are known."""

ZONES_IN_PRODUCTION = 3
LEAST_FLOW_LOG_DAYS = {"dev": 7, "staging": 30, "prod": 365}


class Tier(StrEnum):
    """What a subnet reaches: the internet outwards, the internet both ways, or the network alone."""

    PRIVATE = "private"
    PUBLIC = "public"
    ISOLATED = "isolated"


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """One planned subnet; its name never depends on the order or number of zones."""

    tier: Tier
    availability_zone: str
    cidr: str

    @property
    def name(self) -> str:
        """Return tier and zone letter, for example `private-a`."""
        return f"{self.tier}-{self.availability_zone[-1]}"


class NetworkSettings(Model):
    """The virtual network (NW-1, NW-2)."""

    cidr: VpcCidr
    """IPv4 range of the network; ranges of environments that may be peered must not overlap (NW-1)."""

    availability_zones: Annotated[tuple[AvailabilityZone, ...], Field(min_length=2, max_length=3)]
    """Zones to spread over; one zone alone is one fire away from an outage (NW-1)."""

    nat: Nat = "perZone"
    """NAT gateways of the private subnets: one in each zone, a single one, or none (NW-1)."""

    admin_cidrs: tuple[NarrowCidr, ...] = ()
    """Ranges that may open SSH; empty where Session Manager serves, which is everywhere by default (NW-2)."""

    gateway_client_cidrs: tuple[NarrowCidr, ...] = ()
    """Vercel's static egress addresses, the data gateway's only clients; empty admits nobody (NW-2, DB-4)."""

    interface_endpoints: tuple[Endpoint, ...] = (
        "ec2messages",
        "ecr.api",
        "ecr.dkr",
        "kms",
        "logs",
        "secretsmanager",
        "sqs",
        "ssm",
        "ssmmessages",
        "sts",
    )
    """AWS services reached without leaving the network; each costs about 8 USD a month and zone (NW-1)."""

    flow_log_retention_days: LogRetentionDays = 365
    """How long accepted and refused connections can be looked up (NW-1)."""

    def subnets(self) -> tuple[Subnet, ...]:
        """Return the subnets of every tier in every zone.

        The range is cut into 16 equal blocks, four for each tier (the last four stay free), and a zone takes
        the block of its letter: a subnet keeps its addresses whatever zones come or go.
        """
        blocks = tuple(IPv4Network(self.cidr).subnets(prefixlen_diff=4))
        return tuple(
            Subnet(tier=tier, availability_zone=zone, cidr=str(blocks[4 * position + "abcd".index(zone[-1])]))
            for position, tier in enumerate(Tier)
            for zone in self.availability_zones
        )

    @rule
    def _nothing_stands_twice(self) -> Iterator[Violation]:
        yield from repeated("availability_zones", self.availability_zones)
        yield from repeated("interface_endpoints", self.interface_endpoints)

    @rule
    def _ranges_do_not_overlap(self) -> Iterator[Violation]:
        for field in ("admin_cidrs", "gateway_client_cidrs"):
            ranges = [IPv4Network(text) for text in getattr(self, field)]
            for (_, first), (position, second) in combinations(enumerate(ranges), 2):
                if first.overlaps(second):
                    yield Violation(
                        field,
                        position,
                        rule=f"must not overlap {first}",
                        reason="a reader could not tell which entry lets an address pass (NW-2)",
                        remedy="Keep the entry that is meant.",
                    )

    @rule
    def _clients_are_public(self) -> Iterator[Violation]:
        for position, text in enumerate(self.gateway_client_cidrs):
            network = IPv4Network(text)
            if not network.is_global and not any(network.subnet_of(block) for block in DOCUMENTATION):
                yield Violation(
                    "gateway_client_cidrs",
                    position,
                    rule="must be public addresses",
                    reason="Vercel's functions come from the internet; a reserved range admits nobody (DB-4)",
                    remedy="Copy the static egress addresses from the team's settings in Vercel.",
                )

    @rule
    def _containers_start_without_nat(self) -> Iterator[Violation]:
        missing = sorted(NEEDED_WITHOUT_NAT.difference(self.interface_endpoints))
        if self.nat == "none" and missing:
            yield Violation(
                "interface_endpoints",
                rule=f"must include {', '.join(missing)} when nat is none",
                reason="without a way out, containers reach neither their image nor their secrets (NW-1)",
                remedy="Add these endpoints, or set nat to single.",
            )

    @environment_rule
    def _zones_are_in_the_region(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        for position, zone in enumerate(self.availability_zones):
            if zone[:-1] != environment.region:
                yield Violation(
                    "availability_zones",
                    position,
                    rule=f"must be a zone of {environment.region}",
                    reason="the network lies in the environment's region (NW-1)",
                    remedy=f"Write a zone of {environment.region}, or change environment.region.",
                )

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_FLOW_LOG_DAYS[environment.name]
        if self.flow_log_retention_days < least:
            yield Violation(
                "flow_log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="intrusions are found months later, and the log is the only witness (NW-1)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )

    @environment_rule
    def _production_survives_a_zone(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and len(self.availability_zones) < ZONES_IN_PRODUCTION:
            yield Violation(
                "availability_zones",
                rule=f"must be {ZONES_IN_PRODUCTION} zones in prod",
                reason="two zones are one zone as soon as one fails (NW-1)",
                remedy="Add the region's third zone.",
            )
        if environment.production and self.nat != "perZone":
            yield Violation(
                "nat",
                rule="must be perZone in prod",
                reason="the failure of one zone must not cut the others off (NW-1)",
                remedy="Write perZone, or leave the key out: it is the default.",
            )
