"""The drill: engine and providers killed again and again, everything recovered, nothing orphaned or doubled."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import Checkout

pytestmark = [pytest.mark.engine, pytest.mark.drill]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("victim", "seed"), [("engine", 20261122), ("provider", 20261123)])
def test_thirty_kills_are_recovered(checkout: Checkout, victim: str, seed: int) -> None:
    drill = subprocess.run(
        [checkout.root / ".venv/bin/python", Path(__file__).with_name("crashes.py"), victim, str(seed)],
        cwd=checkout.root,
        env=os.environ | {"PYTHONPATH": str(checkout.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert drill.returncode == 0, drill.stderr
    rounds = json.loads(drill.stdout)["rounds"]
    assert len(rounds) == 30, "the deployment must be large enough for thirty kills"
    assert [one["difference"] for one in rounds] == [[]] * 30
    assert any(one["pending"] or one["orphans"] for one in rounds), "no kill met work under way"
    if victim == "engine":
        assert all(one["locks"] == 1 for one in rounds)

    checkout.jtld("sandbox", "faults", "prod", "--clear")
    checkout.jtld("up", "prod")
    changes = checkout.jtld("up", "prod", "--json").json["changes"]
    assert changes["same"] == sum(changes.values())
    cloud = sorted((one["type"], one["id"]) for one in checkout.inventory("prod"))
    assert cloud == sorted((one["type"], one["id"]) for one in checkout.resources("prod"))
    assert len(cloud) == len(set(cloud))
