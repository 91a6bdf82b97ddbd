"""DNS on Cloudflare: records that say what they are for, lead to what we own, and carry mail unharmed (ED-1)."""

import re
from collections.abc import Callable
from ipaddress import ip_address

from pulumi_policy import Severity

from components.records import FAIL_OVER_MARK
from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, any_of
from settings.spf import SpfError, merged_record

_PROXIABLE = ("A", "AAAA", "CNAME")
_ADDRESSES = ("A", "AAAA")
_LEADING = ("A", "AAAA", "CNAME", "DNAME", "HTTPS", "MX", "NS", "SRV", "SVCB", "URI")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LONGEST_STRING = 255
_SPF = "v=spf1"
_DMARC = "v=DMARC1"


def _ends_with(value: Value, suffixes: list[str]) -> Truth:
    return value.test(
        lambda raw: any(f".{str(raw).rstrip('.').lower()}".endswith(f".{suffix}") for suffix in suffixes)
    )


def _strings(content: object) -> list[str]:
    """Return the strings that a TXT record's content consists of."""
    return _QUOTED.findall(str(content)) or [str(content)]


def _begins(record: Resource, beginning: str) -> Truth:
    text = record["content"].test(
        lambda raw: "".join(_strings(raw)).lower().startswith(beginning.lower())  # RFC 7208: in any case
    )
    return record["type"].equals("TXT") & text


def _named(record: Resource, name: Value, prefix: str = "") -> Truth:
    """Return whether the record's name is `prefix` and `name`: not known unless both are."""
    return Truth.UNKNOWN if name.raw is UNKNOWN else record["name"].equals(f"{prefix}{name.raw}")


def _only_one(stack: Stack, beginning: str, kind: str) -> Findings:
    records = [one for one in stack.of(t.DNS_RECORD) if _begins(one, beginning) is not Truth.NO]
    for record in records:
        shared = any_of(
            _begins(other, beginning) & _named(other, record["name"])
            for other in records
            if other is not record
        )
        alone = ~(_begins(record, beginning) & shared)
        yield record.must(alone, f"is one of several {kind} records of its name")


@policy(
    id="dns-mail-unproxied",
    title="No mail or verification record is proxied",
    severity=Severity.CRITICAL,
    requirements=("ED-N1", "EM-N4"),
    controls=("prowler dns_record_proxied",),
    remedy="Leave proxied out: the proxy answers for web hosts only.",
    limits={"mail": ["amazonses.com", "sendgrid.net", "acm-validations.aws"]},
    each=(t.DNS_RECORD,),
)
def mail_unproxied(record: Resource) -> Findings:
    """Refuse it for all types but addresses and CNAME, for names with an underscore, and for mail's targets."""
    proxied = record["proxied"]
    web = record["type"].is_in(_PROXIABLE)
    service = record["name"].test(lambda raw: any(label.startswith("_") for label in str(raw).split(".")))
    mail = _ends_with(record["content"], record.limits["mail"])
    yield proxied.must(~proxied.true | (web & ~service & ~mail), "must be false for this record")


@policy(
    id="dns-web-proxied",
    title="Web hosts stand behind the proxy, except during a fail-over",
    severity=Severity.HIGH,
    requirements=("ED-N3", "ED-6"),
    controls=("prowler dns_record_proxied",),
    remedy="Set proxied; to lead around Cloudflare, write edge.webTraffic: failOver, which marks every web record.",
    prod_only=True,
    limits={
        "targets": ["vercel-dns.com", "vercel.app", "cloudfront.net"],
        # The status page reports on the proxy as well: it must not stand behind it (MO-5).
        "apart": ["status"],
    },
    each=(t.DNS_RECORD,),
)
def web_proxied(record: Resource) -> Findings:
    """Take addresses, and names of hosts that serve the web, for web records."""
    proxied = record["proxied"]
    address = record["type"].is_in(_ADDRESSES)
    web = address | (record["type"].equals("CNAME") & _ends_with(record["content"], record.limits["targets"]))
    failing_over = record["comment"].test(lambda raw: FAIL_OVER_MARK in str(raw))
    apart = record["name"].test(lambda raw: str(raw).split(".")[0] in record.limits["apart"])
    yield proxied.must(proxied.true | failing_over | apart | ~web, "must be true for a web host")


@policy(
    id="dns-purpose",
    title="Every record says what it is for",
    severity=Severity.MEDIUM,
    requirements=("ED-N6", "ED-1"),
    remedy="Give the Record a purpose; it becomes the comment.",
    each=(t.DNS_RECORD,),
)
def purpose(record: Resource) -> Findings:
    """Look for a comment."""
    said = record["comment"].test(lambda raw: any(character.isalnum() for character in str(raw)))
    yield record["comment"].must(said, "must be set")


@policy(
    id="dns-ttl",
    title="Records are kept for five minutes at least",
    severity=Severity.MEDIUM,
    requirements=("ED-N5",),
    remedy="Raise the TTL; a proxied record has the automatic one.",
    prod_only=True,
    limits={"seconds": 300},
    each=(t.DNS_RECORD,),
)
def ttl(record: Resource) -> Findings:
    """Accept the automatic TTL where the proxy decides."""
    seconds = record["ttl"]
    automatic = record["proxied"].true & seconds.equals(1)
    yield seconds.must(automatic | seconds.at_least(record.limits["seconds"]), "is too short")


@policy(
    id="dns-public-addresses",
    title="Records name single hosts with public addresses",
    severity=Severity.HIGH,
    requirements=("ED-1",),
    controls=("prowler dns_record_no_internal_ip", "prowler dns_record_no_wildcard"),
    remedy="Publish what the internet may reach, each host by its own name.",
    each=(t.DNS_RECORD,),
)
def public_addresses(record: Resource) -> Findings:
    """Refuse private and reserved addresses, and wildcards."""
    content, name = record["content"], record["name"]
    yield content.must(~record["type"].is_in(_ADDRESSES) | content.test(_is_public), "is no public address")
    yield name.must(~name.test(lambda raw: str(raw).startswith("*")), "is a wildcard")


def _is_public(text: object) -> bool:
    try:
        return ip_address(str(text)).is_global
    except ValueError:
        return False


@policy(
    id="dns-target-owned",
    title="Every record leads to something we own or have checked",
    severity=Severity.CRITICAL,
    requirements=("ED-1",),
    controls=("prowler dns_record_cname_target_valid",),
    remedy="Take the target from a resource of the stack, or add the third party to the list with its date.",
    limits={
        # Seen 2026-11: what Vercel, SES, SendGrid and Google tell their customers to publish.
        "targets": ["vercel-dns.com", "amazonses.com", "sendgrid.net", "google.com"],
        "addresses": ["76.76.21.21"],
    },
    # The engine shows a stack policy dependencies on the types it names, and no others.
    across=(t.DNS_RECORD, t.CERTIFICATE, t.DISTRIBUTION, t.EMAIL_IDENTITY, t.LOAD_BALANCER),
)
def target_owned(stack: Stack) -> Findings:
    """Whoever claims an abandoned target owns our name: only living and known targets pass."""
    for record in stack.of(t.DNS_RECORD):
        content = record["data.target"] if record["content"].raw is None else record["content"]
        ours = Truth.of(bool(record.property_dependencies.get("content")))
        known = _ends_with(content, stack.limits["targets"]) | content.is_in(stack.limits["addresses"])
        # An address inside a network can be claimed by nobody; dns-public-addresses refuses it.
        inside = record["type"].is_in(_ADDRESSES) & ~content.test(_is_public)
        leads = record["type"].is_in(_LEADING) & ~inside
        yield record.must(~leads | ours | known, "leads to a target that nobody here owns")


@policy(
    id="dns-certificate-authorities",
    title="Only the authorities in use may issue certificates",
    severity=Severity.HIGH,
    requirements=("ED-1", "ED-9"),
    controls=("prowler zone_record_caa_exists",),
    remedy="Publish CAA records for Vercel's, Cloudflare's and Amazon's authorities, and one with iodef.",
    limits={"authorities": ["letsencrypt.org", "pki.goog", "amazon.com"]},
    across=(t.ZONE, t.DNS_RECORD),
)
def certificate_authorities(stack: Stack) -> Findings:
    """Ask each zone for both kinds of CAA record, and each record for a listed authority."""
    for zone in stack.of(t.ZONE):
        for tag in ("issue", "iodef"):
            present = stack.has(zone, t.DNS_RECORD, "zoneId", _authorises(tag))
            yield zone.must(present, f"has no CAA record with {tag}")
    for record in stack.of(t.DNS_RECORD):
        reports = record["data.tag"].equals("iodef")
        listed = record["data.value"].is_in(stack.limits["authorities"])
        yield record.must(
            ~record["type"].equals("CAA") | reports | listed, "admits an authority that we do not use"
        )


def _authorises(tag: str) -> Callable[[Resource], Truth]:
    return lambda one: one["type"].equals("CAA") & one["data.tag"].equals(tag)


@policy(
    id="dns-spf",
    title="One SPF record a name, which receivers can evaluate",
    severity=Severity.HIGH,
    requirements=("EM-2",),
    controls=("prowler zone_record_spf_exists",),
    remedy="Let the E-mail component merge the includes; add a new one to settings/spf.py.",
    across=(t.ZONE, t.DNS_RECORD),
)
def spf(stack: Stack) -> Findings:
    """Do RFC 7208's arithmetic on each record, and ask each zone for one."""
    records = stack.of(t.DNS_RECORD)
    yield from _only_one(stack, _SPF, "SPF")
    for record in records:
        sound = record["content"].test(lambda raw: _evaluates(_strings(raw)))
        yield record.must(~_begins(record, _SPF) | sound, "cannot be evaluated, or lets anyone send")
    for zone in stack.of(t.ZONE):
        present = any_of(_begins(record, _SPF) & _named(record, zone["name"]) for record in records)
        yield zone.must(present, "has no SPF record")


def _evaluates(strings: list[str]) -> bool:
    *terms, last = "".join(strings).split()[1:] or [""]
    includes = [term.removeprefix("include:") for term in terms]
    if last not in {"~all", "-all"} or any(not term.startswith("include:") for term in terms):
        return False
    try:
        merged_record(includes)
    except SpfError:
        return False
    return all(len(string) <= _LONGEST_STRING for string in strings)


@policy(
    id="dns-dmarc",
    title="One DMARC record that acts and reports to us",
    severity=Severity.HIGH,
    requirements=("EM-2", "EM-N3"),
    controls=("prowler zone_record_dmarc_exists",),
    remedy="Set email.dmarc to the stage in force; reports go to a mailbox of the domain.",
    limits={"policies": ["quarantine", "reject"]},
    across=(t.ZONE, t.DNS_RECORD),
)
def dmarc(stack: Stack) -> Findings:
    """Read the tags that decide; settings hold the dates of the stages."""
    yield from _only_one(stack, _DMARC, "DMARC")
    for zone in stack.of(t.ZONE):
        owned = [
            (
                record,
                _begins(record, _DMARC) & _named(record, zone["name"], "_dmarc."),
                _begins(record, _DMARC) & _ends_with(record["name"], [str(zone["name"].raw)]),
            )
            for record in stack.of(t.DNS_RECORD)
        ]
        yield zone.must(any_of(own for _, own, _ in owned), "has no DMARC record")
        ours = f"@{zone['name'].raw}"
        for record, own, below in owned:
            acts = record["content"].test(lambda raw: _acts(_tags(raw), stack.limits["policies"]))
            yield record.must(~below | acts, "asks receivers for too little")
            reports = record["content"].test(lambda raw, ours=ours: _reports(_tags(raw), ours))  # type: ignore[misc]
            yield record.must(~own | reports, "reports to nobody, or to another domain")


def _tags(content: object) -> list[tuple[str, str]]:
    parts = [part.strip().partition("=") for part in "".join(_strings(content)).split(";")]
    return [(name.strip().lower(), value.strip()) for name, equals, value in parts if equals]


def _acts(tags: list[tuple[str, str]], policies: list[str]) -> bool:
    """Return whether all mail that fails is acted on, that of sub-domains too."""
    asked = dict(tags)
    return (
        len(asked) == len(tags)
        and all(asked.get(name, asked.get("p")) in policies for name in ("p", "sp", "np"))
        and asked.get("pct", "100") == "100"
        and asked.get("t", "n") == "n"
    )


def _reports(tags: list[tuple[str, str]], ours: str) -> bool:
    """Return whether somebody of ours reads the reports, which hold people's addresses, and nobody else."""
    readers = [address for name, value in tags if name in {"rua", "ruf"} for address in value.split(",")]
    own = re.compile(rf"mailto:[^@!,]+{re.escape(ours)}")
    return any(name == "rua" for name, _ in tags) and all(own.fullmatch(one.strip()) for one in readers)
