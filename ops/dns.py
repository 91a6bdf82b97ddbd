"""The zone as it is deployed: a table for people (ED-7) and a zone file that any name server loads (BK-3)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ZONE = "cloudflare:index/zone:Zone"
_RECORD = "cloudflare:index/dnsRecord:DnsRecord"
_AUTOMATIC_TTL = 1
_AUTOMATIC_SECONDS = 300
_HEAD = ("Type", "Name", "Value", "Proxied", "TTL", "Purpose")
# Serial, refresh, retry, expire, minimum: for whoever serves the exported zone while Cloudflare cannot.
_SOA = "1 10800 3600 604800 300"


@dataclass(frozen=True, kw_only=True)
class ZoneRecord:
    """One record as it is served. `value` is in a zone file's own notation, names ending in a dot."""

    name: str
    type: str
    value: str
    proxied: bool
    ttl_seconds: int
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A zone, its name servers and its records: the domain itself first, then each host with what is below it."""

    name: str
    name_servers: tuple[str, ...]
    records: tuple[ZoneRecord, ...]


class NoZoneError(LookupError):
    """There is no zone to print; the message says how to get one."""


def exported(path: Path) -> list[dict[str, Any]]:
    """Return the resources in a file that `pulumi stack export` wrote.

    Raises:
        NoZoneError: when it is no such file.
    """
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["deployment"].get("resources", ()))
    except OSError as error:
        raise NoZoneError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NoZoneError(
            f"{path} is no exported state: `pulumi stack export --stack STACK > {path}` makes one"
        ) from None


def zone_of(resources: Iterable[Mapping[str, Any]]) -> Zone:
    """Return the zone in a stack's state.

    Raises:
        NoZoneError: when there is none, or only its beginning.
    """
    found = [(one["type"], one.get("outputs", {})) for one in resources]
    zone = next((outputs for type_, outputs in found if type_ == _ZONE), None)
    if zone is None:
        raise NoZoneError("the state holds no zone: nothing is deployed, or it is another project's")
    if not zone.get("nameServers"):
        raise NoZoneError("the zone is not finished, since its deployment was interrupted: run `up` again")
    return Zone(
        name=zone["name"],
        name_servers=tuple(zone["nameServers"]),
        records=tuple(sorted((_record(outputs) for type_, outputs in found if type_ == _RECORD), key=_place)),
    )


def _place(record: ZoneRecord) -> tuple[list[str], str, str]:
    return record.name.split(".")[::-1], record.type, record.value


def _record(outputs: Mapping[str, Any]) -> ZoneRecord:
    ttl = int(outputs["ttl"])
    return ZoneRecord(
        name=outputs["name"],
        type=outputs["type"],
        value=_value(outputs),
        proxied=bool(outputs.get("proxied")),
        ttl_seconds=_AUTOMATIC_SECONDS if ttl == _AUTOMATIC_TTL else ttl,
        purpose=outputs.get("comment") or "",
    )


def _value(outputs: Mapping[str, Any]) -> str:
    match outputs["type"]:
        case "CAA":
            data = outputs["data"]
            return f'{int(data["flags"])} {data["tag"]} "{data["value"]}"'
        case "MX":
            return f"{int(outputs['priority'])} {outputs['content'].rstrip('.')}."
        case "CNAME" | "NS":
            return f"{outputs['content'].rstrip('.')}."
        case _:
            return str(outputs["content"])


def table(zone: Zone) -> str:
    """Return the records as a Markdown table."""
    rows = [
        (
            one.type,
            one.name,
            f"`{one.value}`",
            "yes" if one.proxied else "no",
            "automatic" if one.proxied else f"{one.ttl_seconds} s",
            one.purpose,
        )
        for one in zone.records
    ]
    cells = [_HEAD, ("---",) * len(_HEAD), *rows]
    return "".join(f"| {' | '.join(map(_escaped, row))} |\n" for row in cells)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def zone_file(zone: Zone) -> str:
    """Return the zone in the form of RFC 1035. Proxied records lead to their origins, as in a fail-over."""
    lines = [
        f"; {zone.name} as deployed; records marked «proxied» are served by Cloudflare itself",
        f"$ORIGIN {zone.name}.",
        f"$TTL {_AUTOMATIC_SECONDS}",
        f"@ 3600 IN SOA {zone.name_servers[0]}. dns.cloudflare.com. {_SOA}",
        *(f"@ 86400 IN NS {server}." for server in zone.name_servers),
        *(
            f"{one.name}. {one.ttl_seconds} IN {one.type} {one.value}"
            f" ; {'proxied: ' if one.proxied else ''}{one.purpose}"
            for one in zone.records
        ),
    ]
    return "\n".join(lines) + "\n"
