"""The example of the operators' page, and a stack that has it: what the documentation says is what the tests run."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml

from tests.settings.documents import GONE, ROOT, changed, stack_values
from tests.support import Built, run_stack

PAGE = ROOT / "docs" / "operators" / "errors.md"


@cache
def _documents() -> tuple[str, ...]:
    return tuple(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def example() -> dict[str, Any]:
    """Return the concern as the page shows it."""
    return yaml.safe_load(_documents()[0])["jtld-platform:errorTracking"]


def _services(stack: str) -> list[dict[str, Any]]:
    """Return a stack's inventory, with the token's date as the page shows it."""
    added = yaml.safe_load(_documents()[1])["credentials"]
    return [
        one | {"credentials": one["credentials"] + added} if one["service"] == "sentry" else one
        for one in stack_values(stack)["thirdParty"]["services"]
    ]


def overrides(stack: str, concern: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what differs in a stack file that follows the page, with another `concern` than the page's if given."""
    return {
        "errorTracking": concern or example(),
        "hosting": {"variables": {"SENTRY_DSN": GONE}},
        "thirdParty": {"services": _services(stack)},
    }


def values(stack: str = "prod") -> dict[str, Any]:
    """Return what a stack file says that follows the page."""
    without = changed(stack_values(stack), "hosting.variables.SENTRY_DSN", GONE)
    return changed(without, "thirdParty.services", _services(stack)) | {"errorTracking": example()}


@cache
def with_error_tracking(stack: str) -> Built[SimpleNamespace]:
    """Return the run of a stack that follows the page."""
    return run_stack(stack, overrides(stack))
