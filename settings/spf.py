"""SPF records that receivers will really evaluate: one a name, few enough look-ups (EM-2, RFC 7208)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MAX_LOOKUPS = 10
MAX_VOID_LOOKUPS = 2
TXT_STRING_LIMIT = 255


@dataclass(frozen=True, kw_only=True)
class Include:
    """What evaluating `include:<domain>` costs: the look-ups below it, and how many of them find nothing."""

    nested_lookups: int
    void_lookups: int = 0


INCLUDES_AS_OF = date(2026, 11, 1)
KNOWN_INCLUDES = {
    "amazonses.com": Include(nested_lookups=0),
    "sendgrid.net": Include(nested_lookups=1),
    "_spf.google.com": Include(nested_lookups=3),
    "spf.protection.outlook.com": Include(nested_lookups=0),
    "_spf.mx.cloudflare.net": Include(nested_lookups=0),
    "zoho.com": Include(nested_lookups=1),
}
"""Look-ups of each provider's record on that date; where a provider varies them, the most ever seen.

A snapshot on purpose: validating settings never asks the network. docs/email.md says how to compare it with the live
records.
"""


class SpfError(ValueError):
    """The record would be evaluated as an error, which receivers treat as no authentication at all."""


def lookups(includes: Iterable[str]) -> int:
    """Return how many DNS look-ups the includes cost together (RFC 7208, section 4.6.4).

    Raises:
        SpfError: for an include that the snapshot does not hold.
    """
    return sum(1 + _known(domain).nested_lookups for domain in dict.fromkeys(includes))


def _known(domain: str) -> Include:
    if domain not in KNOWN_INCLUDES:
        raise SpfError(
            f"nobody has counted the look-ups below {domain!r} yet: read its record with `dig TXT {domain}` "
            "and add it to KNOWN_INCLUDES in settings/spf.py"
        )
    return KNOWN_INCLUDES[domain]


def merged_record(includes: Iterable[str]) -> str:
    """Return the one SPF record that covers all `includes`; each is named once, the rest softly fails.

    `~all` rather than `-all`: DMARC decides what happens to unaligned mail, and a hard fail would make some
    receivers refuse forwarded mail before they look at its DKIM signature.

    Raises:
        SpfError: when receivers could not evaluate the record.
    """
    domains = tuple(dict.fromkeys(includes))
    if (cost := lookups(domains)) > MAX_LOOKUPS:
        raise SpfError(f"{cost} DNS look-ups, and receivers stop at {MAX_LOOKUPS}: {', '.join(domains)}")
    if (void := sum(_known(domain).void_lookups for domain in domains)) > MAX_VOID_LOOKUPS:
        raise SpfError(f"{void} look-ups that find nothing, and receivers stop at {MAX_VOID_LOOKUPS}")
    return " ".join(("v=spf1", *(f"include:{domain}" for domain in domains), "~all"))


def txt_strings(text: str) -> tuple[str, ...]:
    """Cut a TXT value into the strings of at most 255 characters that DNS carries; readers join them."""
    starts = range(0, max(len(text), 1), TXT_STRING_LIMIT)
    return tuple(text[start : start + TXT_STRING_LIMIT] for start in starts)
