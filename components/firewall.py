"""Firewall rules as values, for the security groups and for the table operators read (NW-2)."""

from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "0.0.0.0/0"


class Direction(StrEnum):
    """Which way a rule lets traffic pass, seen from the group that holds it."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One allowed flow, seen from the `group` that holds it.

    `peer` is another group's role name, the name of a prefix list, or a CIDR range. Ports are inclusive;
    `protocol` is `tcp` or `udp`.
    """

    group: str
    direction: Direction
    protocol: str
    from_port: int
    to_port: int
    peer: str
    purpose: str

    @property
    def key(self) -> str:
        """Return what names the rule for good: group, direction, peer and port."""
        return f"{self.group}-{self.direction}-{self.peer.replace('/', '_')}-{self.from_port}"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Traffic that two parties need: each of them that is a security group gets its own rule."""

    source: str
    target: str
    port: int
    purpose: str

    def rules(self, groups: frozenset[str]) -> tuple[Rule, ...]:
        """Return the rule that lets the flow out of its source and the one that lets it into its target."""
        ends = ((self.source, Direction.EGRESS, self.target), (self.target, Direction.INGRESS, self.source))
        return tuple(
            Rule(
                group=group,
                direction=direction,
                protocol="tcp",
                from_port=self.port,
                to_port=self.port,
                peer=peer,
                purpose=self.purpose,
            )
            for group, direction, peer in ends
            if group in groups
        )
