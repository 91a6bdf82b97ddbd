"""The hosts of the application and the DNS record that Vercel needs for each (HO-3, HO-N3)."""

from dataclasses import dataclass

from components.records import Record
from settings.hosting import Hosts

# Vercel's published targets: an address at the apex, where DNS allows no CNAME, and a name below it.
APEX_ADDRESS = "76.76.21.21"
HOST_TARGET = "cname.vercel-dns.com"
_APEX = "apex"


@dataclass(frozen=True, kw_only=True)
class Domain:
    """One host of the project. `leads_to` is set where the host only leads to another one."""

    role: str
    name: str
    record: Record
    leads_to: str | None = None
    leads_to_role: str | None = None


def domains(hosts: Hosts, domain: str) -> tuple[Domain, ...]:
    """Return the hosts, the domain itself first."""
    return (
        Domain(
            role=_APEX,
            name=domain,
            record=_web_record(_APEX, "A", domain, APEX_ADDRESS, "The site"),
        ),
        Domain(
            role=hosts.redirect,
            name=f"{hosts.redirect}.{domain}",
            record=_below(hosts.redirect, domain, "Leads to the site"),
            leads_to=domain,
            leads_to_role=_APEX,
        ),
        *(
            Domain(
                role=label,
                name=f"{label}.{domain}",
                record=_below(label, domain, f"The application's {label} host"),
            )
            for label in hosts.serve
        ),
    )


def _below(label: str, domain: str, purpose: str) -> Record:
    return _web_record(label, "CNAME", f"{label}.{domain}", HOST_TARGET, purpose)


def _web_record(role: str, type_: str, name: str, value: str, purpose: str) -> Record:
    return Record(
        key=f"web-{role}", type=type_, name=name, value=value, purpose=purpose, proxied=True, ttl_seconds=None
    )
