"""Every DNS record that mail needs, for all sending services at once, and none proxied (EM-1, EM-2, EM-7, EM-N4)."""

from collections.abc import Iterator

import pulumi

from components.email.messages import StreamName
from components.records import Record
from settings.email import EmailSettings, Stream
from settings.spf import merged_record

_DKIM_TOKENS = 3
_SES_INCLUDE = "amazonses.com"


def mail_from_domain(stream_domain: str) -> str:
    """Return the domain to which SES sends bounces of a stream."""
    return f"bounce.{stream_domain}"


def domain_records(settings: EmailSettings, domain: str) -> Iterator[Record]:
    """Yield the records of the domain itself: mailboxes, SPF and DMARC."""
    for exchange in settings.mailboxes.exchanges:
        yield Record(
            key=f"mx-{exchange.host.replace('.', '-')}",
            type="MX",
            name=domain,
            value=exchange.host,
            priority=exchange.priority,
            purpose="Receives mail for our mailboxes",
        )
    yield Record(
        key="spf",
        type="TXT",
        name=domain,
        value=merged_record(settings.domain_includes),
        purpose="Who may send mail as the domain (SPF)",
    )
    yield Record(
        key="dmarc",
        type="TXT",
        name=f"_dmarc.{domain}",
        value=settings.dmarc.record(domain),
        purpose="What happens to mail that fails (DMARC)",
    )


def stream_records(
    name: StreamName, settings: EmailSettings, stream: Stream, *, domain: str, region: str
) -> Iterator[Record]:
    """Yield the records of a stream that are known before SES has made its keys."""
    host = f"{stream.label}.{domain}"
    yield Record(
        key=f"{name}-spf",
        type="TXT",
        name=host,
        value=merged_record(settings.provider_includes),
        purpose=f"Who may send {name} mail (SPF)",
    )
    yield from _bounce_domain(
        f"{name}-ses", mail_from_domain(host), f"feedback-smtp.{region}.amazonses.com", f"{name} mail by SES"
    )
    yield from _sendgrid(name, settings, stream, host)
    yield Record(
        key=f"{name}-resend-dkim",
        type="TXT",
        name=f"resend._domainkey.{host}",
        value=f"p={stream.resend.dkim_public_key}",
        purpose=f"Signature of {name} mail by Resend",
    )
    yield from _bounce_domain(
        f"{name}-resend",
        f"send.{host}",
        f"feedback-smtp.{settings.resend_region}.amazonses.com",
        f"{name} mail by Resend",
    )


def dkim_records(name: StreamName, host: str, tokens: pulumi.Output[list[str]]) -> Iterator[Record]:
    """Yield the records behind SES's signature: three keys, of which it uses one while another is renewed."""
    for number in range(_DKIM_TOKENS):
        token = tokens[number]
        yield Record(
            key=f"{name}-ses-dkim-{number + 1}",
            type="CNAME",
            name=pulumi.Output.concat(token, f"._domainkey.{host}"),
            value=pulumi.Output.concat(token, ".dkim.amazonses.com"),
            purpose=f"Signature of {name} mail by SES, key {number + 1}",
        )


def _bounce_domain(key: str, host: str, exchange: str, what: str) -> Iterator[Record]:
    yield Record(
        key=f"{key}-mx", type="MX", name=host, value=exchange, priority=10, purpose=f"Bounces of {what}"
    )
    yield Record(
        key=f"{key}-spf",
        type="TXT",
        name=host,
        value=merged_record([_SES_INCLUDE]),
        purpose=f"Envelope sender of {what} (SPF)",
    )


def _sendgrid(name: StreamName, settings: EmailSettings, stream: Stream, host: str) -> Iterator[Record]:
    account = f"{settings.sendgrid.user}.{settings.sendgrid.cluster}.sendgrid.net"
    yield Record(
        key=f"{name}-sendgrid-bounces",
        type="CNAME",
        name=f"{stream.sendgrid.return_path_label}.{host}",
        value=account,
        purpose=f"Bounces of {name} mail by SendGrid",
    )
    for selector in ("s1", "s2"):
        yield Record(
            key=f"{name}-sendgrid-dkim-{selector}",
            type="CNAME",
            name=f"{selector}._domainkey.{host}",
            value=f"{selector}.domainkey.{account}",
            purpose=f"Signature of {name} mail by SendGrid, key {selector}",
        )
