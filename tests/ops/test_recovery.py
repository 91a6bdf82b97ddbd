"""What a crash leaves behind is seen, explained and put into the state in the engine's own form."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from ops import recovery, sandbox, state
from ops.sandbox import BusyError, Sandbox
from ops.state import Lock
from sandbox.inventory import Row
from sandbox.values import Secret

STACK = "urn:pulumi:prod::jtld-platform::pulumi:pulumi:Stack::jtld-platform-prod"
STORAGE = "urn:pulumi:prod::jtld-platform::jtld:platform:Storage::storage"
BUCKET = "urn:pulumi:prod::jtld-platform::jtld:platform:Storage$aws:s3/bucket:Bucket::files"
RESOURCES = [
    {
        "urn": STACK,
        "type": "pulumi:pulumi:Stack",
        "outputs": {"plain": "a", "hidden": state.secret("canary")},
    },
    {
        "urn": "urn:pulumi:prod::jtld-platform::pulumi:providers:aws::aws",
        "type": "pulumi:providers:aws",
        "id": "p-1",
    },
    {"urn": STORAGE, "type": "jtld:platform:Storage"},
]


def bucket(**changes: Any) -> Row:
    row = {
        "provider": "aws",
        "type": "aws:s3/bucket:Bucket",
        "id": "files-1",
        "urn": BUCKET,
        "account": "1",
        "region": "ca-central-1",
        "status": "active",
        "version": 1,
        "inputs": {"bucket": "files-1"},
        "outputs": {"bucket": "files-1", "key": Secret("canary")},
    }
    return Row(**(row | changes))


@pytest.fixture
def prod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(sandbox, "ROOT", tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: jtld-platform\nruntime: python\n")
    made = Sandbox(stack="prod", project=tmp_path)
    made.state.parent.mkdir(parents=True)
    made.locks.mkdir(parents=True)
    made.state.write_text(json.dumps({"checkpoint": {"latest": {"resources": RESOURCES}}}))
    return made


def test_outputs_are_masked(prod: Sandbox) -> None:
    assert state.read(prod).outputs == {"plain": "a", "hidden": "[secret]"}


def test_a_stack_that_was_never_deployed_is_empty(prod: Sandbox) -> None:
    prod.state.unlink()
    assert state.read(prod) == state.State(resources=(), pending=())


@pytest.mark.parametrize("text", ["", "{", '{"checkpoint"', "[]", "{}", "null", '{"checkpoint": 1}'])
def test_a_damaged_state_says_the_way_out(prod: Sandbox, text: str) -> None:
    prod.state.write_text(text)
    with pytest.raises(state.StateError, match=r"prod\.json\.bak beside it .* `\./jtld sandbox reset prod`"):
        state.read(prod)


@pytest.mark.parametrize(
    ("pid", "host", "dead"),
    [
        pytest.param(2**22 + 1, socket.gethostname(), True, id="ended"),
        pytest.param(os.getpid(), socket.gethostname(), True, id="number given to another process"),
        pytest.param(2**22 + 1, "elsewhere", False, id="another machine"),
    ],
)
def test_a_lock_is_dead_only_when_its_owner_certainly_ended(
    prod: Sandbox, pid: int, host: str, *, dead: bool
) -> None:
    content = {"pid": pid, "hostname": host, "username": "u", "timestamp": "t"}
    (prod.locks / "1.json").write_text(json.dumps(content))
    (found,) = state.locks(prod)
    assert found.dead is dead


def test_a_living_lock_stops_everything(prod: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = Lock(path=prod.locks / "1.json", pid=1, host="elsewhere", since="t")
    monkeypatch.setattr(state, "locks", lambda _: (lock,))
    engine = type("Engine", (), {"sandbox": prod})()
    with pytest.raises(BusyError, match="process 1 on elsewhere"):
        recovery.examine(engine)


def test_a_half_written_sidecar_of_the_state_is_damage(prod: Sandbox) -> None:
    whole, torn = prod.state.with_suffix(".json.attrs"), prod.state.with_suffix(".json.bak.attrs")
    whole.write_text('{"user.md5": "x"}')
    torn.write_text("")
    damage = recovery.examine(type("Engine", (), {"sandbox": prod})())
    assert damage.torn_files == (torn,)
    assert damage
    assert any(torn.name in line for line in damage.lines())


def test_what_only_the_cloud_has_gets_its_parent_its_provider_and_no_plain_secret() -> None:
    adopted = recovery._adopted(bucket(), RESOURCES, pending=())
    assert (adopted["id"], adopted["parent"]) == ("files-1", STORAGE)
    assert adopted["provider"].endswith("pulumi:providers:aws::aws::p-1")
    assert adopted["outputs"]["key"] == state.secret("canary")
    assert "delete" not in adopted


def test_an_interrupted_create_keeps_the_record_that_the_engine_made() -> None:
    record = {
        "urn": BUCKET,
        "type": "aws:s3/bucket:Bucket",
        "inputs": {"bucket": "x"},
        "dependencies": [STORAGE],
    }
    adopted = recovery._adopted(bucket(), RESOURCES, pending=[{"type": "creating", "resource": record}])
    assert adopted["dependencies"] == [STORAGE]
    assert adopted["inputs"] == {"bucket": "x"}
    assert adopted["id"] == "files-1"


def test_a_replacement_that_came_to_nothing_is_left_for_the_next_up_to_delete() -> None:
    known = [*RESOURCES, {"urn": BUCKET, "type": "aws:s3/bucket:Bucket", "id": "files-0"}]
    assert recovery._adopted(bucket(), known, pending=())["delete"] is True
