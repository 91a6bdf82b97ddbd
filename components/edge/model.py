"""Rules as values, before Cloudflare's types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.edge.expressions import Expression


@dataclass(frozen=True, kw_only=True)
class EdgeRule:
    """One rule: on which requests it acts and what it does. Parameters have the provider's own names."""

    ref: str
    description: str
    expression: Expression
    action: str
    parameters: Mapping[str, Any] | None = None
    rate_limit: Mapping[str, Any] | None = None
    logged: bool = False


@dataclass(frozen=True, kw_only=True)
class Phase:
    """The rules of one phase, in the order in which they are judged."""

    id: str
    role: str
    rules: tuple[EdgeRule, ...]


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """The hosts that rules name: `redirects` maps a host to the one it leads to.

    `files` serves public files under `public_paths` and signed ones elsewhere.
    """

    redirects: Mapping[str, str]
    files: str
    public_paths: tuple[str, ...]
