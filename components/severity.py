"""How bad an alarm is, and therefore whom it reaches (MO-2, MO-8)."""

from enum import StrEnum
from typing import Literal


class Severity(StrEnum):
    """The four severities of the incident procedure; only `CRITICAL` may page a person (MO-N2)."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


Route = Literal["critical", "routine"]
ROUTES: tuple[Route, ...] = ("critical", "routine")
"""The two topics of a region: everybody's, and the one that the pager listens to as well."""
