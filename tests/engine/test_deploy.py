"""A newcomer's first minutes: each stack deploys from nothing, and a second `up` has nothing to do (issue 3)."""

import json
from dataclasses import replace

import pytest

from tests.engine.conftest import STACKS, Checkout

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("stack", STACKS)
def test_a_fresh_checkout_deploys_and_the_second_up_changes_nothing(platform: Checkout, stack: str) -> None:
    checkout = replace(platform, careful=stack == "dev")
    before = checkout.files()
    first = checkout.jtld("up", stack, "--json").json
    assert set(first) == {"stack", "result", "changes", "policies", "outputs", "seconds"}
    assert (first["stack"], first["result"]) == (stack, "done")
    assert first["changes"]["create"] > 50
    assert {name: count for name, count in first["changes"].items() if count and name != "create"} == {}
    assert [one for one in first["policies"] if one["level"] == "mandatory"] == []
    assert "not-known-yet" not in {one["policy"] for one in first["policies"]}, (
        "the update has decided everything"
    )
    assert first["outputs"]["region"] == "ca-central-1"

    second = checkout.jtld("up", stack, "--json").json
    assert second["result"] == "done"
    assert second["changes"] == {"create": 0, "update": 0, "replace": 0, "delete": 0} | {
        "same": first["changes"]["create"]
    }
    checkout.jtld("sandbox", "confirm", stack)
    alerts = checkout.jtld("verify", stack, "--alerts", "--json").json
    assert [one["check"] for one in alerts["checks"] if not one["holds"]] == [], "MO-7"
    assert checkout.files() == before, "a sandbox run may not touch a committed file"


def test_up_tells_a_person_what_was_built_and_where_to_go_next(checkout: Checkout) -> None:
    done = checkout.jtld("up")
    assert done.out == "", "stdout is for programs"
    for part in (
        "Network",
        "Storage",
        "Encryption",
        "Access",
        "filesBucket",
        "Policies",
        "Next",
        "./jtld drift dev",
    ):
        assert part in done.err, part


def test_preview_outputs_and_export_are_machine_readable(deployed_dev: Checkout) -> None:
    preview = deployed_dev.jtld("preview", "dev", "--json").json
    assert preview["result"] == "done"
    assert preview["changes"]["same"] > 50
    outputs = deployed_dev.jtld("outputs").json
    assert outputs["filesBucket"]
    assert outputs == preview["outputs"]
    state = deployed_dev.jtld("export").json
    assert state["version"] == 3
    assert state["deployment"]["resources"][0]["type"] == "pulumi:pulumi:Stack"


def test_preview_prints_a_comment_for_a_pull_request(deployed_dev: Checkout) -> None:
    deployed_dev.edit("Pulumi.dev.yaml", "flowLogRetentionDays: 14", "flowLogRetentionDays: 30")
    comment = deployed_dev.jtld("preview", "dev", "--comment").out
    assert "dev" in comment
    assert "flow" in comment.lower()


def test_destroying_dev_leaves_nothing(deployed_dev: Checkout) -> None:
    assert deployed_dev.jtld("destroy", "dev", "--json").json["changes"]["delete"] > 50
    assert deployed_dev.resources("dev") == []
    # A key waits for its deletion to become final; nothing else may outlive the stack.
    assert deployed_dev.inventory("dev") == []


def test_wrong_settings_end_with_2_before_anything_starts(checkout: Checkout) -> None:
    checkout.edit("Pulumi.prod.yaml", "cidr: 10.30.0.0/16", "cidr: 10.30.0.0/30")
    done = checkout.jtld("up", "prod", "--json", expect=2)
    assert json.loads(done.out)["result"] == "misused"
    assert "Pulumi.prod.yaml" in done.err
    assert "jtld-platform:network" in done.err
    assert "Traceback" not in done.err
    assert not checkout.sandbox("prod").exists()


@pytest.mark.parametrize(
    "arguments", [("up", "production"), ("up", "--no-policy"), ("fly",), ("sandbox", "show", "dev", "x")]
)
def test_wrong_use_ends_with_2(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    assert "Traceback" not in checkout.jtld(*arguments, expect=2).err


def test_what_is_not_deployed_has_no_outputs_and_no_state(checkout: Checkout) -> None:
    for command in ("outputs", "export"):
        assert "./jtld up dev" in checkout.jtld(command, expect=1).err
