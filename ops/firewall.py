"""The firewall as a table for people: who may talk to whom, on which port, and why (NW-2)."""

from collections.abc import Iterable

from components.firewall import Direction, Rule
from components.network.flows import CLOUDFLARE, CLOUDFLARE_CIDRS, GROUPS, firewall_rules
from components.server import GROUP as SERVER
from components.server import firewall_rules as server_rules
from settings.model import Settings

_HOST = "The server is in service and server; where server has no rule, no port is open and Session Manager leads in. "
_HEADER = ("group", "way", "peer", "port", "purpose")


def rules_of(settings: Settings) -> tuple[Rule, ...]:
    """Return the rules that a stack with these settings has, in the order of the groups."""
    order = [*GROUPS, SERVER]
    server = server_rules(settings.server, settings.network.admin_cidrs) if settings.server else ()
    return tuple(
        sorted(
            (*firewall_rules(settings.gateway_clients), *server),
            key=lambda rule: (order.index(rule.group), rule.direction is Direction.EGRESS, rule.key),
        )
    )


def shown(settings: Settings) -> str:
    """Return the table of a stack with these settings."""
    return table(rules_of(settings), server=settings.server is not None)


def table(rules: Iterable[Rule], *, server: bool = False) -> str:
    """Return the rules as a Markdown table, and below it what its names of ranges stand for.

    What does not stand in it is refused. `server` tells of the host that a stack may have: it is in two groups.
    """
    rows = [
        (
            rule.group,
            "from" if rule.direction is Direction.INGRESS else "to",
            rule.peer,
            f"{rule.protocol} {rule.from_port}"
            + ("" if rule.from_port == rule.to_port else f"-{rule.to_port}"),
            rule.purpose,
        )
        for rule in rules
    ]
    widths = [max(len(row[column]) for row in (_HEADER, *rows)) for column in range(len(_HEADER))]
    lines = (_HEADER, tuple("-" * width for width in widths), *rows)
    shown = "".join(f"| {' | '.join(map(str.ljust, row, widths))} |\n" for row in lines)
    host = _HOST if server else ""
    return f"{shown}\n{CLOUDFLARE}: {', '.join(CLOUDFLARE_CIDRS)}. {host}What no rule allows is refused.\n"
