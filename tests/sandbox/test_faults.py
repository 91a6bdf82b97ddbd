"""Faults on demand, and the retries that real providers make (issue 3: Sandbox, Shows)."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import faults, inventory
from sandbox.cloud import CLOUD_FILE, Cloud
from sandbox.faults import Faults, FaultsError, Script
from sandbox.provider import OperationError
from tests.sandbox.conftest import Account, account, urn

VPC = "aws:ec2/vpc:Vpc"
INPUTS = {"cidrBlock": "10.0.0.0/16"}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(faults.time, "sleep", waited.append)
    return waited


def with_faults(cloud: Cloud, *entries: dict[str, Any], **script: Any) -> Account:
    return account(cloud, Script.model_validate({"faults": list(entries), **script}))


@pytest.mark.parametrize("kind", ["throttle", "serverError"])
def test_a_burst_of_transient_failures_is_retried_with_growing_waits(
    cloud: Cloud, waits: list[float], kind: str
) -> None:
    aws = with_faults(cloud, {"kind": kind, "operation": "create", "times": 6})
    assert aws.create(VPC, "main", INPUTS).id
    assert len(waits) == 6
    assert waits == sorted(waits)


def test_throttling_that_lasts_fails_the_resource_after_25_attempts(cloud: Cloud, waits: list[float]) -> None:
    aws = with_faults(cloud, {"kind": "throttle"})
    with pytest.raises(OperationError, match=r"exceeded maximum number of attempts, 25, ThrottlingException"):
        aws.create(VPC, "main", INPUTS)
    assert len(waits) == 24
    assert cloud.find() == []


def test_a_fault_concerns_only_what_it_names(cloud: Cloud) -> None:
    aws = with_faults(cloud, {"kind": "timeout", "operation": "create", "type": "aws:s3/*"})
    aws.create(VPC, "main", INPUTS)
    with pytest.raises(OperationError, match="context deadline exceeded"):
        aws.create("aws:s3/bucket:Bucket", "files", {"bucket": "files"})


def test_only_the_nth_call_fails_whichever_process_makes_it(tmp_path: Path) -> None:
    fault = {"kind": "timeout", "operation": "create", "nth": 2}
    one, two = (with_faults(Cloud(tmp_path / CLOUD_FILE), fault) for _ in range(2))
    one.create(VPC, "first", INPUTS)
    with pytest.raises(OperationError):
        two.create(VPC, "second", INPUTS)
    one.create(VPC, "third", INPUTS)


def test_a_create_that_fails_after_its_side_effect_is_recovered_by_import(cloud: Cloud) -> None:
    aws = with_faults(cloud, {"kind": "partial", "operation": "create", "nth": 1})
    with pytest.raises(OperationError, match="failed after it took effect"):
        aws.create(VPC, "main", INPUTS)
    [lost] = cloud.find(type_=VPC)
    assert lost.urn == urn(VPC, "main"), "the inventory tells whose it is"
    state = aws.provider.read(urn(VPC, "main"), lost.id, {}, {})
    checked = aws.provider.check(urn(VPC, "main"), state.inputs, INPUTS)
    assert not aws.provider.diff(urn(VPC, "main"), state.inputs, state.outputs, checked.inputs).changes


@pytest.mark.parametrize(("after", "left"), [(False, 0), (True, 1)])
def test_a_crash_comes_before_or_after_the_side_effect(cloud: Cloud, after: bool, left: int) -> None:
    script = Script.model_validate(
        {"faults": [{"kind": "crash", "operation": "create", "nth": 1, "after": after}]}
    )

    def crash() -> None:
        raise KeyboardInterrupt

    aws = account(cloud)
    aws.provider._faults = Faults(script, cloud, crash=crash)
    with pytest.raises(KeyboardInterrupt):
        aws.create(VPC, "main", INPUTS)
    assert len(cloud.find()) == left


def test_a_probability_repeats_with_its_seed() -> None:
    def failures(seed: int) -> list[bool]:
        aws = with_faults(
            Cloud(":memory:"), {"kind": "timeout", "operation": "read", "probability": 0.5}, seed=seed
        )
        aws.create(VPC, "main", INPUTS)
        outcome = []
        for _ in range(20):
            try:
                aws.refresh(VPC, "main")
                outcome.append(False)
            except OperationError:
                outcome.append(True)
        return outcome

    assert failures(1) == failures(1)
    assert failures(1) != failures(2)
    assert 0 < sum(failures(1)) < 20


def test_latency_is_waited_out(cloud: Cloud, waits: list[float]) -> None:
    with_faults(cloud, latency={"milliseconds": 40, "operation": "create"}).create(VPC, "main", INPUTS)
    assert waits == [0.04]


def test_a_wrong_script_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    inventory.set_faults(tmp_path, "faults: [{kind: throttle, times: 2}]")
    for wrong in (
        "faults: [{kind: gremlin}]",
        "faults: [{kind: throttle, nth: 1, times: 2}]",
        "faults: [",
        "nope: 1",
    ):
        with pytest.raises(FaultsError):
            inventory.set_faults(tmp_path, wrong)
    assert inventory.faults(tmp_path).faults[0].times == 2
    inventory.clear_faults(tmp_path)
    assert inventory.faults(tmp_path) == Script()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a list", "all of it: "),
        ("faults: [{kind: throtle}]", "faults.0.kind: Input should be 'throttle'"),
        ("faults: [{kind: crash, nth: 0}]", "faults.0.nth: "),
        ("a: \tb", "not YAML: "),
    ],
)
def test_a_wrong_script_is_told_in_one_line_with_its_place(text: str, told: str) -> None:
    with pytest.raises(FaultsError) as caught:
        Script.parse(text)
    assert told in str(caught.value)
    assert "sandbox/faults.py shows" in str(caught.value)
    assert "http" not in str(caught.value)
    assert "\n" not in str(caught.value)
