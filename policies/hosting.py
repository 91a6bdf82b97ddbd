"""Vercel: explicit builds, private previews, and secrets that stay in the environment they belong to (HO-1 to HO-7)."""

import re
from ipaddress import ip_address

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Environment, Level
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, Value, any_of
from settings.errors import is_known_secret

_SECRET = re.compile(
    r"SECRET|PASSWORD|TOKEN|PRIVATE|CREDENTIAL|API_KEY|ACCESS_KEY|_DSN_KEY|DATABASE_URL|REDIS_URL"
)
_BUNDLED = "NEXT_PUBLIC_"
_PROTECTED = ("standard_protection_new", "standard_protection", "all_deployments", "only_preview_deployments")
_VPC_ONLY = re.compile(
    r"\.rds\.amazonaws\.com|\.cache\.amazonaws\.com|\.internal\b|\.local\b|\.proxy-[a-z0-9]+\.", re.IGNORECASE
)
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_BUILD = ("framework", "rootDirectory", "installCommand", "buildCommand", "outputDirectory", "nodeVersion")
# What a domain needs, by whether it is the zone's own name.
_WANTED = {Truth.YES: "A or AAAA", Truth.NO: "CNAME", Truth.UNKNOWN: "A, AAAA or CNAME"}


@policy(
    id="hosting-build-explicit",
    title="Vercel guesses nothing about the build",
    severity=Severity.MEDIUM,
    requirements=("HO-1", "HO-N2"),
    remedy="Set framework, root directory, install and build command, output directory and Node version.",
    each=(t.PROJECT,),
)
def build_explicit(project: Resource) -> Findings:
    """Ask for each setting that Vercel would otherwise detect."""
    for name in _BUILD:
        yield project[name].must(project[name].given, "must be set")


@policy(
    id="hosting-previews-private",
    title="Previews are for members of the team, forks for nobody until approved",
    severity=Severity.HIGH,
    requirements=("HO-4",),
    controls=("prowler project_deployment_protection_enabled", "prowler project_git_fork_protection_enabled"),
    remedy="Set vercelAuthentication to standard_protection_new and leave gitForkProtection on.",
    each=(t.PROJECT,),
)
def previews_private(project: Resource) -> Findings:
    """Refuse open previews; production's own domains stay public."""
    kind = project["vercelAuthentication.deploymentType"]
    yield kind.must(kind.is_in(_PROTECTED), "must protect previews")
    forks = project["gitForkProtection"]
    yield forks.must(~forks.equals(False), "must not be off")
    for shown in ("publicSource", "customerSuccessCodeVisibility"):
        yield project[shown].must(~project[shown].true, "must not be true")


@policy(
    id="hosting-shows-little",
    title="The project shows no listings, no sources and no system variables",
    severity=Severity.LOW,
    requirements=("HO-1",),
    controls=(
        "prowler project_directory_listing_disabled",
        "prowler project_auto_expose_system_env_disabled",
        "prowler project_skew_protection_enabled",
    ),
    remedy="Turn directoryListing and automaticallyExposeSystemEnvironmentVariables off, skewProtection on.",
    level=Level.ADVISORY,
    each=(t.PROJECT,),
)
def shows_little(project: Resource) -> Findings:
    """Check what helps strangers more than us."""
    for name in ("directoryListing", "automaticallyExposeSystemEnvironmentVariables"):
        yield project[name].must(~project[name].true, "must be false")
    yield project["skewProtection"].must(project["skewProtection"].given, "must be set")


@policy(
    id="hosting-variables-separate",
    title="Variables are resources of their own",
    severity=Severity.HIGH,
    requirements=("HO-2",),
    remedy="Use ProjectEnvironmentVariable: a project's own list overwrites it (tf-vercel#71).",
    each=(t.PROJECT,),
)
def variables_separate(project: Resource) -> Findings:
    """Refuse the inline list."""
    yield project["environments"].must(~project["environments"].given, "must not be used")


@policy(
    id="hosting-identity-and-place",
    title="Functions run in Canada and prove who they are",
    severity=Severity.HIGH,
    requirements=("HO-1", "HO-6"),
    remedy="Set oidcTokenConfig.issuerMode to team and functionDefaultRegions to Montréal alone.",
    limits={"regions": ["yul1"]},
    each=(t.PROJECT,),
)
def identity_and_place(project: Resource) -> Findings:
    """Check the issuer that the AWS role trusts, and where code runs."""
    mode = project["oidcTokenConfig.issuerMode"]
    yield mode.must(mode.equals("team"), "must be team")
    regions = project["resourceConfig.functionDefaultRegions"]
    here = regions.given & regions.holds(lambda one: one.is_in(project.limits["regions"]))
    yield regions.must(here, "must be in Canada")
    older = project["serverlessFunctionRegion"]
    yield older.must(older.is_in(project.limits["regions"], absent=True), "must be in Canada")


@policy(
    id="hosting-secrets-sensitive",
    title="What is secret is stored as secret and never sent to browsers",
    severity=Severity.CRITICAL,
    requirements=("HO-2", "HO-N1"),
    controls=("prowler project_environment_no_secrets_in_plain_type",),
    remedy="Declare the Variable with secret=True, and never under NEXT_PUBLIC_.",
    each=(t.PROJECT_VARIABLE,),
)
def secrets_sensitive(variable: Resource) -> Findings:
    """Judge by the name, and by the shape of the value, which no message repeats."""
    key, sensitive = variable["key"], variable["sensitive"]
    bundled = key.test(lambda raw: str(raw).upper().startswith(_BUNDLED))
    sounds_secret = key.test(lambda raw: _SECRET.search(str(raw).upper()) is not None)
    sounds_secret |= variable["value"].test(is_known_secret) & key.given
    yield sensitive.must(~sounds_secret | sensitive.true | bundled, "must be true for this key")
    yield key.must(~bundled | (~sensitive.true & ~sounds_secret), "would be sent to every browser")


@policy(
    id="hosting-production-secrets-apart",
    title="A production secret never reaches a preview or a laptop",
    severity=Severity.CRITICAL,
    requirements=("HO-2",),
    controls=(
        "prowler project_environment_no_overly_broad_target",
        "prowler production_vars_not_in_preview",
    ),
    remedy="Set one variable per target; prod's secrets have the target production alone.",
    each=(t.PROJECT_VARIABLE,),
)
def production_secrets_apart(variable: Resource) -> Findings:
    """In prod, refuse other targets; elsewhere, refuse production together with another."""
    targets = variable["targets"]
    production = targets.some(lambda one: one.equals("production"))
    custom = variable["customEnvironmentIds"].given
    others = targets.some(lambda one: ~one.equals("production")) | custom
    mixed = others if variable.environment is Environment.PROD else production & others
    yield targets.must(~variable["sensitive"].true | ~mixed, "must be production alone")


@policy(
    id="hosting-reachable-hosts",
    title="Variables name hosts that Vercel can reach",
    severity=Severity.HIGH,
    requirements=("HO-2", "DB-4"),
    remedy="Give the app the gateway's address: databases and caches inside the VPC are out of its reach.",
    each=(t.PROJECT_VARIABLE,),
)
def reachable_hosts(variable: Resource) -> Findings:
    """Look for names and addresses that exist inside a VPC only."""
    value = variable["value"]
    yield value.must(~value.test(lambda raw: _inside(str(raw))), "names a host inside the VPC")


def _inside(text: str) -> bool:
    return _VPC_ONLY.search(text) is not None or any(_private(found) for found in _IPV4.findall(text))


def _private(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_private and not address.is_loopback


@policy(
    id="hosting-domains-published",
    title="Every domain of the project has the record that Vercel needs",
    severity=Severity.HIGH,
    requirements=("HO-3", "HO-N3"),
    controls=("prowler domain_dns_properly_configured",),
    remedy="Declare the Record beside the domain: an address at the apex, a CNAME below it.",
    limits={"targets": ["vercel-dns.com", "vercel.app"], "addresses": ["76.76.21.21"]},
    across=(t.PROJECT_DOMAIN, t.DNS_RECORD, t.ZONE),
)
def domains_published(stack: Stack) -> Findings:
    """Compare names, and the record's type with the place in the zone; a name that nobody holds is anybody's."""
    for record in stack.of(t.DNS_RECORD):
        content = record["content"]
        leads = content.is_in(stack.limits["addresses"]) | content.test(
            lambda raw: str(raw).rstrip(".").lower().endswith(tuple(stack.limits["targets"]))
        )
        held = any_of(one["domain"].same_as(record["name"]) for one in stack.of(t.PROJECT_DOMAIN))
        yield record.must(~leads | held, "leads to Vercel, where nobody holds the name")
    for one in stack.of(t.PROJECT_DOMAIN):
        apex = any_of(zone["name"].same_as(one["domain"]) for zone in stack.of(t.ZONE))
        published = any_of(
            record["name"].same_as(one["domain"]) & _fits(record["type"], apex)
            for record in stack.of(t.DNS_RECORD)
        )
        yield one.must(published, f"has no {_WANTED[apex]} record")


def _fits(type_: Value, apex: Truth) -> Truth:
    return (apex & type_.is_in(("A", "AAAA"))) | (~apex & type_.equals("CNAME"))


@policy(
    id="hosting-firewall",
    title="Vercel's own firewall is on",
    severity=Severity.HIGH,
    requirements=("HO-7",),
    controls=(
        "prowler security_waf_enabled",
        "prowler managed_rulesets",
        "prowler rate_limiting",
        "prowler custom/ip rules",
    ),
    remedy="Enable FirewallConfig with bot protection and a rate limit; OWASP rules here or at Cloudflare.",
    prod_only=True,
    across=(t.PROJECT, t.FIREWALL_CONFIG),
)
def firewall(stack: Stack) -> Findings:
    """During a fail-over it is the only one; edge-managed-rules sees to Cloudflare's OWASP rules."""
    for project in stack.of(t.PROJECT):
        for lacks, fact in (
            ("has no firewall", lambda one: ~one["enabled"].equals(False)),
            ("does not watch bots", lambda one: one["managedRulesets.botProtection.active"].true),
            (
                "limits no address",
                lambda one: one["rules.rules"].some(
                    lambda rule: rule["action.action"].equals("rate_limit") & ~rule["active"].equals(False)
                ),
            ),
            ("lets somebody past", lambda one: ~_passes(one)),
        ):
            yield project.must(stack.has(project, t.FIREWALL_CONFIG, "projectId", fact), lacks)


def _passes(firewall: Resource) -> Truth:
    """Return whether a rule or a list of addresses is let past every other rule."""
    rules = firewall["rules.rules"].some(lambda rule: rule["action.action"].equals("bypass"))
    return rules | firewall["ipRules.rules"].some(lambda rule: rule["action"].equals("bypass"))


@policy(
    id="hosting-deployments-expire",
    title="Old deployments go after a known time",
    severity=Severity.LOW,
    requirements=("HO-4",),
    remedy="Add ProjectDeploymentRetention with a period for previews and for production.",
    level=Level.ADVISORY,
    across=(t.PROJECT, t.PROJECT_RETENTION),
)
def deployments_expire(stack: Stack) -> Findings:
    """Refuse unlimited retention: every deployment is a way in that nobody patches."""
    for project in stack.of(t.PROJECT):
        bounded = stack.has(
            project,
            t.PROJECT_RETENTION,
            "projectId",
            lambda one: (
                Truth.YES
                & one["expirationPreview"].given
                & ~one["expirationPreview"].equals("unlimited")
                & one["expirationProduction"].given
                & ~one["expirationProduction"].equals("unlimited")
            ),
        )
        yield project.must(bounded, "keeps deployments for ever")


@policy(
    id="hosting-no-cron",
    title="EventBridge schedules, Vercel does not",
    severity=Severity.LOW,
    requirements=("HO-7",),
    remedy="Add the job to the settings of Jobs, which retries, alarms and records it.",
    each=(t.PROJECT_CRONS,),
)
def no_cron(crons: Resource) -> Findings:
    """Accept crons only switched off."""
    yield crons["enabled"].must(crons["enabled"].equals(False), "must be false")
