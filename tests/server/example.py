"""The example of the operators' page: what the documentation says is what the tests run."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from settings.loader import load
from settings.server import ServerSettings
from tests.settings.documents import changed, stack_values

PAGE = Path(__file__).parents[2] / "docs" / "operators" / "server.md"


@cache
def _document() -> str:
    return re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]


def example() -> dict[str, Any]:
    """Return the concern as the page shows it."""
    return yaml.safe_load(_document())["jtld-platform:server"]


def settings(**changes: Any) -> ServerSettings:
    """Return the settings of the example, some of them changed, in a stack that names administrators' ranges."""
    values = changed(stack_values("prod"), "network.adminCidrs", ["203.0.113.7/32"])
    values["server"] = example() | changes
    server = load("prod", values, source="a test").server
    assert server is not None
    return server
