"""What the engine intends, read from its own JSON events: one change a resource, no property values."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from components.stateful import STATEFUL_TYPES

Event = tuple[str, Mapping[str, Any]]


class Effect(StrEnum):
    """What happens to a resource, the gravest first."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"
    IMPORT = "import"
    SAME = "same"


# The engine reports a replacement as up to three steps of one URN; together they are one change.
_EFFECTS = {
    "create": Effect.CREATE,
    "update": Effect.UPDATE,
    "delete": Effect.DELETE,
    "replace": Effect.REPLACE,
    "create-replacement": Effect.REPLACE,
    "delete-replaced": Effect.REPLACE,
    "read-replacement": Effect.REPLACE,
    "import-replacement": Effect.REPLACE,
    "import": Effect.IMPORT,
}
_GRAVITY = {effect: rank for rank, effect in enumerate(Effect)}
_MARKUP = re.compile(r"<\{%.*?%\}>")
_DEFAULT_PROVIDER = re.compile(r"^pulumi:providers:[^:]+::default")


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource.

    `properties` are the top-level names of the properties that change, `causes` those that force a
    replacement: names from the provider's schema, never the user's map keys or values.
    """

    urn: str
    type: str
    effect: Effect
    properties: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    protected: bool = False
    retained: bool = False

    @property
    def name(self) -> str:
        """Return the resource's logical name."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def at_risk(self) -> str | None:
        """Return what would be lost, or `None` where the change loses nothing."""
        return STATEFUL_TYPES.get(self.type) if self.effect in {Effect.DELETE, Effect.REPLACE} else None


@dataclass(frozen=True, kw_only=True, order=True)
class Violation:
    """A rule of the policy pack that a resource, or the stack where `urn` is empty, does not meet."""

    policy: str
    level: str
    urn: str
    message: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything one preview intends, or one update did.

    `complete` is false when the engine stopped before its summary; `failures` counts operations that failed.
    """

    changes: tuple[Change, ...]
    violations: tuple[Violation, ...]
    policies_passed: int
    packs: tuple[str, ...]
    errors: int
    complete: bool
    failures: int = 0

    def count(self, effect: Effect) -> int:
        """Return how many resources see `effect`."""
        return sum(change.effect is effect for change in self.changes)

    @property
    def intended(self) -> tuple[Change, ...]:
        """Return the changes that do something, the gravest first."""
        return tuple(change for change in self.changes if change.effect is not Effect.SAME)

    @property
    def at_risk(self) -> tuple[Change, ...]:
        """Return the replacements and deletions of resources that hold data."""
        return tuple(change for change in self.changes if change.at_risk)

    @property
    def refused(self) -> bool:
        """Tell whether the pack refuses the plan."""
        return any(violation.level == "mandatory" for violation in self.violations)

    @property
    def fingerprint(self) -> str:
        """Return a digest of what is intended: equal plans of one commit have equal fingerprints (DL-N1).

        Values are left out: a preview proposes another random name each time it is run.
        """
        intended = [(change.urn, change.effect, change.properties, change.causes) for change in self.intended]
        return hashlib.sha256(json.dumps(sorted(intended)).encode()).hexdigest()[:16]


def read(path: Path) -> Plan:
    """Read the file that `pulumi preview --event-log` wrote."""
    with path.open(encoding="utf-8") as lines:
        return parse(lines)


def parse(lines: Iterable[str]) -> Plan:
    """Read a plan from engine events, one JSON document a line (`apitype.EngineEvent` in the Pulumi SDK)."""
    events = [event for document in _documents(lines) for event in _of(document)]
    violations: set[Violation] = set()
    passed: set[str] = set()
    packs: dict[str, str] = {}
    errors = 0
    for kind, event in events:
        match kind:
            case "policyEvent":
                violations.add(_violation(event))
            case "policyAnalyzeSummaryEvent" | "policyAnalyzeStackSummaryEvent":
                passed.update(event.get("passed") or ())
            case "diagnosticEvent":
                errors += event["severity"] == "error"
            case "errorEvent":
                errors += 1
            case "summaryEvent":
                packs = event.get("PolicyPacks") or {}
    return Plan(
        changes=tuple(sorted(_changes(events), key=lambda change: (_GRAVITY[change.effect], change.urn))),
        violations=tuple(sorted(violations)),
        policies_passed=len(passed - {violation.policy for violation in violations}),
        packs=tuple(sorted(packs)),
        errors=errors,
        complete=any(kind == "summaryEvent" for kind, _ in events),
        failures=sum(kind == "resOpFailedEvent" for kind, _ in events),
    )


def _documents(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield what each line says, up to the half line that a full disk or a killed engine leaves."""
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                return


def _of(document: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the one event of a document under its name."""
    yield from ((key, value) for key, value in document.items() if key.endswith("Event"))


def _changes(events: Iterable[Event]) -> Iterable[Change]:
    changes: dict[str, Change] = {}
    refreshed: set[str] = set()
    for kind, event in events:
        if kind not in {"resourcePreEvent", "resOutputsEvent"}:
            continue
        change = _change(event["metadata"])
        known = changes.get(change.urn)
        if _DEFAULT_PROVIDER.search("::".join(change.urn.split("::")[-2:])):
            continue  # the engine's own book-keeping, left out of its counts as well
        if kind == "resourcePreEvent":
            if event["metadata"]["op"] == "refresh":
                refreshed.add(change.urn)
            if known is None or _GRAVITY[change.effect] < _GRAVITY[known.effect]:
                changes[change.urn] = change
        elif change.urn in refreshed and (change.properties or change.effect is Effect.DELETE):
            # A refresh says what it found only when it is done: as an update or a deletion.
            changes[change.urn] = change
    return changes.values()


def _change(metadata: Mapping[str, Any]) -> Change:
    old = metadata.get("old") or {}
    diffs = [*(metadata.get("detailedDiff") or ()), *(metadata.get("diffs") or ())]
    return Change(
        urn=metadata["urn"],
        type=metadata["type"],
        effect=_EFFECTS.get(metadata["op"], Effect.SAME),
        properties=_top_level(diffs),
        causes=_top_level(metadata.get("keys") or ()),
        protected=bool(old.get("protect")),
        retained=bool(old.get("retainOnDelete")),
    )


def _top_level(paths: Iterable[str]) -> tuple[str, ...]:
    """Cut property paths to the schema's own names: `tags["k"]` and `rules[0].id` name what a user wrote."""
    return tuple(sorted({path.split(".", 1)[0].split("[", 1)[0] for path in paths} - {""}))


def _violation(event: Mapping[str, Any]) -> Violation:
    return Violation(
        policy=event["policyName"],
        level=event["enforcementLevel"],
        urn=event.get("resourceUrn", ""),
        message=_MARKUP.sub("", event.get("message", "")).strip(),
    )
