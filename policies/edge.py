"""Cloudflare's rule sets: a firewall that is on, and nothing private in the cache (ED-3, ED-4)."""

import re
from collections.abc import Callable, Iterator
from math import ceil

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, all_of, any_of

_PATHS = re.compile(r'"(/[^"]*)"')
_SESSIONS = ("next-auth.session-token", "authjs.session-token")
_RESTRICTS = re.compile(r"\band\b|&&|\bnot\b|!")
_NEGATES = re.compile(r"\b(not|ne|xor)\b|!|\^\^")
# Cloudflare's own name for its lowest sensitivity of the OWASP rules.
_LAX_SCORE = 60
# The phases whose rules some policy or test judges; in any other, a rule could lead visitors anywhere.
_PHASES = [
    "ddos_l7",
    "http_config_settings",
    "http_ratelimit",
    "http_request_cache_settings",
    "http_request_dynamic_redirect",
    "http_request_firewall_custom",
    "http_request_firewall_managed",
    "http_response_headers_transform",
]
# The same in every zone (Cloudflare's documentation of the managed rules).
_MANAGED = "efb7b8c949ac4650a09736fc376e9aee"
_OWASP = "4814384a9e5d4991b9815dcfc25d2f1f"


def _rules(
    resources: Iterator[Resource] | tuple[Resource, ...], phase: str
) -> Iterator[tuple[Resource, Value, Truth]]:
    """Return every rule that may belong to `phase`, with its rule set and whether it does."""
    for ruleset in resources:
        belongs = ruleset["phase"].equals(phase)
        if belongs is not Truth.NO:
            yield from ((ruleset, rule, belongs) for rule in ruleset["rules"])


def _paths(rule: Value) -> tuple[str, ...]:
    raw = rule["expression"].raw
    return tuple(_PATHS.findall(raw)) if isinstance(raw, str) else ()


def _runs(rule: Value) -> Truth:
    """Return whether a rule is switched on, as it is where nobody says otherwise."""
    return ~rule["enabled"].equals(False)


def _known_expression(rule: Value, fact: bool) -> Truth:
    return Truth.UNKNOWN if rule["expression"].raw is UNKNOWN else Truth.of(fact)


@policy(
    id="edge-managed-rules",
    title="The managed and OWASP rule sets stand before the site",
    severity=Severity.HIGH,
    requirements=("ED-4",),
    controls=("prowler zone_waf_enabled", "prowler zone_waf_owasp_ruleset_enabled"),
    remedy="Set edge.waf.managed; tone down single rules as exceptions, never whole categories.",
    prod_only=True,
    across=(t.ZONE, t.RULESET),
)
def managed_rules(stack: Stack) -> Findings:
    """Look for both rule sets, and for overrides that switch off more than paranoia levels."""
    for zone in stack.of(t.ZONE):
        for name, id_ in (("managed", _MANAGED), ("OWASP", _OWASP)):
            deployed = stack.has(zone, t.RULESET, "zoneId", _deploys(id_))
            yield zone.must(deployed, f"does not run the {name} rule set")


def _deploys(id_: str) -> Callable[[Resource], Truth]:
    def whole(rule: Value) -> Truth:
        overrides = rule["actionParameters.overrides"]
        parts = (overrides, *overrides["categories"], *overrides["rules"])
        return (
            rule["actionParameters.id"].equals(id_)
            & rule["action"].equals("execute")
            & rule["expression"].equals("true")
            & _runs(rule)
            & ~overrides["enabled"].equals(False)
            & overrides["categories"].holds(_keeps)
            & all_of(~part["action"].equals("log") for part in parts)
            & overrides["rules"].holds(lambda one: one["scoreThreshold"].at_most(_LAX_SCORE, absent=True))
        )

    return lambda one: (
        one["phase"].equals("http_request_firewall_managed")
        & one["rules"].some(whole)
        & one["rules"].holds(lambda rule: ~rule["action"].equals("skip") | _narrow(rule))
    )


def _narrow(rule: Value) -> Truth:
    """Return whether a rule's expression speaks of named paths and of nothing else.

    An expression that negates, or sets something beside a path by `or`, may match what it does not name.
    """
    text = rule["expression"].raw
    if not isinstance(text, str):
        return Truth.UNKNOWN if text is UNKNOWN else Truth.NO
    alternatives = re.split(
        r"\bor\b|\|\|", re.sub(r'"[^"]*"', lambda found: found[0].replace(" or ", "-or-"), text)
    )
    named = all(any(path != "/" for path in _PATHS.findall(part)) for part in alternatives)
    return Truth.of(named and not _NEGATES.search(text))


def _keeps(category: Value) -> Truth:
    paranoia = category["category"].test(lambda raw: str(raw).startswith("paranoia-level-"))
    return ~category["enabled"].equals(False) | paranoia


@policy(
    id="edge-rate-limit",
    title="Sign-in and upload are limited by address, pages are not",
    severity=Severity.HIGH,
    requirements=("ED-4", "ED-N7"),
    controls=("prowler zone_rate_limiting_enabled",),
    remedy="Keep the rate-limit phase, on paths below /api only: crawlers read everything else.",
    limits={"covers": ["/api/auth/", "/api/upload/"], "perMinute": 100},
    across=(t.ZONE, t.RULESET),
)
def rate_limit(stack: Stack) -> Findings:
    """Compare the paths that the rules name."""
    rules = list(_rules(stack.of(t.RULESET), "http_ratelimit"))
    for zone in stack.of(t.ZONE):
        for path in stack.limits["covers"]:
            limited = any_of(
                belongs
                & _runs(rule)
                & _known_expression(
                    rule, path in _paths(rule) and not _RESTRICTS.search(str(rule["expression"].raw))
                )
                & rule["action"].equals("block")
                & rule["ratelimit.characteristics"].some(lambda one: one.equals("ip.src"))
                & _per_minute(rule["ratelimit"], stack.limits["perMinute"])
                for _, rule, belongs in rules
            )
            yield zone.must(limited, f"does not limit {path}")
    for ruleset, rule, belongs in rules:
        inside = _known_expression(rule, all(path.startswith("/api/") for path in _paths(rule)))
        yield ruleset.must(~belongs | (_narrow(rule) & inside), "limits pages that crawlers read")


def _per_minute(limit: Value, most: float) -> Truth:
    """Return whether no more than `most` requests pass in a minute, whatever the period they are counted over."""
    requests, period = limit["requestsPerPeriod"], limit["period"]
    if UNKNOWN in (requests.raw, period.raw):
        return Truth.UNKNOWN
    return requests.test(lambda count: bool(period.raw) and count <= ceil(most * period.raw / 60))


@policy(
    id="edge-nothing-private-cached",
    title="API, sign-in and pages of signed-in users are never cached",
    severity=Severity.CRITICAL,
    requirements=("ED-N4", "ED-3"),
    remedy="Let the last cache rule bypass /api, /login, /register and session cookies: the last match wins.",
    limits={"paths": ["/api", "/login", "/register"]},
    across=(t.ZONE, t.RULESET),
)
def nothing_private_cached(stack: Stack) -> Findings:
    """Ask for one rule that bypasses all of it, after every rule that caches."""
    for zone in stack.of(t.ZONE):
        safe = stack.has(
            zone,
            t.RULESET,
            "zoneId",
            lambda one: (
                one["phase"].equals("http_request_cache_settings") & _bypasses(one, stack.limits["paths"])
            ),
        )
        yield zone.must(safe, "may cache what belongs to one user")


def _bypasses(ruleset: Resource, paths: list[str]) -> Truth:
    """Return whether one rule bypasses the cache for all of it and no rule after that one caches."""
    rules = list(ruleset["rules"])
    return any_of(
        _runs(rule)
        & rule["expression"].test(lambda raw: _covers(str(raw), paths))
        & rule["actionParameters.cache"].equals(False)
        & all_of(~later["actionParameters.cache"].true for later in rules[position + 1 :])
        for position, rule in enumerate(rules)
    )


def _covers(expression: str, paths: list[str]) -> bool:
    """Return whether an expression reaches all `paths` and session cookies, and takes nothing out again."""
    found = set(_PATHS.findall(expression))
    below = all(f'"{path}/"' in expression for path in paths)
    cookies = all(f'http.cookie contains "{name}"' in expression for name in _SESSIONS)
    return set(paths) <= found and below and cookies and not _RESTRICTS.search(expression)


@policy(
    id="edge-firewall-blocks",
    title="The zone's own firewall rules stop something, and skip little",
    severity=Severity.HIGH,
    requirements=("ED-4",),
    controls=("prowler zone_firewall_blocking_rules_configured",),
    remedy="Keep a blocking rule; a rule that skips names the paths it skips for.",
    across=(t.ZONE, t.RULESET),
)
def firewall_blocks(stack: Stack) -> Findings:
    """Look for one block, and for a path in each skip."""
    rules = list(_rules(stack.of(t.RULESET), "http_request_firewall_custom"))
    for zone in stack.of(t.ZONE):
        blocks = any_of(
            belongs & _runs(rule) & rule["action"].is_in(("block", "managed_challenge", "challenge"))
            for _, rule, belongs in rules
        )
        yield zone.must(blocks, "has no rule that stops anything")
    for ruleset, rule, belongs in rules:
        skips = belongs & rule["action"].equals("skip")
        yield ruleset.must(~skips | _narrow(rule), "skips checks for more than named paths")


@policy(
    id="edge-challenges-reachable",
    title="Certificate challenges are never redirected",
    severity=Severity.HIGH,
    requirements=("ED-2",),
    remedy="Except /.well-known from every redirect: Vercel renews its certificate there.",
    each=(t.RULESET,),
)
def challenges_reachable(ruleset: Resource) -> Findings:
    """Look for the exception in each redirect's expression."""
    for _, rule, belongs in _rules((ruleset,), "http_request_dynamic_redirect"):
        spared = "not (" in str(rule["expression"].raw) and "/.well-known" in _paths(rule)
        reachable = ~belongs | _known_expression(rule, spared)
        yield rule["expression"].must(reachable, "redirects certificate challenges")


@policy(
    id="edge-one-owner-per-phase",
    title="A phase has one rule set, and each rule its lasting name",
    severity=Severity.HIGH,
    requirements=("ED-4",),
    remedy="Add the rule to the phase in components/edge/rules.py, with a ref of its own.",
    limits={"phases": _PHASES},
    # The engine shows a stack policy dependencies on the types it names: at preview they alone tell the zone.
    across=(t.RULESET, t.ZONE),
)
def one_owner_per_phase(stack: Stack) -> Findings:
    """Two rule sets of one phase overwrite each other; rules without ref change at every update."""
    rulesets = stack.of(t.RULESET)
    for one in rulesets:
        entry = one["kind"].equals("zone")
        shared = any_of(
            other["kind"].equals("zone") & one["phase"].same_as(other["phase"]) & _one_zone(stack, one, other)
            for other in rulesets
            if other is not one
        )
        yield one.must(~(entry & shared), "shares its phase with another rule set")
        yield one.must(entry & one["phase"].is_in(stack.limits["phases"]), "acts where no policy looks")
        for rule in one["rules"]:
            yield one.must(~entry | rule["ref"].given, f"{rule.path} has no ref")


def _one_zone(stack: Stack, one: Resource, other: Resource) -> Truth:
    by_zone = any_of(
        stack.link(zone, one, "zoneId") & stack.link(zone, other, "zoneId") for zone in stack.of(t.ZONE)
    )
    return by_zone | one["zoneId"].same_as(other["zoneId"])


@policy(
    id="edge-bots",
    title="Bots are challenged, and leaked passwords noticed",
    severity=Severity.MEDIUM,
    requirements=("ED-4",),
    controls=("prowler zone_bot_fight_mode_enabled",),
    remedy="Write edge.bots: superFight on the pro plan or above; enable LeakedCredentialCheck.",
    level=Level.ADVISORY,
    prod_only=True,
    across=(t.ZONE, t.BOT_MANAGEMENT, t.LEAKED_CREDENTIALS, t.NOTIFICATION_POLICY),
)
def bots(stack: Stack) -> Findings:
    """Accept either of Cloudflare's bot products."""
    for zone in stack.of(t.ZONE):
        fights = stack.has(
            zone,
            t.BOT_MANAGEMENT,
            "zoneId",
            lambda one: (
                one["fightMode"].true | one["sbfmDefinitelyAutomated"].is_in(("block", "managed_challenge"))
            ),
        )
        yield zone.must(fights, "lets every bot in")
        noticed = stack.has(zone, t.LEAKED_CREDENTIALS, "zoneId", lambda one: one["enabled"].true)
        yield zone.must(noticed, "does not notice leaked passwords")
    attack = any_of(
        one["alertType"].equals("dos_attack_l7") & ~one["enabled"].equals(False)
        for one in stack.of(t.NOTIFICATION_POLICY)
    )
    for zone in stack.of(t.ZONE):
        yield zone.must(attack, "tells nobody of an attack")
