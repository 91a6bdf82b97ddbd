"""The pack as the engine starts it: a process that prints its port and serves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc

from policies import tokens as t
from policies.registry import all_policies
from tests.policies.harness import _analyze_request, node

PACK = Path(__file__).parents[2] / "policies"


@contextmanager
def _served(folder: Path, **environment: str) -> Iterator[Any]:
    """Start the pack with another working directory and nothing but its own path, as the engine does."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "PYTHONPATH"))}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)],
        cwd=folder,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


@pytest.mark.parametrize(
    ("stack", "level"), [("prod", proto.MANDATORY), ("dev", proto.DISABLED), ("", proto.MANDATORY)]
)
def test_the_pack_starts_with_the_levels_of_its_stack(tmp_path: Path, stack: str, level: int) -> None:
    """A stack without a name is prod: nobody gets a weaker pack by losing a variable, or by a configuration."""
    engine = (
        {"PULUMI_PROJECT": "jtld-platform", "PULUMI_STACK": stack, "PULUMI_DRY_RUN": "true"} if stack else {}
    )
    with _served(tmp_path, **engine) as pack:
        info = pack.GetAnalyzerInfo(empty_pb2.Empty())
        lower = proto.ConfigureAnalyzerRequest()
        lower.policyConfig["storage-no-public-acl"].enforcementLevel = proto.DISABLED
        pack.Configure(lower)
        said = pack.Analyze(_analyze_request(node(t.BUCKET_ACL, "open", {"acl": "public-read"}))).diagnostics
    levels = {one.name: one.enforcementLevel for one in info.policies}
    assert {policy.id for policy in all_policies()} < set(levels)
    assert levels["stack-stateful-protected"] == level
    assert [(one.policyName, one.enforcementLevel) for one in said] == [
        ("storage-no-public-acl", proto.MANDATORY)
    ]
