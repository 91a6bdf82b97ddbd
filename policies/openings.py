"""Firewall rules in every spelling AWS has for them, as one thing to ask questions of."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from policies import tokens as t
from policies.resources import Resource
from policies.values import Truth, Value, any_of

_ALL_PROTOCOLS = ("-1", "all")
_TCP = ("tcp", "6")
_WITH_PORTS = ("tcp", "udp", "6", "17", "sctp", "132")
# A range this wide is the world cut in pieces: 0.0.0.0/1 and 128.0.0.0/1 together are 0.0.0.0/0.
_WORLD_BITS = {4: 7, 6: 15}


@dataclass(frozen=True, kw_only=True)
class _Spelling:
    """What a type calls the parts of a rule."""

    protocol: str
    ranges: tuple[str, str]
    prefix_lists: str | None = None


_STANDALONE = _Spelling(protocol="ipProtocol", ranges=("cidrIpv4", "cidrIpv6"), prefix_lists="prefixListId")
_INLINE = _Spelling(
    protocol="protocol", ranges=("cidrBlocks", "ipv6CidrBlocks"), prefix_lists="prefixListIds"
)
_ACL = _Spelling(protocol="protocol", ranges=("cidrBlock", "ipv6CidrBlock"))
_SPELLINGS = {
    t.INGRESS_RULE: _STANDALONE,
    t.EGRESS_RULE: _STANDALONE,
    t.SECURITY_GROUP: _INLINE,
    t.SECURITY_GROUP_RULE: _INLINE,
    t.NETWORK_ACL: _ACL,
    t.DEFAULT_NETWORK_ACL: _ACL,
    t.NETWORK_ACL_RULE: _ACL,
}


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One rule that lets traffic pass, however its type spells it."""

    at: Value
    protocol: Value
    low: Value
    high: Value
    ranges: tuple[Value, ...]
    prefix_lists: Truth

    @property
    def world(self) -> Truth:
        """Return whether it admits the world."""
        return any_of(text.test(is_world) for text in self.ranges)

    @property
    def addresses(self) -> Truth:
        """Return whether it admits addresses at all, in ranges or in lists."""
        return any_of(text.given for text in self.ranges) | self.prefix_lists

    def _speaks(self, protocols: tuple[str, ...]) -> Truth:
        # The older types take a protocol in any case.
        return self.protocol.test(lambda name: str(name).lower() in protocols)

    @property
    def all_ports(self) -> Truth:
        """Return whether it admits every protocol, or every port of one."""
        whole = self.low.at_most(0, absent=True) & self.high.at_least(65535, absent=True)
        return self._speaks(_ALL_PROTOCOLS) | (self._speaks(_WITH_PORTS) & whole)

    def covers(self, *ports: int) -> Truth:
        """Return whether it admits one of `ports`."""
        within = any_of(self.low.at_most(port) & self.high.at_least(port) for port in ports)
        return self.all_ports | (self._speaks(_WITH_PORTS) & within)

    def only(self, ports: list[int]) -> Truth:
        """Return whether it admits exactly one of `ports` over TCP and no other."""
        return self._speaks(_TCP) & any_of(self.low.equals(port) & self.high.equals(port) for port in ports)


def is_world(text: str) -> bool:
    """Return whether a range is the world, or so large a part of it that a few of them are."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen <= _WORLD_BITS[network.version]


def openings(resource: Resource, direction: str) -> Iterator[Opening]:
    """Yield a resource's rules of one direction: its inline ones, or itself where it is a rule."""
    if resource.type in (t.SECURITY_GROUP, t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL):
        rules = list(resource[direction])
    elif resource.type == t.SECURITY_GROUP_RULE and resource["type"].equals(direction) is Truth.NO:
        rules = []
    else:
        rules = [resource.whole]
    spelling = _SPELLINGS[resource.type]
    for rule in rules:
        yield Opening(
            at=rule,
            protocol=rule[spelling.protocol],
            low=rule["fromPort"],
            high=rule["toPort"],
            ranges=tuple(text for name in spelling.ranges for text in rule[name]),
            prefix_lists=rule[spelling.prefix_lists].given if spelling.prefix_lists else Truth.NO,
        )
