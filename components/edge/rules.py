"""What the edge does with requests, phase by phase, as data (ED-3, ED-4).

A zone has one entry-point rule set per phase; all of them are made here. `ref` names a rule for ever:
Cloudflare matches rules by it, so that a reordered or reworded rule keeps its identity and its counters.
"""

from collections.abc import Mapping

from components.edge import expressions as when
from components.edge.managed_rules import managed_rules
from components.edge.model import EdgeRule, Hosts, Phase
from settings.cloudflare_plan import Bots
from settings.edge import EdgeSettings

YEAR_SECONDS = 31_536_000
# The same in every zone, as are the ids in managed_rules.py.
DDOS_RULES = "4d21379b4f9f4bb088e0729962c8b3cf"


SESSION_COOKIES = ("next-auth.session-token", "authjs.session-token")
RATE_LIMITED = ("/api/auth", "/api/upload")
NEVER_CACHED = ("/api", "/login", "/register", "/.well-known")
CERTIFICATE_CHALLENGE = "/.well-known/acme-challenge"
_MACHINES = when.path_under("/api/webhooks") | when.path_is("/api/health", "/health")
_PROBES = when.path_under("/.git", "/.svn", "/.aws", "/.ssh", "/wp-admin", "/phpmyadmin") | when.path_is(
    "/.env", "/.env.local", "/.env.production", "/wp-login.php", "/xmlrpc.php"
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def phases(settings: EdgeSettings, hosts: Hosts) -> tuple[Phase, ...]:
    """Return every phase that the zone's plan can run."""
    built = (
        Phase(id="ddos_l7", role="ddos", rules=(_ddos(),)),
        Phase(id="http_request_dynamic_redirect", role="redirects", rules=_redirects(hosts.redirects)),
        Phase(id="http_config_settings", role="configuration", rules=_configuration()),
        Phase(id="http_request_firewall_custom", role="firewall", rules=_firewall(settings.bots)),
        Phase(id="http_ratelimit", role="rate-limit", rules=(_rate_limit(settings),)),
        Phase(id="http_request_firewall_managed", role="managed-rules", rules=managed_rules(settings.waf)),
        Phase(id="http_request_cache_settings", role="cache", rules=_cache(hosts)),
        Phase(id="http_response_headers_transform", role="response-headers", rules=_response_headers()),
    )
    return tuple(phase for phase in built if phase.rules)


def _ddos() -> EdgeRule:
    return EdgeRule(
        ref="http_ddos",
        description="Cloudflare's HTTP DDoS rules at their full sensitivity (ED-4)",
        expression=when.everything(),
        action="execute",
        parameters={"id": DDOS_RULES, "overrides": {"sensitivity_level": "default"}},
    )


def _redirects(redirects: Mapping[str, str]) -> tuple[EdgeRule, ...]:
    return tuple(
        EdgeRule(
            ref=f"canonical_{source.partition('.')[0]}",
            description=f"{source} leads to {target}, except for certificate challenges (ED-1, HO-3)",
            expression=when.host_is(source) & ~when.path_under("/.well-known"),
            action="redirect",
            parameters={
                "from_value": {
                    "status_code": 301,
                    "preserve_query_string": True,
                    "target_url": {"expression": when.same_path_at(target)},
                }
            },
        )
        for source, target in redirects.items()
    )


def _configuration() -> tuple[EdgeRule, ...]:
    return (
        EdgeRule(
            ref="certificate_challenge",
            description="Certificate authorities are neither challenged nor rewritten (ED-2)",
            expression=when.path_under(CERTIFICATE_CHALLENGE),
            action="set_config",
            parameters={"security_level": "essentially_off", "bic": False, "automatic_https_rewrites": False},
        ),
        EdgeRule(
            ref="machine_clients",
            description="Webhooks and health checks cannot solve a challenge, not even under attack (ED-4)",
            expression=_MACHINES,
            action="set_config",
            parameters={"security_level": "medium", "bic": False},
        ),
    )


def _firewall(bots: Bots) -> tuple[EdgeRule, ...]:
    bot_phase = ["http_request_sbfm"] if bots is Bots.SUPER_FIGHT else []
    challenge = EdgeRule(
        ref="certificate_challenge",
        description="Certificate authorities pass every later check (ED-2)",
        expression=when.path_under(CERTIFICATE_CHALLENGE) & when.method_is("GET", "HEAD"),
        action="skip",
        parameters={
            "ruleset": "current",
            "phases": ["http_ratelimit", "http_request_firewall_managed", *bot_phase],
            "products": ["bic", "securityLevel", "uaBlock", "zoneLockdown"],
        },
        logged=True,
    )
    machines = EdgeRule(
        ref="machine_clients",
        description="Webhooks and health checks are no bots to fight (ED-4)",
        expression=_MACHINES,
        action="skip",
        parameters={"phases": bot_phase, "products": ["bic"]},
        logged=True,
    )
    return (
        challenge,
        *((machines,) if bot_phase else ()),
        EdgeRule(
            ref="probes",
            description="Nobody asks for these but scanners (ED-4)",
            expression=_PROBES,
            action="block",
        ),
        EdgeRule(
            ref="unused_methods",
            description="The platform answers no other HTTP method (ED-4)",
            expression=~when.method_is(*_METHODS),
            action="block",
        ),
    )


def _rate_limit(settings: EdgeSettings) -> EdgeRule:
    limit = settings.rate_limit
    return EdgeRule(
        ref="sign_in_and_upload",
        description=f"{limit.requests} requests in {limit.period_seconds} s from one address, then 429 (ED-4)",
        expression=when.path_under(*RATE_LIMITED),
        # A rate limit's block answers 429 by itself; only other actions need to say so.
        action="block",
        rate_limit={
            "characteristics": ["cf.colo.id", "ip.src"],
            "period": limit.period_seconds,
            "requests_per_period": limit.requests,
            "mitigation_timeout": limit.block_seconds,
            "requests_to_origin": False,
        },
    )


def _cache(hosts: Hosts) -> tuple[EdgeRule, ...]:
    """All rules that match apply, the last one wins: what must not be cached comes last."""
    at_files, public = when.host_is(hosts.files), when.path_under(*hosts.public_paths)
    return (
        EdgeRule(
            ref="build_assets",
            description="Names of build assets hold a hash of their content: one year (ED-3)",
            expression=when.path_under("/_next/static"),
            action="set_cache_settings",
            parameters={
                "cache": True,
                "edge_ttl": {
                    "mode": "override_origin",
                    "default": YEAR_SECONDS,
                    "status_code_ttls": [{"status_code_range": {"from_": 400, "to": 599}, "value": -1}],
                },
                "browser_ttl": {"mode": "override_origin", "default": YEAR_SECONDS},
            },
        ),
        EdgeRule(
            ref="public_files",
            description="Public files as long as their Cache-Control says, which is seven days (ED-3, ST-5)",
            expression=at_files & public,
            action="set_cache_settings",
            parameters={
                "cache": True,
                "edge_ttl": {"mode": "respect_origin"},
                "browser_ttl": {"mode": "respect_origin"},
            },
        ),
        EdgeRule(
            ref="signed_files",
            description="A file behind a signed URL belongs to its reader alone (ED-N4, ST-5)",
            expression=at_files & ~public,
            action="set_cache_settings",
            parameters={"cache": False},
        ),
        EdgeRule(
            ref="private_pages",
            description="API, sign-in and whatever a signed-in user sees is never cached (ED-3, ED-N4)",
            expression=when.path_under(*NEVER_CACHED) | when.cookie_mentions(*SESSION_COOKIES),
            action="set_cache_settings",
            parameters={"cache": False},
        ),
    )


def _response_headers() -> tuple[EdgeRule, ...]:
    def set_to(value: str) -> dict[str, str]:
        return {"operation": "set", "value": value}

    return (
        EdgeRule(
            ref="security_headers",
            description="Headers that every page carries; HSTS is a setting of the zone (ED-9)",
            expression=when.everything(),
            action="rewrite",
            parameters={
                "headers": {
                    "X-Content-Type-Options": set_to("nosniff"),
                    "X-Frame-Options": set_to("DENY"),
                    "Referrer-Policy": set_to("strict-origin-when-cross-origin"),
                    "Permissions-Policy": set_to("camera=(), geolocation=(), microphone=(), payment=()"),
                    "Cross-Origin-Opener-Policy": set_to("same-origin-allow-popups"),
                    "X-Powered-By": {"operation": "remove"},
                }
            },
        ),
        EdgeRule(
            ref="immutable_assets",
            description="Browsers need not ask again for build assets (ED-3)",
            expression=when.path_under("/_next/static") & when.status_is(200),
            action="rewrite",
            parameters={"headers": {"Cache-Control": set_to(f"public, max-age={YEAR_SECONDS}, immutable")}},
        ),
    )
