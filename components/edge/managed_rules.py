"""Cloudflare's managed rule set and OWASP's, and what is toned down in them (ED-4)."""

from collections.abc import Mapping
from typing import Any

from components.edge import expressions as when
from components.edge.model import EdgeRule
from settings.edge import Owasp, Waf

# The same in every zone.
MANAGED_RULES = "efb7b8c949ac4650a09736fc376e9aee"
OWASP_RULES = "4814384a9e5d4991b9815dcfc25d2f1f"
OWASP_SCORE_RULE = "6179ae15870a4bb7b2d480d4843b323c"
_PARANOIA_LEVELS = 4


def managed_rules(waf: Waf) -> tuple[EdgeRule, ...]:
    """Return the rules that run both sets, none where the plan has none."""
    if not waf.managed:
        return ()
    return (
        EdgeRule(
            ref="cloudflare_managed",
            description="Cloudflare's managed rules (ED-4)",
            expression=when.everything(),
            action="execute",
            parameters=_execution(MANAGED_RULES, {"rules": _toned_down(waf, "managed")}),
        ),
        EdgeRule(
            ref="owasp",
            description="The OWASP Core Rule Set (ED-4)",
            expression=when.everything(),
            action="execute",
            parameters=_execution(OWASP_RULES, _owasp(waf.owasp, _toned_down(waf, "owasp"))),
        ),
    )


def _execution(ruleset: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in overrides.items() if value}
    return {"id": ruleset, "overrides": given} if given else {"id": ruleset}


def _toned_down(waf: Waf, ruleset: str) -> list[dict[str, Any]]:
    return [{"id": rule.rule_id, "action": rule.action} for rule in waf.exceptions if rule.ruleset == ruleset]


def _owasp(owasp: Owasp, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "categories": [
            {"category": f"paranoia-level-{level}", "enabled": False}
            for level in range(owasp.paranoia_level + 1, _PARANOIA_LEVELS + 1)
        ],
        "rules": [
            *rules,
            {"id": OWASP_SCORE_RULE, "action": "block", "score_threshold": owasp.score_threshold},
        ],
    }
