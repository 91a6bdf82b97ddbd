"""What each Cloudflare plan can do, as far as the platform asks for it (ED-5).

Read 2026-11 from Cloudflare's availability tables for rate limiting, custom and managed rules, bots,
sub-domain setup and DNS records. What Cloudflare changes is changed here, once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Plan(StrEnum):
    """Cloudflare's plans of a zone, cheapest first."""

    FREE = "free"
    PRO = "pro"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"

    @property
    def abilities(self) -> "Abilities":
        """Return what the plan can do."""
        return ABILITIES[self]


class Bots(StrEnum):
    """How automated visitors are met; on the free plan no rule can exempt a webhook from Bot Fight Mode."""

    OFF = "off"
    FIGHT = "fight"
    SUPER_FIGHT = "superFight"


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """One plan's limits; seconds where a name says so."""

    subdomain_zone: bool
    managed_rules: bool
    custom_rules: int
    rate_limit_rules: int
    rate_limit_periods_seconds: tuple[int, ...]
    rate_limit_longest_block_seconds: int
    bots: tuple[Bots, ...]
    image_optimisation: bool
    shortest_ttl_seconds: int


_DAY = 86_400

ABILITIES = {
    Plan.FREE: Abilities(
        subdomain_zone=False,
        managed_rules=False,
        custom_rules=5,
        rate_limit_rules=1,
        rate_limit_periods_seconds=(10,),
        rate_limit_longest_block_seconds=10,
        bots=(Bots.OFF, Bots.FIGHT),
        image_optimisation=False,
        shortest_ttl_seconds=60,
    ),
    Plan.PRO: Abilities(
        subdomain_zone=False,
        managed_rules=True,
        custom_rules=20,
        rate_limit_rules=2,
        rate_limit_periods_seconds=(10, 60),
        rate_limit_longest_block_seconds=3600,
        bots=(Bots.OFF, Bots.SUPER_FIGHT),
        image_optimisation=True,
        shortest_ttl_seconds=60,
    ),
    Plan.BUSINESS: Abilities(
        subdomain_zone=False,
        managed_rules=True,
        custom_rules=100,
        rate_limit_rules=5,
        rate_limit_periods_seconds=(10, 60, 120, 300, 600),
        rate_limit_longest_block_seconds=_DAY,
        bots=(Bots.OFF, Bots.SUPER_FIGHT),
        image_optimisation=True,
        shortest_ttl_seconds=60,
    ),
    Plan.ENTERPRISE: Abilities(
        subdomain_zone=True,
        managed_rules=True,
        custom_rules=1000,
        rate_limit_rules=100,
        rate_limit_periods_seconds=(10, 60, 120, 300, 600, 3600),
        rate_limit_longest_block_seconds=_DAY,
        bots=(Bots.OFF, Bots.SUPER_FIGHT),
        image_optimisation=True,
        shortest_ttl_seconds=30,
    ),
}


def plan_that(able: Callable[[Abilities], bool]) -> Plan | None:
    """Return the cheapest plan that is `able`, or None when no plan is."""
    return next((plan for plan in Plan if able(plan.abilities)), None)
