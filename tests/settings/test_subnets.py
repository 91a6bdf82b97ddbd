"""The address plan of the network (NW-1)."""

import ipaddress
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from settings.network import NetworkSettings, Subnet, Tier

ZONES = ("ca-central-1a", "ca-central-1b", "ca-central-1d")
ranges = st.builds(
    lambda base, length: str(
        ipaddress.ip_network((int(ipaddress.ip_address("10.0.0.0")) + (base << 12), length), strict=False)
    ),
    st.integers(0, 4095),
    st.integers(16, 20),
)
zone_choices = st.permutations(ZONES).flatmap(
    lambda zones: st.integers(2, 3).map(lambda count: tuple(zones[:count]))
)


def plan(cidr: str, zones: tuple[str, ...]) -> tuple[Subnet, ...]:
    return NetworkSettings(cidr=cidr, availability_zones=zones).subnets()


@given(ranges, zone_choices)
def test_every_tier_has_one_subnet_in_every_zone_inside_the_range_and_beside_the_others(
    cidr: str, zones: tuple[str, ...]
) -> None:
    subnets = plan(cidr, zones)
    assert {(subnet.tier, subnet.availability_zone) for subnet in subnets} == {
        (tier, zone) for tier in Tier for zone in zones
    }
    blocks = [ipaddress.ip_network(subnet.cidr) for subnet in subnets]
    assert all(block.subnet_of(ipaddress.ip_network(cidr)) for block in blocks)
    assert not any(first.overlaps(second) for first, second in combinations(blocks, 2))
    assert all(16 <= block.prefixlen <= 24 for block in blocks), "AWS takes subnets from /16 to /28"


@given(ranges, zone_choices)
def test_a_subnet_keeps_its_addresses_whatever_zones_come_or_go(cidr: str, zones: tuple[str, ...]) -> None:
    everything = {subnet.name: subnet.cidr for subnet in plan(cidr, ZONES)}
    assert all(everything[subnet.name] == subnet.cidr for subnet in plan(cidr, zones))


def test_the_plan_of_production_is_as_documented() -> None:
    assert {subnet.name: subnet.cidr for subnet in plan("10.30.0.0/16", ZONES)} == {
        "private-a": "10.30.0.0/20",
        "private-b": "10.30.16.0/20",
        "private-d": "10.30.48.0/20",
        "public-a": "10.30.64.0/20",
        "public-b": "10.30.80.0/20",
        "public-d": "10.30.112.0/20",
        "isolated-a": "10.30.128.0/20",
        "isolated-b": "10.30.144.0/20",
        "isolated-d": "10.30.176.0/20",
    }
