from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node


def _setting(name: str, value: object, policy: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(t.ZONE_SETTING, "value", value, name))


def _rule(ruleset: str, path: str, value: object, policy: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(t.RULESET, f"rules.{path}", value, ruleset))


def _hsts(**parts: object) -> dict[str, object]:
    header = {"enabled": True, "max_age": 31_536_000, "include_subdomains": True, "preload": False}
    return {"strict_transport_security": {**header, **parts}}


def _rival(draft: Draft) -> None:
    cache = draft.find(t.RULESET, "redirects")
    draft.add(node(t.RULESET, "more-redirects", cache.inputs, depends={"zoneId": [draft.find(t.ZONE)]}))


def _nothing_blocks(draft: Draft) -> None:
    rules = draft.find(t.RULESET, "firewall").inputs["rules"]
    for position, rule in enumerate(rules):
        if rule["action"] == "block":
            draft.set(t.RULESET, f"rules.{position}.enabled", False, "firewall")


def _cached_after(draft: Draft) -> None:
    rules = list(draft.find(t.RULESET, "cache").inputs["rules"])
    draft.set(t.RULESET, "rules", [*rules[-1:], *rules[:-1]], "cache")


CASES = (
    _setting("ssl", "flexible", "edge-ssl-strict"),
    _setting("ssl", "full", "edge-ssl-strict"),
    Case(policy="edge-ssl-strict", breaks=lambda draft: draft.drop(t.ZONE_SETTING, "ssl")),
    _rule("configuration", "0.actionParameters.ssl", "off", "edge-ssl-strict"),
    _setting("min-tls-version", "1.0", "edge-tls-versions"),
    _setting("tls-1-3", "off", "edge-tls-versions"),
    _setting("always-use-https", "off", "edge-https-only"),
    _setting("automatic-https-rewrites", "off", "edge-https-only"),
    _setting("security-header", _hsts(enabled=False), "edge-hsts"),
    _setting("security-header", _hsts(max_age=86_400), "edge-hsts"),
    _setting("security-header", _hsts(preload=True, include_subdomains=False), "edge-hsts"),
    _setting("security-header", {}, "edge-hsts"),
    Case(policy="edge-certificates", breaks=lambda draft: draft.set(t.UNIVERSAL_SSL, "enabled", False)),
    Case(policy="edge-certificates", breaks=lambda draft: draft.drop(t.CERTIFICATE_ALERTS)),
    Case(policy="edge-dnssec", breaks=lambda draft: draft.set(t.ZONE_DNSSEC, "status", "disabled")),
    _setting("development-mode", "on", "edge-hygiene"),
    _setting("security-level", "under_attack", "edge-hygiene"),
    Case(policy="edge-managed-rules", breaks=lambda draft: draft.drop(t.RULESET, "managed-rules")),
    _rule("managed-rules", "1.enabled", False, "edge-managed-rules"),
    _rule(
        "managed-rules",
        "1.actionParameters.overrides.categories.0",
        {"category": "sqli", "enabled": False},
        "edge-managed-rules",
    ),
    Case(policy="edge-rate-limit", breaks=lambda draft: draft.drop(t.RULESET, "rate-limit")),
    _rule("rate-limit", "0.action", "log", "edge-rate-limit"),
    _rule("rate-limit", "0.enabled", False, "edge-rate-limit"),
    Case(
        policy="edge-rate-limit",
        breaks=lambda draft: draft.set(
            t.RULESET,
            "rules.0.expression",
            draft.find(t.RULESET, "rate-limit").inputs["rules"][0]["expression"]
            + ' or starts_with(lower(http.request.uri.path), "/jobs/")',
            "rate-limit",
        ),
    ),
    Case(policy="edge-nothing-private-cached", breaks=lambda draft: draft.drop(t.RULESET, "cache")),
    _rule("cache", "3.actionParameters.cache", True, "edge-nothing-private-cached"),
    _rule("cache", "3.enabled", False, "edge-nothing-private-cached"),
    Case(
        policy="edge-nothing-private-cached",
        breaks=lambda draft: draft.set(
            t.RULESET,
            "rules.3.expression",
            f"not ({draft.find(t.RULESET, 'cache').inputs['rules'][3]['expression']})",
            "cache",
        ),
    ),
    Case(policy="edge-nothing-private-cached", breaks=_cached_after),
    _rule("firewall", "0.expression", "true", "edge-firewall-blocks"),
    Case(policy="edge-firewall-blocks", breaks=_nothing_blocks),
    Case(
        policy="edge-challenges-reachable",
        breaks=lambda draft: draft.set(
            t.RULESET, "rules.0.expression", 'http.host eq "www.jtldconsulting.com"', "redirects"
        ),
    ),
    Case(policy="edge-one-owner-per-phase", breaks=_rival),
    Case(
        policy="edge-one-owner-per-phase", breaks=lambda draft: draft.unset(t.RULESET, "rules.0.ref", "cache")
    ),
    Case(
        policy="edge-bots",
        breaks=lambda draft: draft.set(t.BOT_MANAGEMENT, "sbfmDefinitelyAutomated", "allow"),
    ),
    Case(policy="edge-bots", breaks=lambda draft: draft.drop(t.NOTIFICATION_POLICY, "attack-notice")),
    Case(
        policy="edge-scoped-token",
        breaks=lambda draft: draft.set(t.CLOUDFLARE_PROVIDER, "apiKey", "canary"),
    ),
)
