"""Runs the bootstrap's program as `tests.support` runs the platform's."""

import functools
import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import yaml
from pulumi.runtime import config

from bootstrap.program import ROOT, main
from components.platform import PROJECT
from settings.delivery import required_secrets
from tests.support.graph import Graph
from tests.support.run import _run


def delivery(stack: str) -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "bootstrap" / f"Pulumi.{stack}.yaml").read_text())
    return document["config"]["jtld-bootstrap:delivery"]


def run_bootstrap(stack: str, overrides: Mapping[str, Any] | None = None) -> Graph:
    """Return what the bootstrap of a stack registers, with `overrides` of its delivery settings."""
    settings = delivery(stack) | dict(overrides or {})
    hidden = {f"{PROJECT}:{name}": f"canary-{name}" for name in required_secrets(settings)}

    def program() -> None:
        config.set_all_config({f"{PROJECT}:delivery": json.dumps(settings), **hidden}, list(hidden))
        main()

    # The account is bare: the boundary that other tests find there is what this program makes.
    with patch("tests.support.cloud.prepare"):
        return _run(program, stack=stack, preview=False).graph


@functools.cache
def as_committed(stack: str) -> Graph:
    return run_bootstrap(stack)
