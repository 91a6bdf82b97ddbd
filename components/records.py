"""DNS records as values: components declare them, Edge alone publishes them (ED-1)."""

from dataclasses import dataclass

import pulumi

FAIL_OVER_MARK = "fail-over, direct to origin"
"""Ends the comment of a web record while it leads around Cloudflare (ED-6)."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One DNS record and why it exists.

    `key` is unique in the zone and never changes: it becomes the record's logical name. `name` is fully
    qualified. `ttl_seconds` is `None` where the proxy decides it. `priority` belongs to MX alone.
    """

    key: str
    type: str
    name: pulumi.Input[str]
    value: pulumi.Input[str]
    purpose: str
    proxied: bool = False
    ttl_seconds: int | None = 3600
    priority: int | None = None
