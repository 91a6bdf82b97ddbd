"""The gRPC face, in process and as the plugin that the engine starts (issue 3: Sandbox)."""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox import inventory, server
from sandbox.cloud import CLOUD_FILE, Cloud
from sandbox.contracts.loader import shared
from sandbox.provider import Provider
from sandbox.values import UNKNOWN, Asset, Secret
from sandbox.wire import decode, encode
from tests.sandbox.conftest import CONTRACTS, urn

ROOT = Path(__file__).parents[2]
VPC, DATABASE = "aws:ec2/vpc:Vpc", "aws:rds/instance:Instance"
DIFF = provider_pb2.DiffResponse
# Starts the plugin, says its process id, and is gone.
ENGINE = """
import subprocess, sys
plugin = subprocess.Popen([sys.argv[1], "x"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
plugin.stdout.readline()
print(plugin.pid)
"""


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def stub(log: list[str]) -> Iterator[Any]:
    provider = Provider("aws", Cloud(":memory:"), contracts=CONTRACTS)
    grpc_server = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        server.Servicer(provider, log.append), grpc_server
    )
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    grpc_server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = provider_pb2_grpc.ResourceProviderStub(channel)
        client.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="x"))
        client.Configure(provider_pb2.ConfigureRequest(args=encode({"region": "ca-central-1"})))
        yield client
    grpc_server.stop(None)


def check(stub: Any, type_: str, inputs: dict[str, Any], **more: Any) -> Any:
    return stub.Check(provider_pb2.CheckRequest(urn=urn(type_, "main"), news=encode(inputs), **more))


@pytest.mark.parametrize(
    "value",
    [
        {"a": None, "b": True, "c": 1, "d": 1.5, "e": "x", "f": ["y", {"g": []}]},
        {"secret": Secret({"deep": "x"}), "unknown": UNKNOWN, "both": Secret(UNKNOWN)},
        {
            "file": Asset({"hash": "abc", "text": "hello"}),
            "folder": Asset({"hash": "d", "path": "p"}, archive=True),
        },
    ],
)
def test_values_survive_the_wire(value: dict[str, Any]) -> None:
    assert decode(encode(value)) == value


def test_what_the_engine_sends_beside_values_becomes_one() -> None:
    signature = "4dabf18193072939515e22adb298388d"
    reference = {signature: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "urn:x", "id": "i-1"}
    output = {signature: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "v", "secret": True, "dependencies": []}
    assert decode(encode({"r": reference, "o": output})) == {"r": "i-1", "o": Secret("v")}


def test_a_resource_lives_its_life_over_the_wire(stub: Any) -> None:
    checked = check(stub, VPC, {"cidrBlock": "10.0.0.0/16"})
    assert not checked.failures
    preview = stub.Create(
        provider_pb2.CreateRequest(urn=urn(VPC, "main"), properties=checked.inputs, preview=True)
    )
    assert preview.id == ""
    assert decode(preview.properties)["arn"] is UNKNOWN
    created = stub.Create(provider_pb2.CreateRequest(urn=urn(VPC, "main"), properties=checked.inputs))
    assert created.id.startswith("vpc-")
    state = {
        "urn": urn(VPC, "main"),
        "id": created.id,
        "olds": created.properties,
        "old_inputs": checked.inputs,
    }
    assert stub.Diff(provider_pb2.DiffRequest(**state, news=checked.inputs)).changes == DIFF.DIFF_NONE

    news = check(stub, VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a:b": "c"}}).inputs
    diff = stub.Diff(provider_pb2.DiffRequest(**state, news=news))
    assert (diff.changes, diff.hasDetailedDiff, list(diff.replaces)) == (DIFF.DIFF_SOME, True, [])
    kinds = {path: change.kind for path, change in diff.detailedDiff.items()}
    assert kinds == {"tags": provider_pb2.PropertyDiff.ADD, 'tagsAll["a:b"]': provider_pb2.PropertyDiff.ADD}
    updated = stub.Update(provider_pb2.UpdateRequest(**state, news=news))
    assert decode(updated.properties)["tags"] == {"a:b": "c"}

    replaced = stub.Diff(
        provider_pb2.DiffRequest(**state, news=check(stub, VPC, {"cidrBlock": "10.9.0.0/16"}).inputs)
    )
    assert list(replaced.replaces) == ["cidrBlock"]
    assert replaced.detailedDiff["cidrBlock"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE

    read = stub.Read(provider_pb2.ReadRequest(id=created.id, urn=urn(VPC, "main")))
    assert decode(read.inputs)["cidrBlock"] == "10.0.0.0/16"
    stub.Delete(
        provider_pb2.DeleteRequest(id=created.id, urn=urn(VPC, "main"), properties=updated.properties)
    )
    gone = stub.Read(
        provider_pb2.ReadRequest(id=created.id, urn=urn(VPC, "main"), properties=updated.properties)
    )
    assert gone.id == ""


def test_the_engine_s_autonaming_arrives(stub: Any) -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions
    naming = options(proposed_name="JTLD-x", mode=options.Mode.PROPOSE)
    assert decode(check(stub, "aws:s3/bucket:Bucket", {}, autonaming=naming).inputs)["bucket"] == "jtld-x"


def test_failures_say_where_without_the_property_field_that_would_print_the_value(stub: Any) -> None:
    [failure] = check(stub, VPC, {"cidrBlock": Secret({"canary": 1})}).failures
    assert failure.property == ""
    assert "cidrBlock" in failure.reason
    assert "canary" not in failure.reason


def test_errors_reach_the_engine_as_text_and_unforeseen_ones_without_their_values(
    stub: Any, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(grpc.RpcError, match="no contract for the function"):
        stub.Invoke(provider_pb2.InvokeRequest(tok="aws:s3/getBucket:getBucket"))

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("canary-55")

    monkeypatch.setattr(Provider, "check", broken)
    with pytest.raises(grpc.RpcError) as error:
        check(stub, VPC, {})
    assert "ValueError at test_server.py" in error.value.details()
    assert "canary" not in error.value.details() + "".join(log)
    assert log


def test_secrets_are_marked_on_the_wire(stub: Any) -> None:
    inputs = {"instanceClass": "db.t4g.small", "identifier": "jobs", "password": Secret("canary")}
    checked = check(stub, DATABASE, inputs).inputs
    created = stub.Create(provider_pb2.CreateRequest(urn=urn(DATABASE, "main"), properties=checked))
    assert decode(created.properties)["password"] == Secret("canary")


def test_configuration_is_checked_as_it_came_and_compared(stub: Any) -> None:
    good = {"region": "ca-central-1", "allowedAccountIds": '["111122223333"]', "version": "7.0.0"}
    assert decode(stub.CheckConfig(provider_pb2.CheckRequest(news=encode(good))).inputs) == good
    bad = stub.CheckConfig(provider_pb2.CheckRequest(news=encode({"region": "mars-1"})))
    assert [failure.reason for failure in bad.failures] == ["invalid AWS Region: mars-1"]
    changed = stub.DiffConfig(
        provider_pb2.DiffRequest(olds=encode(good), news=encode({**good, "region": "ca-west-1"}))
    )
    assert list(changed.diffs) == ["region"]
    assert not changed.replaces


def launch(
    folder: Path, root: Path = ROOT, package: str = "random", **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [root / "sandbox" / "bin" / f"pulumi-resource-{package}", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "JTLD_SANDBOX": str(folder), **environment},
    )


def test_a_plugin_starts_within_a_second_from_a_path_with_spaces_and_answers(tmp_path: Path) -> None:
    root = tmp_path / "a check out"
    (root / "sandbox").parent.mkdir()
    shutil.copytree(ROOT / "sandbox", root / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = launch(tmp_path / "the sandbox", root, PATH=path)
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty())
        process.kill()
        process.communicate()
        assert info.version == "4.21.4"
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(spent.ru_utime + spent.ru_stime - before.ru_utime - before.ru_stime)
    # Processor time: it is what a start costs, however busy the machine is.
    assert min(seconds) < 1.0


def test_a_plugin_ends_on_the_engine_s_signal_and_when_the_engine_is_gone(tmp_path: Path) -> None:
    process = launch(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)

    command = [sys.executable, "-c", ENGINE, ROOT / "sandbox" / "bin" / "pulumi-resource-random"]
    environment = {**os.environ, "JTLD_SANDBOX": str(tmp_path)}
    engine = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=30)
    plugin, deadline = int(engine.stdout), time.monotonic() + 10
    while _alive(plugin):
        assert time.monotonic() < deadline, "the plugin outlived its engine"
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_provider_with_contracts_has_the_one_launcher() -> None:
    launchers = {
        path.name.removeprefix("pulumi-resource-"): path for path in (ROOT / "sandbox" / "bin").iterdir()
    }
    assert sorted(launchers) == shared().packages()
    assert len({path.read_bytes() for path in launchers.values()}) == 1, "they differ by their name only"
    assert all(os.access(path, os.X_OK) for path in launchers.values())


def test_a_plugin_outside_a_sandbox_refuses_to_stand_in(tmp_path: Path) -> None:
    process = launch(tmp_path, JTLD_SANDBOX="")
    _, error = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "JTLD_SANDBOX is not set" in error


def test_four_providers_write_one_cloud_at_once(tmp_path: Path) -> None:
    def work(index: int) -> None:
        provider = Provider("aws", Cloud(tmp_path / CLOUD_FILE), contracts=CONTRACTS)
        provider.configure({"region": "ca-central-1"})
        for number in range(20):
            there = urn(VPC, f"{index}-{number}")
            secret = {"cidrBlock": "10.0.0.0/16", "tags": {"s": Secret("x")}}
            provider.create(there, provider.check(there, {}, secret).inputs)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len({row.urn for row in inventory.rows(tmp_path)}) == 80


def test_an_operation_costs_at_most_five_milliseconds(tmp_path: Path) -> None:
    provider = Provider("aws", Cloud(tmp_path / CLOUD_FILE), contracts=CONTRACTS)
    provider.configure({"region": "ca-central-1"})
    vpc = provider.create(
        urn(VPC, "v"), provider.check(urn(VPC, "v"), {}, {"cidrBlock": "10.0.0.0/16"}).inputs
    )
    subnet, seconds = "aws:ec2/subnet:Subnet", []
    for number in range(100):
        there = urn(subnet, str(number))
        started = time.process_time()
        checked = provider.check(there, {}, {"vpcId": vpc.id, "cidrBlock": f"10.0.{number}.0/24"})
        provider.create(there, checked.inputs)
        seconds.append((time.process_time() - started) / 2)
    assert statistics.median(seconds) < 0.005


def test_a_damaged_cloud_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / CLOUD_FILE).write_bytes(b"no database at all, and longer than a page's first words")
    assert server.main(["aws", str(os.getppid())], {server.FOLDER_VARIABLE: str(tmp_path)}) == 1
    assert "./jtld sandbox reset" in capsys.readouterr().err
