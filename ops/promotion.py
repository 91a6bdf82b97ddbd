"""A commit reaches an environment only after the ones before it: dev, staging, prod (DL-N4).

The evidence is the engine's own history of each stack, which no workflow file can forge.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settings.types import ENVIRONMENTS, EnvironmentName

_COMMIT = re.compile(r"[0-9a-f]{40}")


class PromotionRefusedError(Exception):
    """The commit may not go there; the text says why and what to do first."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """One entry of a stack's history: `dirty` is true when files differed from `commit`."""

    kind: str
    result: str
    commit: str
    dirty: bool


def predecessors(stack: EnvironmentName) -> tuple[EnvironmentName, ...]:
    """Return the environments that must have seen a commit before `stack` does, in order."""
    return ENVIRONMENTS[: ENVIRONMENTS.index(stack)]


def read_history(entries: Iterable[Mapping[str, Any]]) -> tuple[Update, ...]:
    """Read what `pulumi stack history --json` prints, the latest first."""
    return tuple(
        Update(
            kind=entry["kind"],
            result=entry.get("result", ""),
            commit=entry["environment"].get("git.head", ""),
            dirty=entry["environment"].get("git.dirty") != "false",
        )
        for entry in entries
    )


def require_seen(stack: str, commit: str, history: Iterable[Update]) -> None:
    """Return when `stack` was brought to exactly `commit` without failure since it was last torn down.

    Raises:
        PromotionRefusedError: It was not, or `commit` is no full commit id.
    """
    if not _COMMIT.fullmatch(commit):
        raise PromotionRefusedError(
            f"{commit!r} is no full commit id. A branch or a short id can move: write all 40 characters."
        )
    failed = False
    for update in history:
        if update.kind == "destroy":
            break
        if update.kind != "update" or update.commit != commit:
            continue
        if update.result == "succeeded" and not update.dirty:
            return
        failed = True
    reason = (
        "its updates of that commit failed, or were made from files that differ from it"
        if failed
        else "it has never been updated to that commit"
    )
    raise PromotionRefusedError(
        f"{stack} has not seen {commit[:12]}: {reason} (DL-N4). Deploy the same commit to {stack} first, let "
        "it succeed, then promote again."
    )
