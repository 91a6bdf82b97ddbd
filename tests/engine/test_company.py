"""Interrupted, crowded and failing runs: nothing locked, nothing lost, nothing twice."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.conftest import Checkout, interrupt

pytestmark = pytest.mark.engine

SLOW = "latency: {milliseconds: 60, operation: create}\n"


def script(checkout: Checkout, text: str, stack: str = "dev") -> None:
    path = checkout.root / "faults.yaml"
    path.write_text(text)
    checkout.jtld("sandbox", "faults", stack, str(path))


def wait_for_resources(checkout: Checkout, count: int, stack: str = "dev") -> None:
    state = checkout.sandbox(stack) / "state" / ".pulumi" / "stacks" / "jtld-platform" / f"{stack}.json"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if state.exists() and state.read_text().count('"urn"') > count:
            return
        time.sleep(0.1)
    pytest.fail("the deployment did not get going")


def assert_inventory_equals_state(checkout: Checkout, stack: str = "dev") -> None:
    cloud = Counter((one["type"], one["id"]) for one in checkout.inventory(stack))
    state = Counter((one["type"], one["id"]) for one in checkout.resources(stack))
    assert cloud == state
    assert max(cloud.values()) == 1


def locks(checkout: Checkout, stack: str = "dev") -> list[Path]:
    return list((checkout.sandbox(stack) / "state" / ".pulumi" / "locks").rglob("*.json"))


def test_ctrl_c_leaves_nothing_locked_and_the_next_up_goes_on(careful: Checkout) -> None:
    script(careful, SLOW)
    process = careful.start("up", "dev")
    wait_for_resources(careful, 12)
    interrupt(process)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Stopping" in err
    assert locks(careful) == []
    assert_inventory_equals_state(careful)
    script(careful, "{}")
    assert careful.jtld("up", "dev", "--json").json["result"] == "done"
    assert_inventory_equals_state(careful)


def test_the_second_of_two_ups_is_refused_and_nothing_is_lost(careful: Checkout) -> None:
    script(careful, SLOW)
    first = careful.start("up", "dev", "--json")
    wait_for_resources(careful, 5)
    second = careful.jtld("up", "dev", expect=1)
    assert "is being changed by another ./jtld" in second.err
    assert "Nothing was done" in second.err
    _, err = first.communicate(timeout=300)
    assert first.returncode == 0, err
    assert_inventory_equals_state(careful)


def test_bursts_of_throttling_and_server_errors_are_retried(checkout: Checkout) -> None:
    script(
        checkout,
        "seed: 7\nfaults:\n"
        "  - {kind: throttle, probability: 0.2}\n"
        "  - {kind: serverError, operation: create, times: 8}\n",
    )
    assert checkout.jtld("up", "dev", "--json").json["result"] == "done"
    script(checkout, "{}")
    changes = checkout.jtld("up", "dev", "--json").json["changes"]
    assert changes["same"] == sum(changes.values())


@pytest.mark.parametrize("command", ["recover", "up"])
def test_a_create_that_fails_after_its_side_effect_is_adopted(checkout: Checkout, command: str) -> None:
    script(checkout, 'faults: [{kind: partial, operation: create, type: "aws:s3/bucket:Bucket", nth: 1}]\n')
    failed = checkout.jtld("up", "dev", "--json", expect=1)
    assert failed.json["result"] == "failed"
    orphan = {one["urn"] for one in checkout.inventory("dev")} - {
        one["urn"] for one in checkout.resources("dev")
    }
    assert len(orphan) == 1
    told = checkout.jtld(command, "dev").err
    assert orphan.pop() in told, "recovery names what it adopts"
    assert_inventory_equals_state(checkout)
    checkout.jtld("up", "dev")
    changes = checkout.jtld("up", "dev", "--json").json["changes"]
    assert changes["same"] == sum(changes.values())
    assert_inventory_equals_state(checkout)
