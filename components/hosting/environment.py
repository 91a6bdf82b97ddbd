"""Splits variables by target, one each, so that replacing one never touches another (HO-2)."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from components.variables import Target, Variable

_KEY = re.compile(r"[A-Z][A-Z0-9_]*")
_BUNDLED = "NEXT_PUBLIC_"


class VariablesError(pulumi.RunError):
    """The variables cannot be set as declared; the message names every one and the way out.

    The engine prints it without a traceback, since a line in a stack file is enough to cause it.
    """


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One variable in one target. `name` is its logical name, which never changes."""

    name: str
    key: str
    value: pulumi.Input[str]
    secret: bool
    target: Target


def assignments(variables: Iterable[Variable], *, served: frozenset[Target]) -> tuple[Assignment, ...]:
    """Return what to set in the `served` targets, in the order of names.

    Raises:
        VariablesError: when a key is no key, stands twice in a target, or would publish a secret.
    """
    found = sorted(
        (
            Assignment(
                name=f"{variable.key}-{target}".lower().replace("_", "-"),
                key=variable.key,
                value=variable.value,
                secret=variable.secret,
                target=target,
            )
            for variable in variables
            for target in variable.targets & served
        ),
        key=lambda assignment: assignment.name,
    )
    problems = [
        *(
            f"{item.key!r} is no name of a variable: write it in capitals, digits and underscores"
            for item in found
            if not _KEY.fullmatch(item.key)
        ),
        *(
            f"{item.key} is secret, and {_BUNDLED}… is sent to every browser (HO-N1): take the prefix away"
            for item in found
            if item.secret and item.key.startswith(_BUNDLED)
        ),
        *(
            f"{key} is declared {count} times for {target}, and Vercel has a key once a target (HO-2): "
            "delete it from hosting.variables if a component sets it"
            for (key, target), count in Counter((item.key, item.target) for item in found).items()
            if count > 1
        ),
    ]
    if problems:
        raise VariablesError(
            "\n".join(("the variables cannot be set as declared:", *dict.fromkeys(problems)))
        )
    return tuple(found)
