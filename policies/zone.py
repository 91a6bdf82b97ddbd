"""Cloudflare's zone: strict TLS for everybody, and no switch left in an emergency's position (ED-2)."""

from collections.abc import Callable

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, Value

_HALF_A_YEAR_SECONDS = 15_768_000
_YEAR_SECONDS = 31_536_000


def _has_setting(stack: Stack, zone: Resource, name: str, accepts: Callable[[Value], Truth]) -> Truth:
    return stack.has(
        zone, t.ZONE_SETTING, "zoneId", lambda one: one["settingId"].equals(name) & accepts(one["value"])
    )


def _one_of(values: tuple[str, ...]) -> Callable[[Value], Truth]:
    return lambda value: value.is_in(values)


@policy(
    id="edge-ssl-strict",
    title="Cloudflare verifies the origin's certificate",
    severity=Severity.CRITICAL,
    requirements=("ED-N2", "ED-2"),
    controls=("prowler zone_ssl_strict",),
    remedy="Set the zone's ssl to strict; off, flexible and full let somebody in between.",
    across=(t.ZONE, t.ZONE_SETTING, t.RULESET),
)
def ssl_strict(stack: Stack) -> Findings:
    """Ask each zone for the setting, and refuse a rule that takes it back."""
    for zone in stack.of(t.ZONE):
        strict = _has_setting(stack, zone, "ssl", lambda value: value.equals("strict"))
        yield zone.must(strict, "does not verify origins strictly")
    for ruleset in stack.of(t.RULESET):
        for rule in ruleset["rules"]:
            mode = rule["actionParameters.ssl"]
            yield ruleset.must(mode.equals("strict", absent=True), f"{mode.path} weakens the zone")


@policy(
    id="edge-tls-versions",
    title="Visitors connect with TLS 1.2 or 1.3",
    severity=Severity.HIGH,
    requirements=("ED-2", "ED-9"),
    controls=("prowler zone_min_tls_version_secure", "prowler zone_tls_1_3_enabled"),
    remedy="Set min_tls_version to 1.2 or 1.3 and tls_1_3 to on.",
    across=(t.ZONE, t.ZONE_SETTING),
)
def tls_versions(stack: Stack) -> Findings:
    """Look at both ends of the range."""
    for zone in stack.of(t.ZONE):
        lowest = _has_setting(stack, zone, "min_tls_version", lambda value: value.is_in(("1.2", "1.3")))
        yield zone.must(lowest, "admits old versions of TLS")
        newest = _has_setting(stack, zone, "tls_1_3", lambda value: value.is_in(("on", "zrt")))
        yield zone.must(newest, "does not offer TLS 1.3")


@policy(
    id="edge-https-only",
    title="Every visitor ends up on HTTPS",
    severity=Severity.HIGH,
    requirements=("ED-2",),
    controls=("prowler zone_https_redirect_enabled", "prowler zone_automatic_https_rewrites_enabled"),
    remedy="Set always_use_https and automatic_https_rewrites to on; certificate challenges pass all the same.",
    across=(t.ZONE, t.ZONE_SETTING, t.RULESET),
)
def https_only(stack: Stack) -> Findings:
    """Look at the redirect and at links inside pages, and for rules that take them back."""
    for zone in stack.of(t.ZONE):
        for name in ("always_use_https", "automatic_https_rewrites"):
            switched_on = _has_setting(stack, zone, name, lambda value: value.equals("on"))
            yield zone.must(switched_on, f"does not have {name} on")
    for ruleset in stack.of(t.RULESET):
        for rule in ruleset["rules"]:
            rewrites = rule["actionParameters.automaticHttpsRewrites"]
            challenge = rule["expression"].test(lambda text: "/.well-known/acme-challenge" in str(text))
            yield ruleset.must(~rewrites.equals(False) | challenge, f"{rewrites.path} weakens the zone")


@policy(
    id="edge-hsts",
    title="Browsers refuse plain HTTP for half a year at least",
    severity=Severity.HIGH,
    requirements=("ED-2", "ED-9"),
    controls=("prowler zone_hsts_enabled",),
    remedy="Set security_header with max_age of 15768000 or more; preload only with a year and sub-domains.",
    limits={"seconds": _HALF_A_YEAR_SECONDS},
    across=(t.ZONE, t.ZONE_SETTING),
)
def hsts(stack: Stack) -> Findings:
    """Read the header's parts; Cloudflare's own names are in snake case."""
    least = stack.limits["seconds"]
    for zone in stack.of(t.ZONE):
        strong = _has_setting(stack, zone, "security_header", lambda value: _strong(value, least))
        yield zone.must(strong, "has no sound HSTS header")


def _strong(value: Value, least: float) -> Truth:
    header = value["strict_transport_security"]
    age = header["max_age"]
    preloadable = age.at_least(_YEAR_SECONDS) & header["include_subdomains"].true
    return header["enabled"].true & age.at_least(least) & (preloadable | ~header["preload"].test(bool))


@policy(
    id="edge-certificates",
    title="The zone has certificates, and a stranger's would be noticed",
    severity=Severity.HIGH,
    requirements=("ED-2",),
    controls=("prowler zone_universal_ssl_enabled",),
    remedy="Enable UniversalSslSetting and CtAlerting.",
    across=(t.ZONE, t.UNIVERSAL_SSL, t.CERTIFICATE_ALERTS),
)
def certificates(stack: Stack) -> Findings:
    """Look for the setting and for transparency alerts."""
    for zone in stack.of(t.ZONE):
        for type_, lacks in (
            (t.UNIVERSAL_SSL, "has no universal certificate"),
            (t.CERTIFICATE_ALERTS, "does not watch for foreign certificates"),
        ):
            present = stack.has(zone, type_, "zoneId", lambda one: one["enabled"].true)
            yield zone.must(present, lacks)


@policy(
    id="edge-dnssec",
    title="Answers about the zone are signed",
    severity=Severity.MEDIUM,
    requirements=("ED-2",),
    controls=("prowler zone_dnssec_enabled",),
    remedy="Activate ZoneDnssec and give the DS record to the registrar.",
    across=(t.ZONE, t.ZONE_DNSSEC),
)
def dnssec(stack: Stack) -> Findings:
    """Look for the request; `verify` sees whether the registrar holds the DS record."""
    for zone in stack.of(t.ZONE):
        signed = stack.has(zone, t.ZONE_DNSSEC, "zoneId", lambda one: one["status"].equals("active"))
        yield zone.must(signed, "is not signed")


@policy(
    id="edge-hygiene",
    title="No switch of the zone is left in its emergency or debugging position",
    severity=Severity.LOW,
    requirements=("ED-4",),
    controls=(
        "prowler zone_development_mode_disabled",
        "prowler zone_security_under_attack_disabled",
        "prowler zone_browser_integrity_check_enabled",
    ),
    remedy="Turn development mode and Under Attack off again, and the browser check on.",
    level=Level.ADVISORY,
    across=(t.ZONE, t.ZONE_SETTING),
)
def hygiene(stack: Stack) -> Findings:
    """Remind of what people turn on in a hurry."""
    wanted = {
        "development_mode": ("off",),
        "security_level": ("low", "medium", "high"),
        "browser_check": ("on",),
        "always_online": ("on",),
    }
    for zone in stack.of(t.ZONE):
        for name, values in wanted.items():
            calm = _has_setting(stack, zone, name, _one_of(values))
            yield zone.must(calm, f"has an unusual {name}")


@policy(
    id="edge-scoped-token",
    title="Cloudflare is managed with a token of its own, never the global key",
    severity=Severity.CRITICAL,
    requirements=("DL-N3", "HO-N1"),
    remedy="Set the secret cloudflareApiToken to a token for this zone that expires.",
    each=(t.CLOUDFLARE_PROVIDER,),
)
def scoped_token(provider: Resource) -> Findings:
    """Refuse the key that opens the whole account."""
    yield provider["apiToken"].must(provider["apiToken"].given, "must be set")
    for name in ("apiKey", "email"):
        yield provider[name].must(~provider[name].given, "must not be set")
