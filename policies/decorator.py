"""The one way to write a policy: its facts in a fixed order, then the check itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_policy import Severity

from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import Findings

ResourceCheck = Callable[[Resource], Findings]
StackCheck = Callable[[Stack], Findings]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One rule, why it exists and how to satisfy it.

    Exactly one of `each` (types that are judged one by one) and `across` (types that are judged together)
    names resource types. `limits` are the thresholds `levels.yaml` may set for a stack. `prod_only` policies
    are silent elsewhere.
    """

    id: str
    title: str
    severity: Severity
    requirements: tuple[str, ...]
    controls: tuple[str, ...]
    remedy: str
    level: Level
    prod_only: bool
    limits: Mapping[str, Any]
    each: tuple[str, ...]
    across: tuple[str, ...]
    check: ResourceCheck | StackCheck

    @property
    def types(self) -> tuple[str, ...]:
        """Return every resource type the policy reads."""
        return self.each or self.across


def policy(
    *,
    id: str,  # noqa: A002 - the field's name everywhere else
    title: str,
    severity: Severity,
    requirements: tuple[str, ...] = (),
    controls: tuple[str, ...] = (),
    remedy: str,
    level: Level = Level.MANDATORY,
    prod_only: bool = False,
    limits: Mapping[str, Any] | None = None,
    each: tuple[str, ...] = (),
    across: tuple[str, ...] = (),
) -> Callable[[Callable[[Any], Findings]], Policy]:
    """Turn a check into a `Policy`.

    A check yields one `Finding` per fact and never stops at the first: with `each` it is given a `Resource`,
    with `across` a `Stack`.

    Raises:
        ValueError: unless exactly one of `each` and `across` names resource types.
    """
    if bool(each) == bool(across):
        raise ValueError(f"{id}: name the resource types in exactly one of each= and across=")

    def wrap(check: Callable[[Any], Findings]) -> Policy:
        return Policy(
            id=id,
            title=title,
            severity=severity,
            requirements=requirements,
            controls=controls,
            remedy=remedy,
            level=level,
            prod_only=prod_only,
            limits=limits or {},
            each=each,
            across=across,
            check=cast("ResourceCheck | StackCheck", check),
        )

    return wrap
