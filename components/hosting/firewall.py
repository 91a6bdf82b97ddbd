"""Vercel's own firewall: the second line behind Cloudflare, and the only one during a fail-over (HO-7)."""

from typing import Any, Literal

_SIGN_IN_AND_UPLOAD = ("/api/auth", "/api/upload")
_REQUESTS_A_MINUTE = 100
_OWASP_SETS = ("gen", "lfi", "ma", "rce", "rfi", "sd", "sf", "sqli", "xss")


def managed_rulesets(plan: Literal["pro", "enterprise"]) -> dict[str, Any]:
    """Return Vercel's managed rules: bots are logged, since Cloudflare has challenged them before.

    A second challenge would stop webhooks and health checks, which Cloudflare lets pass by rule.
    """
    bots = {"bot_protection": {"active": True, "action": "log"}}
    if plan == "pro":
        return bots
    return {**bots, "owasp": {name: {"active": True, "action": "deny"} for name in _OWASP_SETS}}


def rules() -> list[dict[str, Any]]:
    """Return our own rules: sign-in and upload are limited by address here too (ED-4)."""
    conditions = [
        {"type": "path", **test}
        for prefix in _SIGN_IN_AND_UPLOAD
        for test in ({"op": "eq", "value": prefix}, {"op": "pre", "value": f"{prefix}/"})
    ]
    return [
        {
            "name": "sign-in-and-upload",
            "active": True,
            "action": {
                "action": "rate_limit",
                "rate_limit": {
                    "algo": "fixed_window",
                    "window": 60,
                    "limit": _REQUESTS_A_MINUTE,
                    "keys": ["ip"],
                    "action": "rate_limit",
                },
            },
            "condition_groups": [{"conditions": [condition]} for condition in conditions],
        }
    ]
