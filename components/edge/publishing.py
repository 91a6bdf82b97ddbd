"""Turns the records that components declare into those that Cloudflare serves; refuses bad ones (ED-1)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pulumi

from components.records import FAIL_OVER_MARK, Record
from settings.spf import txt_strings

PROXIABLE = frozenset({"A", "AAAA", "CNAME"})
AUTOMATIC_TTL = 1
FAIL_OVER_TTL_SECONDS = 300
SHORTEST_TTL_SECONDS = 300
_LONGEST_COMMENT = 100
_LONGEST_PURPOSE = _LONGEST_COMMENT - len(FAIL_OVER_MARK) - 2
_ONCE_A_NAME = {"v=spf1": "email.mailboxes and settings/spf.py", "v=DMARC1": "email.dmarc"}
_CAA = re.compile(r'(?P<flags>\d{1,3}) (?P<tag>issue|issuewild|iodef) "(?P<value>[^"]*)"')


class RecordsError(pulumi.RunError):
    """The zone would not work as declared; the message names every record that is wrong and the way out.

    The engine prints it without a traceback, since a line in a stack file is enough to cause it.
    """


@dataclass(frozen=True, kw_only=True)
class Published:
    """A record as Cloudflare's API takes it. `data` replaces `content` for CAA."""

    key: str
    type: str
    name: pulumi.Input[str]
    content: pulumi.Input[str] | None
    data: dict[str, Any] | None
    priority: int | None
    proxied: bool
    ttl_seconds: int
    comment: str


def published(
    records: Iterable[Record], *, domain: str, fail_over: bool, production: bool
) -> tuple[Published, ...]:
    """Return the records to publish, in the order of their keys.

    With `fail_over`, the proxied ones lead straight to their origins instead, for as short as DNS keeps them.

    Raises:
        RecordsError: when a record breaks a rule of DNS, of Cloudflare, or of ours.
    """
    ordered = sorted(records, key=lambda record: record.key)
    if problems := [*_problems(ordered, domain=domain, production=production), *_clashes(ordered)]:
        raise RecordsError("\n".join(("the zone would not work as declared:", *problems)))
    return tuple(_published(record, fail_over=fail_over and record.proxied) for record in ordered)


def _published(record: Record, *, fail_over: bool) -> Published:
    proxied = record.proxied and not fail_over
    ttl = FAIL_OVER_TTL_SECONDS if fail_over else AUTOMATIC_TTL if proxied else record.ttl_seconds
    return Published(
        key=record.key,
        type=record.type,
        name=record.name,
        content=None if record.type == "CAA" else _content(record),
        data=_caa(record.value) if record.type == "CAA" else None,
        priority=record.priority,
        proxied=proxied,
        ttl_seconds=ttl or AUTOMATIC_TTL,
        comment=f"{record.purpose} ({FAIL_OVER_MARK})" if fail_over else record.purpose,
    )


def _content(record: Record) -> pulumi.Input[str]:
    if record.type != "TXT":
        return record.value
    return (
        quoted(record.value)
        if isinstance(record.value, str)
        else pulumi.Output.all(record.value).apply(lambda values: quoted(values[0]))
    )


def quoted(text: str) -> str:
    """Return a TXT value in the quotes without which Cloudflare stores one thing and shows another."""
    escaped = (part.replace("\\", "\\\\").replace('"', '\\"') for part in txt_strings(text))
    return " ".join(f'"{part}"' for part in escaped)


def _caa(value: pulumi.Input[str]) -> dict[str, Any] | None:
    match = _CAA.fullmatch(value) if isinstance(value, str) else None
    return (
        None
        if match is None
        else {"flags": int(match["flags"]), "tag": match["tag"], "value": match["value"]}
    )


def _problems(records: Iterable[Record], *, domain: str, production: bool) -> Iterator[str]:
    for record in records:
        what = f"{record.type} record {record.key!r}"
        if not record.purpose.strip() or len(record.purpose) > _LONGEST_PURPOSE:
            yield (
                f"{what} must say its purpose in 1 to {_LONGEST_PURPOSE} characters (ED-N6): "
                "write which service needs it"
            )
        if isinstance(record.name, str) and record.name != domain and not record.name.endswith(f".{domain}"):
            yield f"{what} is named {record.name}, which is not in the zone {domain}: name it below the domain"
        if record.proxied and record.type not in PROXIABLE:
            yield (
                f"{what} must not be proxied, only A, AAAA and CNAME can be (ED-N1, EM-N4): leave proxied out"
            )
        if record.proxied != (record.ttl_seconds is None):
            yield (
                f"{what} must have a TTL exactly when it is not proxied, since the proxy decides its own: "
                "write ttl_seconds=None beside proxied=True, a number otherwise"
            )
        if production and record.ttl_seconds is not None and record.ttl_seconds < SHORTEST_TTL_SECONDS:
            yield (
                f"{what} has a TTL of {record.ttl_seconds} s, at least {SHORTEST_TTL_SECONDS} in prod (ED-N5): "
                "leave ttl_seconds out for an hour; in an incident write edge.webTraffic: failOver"
            )
        if (record.type == "MX") != (record.priority is not None):
            yield f"{what} must have a priority exactly when it is an MX record: add it, or leave it out"
        if record.type == "CNAME" and record.name == domain:
            yield (
                f"{what} stands at the zone's apex, where only addresses may (HO-N3): "
                "publish the target's address as an A record"
            )
        if record.type == "CAA" and _caa(record.value) is None:
            yield f'{what} must be flags, tag and quoted value: write it like 0 issue "letsencrypt.org"'


def _clashes(records: Iterable[Record]) -> Iterator[str]:
    known = [record for record in records if isinstance(record.name, str)]
    for key, count in Counter(record.key for record in records).items():
        if count > 1:
            yield f"{count} records have the key {key!r}: give each a key of its own"
    for name in sorted({str(record.name) for record in known}):
        here = [record for record in known if record.name == name]
        others = ", ".join(repr(record.key) for record in here if record.type != "CNAME")
        aliases = [record for record in here if record.type == "CNAME"]
        if aliases and len(here) > 1:
            yield (
                f"{name} has the CNAME {aliases[0].key!r} beside {others or 'another CNAME'}, "
                "and a CNAME stands alone: move one of them to another name"
            )
        for mechanism, place in _ONCE_A_NAME.items():
            texts = [
                record.value for record in here if record.type == "TXT" and isinstance(record.value, str)
            ]
            if sum(text.startswith(mechanism) for text in texts) > 1:
                yield (
                    f"{name} has two {mechanism} records, and receivers then trust neither (EM-2): "
                    f"declare it in {place} alone"
                )
