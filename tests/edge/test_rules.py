"""What the deployed rule sets do with sample requests, read from what the program registers (ED-3, ED-4)."""

from typing import Any

import pytest

from tests.support import STACKS, Graph, as_configured
from tests.support.rule_language import Request, matches, value_of

RULESET = "cloudflare:index/ruleset:Ruleset"
SESSION = "__Secure-next-auth.session-token=abc"
FILES = "files.jtldconsulting.com"


@pytest.fixture
def prod() -> Graph:
    return as_configured("prod").graph


def rules(graph: Graph, name: str) -> list[dict[str, Any]]:
    return list(graph.one(RULESET, name).inputs["rules"])


def acting(graph: Graph, name: str, request: Request) -> list[str]:
    return [rule["ref"] for rule in rules(graph, name) if matches(rule["expression"], request)]


def cached(graph: Graph, request: Request) -> bool | None:
    """Whether a cache rule decides, and what: the last one that matches wins."""
    verdicts = [
        rule["actionParameters"]["cache"]
        for rule in rules(graph, "cache")
        if matches(rule["expression"], request)
    ]
    return verdicts[-1] if verdicts else None


# These act on whatever comes.
ALWAYS = {"http_ddos", "cloudflare_managed", "owasp", "security_headers"}
WWW = "www.jtldconsulting.com"
LIMITED = {"rate-limit": ["sign_in_and_upload"], "cache": ["private_pages"]}
PRIVATE = {"cache": ["private_pages"]}
CHALLENGE = {"configuration": ["certificate_challenge"], "firewall": ["certificate_challenge"], **PRIVATE}
MACHINE = {"configuration": ["machine_clients"], "firewall": ["machine_clients"], **PRIVATE}


@pytest.mark.parametrize(
    ("request_", "acts"),
    [
        (Request(path="/"), {}),
        (Request(path="/jobs"), {}),
        (Request(path="/jobs", cookies=SESSION), PRIVATE),
        (Request(path="/login"), PRIVATE),
        (Request(path="/Login"), PRIVATE),
        (Request(path="/api/auth/login", method="POST"), LIMITED),
        (Request(path="/API/auth"), LIMITED),
        (Request(path="/api/upload/cv", cookies=SESSION), LIMITED),
        (Request(path="/api/authors"), PRIVATE),
        (
            Request(path="/_next/static/x.js"),
            {"cache": ["build_assets"], "response-headers": ["immutable_assets"]},
        ),
        (
            Request(path="/_next/static/x.js", cookies=SESSION),
            {"cache": ["build_assets", "private_pages"], "response-headers": ["immutable_assets"]},
        ),
        (Request(path="/.well-known/acme-challenge/x"), CHALLENGE),
        (Request(path="/.well-known/acme-challenge/x", host=WWW), CHALLENGE),
        (Request(path="/jobs/1", host=WWW), {"redirects": ["canonical_www"]}),
        (Request(path="/api/webhooks/stripe", method="POST"), MACHINE),
        (Request(path="/api/health"), MACHINE),
        (Request(path="/.env"), {"firewall": ["probes"]}),
        (Request(path="/", method="TRACE"), {"firewall": ["unused_methods"]}),
        (Request(path="/logos/7/logo.png", host=FILES), {"cache": ["public_files"]}),
        (Request(path="/resumes/7/cv.pdf", host=FILES), {"cache": ["signed_files"]}),
    ],
    ids=lambda value: f"{value.method} {value.host}{value.path}" if isinstance(value, Request) else "",
)
def test_which_rules_act_on_which_request(prod: Graph, request_: Request, acts: dict[str, list[str]]) -> None:
    """ED-3, ED-4: in every phase of the zone, and no rule besides."""
    found = {
        one.name: [ref for ref in acting(prod, one.name, request_) if ref not in ALWAYS]
        for one in prod.of_type(RULESET)
    }
    assert {phase: refs for phase, refs in found.items() if refs} == acts


@pytest.mark.parametrize(
    ("path", "limited"),
    [
        ("/api/auth/login", True),
        ("/api/auth", True),
        ("/API/auth", True),
        ("/api/upload/resume", True),
        ("/api/authors", False),
        ("/api/jobs", False),
        ("/jobs/1", False),
        ("/login", False),
        ("/robots.txt", False),
        ("/sitemap.xml", False),
    ],
)
def test_sign_in_and_upload_are_limited_and_pages_are_not(prod: Graph, path: str, limited: bool) -> None:
    """ED-4, ED-N7: 100 a minute and address, answered 429; crawlers read the pages unhindered."""
    assert bool(acting(prod, "rate-limit", Request(path=path))) is limited
    (rule,) = rules(prod, "rate-limit")
    assert rule["ratelimit"]["requestsPerPeriod"] == 100
    assert rule["ratelimit"]["period"] == 60
    assert set(rule["ratelimit"]["characteristics"]) == {"cf.colo.id", "ip.src"}
    # A rate limit's block answers 429 unless it is told otherwise.
    assert rule["action"] == "block"
    assert "response" not in (rule.get("actionParameters") or {})


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        (Request(path="/_next/static/chunks/x.js"), True),
        (Request(path="/_next/image"), None),
        (Request(path="/"), None),
        (Request(path="/jobs"), None),
        (Request(path="/jobs", cookies=SESSION), False),
        (Request(path="/_next/static/x.js", cookies=SESSION), False),
        (Request(path="/api/jobs"), False),
        (Request(path="/API/jobs"), False),
        (Request(path="/apiary"), None),
        (Request(path="/login"), False),
        (Request(path="/register/employer"), False),
        (Request(path="/.well-known/acme-challenge/x"), False),
        (Request(path="/logos/7/logo.png", host=FILES), True),
        (Request(path="/photos/7/me.jpg", host=FILES), True),
        (Request(path="/resumes/7/cv.pdf", host=FILES), False),
        (Request(path="/logos/7/logo.png"), None),
    ],
)
def test_assets_are_cached_and_nothing_that_belongs_to_one_user(
    prod: Graph, request_: Request, verdict: bool | None
) -> None:
    """ED-3, ED-N4; None leaves it to Cloudflare's default, which caches no pages."""
    assert cached(prod, request_) is verdict


def test_build_assets_stay_a_year_and_files_as_long_as_they_say(prod: Graph) -> None:
    """ED-3, ST-5: one year immutable; public files keep to their own Cache-Control, errors are not kept."""
    by_ref = {rule["ref"]: rule["actionParameters"] for rule in rules(prod, "cache")}
    assert by_ref["build_assets"]["edgeTtl"]["default"] == 31_536_000
    assert by_ref["build_assets"]["edgeTtl"]["statusCodeTtls"] == [
        {"statusCodeRange": {"from": 400, "to": 599}, "value": -1}
    ]
    assert by_ref["public_files"]["edgeTtl"] == {"mode": "respect_origin"}
    headers = {rule["ref"]: rule for rule in rules(prod, "response-headers")}["immutable_assets"]
    assert headers["actionParameters"]["headers"]["Cache-Control"]["value"].endswith("immutable")
    assert matches(headers["expression"], Request(path="/_next/static/x.js"))
    assert not matches(headers["expression"], Request(path="/_next/static/x.js", status=404))


@pytest.mark.parametrize("stack", STACKS)
def test_www_leads_to_the_domain_and_certificate_challenges_stay(stack: str) -> None:
    """ED-1, ED-2, HO-3: Vercel renews its certificate at /.well-known, unredirected."""
    graph = as_configured(stack).graph
    domain = graph.exports["domain"]
    (rule,) = rules(graph, "redirects")
    asked = Request(path="/jobs/1", host=f"www.{domain}")
    assert matches(rule["expression"], asked)
    target = rule["actionParameters"]["fromValue"]
    assert value_of(target["targetUrl"]["expression"], asked) == f"https://{domain}/jobs/1"
    assert (target["statusCode"], target["preserveQueryString"]) == (301, True)
    assert not matches(rule["expression"], Request(path="/jobs/1", host=domain))
    for path in ("/.well-known/acme-challenge/x", "/.well-known/vercel/flags"):
        assert not matches(rule["expression"], Request(path=path, host=f"www.{domain}"))


def test_certificate_challenges_pass_every_check(prod: Graph) -> None:
    """ED-2: neither firewall, rate limit, Under Attack nor browser check meets the authority."""
    challenge = Request(path="/.well-known/acme-challenge/x")
    (first, *_) = rules(prod, "firewall")
    assert acting(prod, "firewall", challenge) == ["certificate_challenge"]
    assert first["ref"] == "certificate_challenge"
    assert {"http_ratelimit", "http_request_firewall_managed", "http_request_sbfm"} <= set(
        first["actionParameters"]["phases"]
    )
    assert acting(prod, "configuration", challenge) == ["certificate_challenge"]
    assert acting(prod, "redirects", challenge) == []
    assert acting(prod, "firewall", Request(path="/.well-known/acme-challenge/x", method="POST")) == []


@pytest.mark.parametrize(
    "path", ["/.env", "/.git/config", "/wp-login.php", "/WP-ADMIN/x", "/.aws/credentials"]
)
def test_scanners_are_stopped(prod: Graph, path: str) -> None:
    """ED-4."""
    assert acting(prod, "firewall", Request(path=path)) == ["probes"]


def test_other_methods_are_stopped(prod: Graph) -> None:
    """ED-4."""
    assert acting(prod, "firewall", Request(path="/", method="TRACE")) == ["unused_methods"]
    assert acting(prod, "firewall", Request(path="/", method="OPTIONS")) == []


def test_webhooks_and_health_checks_are_never_challenged(prod: Graph) -> None:
    """ED-4, MO-1: they cannot solve a challenge, not even under attack."""
    for path in ("/api/webhooks/stripe", "/api/health"):
        assert acting(prod, "configuration", Request(path=path)) == ["machine_clients"]
        assert acting(prod, "firewall", Request(path=path)) == ["machine_clients"]
    assert acting(prod, "configuration", Request(path="/api/healthy")) == []


def test_the_managed_rule_sets_run_on_every_request(prod: Graph) -> None:
    """ED-4: Cloudflare's own and OWASP's, up to the paranoia level of the settings."""
    managed, owasp = rules(prod, "managed-rules")
    assert [rule["action"] for rule in (managed, owasp)] == ["execute", "execute"]
    assert matches(owasp["expression"], Request(path="/anything"))
    overrides = owasp["actionParameters"]["overrides"]
    assert [one["category"] for one in overrides["categories"]] == [
        f"paranoia-level-{level}" for level in (2, 3, 4)
    ]
    (score,) = overrides["rules"]
    assert (score["action"], score["scoreThreshold"]) == ("block", 40)


@pytest.mark.parametrize("stack", STACKS)
def test_every_phase_has_one_rule_set_and_every_rule_its_name(stack: str) -> None:
    """ED-4: refs make rules stable; a second entry point of a phase would overwrite the first."""
    sets = as_configured(stack).graph.of_type(RULESET)
    phases = [one.inputs["phase"] for one in sets]
    assert len(phases) == len(set(phases))
    for one in sets:
        refs = [rule["ref"] for rule in one.inputs["rules"]]
        assert len(refs) == len(set(refs)), one.name
        assert all(rule["description"] for rule in one.inputs["rules"])


def test_the_free_plan_gets_the_lesser_rules() -> None:
    """ED-5: no managed rules, one limit over ten seconds, no bot phase to skip."""
    dev = as_configured("dev").graph
    assert [one.name for one in dev.of_type(RULESET) if one.name == "managed-rules"] == []
    (limit,) = rules(dev, "rate-limit")
    assert limit["ratelimit"]["period"] == 10
    assert not any(
        "http_request_sbfm" in (rule.get("actionParameters") or {}).get("phases", ())
        for rule in rules(dev, "firewall")
    )


def test_every_response_carries_the_security_headers(prod: Graph) -> None:
    """ED-9."""
    rule = rules(prod, "response-headers")[0]
    assert matches(rule["expression"], Request(path="/"))
    headers = rule["actionParameters"]["headers"]
    assert headers["X-Content-Type-Options"]["value"] == "nosniff"
    assert headers["X-Frame-Options"]["value"] == "DENY"
    assert headers["X-Powered-By"]["operation"] == "remove"


@pytest.mark.parametrize("stack", STACKS)
def test_the_zone_asks_for_no_more_than_its_plan_has(stack: str) -> None:
    """ED-5: one rule too many fails in the middle of an update."""
    graph = as_configured(stack).graph
    can = as_configured(stack).value.settings.edge.plan.abilities
    assert len(rules(graph, "firewall")) <= can.custom_rules
    assert len(rules(graph, "rate-limit")) <= can.rate_limit_rules
    ttls = [one.inputs["ttl"] for one in graph.of_type("cloudflare:index/dnsRecord:DnsRecord")]
    assert min(ttl for ttl in ttls if ttl != 1) >= can.shortest_ttl_seconds
