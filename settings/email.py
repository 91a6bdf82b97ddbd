"""Sending e-mail: who sends, under which names, and what must be proven first."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.day import Day, today
from settings.dmarc import DmarcSettings
from settings.environment import EnvironmentSettings
from settings.spf import SpfError, merged_record
from settings.types import DomainName, HostLabel, Text

Provider = Literal["ses", "sendgrid", "resend"]

_INCLUDES: dict[Provider, str] = {
    "ses": "amazonses.com",
    "sendgrid": "sendgrid.net",
    "resend": "amazonses.com",
}

SpfDomain = Annotated[
    str,
    Field(max_length=253, pattern=r"^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"),
    Rule(
        "must be the domain of an SPF include, in lower case",
        remedy="Write what follows include: in the record.",
    ),
]


class MailExchange(Model):
    """One server that receives mail for the domain (ED-1)."""

    host: DomainName
    """Name of the server."""

    priority: Annotated[int, Field(ge=0, le=65_535)]
    """Servers with lower numbers are tried first."""


class Mailboxes(Model):
    """Where people's mailboxes live (ED-1)."""

    exchanges: Annotated[tuple[MailExchange, ...], Field(min_length=1)]
    """Servers that receive mail (the MX records)."""

    spf_include: SpfDomain | None = None
    """Record that lists the servers from which those mailboxes send (EM-2)."""


class SendGridStream(Model):
    """What SendGrid shows after «Authenticate your domain» for one stream (EM-7)."""

    return_path_label: Annotated[
        str,
        Field(pattern=r"^em[0-9]{3,8}$"),
        Rule("must be SendGrid's em<number> label", remedy="Copy it from SendGrid."),
    ]
    """Label of the bounce domain below the stream's domain."""


class ResendStream(Model):
    """What Resend shows for the domain of one stream (EM-7)."""

    dkim_public_key: Annotated[
        str,
        Field(min_length=200, max_length=800, pattern=r"^[A-Za-z0-9+/]+={0,2}$"),
        Rule(
            "must be the base64 text of a public key, without quotes and blanks",
            remedy="Copy what follows p= in Resend's DKIM record.",
        ),
    ]
    """Public half of the key with which Resend signs."""


class Stream(Model):
    """One kind of mail with a name and a reputation of its own (EM-3)."""

    label: HostLabel
    """Sending domain of the stream, below the environment's domain (EM-3)."""

    sendgrid: SendGridStream
    """The stream at SendGrid (EM-7)."""

    resend: ResendStream
    """The stream at Resend (EM-7)."""


class Streams(Model):
    """The two streams, which never mix (EM-3, EM-N2)."""

    transactional: Stream
    """Mail that answers something its reader did: verification, password reset, confirmations."""

    marketing: Stream
    """Mail that its reader may unsubscribe from: alerts and digests."""

    @rule
    def _have_domains_of_their_own(self) -> Iterator[Violation]:
        if self.transactional.label == self.marketing.label:
            yield Violation(
                "marketing",
                "label",
                rule="must differ from the transactional stream's label",
                reason="a newsletter's complaints would send password resets to the spam folder (EM-N2)",
                remedy="Give each stream a sub-domain, for example notify and news.",
            )


class SendGridAccount(Model):
    """The account at SendGrid (EM-7)."""

    user: Annotated[
        str,
        Field(pattern=r"^u[0-9]{5,12}$"),
        Rule("must be SendGrid's u<number>", remedy="Copy it from the DNS records SendGrid shows."),
    ]
    """Account number as it stands in SendGrid's DNS records."""

    cluster: Annotated[
        str,
        Field(pattern=r"^wl[0-9]{0,4}$"),
        Rule("must be SendGrid's wl<number>", remedy="Copy it from the DNS records SendGrid shows."),
    ] = "wl"
    """Label before sendgrid.net in those records."""


_SANDBOX_PER_DAY = 200


class Sending(Model):
    """Whether mail may leave, and the two proofs that come first (EM-8, EM-N1)."""

    enabled: bool = False
    """Whether SES sends; until then everything is built and nothing leaves."""

    authentication_verified_on: Day | None = None
    """Day on which SPF, DKIM and DMARC were seen to pass, as docs/email.md says (EM-N1)."""

    production_access_on: Day | None = None
    """Day on which AWS moved the account out of the SES sandbox (EM-8)."""

    per_second: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Sending rate that AWS grants; the sandbox allows 1 (EM-5)."""

    per_day: Annotated[int, Field(ge=_SANDBOX_PER_DAY, le=10_000_000)] = _SANDBOX_PER_DAY
    """Messages a day that AWS grants; the sandbox allows 200 (EM-5)."""

    @rule
    def _authentication_comes_first(self) -> Iterator[Violation]:
        proof = self.authentication_verified_on
        if self.enabled and (proof is None or proof > today()):
            yield Violation(
                "enabled",
                rule="must be false until authenticationVerifiedOn records that SPF, DKIM and DMARC pass",
                reason="mail sent before that ruins the domain's name from the first day (EM-N1)",
                remedy="Deploy, check them as docs/email.md says, then record the day.",
            )

    @rule
    def _the_rate_is_granted(self) -> Iterator[Violation]:
        if self.production_access_on is None and (self.per_second > 1 or self.per_day > _SANDBOX_PER_DAY):
            yield Violation(
                "per_second",
                rule="must be 1 (and perDay 200) while productionAccessOn is missing",
                reason="the SES sandbox sends no faster (EM-5, EM-8)",
                remedy="Ask AWS for production access, then record the day.",
            )


class EmailSettings(Model):
    """Sending and receiving e-mail (EM-1 to EM-8)."""

    provider: Provider = "ses"
    """Service through which the application sends: the others stay ready beside it (EM-7)."""

    sender: Text
    """Line under every message that says who writes and from which address, as the anti-spam law asks (CASL)."""

    mailboxes: Mailboxes
    """Where people's mailboxes live (ED-1)."""

    streams: Streams
    """The two streams (EM-3)."""

    sendgrid: SendGridAccount
    """The account at SendGrid (EM-7)."""

    resend_region: Literal["us-east-1", "eu-west-1", "sa-east-1", "ap-northeast-1"] = "us-east-1"
    """Region in which Resend receives bounces; it has none in Canada (EM-7)."""

    dmarc: DmarcSettings
    """What receivers do with mail that fails (EM-2)."""

    sending: Sending = Sending()
    """Whether mail may leave (EM-8, EM-N1)."""

    @property
    def provider_includes(self) -> tuple[str, ...]:
        """The SPF includes of all sending services, so that switching needs no change of DNS (EM-7)."""
        return tuple(dict.fromkeys(_INCLUDES.values()))

    @property
    def domain_includes(self) -> tuple[str, ...]:
        """The SPF includes of the domain itself: the mailboxes' and the services'."""
        own = () if self.mailboxes.spf_include is None else (self.mailboxes.spf_include,)
        return (*own, *self.provider_includes)

    @rule
    def _receivers_can_evaluate_spf(self) -> Iterator[Violation]:
        try:
            merged_record(self.domain_includes)
        except SpfError as error:
            yield Violation(
                "mailboxes",
                "spf_include",
                rule="must leave an SPF record that receivers can evaluate (RFC 7208)",
                reason=f"{error} (EM-2)",
                remedy="Name an include that settings/spf.py knows, or drop one.",
            )

    @environment_rule
    def _production_needs_access(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.production and self.sending.enabled and self.sending.production_access_on is None:
            yield Violation(
                "sending",
                "enabled",
                rule="must be false in prod until productionAccessOn is recorded",
                reason="in the SES sandbox, mail to real users is refused (EM-8)",
                remedy="Ask AWS for production access, then record the day.",
            )
