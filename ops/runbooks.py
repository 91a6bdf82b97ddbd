"""The runbooks with a stack's real names in them: at night nobody should have to look one up (MO-8)."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from settings import Settings

FOLDER = Path(__file__).parents[1] / "docs" / "runbooks"

# What a runbook writes → the resource whose name AWS made up: its type, its logical name, the output to show.
_MADE_UP: Mapping[str, tuple[str, str, str]] = {
    "<cache>": ("aws:elasticache/replicationGroup:ReplicationGroup", "valkey", "id"),
    "<database>": ("aws:rds/instance:Instance", "primary", "identifier"),
    "<logGroup>": ("aws:cloudwatch/logGroup:LogGroup", "application", "name"),
    "jtld-<stack>-account-…": ("aws:budgets/budget:Budget", "account", "name"),
    "jtld-<stack>-copies-…": ("aws:backup/vault:Vault", "copies", "name"),
    "jtld-<stack>-critical-…": ("aws:sns/topic:Topic", "critical", "name"),
    "jtld-<stack>-edge-critical-…": ("aws:sns/topic:Topic", "edge-critical", "name"),
    "jtld-<stack>-replica-critical-…": ("aws:sns/topic:Topic", "replica-critical", "name"),
    "jtld-<stack>-status-…": ("aws:lambda/function:Function", "status", "name"),
}


class NoRunbookError(Exception):
    """There is no such page; the message lists those there are."""


def pages() -> list[str]:
    """Return the names of all runbooks."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def render(page: str, settings: Settings, resources: Iterable[Mapping[str, Any]]) -> str:
    """Return a runbook for one stack; what was never deployed keeps its placeholder.

    `resources` are those of the stack's state, in the engine's own form.

    Raises:
        NoRunbookError: when there is no such page.
    """
    if page not in pages():
        raise NoRunbookError(f"there is no runbook {page}: choose one of {', '.join(pages())}")
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    for written, name in {**_made_up(resources), **_chosen(settings)}.items():
        text = text.replace(written, name)
    return text


def placeholders(text: str) -> set[str]:
    """Return what in a text still stands for a name of the stack."""
    known = "|".join(map(re.escape, ("<stack>", "<domain>", "<host>", *_MADE_UP)))
    return set(re.findall(known, text))


def _made_up(resources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    wanted = {(type_, role): (written, output) for written, (type_, role, output) in _MADE_UP.items()}
    found = {}
    for resource in resources:
        key = (resource["type"], resource["urn"].rpartition("::")[2])
        if key in wanted:
            written, output = wanted[key]
            if name := resource.get("outputs", {}).get(output):
                found[written] = str(name)
    return found


def _chosen(settings: Settings) -> dict[str, str]:
    """Return the names that people chose: they are known before anything is deployed."""
    place, alerting = settings.environment, settings.alerting
    return {
        "<stack>": place.name,
        "<domain>": place.domain,
        "<host>": place.domain,
        "ops@": alerting.email,
        **({"#ops-alerts": alerting.slack.channel_name} if alerting.slack else {}),
    }
