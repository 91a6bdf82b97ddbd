"""What a command did, in the one form that programs read and people get summarised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ops.plan import Effect, Plan, Violation


class Result(StrEnum):
    """How a command ended, in the order of the exit codes 0 to 4."""

    DONE = "done"
    FAILED = "failed"
    MISUSED = "misused"
    REFUSED = "refused"
    DRIFTED = "drifted"

    @property
    def exit_code(self) -> int:
        """Return the process exit code."""
        return tuple(Result).index(self)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one command on one stack. `outputs` are masked; `seconds` is wall time.

    `begun` says that the pack refused during the update what the plan could not know: something was done by then.
    """

    stack: str
    result: Result
    begun: bool = False
    plan: Plan | None = None
    policies: tuple[Violation, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "stack": self.stack,
            "result": self.result.value,
            "changes": changes(self.plan),
            "policies": [
                {"policy": one.policy, "level": one.level, "urn": one.urn, "message": one.message}
                for one in self.policies
            ],
            "outputs": dict(self.outputs),
            "seconds": round(self.seconds, 2),
        }


def changes(plan: Plan | None) -> dict[str, int]:
    """Return how many resources see each effect; adopting one by import counts as creating it."""

    def count(*effects: Effect) -> int:
        return sum(plan.count(effect) for effect in effects) if plan else 0

    return {
        "create": count(Effect.CREATE, Effect.IMPORT),
        "update": count(Effect.UPDATE),
        "replace": count(Effect.REPLACE),
        "delete": count(Effect.DELETE),
        "same": count(Effect.SAME),
    }


def merged(*groups: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return violations without repetition, the gravest first."""
    return tuple(
        sorted({one for group in groups for one in group}, key=lambda one: (one.level != "mandatory", one))
    )
