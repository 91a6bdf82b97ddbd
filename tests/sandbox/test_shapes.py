"""Shapes come from the SDKs that are installed, and from their cache when it knows them (issue 3: Sandbox)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import schema, shapes
from sandbox.shapes import ShapeError, Shapes, shape


def test_inputs_and_outputs_and_required_ones_are_the_sdk_s() -> None:
    bucket = shape("aws:s3/bucket:Bucket")
    assert bucket.inputs["forceDestroy"] == "boolean"
    assert bucket.inputs["tags"] == {"map": "string"}
    assert "public-read" in bucket.inputs["acl"]["enum"]
    assert "arn" in bucket.computed
    assert "bucket" not in bucket.computed
    assert shape("aws:ec2/subnet:Subnet").required == {"vpcId"}


def test_secret_inputs_and_outputs_are_known() -> None:
    assert {"password", "passwordWo"} <= shape("aws:rds/instance:Instance").secrets
    assert shape("random:index/randomPassword:RandomPassword").secrets == {"result", "bcryptHash"}
    assert "apiToken" in shape("pulumi:providers:vercel").secrets


def test_a_resource_whose_nested_type_took_its_name_keeps_its_own_inputs() -> None:
    assert {"bucket", "versioningConfiguration"} <= shape(
        "aws:s3/bucketVersioning:BucketVersioning"
    ).inputs.keys()


def test_functions_have_arguments_and_results() -> None:
    lookup = shapes.function_shape("aws:ec2/getVpc:getVpc")
    assert lookup.inputs["id"] == "string"
    assert "cidrBlock" in lookup.outputs


def test_what_the_sdk_does_not_have_is_an_error() -> None:
    with pytest.raises(ShapeError, match="has no aws:s3/buckets:Buckets"):
        shape("aws:s3/buckets:Buckets")
    with pytest.raises(ShapeError, match="no SDK for the provider nimbus is installed"):
        Shapes("nimbus")


def test_a_cached_shape_costs_no_import_of_the_sdk(tmp_path: Path) -> None:
    token = "aws:s3/bucket:Bucket"
    assert Shapes("aws", tmp_path).build([token]) == 1
    assert Shapes("aws", tmp_path).build([token]) == 0
    program = (
        "import sys; from pathlib import Path; from sandbox.shapes import Shapes\n"
        f"print(len(Shapes('aws', Path(sys.argv[1])).shape('{token}').inputs), 'pulumi_aws' in sys.modules)"
    )
    command = [sys.executable, "-c", program, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.split() == [str(len(shape(token).inputs)), "False"]


@pytest.mark.parametrize(
    "left", [b'{"shapes": {"aws', b"", b"\xff\xfe", b"{}", b"null", b'{"shapes": 1, "types": {}}']
)
def test_a_damaged_cache_is_made_anew(tmp_path: Path, left: bytes) -> None:
    Shapes("random", tmp_path).build(["random:index/randomId:RandomId"])
    (cached,) = tmp_path.iterdir()
    cached.write_bytes(left)
    assert Shapes("random", tmp_path).shape("random:index/randomId:RandomId").required == {"byteLength"}
    assert json.loads(cached.read_text())["shapes"]


def test_a_full_disk_costs_the_cache_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shapes.json, "dump", full)
    assert Shapes("random", tmp_path).shape("random:index/randomId:RandomId").required == {"byteLength"}
    assert list(tmp_path.iterdir()) == []


def test_many_threads_may_ask_for_what_is_not_cached(tmp_path: Path) -> None:
    """As a provider's do; the SDKs load their modules lazily, and two threads at once met half of one."""
    program = (
        "import sys; from concurrent.futures import ThreadPoolExecutor; from pathlib import Path\n"
        "from sandbox.contracts.loader import shared; from sandbox.shapes import Shapes\n"
        "tokens = sorted(shared().tokens('aws'))[:40]; aws = Shapes('aws', Path(sys.argv[1]))\n"
        "print(len(list(ThreadPoolExecutor(16).map(aws.shape, tokens))))"
    )
    command = [sys.executable, "-c", program, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.stdout == "40\n", done.stderr


def test_the_schema_tells_what_the_sandbox_offers() -> None:
    document = json.loads(schema.document("random"))
    password = document["resources"]["random:index/randomPassword:RandomPassword"]
    assert password["requiredInputs"] == ["length"]
    assert password["properties"]["result"] == {"type": "string"}
