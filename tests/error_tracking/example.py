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
def _document() -> str:
    return re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


def example() -> dict[str, Any]:
    """Return the concern as the page shows it."""
    return yaml.safe_load(_document())["jtld-platform:errorTracking"]


def values(stack: str = "prod") -> dict[str, Any]:
    """Return what a stack file says that follows the page."""
    without = changed(stack_values(stack), "hosting.variables.SENTRY_DSN", GONE)
    return without | {"errorTracking": example()}


@cache
def with_error_tracking(stack: str) -> Built[SimpleNamespace]:
    """Return the run of a stack that follows the page."""
    return run_stack(stack, {"errorTracking": example(), "hosting": {"variables": {"SENTRY_DSN": GONE}}})
