"""SES: two streams that stay apart, authenticated mail, and nobody written to who asked not to be (EM-1 to EM-4)."""

from collections.abc import Callable

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, all_of, any_of

_REASONS = ("BOUNCE", "COMPLAINT")
_KEYS = 3


def _is(wanted: str) -> Callable[[Value], Truth]:
    return lambda one: one.equals(wanted)


@policy(
    id="email-tls",
    title="Mail leaves encrypted or not at all",
    severity=Severity.HIGH,
    requirements=("EM-3",),
    controls=("SES.3", "CKV_AWS_365"),
    remedy="Set deliveryOptions.tlsPolicy to REQUIRE.",
    each=(t.CONFIGURATION_SET,),
)
def tls(configuration: Resource) -> Findings:
    """Check the set; the default only tries."""
    rule = configuration["deliveryOptions.tlsPolicy"]
    yield rule.must(rule.equals("REQUIRE"), "must be REQUIRE")


@policy(
    id="email-suppression",
    title="Who bounced or complained is not written to again",
    severity=Severity.HIGH,
    requirements=("EM-4", "EM-N5"),
    remedy="List BOUNCE and COMPLAINT in suppressionOptions, and keep reputation metrics on.",
    each=(t.CONFIGURATION_SET,),
)
def suppression(configuration: Resource) -> Findings:
    """Check each set: its own list replaces the account's."""
    reasons = configuration["suppressionOptions.suppressedReasons"]
    for reason in _REASONS:
        yield reasons.must(reasons.some(_is(reason)), f"lacks {reason}")
    metrics = configuration["reputationOptions.reputationMetricsEnabled"]
    yield metrics.must(metrics.true, "must be true")


@policy(
    id="email-events",
    title="Every set reports what happened to its mail",
    severity=Severity.MEDIUM,
    requirements=("EM-4",),
    remedy="Add an enabled event destination with BOUNCE, COMPLAINT and REJECT.",
    limits={"events": ["BOUNCE", "COMPLAINT", "REJECT"]},
    across=(t.CONFIGURATION_SET, t.EVENT_DESTINATION),
)
def events(stack: Stack) -> Findings:
    """Look for one destination that takes all of them."""
    for configuration in stack.of(t.CONFIGURATION_SET):
        reported = any_of(
            destination["configurationSetName"].same_as(configuration["configurationSetName"])
            & _takes(destination, stack.limits["events"])
            for destination in stack.of(t.EVENT_DESTINATION)
        )
        yield configuration.must(reported, "reports bounces and complaints to nobody")


def _takes(destination: Resource, events: list[str]) -> Truth:
    matching = destination["eventDestination.matchingEventTypes"]
    found = destination["eventDestination.enabled"].true
    for event in events:
        found &= matching.some(_is(event))
    return found


@policy(
    id="email-dkim",
    title="Mail is signed with keys of 2048 bits that DNS publishes",
    severity=Severity.HIGH,
    requirements=("EM-1", "EM-N1"),
    controls=("prowler ses_identity_dkim_enabled", "prowler zone_record_dkim_exists"),
    remedy="Set nextSigningKeyLength to RSA_2048_BIT and publish the three CNAMEs of the identity's tokens.",
    across=(t.EMAIL_IDENTITY, t.DNS_RECORD),
)
def dkim(stack: Stack) -> Findings:
    """Count the records whose name came from the identity."""
    for identity in stack.of(t.EMAIL_IDENTITY):
        length = identity["dkimSigningAttributes.nextSigningKeyLength"]
        yield identity.must(length.equals("RSA_2048_BIT"), f"{length.path} must be RSA_2048_BIT")
        aliases = sorted(
            (
                record["type"].equals("CNAME") & _named_by(identity, record)
                for record in stack.of(t.DNS_RECORD)
            ),
            key=lambda truth: -truth.value,
        )
        published = Truth.of(len(aliases) >= _KEYS) & all_of(aliases[:_KEYS])
        yield identity.must(published, "has unpublished signing keys")


def _named_by(identity: Resource, record: Resource) -> Truth:
    """Return whether a record's name came from the identity: who knows, where nobody says what is behind it."""
    sources = record.property_dependencies.get("name", frozenset())
    if identity.urn in sources:
        return Truth.YES
    return Truth.UNKNOWN if record["name"].raw is UNKNOWN and not sources else Truth.NO


@policy(
    id="email-mail-from",
    title="Bounces come back to a domain of our own",
    severity=Severity.HIGH,
    requirements=("EM-1",),
    remedy="Add EmailIdentityMailFromAttributes with REJECT_MESSAGE, and the MX and SPF records of its domain.",
    across=(t.EMAIL_IDENTITY, t.MAIL_FROM, t.DNS_RECORD),
)
def mail_from(stack: Stack) -> Findings:
    """Ask each identity for its domain, and the domain for both records."""
    for identity in stack.of(t.EMAIL_IDENTITY):
        present = any_of(
            one["emailIdentity"].same_as(identity["emailIdentity"]) for one in stack.of(t.MAIL_FROM)
        )
        yield identity.must(present, "sends from SES's own bounce domain")
    for one in stack.of(t.MAIL_FROM):
        strict = one["behaviorOnMxFailure"].equals("REJECT_MESSAGE")
        yield one.must(strict, "falls back to SES's own domain, whose mail fails DMARC")
        for type_ in ("MX", "TXT"):
            found = any_of(
                record["name"].same_as(one["mailFromDomain"]) & record["type"].equals(type_)
                for record in stack.of(t.DNS_RECORD)
            )
            yield one.must(found, f"has no {type_} record")


@policy(
    id="email-streams-apart",
    title="Each stream has a domain and a configuration set of its own",
    severity=Severity.HIGH,
    requirements=("EM-3", "EM-N2"),
    remedy="Give every identity its own configuration set as default.",
    across=(t.EMAIL_IDENTITY,),
)
def streams_apart(stack: Stack) -> Findings:
    """Compare the default sets of all identities."""
    identities = stack.of(t.EMAIL_IDENTITY)
    for identity in identities:
        own = identity["configurationSetName"]
        shared = any_of(
            own.same_as(other["configurationSetName"]) for other in identities if other is not identity
        )
        yield identity.must(
            own.given & ~shared, "shares its configuration set with another stream, or has none"
        )


@policy(
    id="email-sending-not-public",
    title="No stranger may send as us",
    severity=Severity.CRITICAL,
    requirements=("EM-1",),
    controls=("prowler ses_identity_not_publicly_accessible",),
    remedy="Name the principal in the identity's policy, or narrow it by account.",
    each=(t.EMAIL_IDENTITY_POLICY,),
)
def sending_not_public(rights: Resource) -> Findings:
    """Refuse open principals."""
    yield from per_statement(rights["policy"], lambda statement: not statement.public, "lets anyone send")
