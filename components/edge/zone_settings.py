"""The zone's switches as one table: setting, value, and the plan that first has it (ED-2, ED-4, ED-5)."""

from dataclasses import dataclass
from typing import Any

from settings.cloudflare_plan import Plan
from settings.edge import EdgeSettings

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class ZoneSetting:
    """One setting of the zone; the zone keeps it even when nobody manages it any more."""

    id: str
    value: Any
    plan: Plan = Plan.FREE
    requirements: tuple[str, ...] = ()


def zone_settings(settings: EdgeSettings) -> tuple[ZoneSetting, ...]:
    """Return the settings that the zone's plan has."""
    hsts = settings.hsts
    table = (
        ZoneSetting(id="ssl", value="strict", requirements=("ED-2", "ED-N2")),
        ZoneSetting(id="min_tls_version", value="1.2", requirements=("ED-2",)),
        ZoneSetting(id="tls_1_3", value="on", requirements=("ED-2",)),
        # Cloudflare lets /.well-known/acme-challenge/ through unredirected, so Vercel can renew behind it.
        ZoneSetting(id="always_use_https", value="on", requirements=("ED-2",)),
        ZoneSetting(id="automatic_https_rewrites", value="on", requirements=("ED-2",)),
        ZoneSetting(id="opportunistic_encryption", value="on", requirements=("ED-2",)),
        ZoneSetting(
            id="security_header",
            # Snake case: with camel case the provider sees a difference for ever (pulumi-cloudflare#1579).
            value={
                "strict_transport_security": {
                    "enabled": True,
                    "max_age": hsts.max_age_days * _SECONDS_A_DAY,
                    "include_subdomains": hsts.include_subdomains,
                    "preload": hsts.preload,
                    "nosniff": True,
                }
            },
            requirements=("ED-2", "ED-9"),
        ),
        ZoneSetting(
            id="security_level",
            value="under_attack" if settings.under_attack else "medium",
            requirements=("ED-4",),
        ),
        ZoneSetting(id="browser_check", value="on", requirements=("ED-4",)),
        ZoneSetting(id="challenge_ttl", value=1800, requirements=("ED-4",)),
        ZoneSetting(id="development_mode", value="off", requirements=("ED-3",)),
        ZoneSetting(id="always_online", value="on"),
        # Replayed early data may repeat an application or a payment.
        ZoneSetting(id="0rtt", value="off", requirements=("ED-2",)),
        # Both rewrite pages, after which React finds other markup than it rendered.
        ZoneSetting(id="email_obfuscation", value="off"),
        ZoneSetting(id="rocket_loader", value="off"),
        ZoneSetting(id="brotli", value="on"),
        ZoneSetting(id="http3", value="on"),
        ZoneSetting(id="websockets", value="on"),
        ZoneSetting(
            id="polish",
            value="lossless" if settings.image_optimisation else "off",
            plan=Plan.PRO,
            requirements=("ED-5",),
        ),
    )
    plans = list(Plan)
    return tuple(row for row in table if plans.index(row.plan) <= plans.index(settings.plan))
