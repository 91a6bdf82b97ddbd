"""Refuses plans that would lose data in prod, and says the way out (SC-3).

Three layers hold independently: `protect` in the program, the service's own deletion protection, and this.
"""

import re

from ops.plan import Effect, Plan, Violation

POLICY = "ops-no-data-loss"
_PROTECTED = re.compile(
    r"[\"'](?P<urn>urn:pulumi:[^\"']+)[\"']\s+"
    r"(?:as it is currently marked for protection|cannot be deleted\s+because it is protected)"
)
_WAY_OUT = (
    "Way out: keep the resource (rename in code with `aliases`, change the setting back), or migrate: add the new "
    "resource beside it, move the data, then, in a reviewed change of its own, remove `protect`, deploy, and delete."
)


def refusals(plan: Plan, stack: str, said: str = "") -> tuple[Violation, ...]:
    """Return one refusal per resource of prod that holds data and would be replaced or deleted.

    `said` is the engine's own text: what it refuses because of `protect` never reaches the plan.
    """
    if stack != "prod":
        return ()
    found = {
        change.urn: _message(change.name, change.effect, change.at_risk or "") for change in plan.at_risk
    }
    for match in _PROTECTED.finditer(said):
        urn = match["urn"]
        found.setdefault(
            urn, f"{urn.rsplit('::', 1)[-1]} is protected: replacing or deleting it is refused. {_WAY_OUT}"
        )
    return tuple(
        Violation(policy=POLICY, level="mandatory", urn=urn, message=message)
        for urn, message in sorted(found.items())
    )


def _message(name: str, effect: Effect, lost: str) -> str:
    done = "replaced" if effect is Effect.REPLACE else "deleted"
    return f"{name} would be {done}, which loses {lost}. {_WAY_OUT}"
