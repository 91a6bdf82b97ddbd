"""The application's environment variables as values: components declare them, Hosting sets them (HO-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pulumi


class Target(StrEnum):
    """Vercel's deployment targets."""

    DEVELOPMENT = "development"
    PREVIEW = "preview"
    PRODUCTION = "production"


ALL_TARGETS = frozenset(Target)


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable: `secret` values are sensitive in Vercel and masked everywhere else."""

    key: str
    value: pulumi.Input[str]
    secret: bool
    targets: frozenset[Target] = ALL_TARGETS


def plain(variables: Iterable[Variable]) -> dict[str, pulumi.Input[str]]:
    """Return what containers may be told in the open: secrets reach them through Secrets Manager."""
    return {variable.key: variable.value for variable in variables if not variable.secret}
