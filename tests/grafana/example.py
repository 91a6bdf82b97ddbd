"""The examples of the operators' page, and a stack that has them: what the documentation says is what the tests run."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml

from tests.settings.documents import ROOT, stack_values
from tests.support import Built, run_stack

PAGE = ROOT / "docs" / "operators" / "grafana.md"
OWN = {
    "kind": "ownGrafana",
    "roleArn": "arn:aws:iam::444444444444:role/grafana-workspace",
    "externalId": "jtld-prod-7c1e",
}


@cache
def _documents() -> tuple[str, ...]:
    return tuple(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def example() -> dict[str, Any]:
    """Return the concern as the page shows it."""
    return yaml.safe_load(_documents()[0])["jtld-platform:grafana"]


def service() -> dict[str, Any]:
    """Return the entry of the inventory as the page shows it."""
    return yaml.safe_load(_documents()[1])


def overrides(stack: str, **changes: Any) -> dict[str, Any]:
    """Return what a stack file says beside its own that follows the page."""
    services = [*stack_values(stack)["thirdParty"]["services"], service()]
    return {"grafana": example() | changes, "thirdParty": {"services": services}}


def values(stack: str = "prod") -> dict[str, Any]:
    """Return everything a stack file says that follows the page."""
    added = overrides(stack)
    own = stack_values(stack)
    return own | {"grafana": added["grafana"], "thirdParty": own["thirdParty"] | added["thirdParty"]}


@cache
def with_grafana(stack: str) -> Built[SimpleNamespace]:
    """Return the run of a stack that follows the page."""
    return run_stack(stack, overrides(stack))
