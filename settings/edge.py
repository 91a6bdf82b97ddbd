"""The zone on Cloudflare: its plan, what protects it, and which switches an incident needs."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.cloudflare_plan import Abilities, Bots, Plan, plan_that
from settings.environment import EnvironmentSettings
from settings.registration import Registration
from settings.types import DomainName, HostLabel, Text

HALF_A_YEAR_DAYS = 183
YEAR_DAYS = 365

CloudflareAccountId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{32}$"),
    Rule(
        "must be a Cloudflare account id: 32 hexadecimal digits in lower case",
        "a zone made in the wrong account is a new, empty one (ED-1)",
        "Copy it from the overview page of the account.",
    ),
]

CloudflareZoneId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{32}$"),
    Rule(
        "must be a Cloudflare zone id: 32 hexadecimal digits in lower case",
        remedy="Copy it from the overview page of the domain.",
    ),
]

WafId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{32}$"),
    Rule(
        "must be the id of a managed rule: 32 hexadecimal digits in lower case",
        remedy="Copy it from the security event that the rule caused.",
    ),
]


class Hsts(Model):
    """For how long browsers refuse plain HTTP (ED-2)."""

    max_age_days: Annotated[int, Field(ge=HALF_A_YEAR_DAYS, le=2 * YEAR_DAYS)] = YEAR_DAYS
    """Days for which a browser remembers it; six months at least (ED-2)."""

    include_subdomains: bool = True
    """Whether every host below the domain is bound by it too (ED-2)."""

    preload: bool = False
    """Whether browsers may ship the rule built in; it takes months to undo (ED-2)."""

    @rule
    def _preload_needs_a_year_and_subdomains(self) -> Iterator[Violation]:
        if self.preload and (self.max_age_days < YEAR_DAYS or not self.include_subdomains):
            yield Violation(
                "preload",
                rule="must be false unless maxAgeDays is at least 365 and includeSubdomains is true",
                reason="the browsers' preload list takes no other domains (ED-2)",
                remedy="Raise both, or leave preload out.",
            )


class RateLimit(Model):
    """How many requests to sign-in and upload one address may make (ED-4)."""

    requests: Annotated[int, Field(ge=1, le=1000)] = 100
    """Requests per period and address; the next one is answered 429 (ED-4)."""

    period_seconds: Literal[10, 60, 120, 300, 600, 3600] = 60
    """Length of the counting period (ED-4)."""

    block_seconds: Annotated[int, Field(ge=10, le=86_400)] = 60
    """How long an address that went over the limit is answered 429 (ED-4)."""


class WafException(Model):
    """One managed rule that is toned down, and why (ED-4)."""

    ruleset: Literal["managed", "owasp"]
    """Rule set that holds the rule."""

    rule_id: WafId
    """Rule whose action changes."""

    action: Literal["log", "managed_challenge"]
    """What the rule does from now on: watch only, or ask the visitor (ED-4)."""

    reason: Text
    """Which legitimate request it stopped, and who decided."""


class Owasp(Model):
    """How strict the OWASP Core Rule Set is (ED-4)."""

    paranoia_level: Annotated[int, Field(ge=1, le=4)] = 1
    """Highest paranoia level whose rules count; each level finds more and errs more."""

    score_threshold: Literal[25, 40, 60] = 40
    """Anomaly score that stops a request: 60 lets most pass, 25 the least."""


class Waf(Model):
    """The managed rule sets (ED-4)."""

    managed: bool = True
    """Whether Cloudflare's managed and OWASP rule sets are deployed (ED-4)."""

    owasp: Owasp = Owasp()
    """How strict the OWASP Core Rule Set is (ED-4)."""

    exceptions: tuple[WafException, ...] = ()
    """Rules that are toned down because they stopped legitimate requests (ED-4)."""


class TxtRecord(Model):
    """A TXT record that some service asks for (ED-1)."""

    key: HostLabel
    """Short name that never changes, for example google-site-verification."""

    label: HostLabel | None = None
    """Name below the domain; none for the domain itself."""

    value: Annotated[str, Field(min_length=1, max_length=2048)]
    """Text of the record, without quotes around it."""

    purpose: Text
    """Which service asks for it (ED-N6)."""


class EdgeSettings(Model):
    """DNS, TLS, cache and firewall in front of the platform (ED-1 to ED-9)."""

    plan: Plan = Field(strict=False)
    """Cloudflare plan of the zone: free, pro, business or enterprise (ED-5)."""

    account_id: CloudflareAccountId
    """Cloudflare account that holds the zone (ED-1)."""

    zone_id: CloudflareZoneId | None = None
    """Zone that the account holds already: the first deployment takes it over instead of making one (ED-1)."""

    web_traffic: Literal["proxied", "failOver"] = "proxied"
    """Way of the visitors: through Cloudflare or, while it is down, straight to the origins (ED-6)."""

    under_attack: bool = False
    """Whether every visitor is checked before being let in: for the length of an attack only (ED-4)."""

    hsts: Hsts = Hsts()
    """For how long browsers refuse plain HTTP (ED-2)."""

    rate_limit: RateLimit = RateLimit()
    """Limit on sign-in and upload (ED-4)."""

    waf: Waf = Waf()
    """The managed rule sets (ED-4)."""

    bots: Bots = Field(strict=False)
    """How automated visitors are met: off, fight (free plan) or superFight (pro and above) (ED-4)."""

    image_optimisation: bool = False
    """Whether Cloudflare compresses images without loss on their way (pro and above)."""

    certificate_authorities: Annotated[tuple[DomainName, ...], Field(min_length=1)] = (
        "letsencrypt.org",
        "pki.goog",
        "amazon.com",
    )
    """Authorities that may issue certificates: those of Vercel, Cloudflare and ACM (ED-1)."""

    txt_records: tuple[TxtRecord, ...] = ()
    """Verification records of third parties (ED-1)."""

    registration: Registration
    """The domain's registration (ED-8)."""

    def _beyond(
        self, able: Callable[[Abilities], bool], *path: str, what: str, lesser: str, reason: str
    ) -> Iterator[Violation]:
        if able(self.plan.abilities):
            return
        plan = plan_that(able)
        offer = "no plan can do it" if plan is None else f"Cloudflare's {plan} plan can"
        upgrade = "" if plan is None else f", or move the zone to {plan}"
        yield Violation(
            *path,
            rule=f"{what} is beyond the {self.plan} plan; {offer}",
            reason=reason,
            remedy=f"{lesser}{upgrade}.",
        )

    @rule
    def _the_plan_allows_the_rate_limit(self) -> Iterator[Violation]:
        limit = self.rate_limit
        longest = max(self.plan.abilities.rate_limit_periods_seconds)
        fewer = max(1, limit.requests * longest // limit.period_seconds)
        yield from self._beyond(
            lambda can: limit.period_seconds in can.rate_limit_periods_seconds,
            "rate_limit",
            "period_seconds",
            what=f"a counting period of {limit.period_seconds} seconds",
            lesser=f"Write periodSeconds: {longest} with requests: {fewer}",
            reason="Cloudflare counts over certain periods on each plan (ED-5)",
        )
        block = self.plan.abilities.rate_limit_longest_block_seconds
        yield from self._beyond(
            lambda can: limit.block_seconds <= can.rate_limit_longest_block_seconds,
            "rate_limit",
            "block_seconds",
            what=f"blocking for {limit.block_seconds} seconds",
            lesser=f"Write blockSeconds: {block}",
            reason="Cloudflare blocks for at most that long on each plan (ED-5)",
        )

    @rule
    def _the_plan_has_the_rule_sets(self) -> Iterator[Violation]:
        if self.waf.managed:
            yield from self._beyond(
                lambda can: can.managed_rules,
                "waf",
                "managed",
                what="deploying the managed and OWASP rule sets",
                lesser="Write managed: false; Cloudflare's free rule set stays on by itself",
                reason="the plan has no managed rules to deploy (ED-5)",
            )
        elif self.waf.exceptions:
            yield Violation(
                "waf",
                "exceptions",
                rule="must be empty while waf.managed is false",
                reason="there is no rule to make an exception from",
                remedy="Delete the exceptions, or deploy the rule sets.",
            )

    @rule
    def _the_plan_has_the_bot_mode(self) -> Iterator[Violation]:
        offered = " or ".join(self.plan.abilities.bots)
        yield from self._beyond(
            lambda can: self.bots in can.bots,
            "bots",
            what=f"the bot mode {self.bots}",
            lesser=f"Write bots: {offered}",
            reason="each plan has its own bot product (ED-5)",
        )
        if self.bots is Bots.FIGHT:
            yield Violation(
                "bots",
                rule="must not be fight: this zone serves API and webhook addresses",
                reason="no rule can exempt them from Bot Fight Mode, which challenges them (ED-4)",
                remedy="Write bots: off, or move the zone to pro and write bots: superFight.",
            )

    @rule
    def _the_plan_optimises_images(self) -> Iterator[Violation]:
        if self.image_optimisation:
            yield from self._beyond(
                lambda can: can.image_optimisation,
                "image_optimisation",
                what="compressing images",
                lesser="Write imageOptimisation: false",
                reason="Polish belongs to the paid plans (ED-5)",
            )

    @environment_rule
    def _the_plan_hosts_the_domain(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.domain.count(".") > 1:
            yield from self._beyond(
                lambda can: can.subdomain_zone,
                "plan",
                what=f"a zone of its own for {environment.domain}",
                lesser="Give the environment a registered domain of its own",
                reason="Cloudflare hosts a sub-domain as a zone on that plan only (ED-5)",
            )

    @environment_rule
    def _production_is_strict(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        if self.hsts.max_age_days < YEAR_DAYS or not self.hsts.include_subdomains:
            yield Violation(
                "hsts",
                rule="must cover 365 days and all sub-domains in prod",
                reason="visitors must not be talked back to plain HTTP (ED-2)",
                remedy="Write maxAgeDays: 365 or more and includeSubdomains: true.",
            )
        if not self.waf.managed:
            yield Violation(
                "waf",
                "managed",
                rule="must be true in prod",
                reason="the public site is attacked every day (ED-4)",
                remedy="Write managed: true, on the pro plan or above.",
            )
