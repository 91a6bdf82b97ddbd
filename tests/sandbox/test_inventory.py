"""Drift, tampering, orphans and secrets at rest (issue 3: Shows)."""

import sqlite3
import sys
from pathlib import Path

import pytest

from sandbox import inventory, shapes
from sandbox.cloud import CLOUD_FILE, Cloud, Stored
from sandbox.values import Secret
from tests.sandbox.conftest import Account, account, urn

BUCKET, VPC, DATABASE = "aws:s3/bucket:Bucket", "aws:ec2/vpc:Vpc", "aws:rds/instance:Instance"
TAGS = {"a": "b", "jtld:owner": "platform"}


@pytest.fixture
def aws(tmp_path: Path) -> Account:
    return account(Cloud(tmp_path / CLOUD_FILE))


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        ('tags["jtld:owner"]', "nobody", 'tags["jtld:owner"]'),
        ("tags.extra", "1", "tags.extra"),
        ("enableDnsSupport", False, "enableDnsSupport"),
        ("enableNetworkAddressUsageMetrics", True, "enableNetworkAddressUsageMetrics"),
        ("tags", None, "tags"),
    ],
)
def test_drift_is_seen_by_a_refresh_and_repaired_by_the_next_update(
    aws: Account, tmp_path: Path, path: str, value: object, change: str
) -> None:
    program = {"cidrBlock": "10.0.0.0/16", "tags": TAGS}
    created = aws.create(VPC, "main", program)
    inventory.tamper(tmp_path, urn(VPC, "main"), path, value)
    assert not aws.diff(VPC, "main", program).changes, "the state does not know yet"
    assert aws.refresh(VPC, "main").outputs != created.outputs
    assert list(aws.diff(VPC, "main", program).changes) == [change]
    assert aws.update(VPC, "main", program).outputs == created.outputs
    assert aws.refresh(VPC, "main").outputs == created.outputs


def test_a_tampered_secret_stays_sealed(aws: Account, tmp_path: Path) -> None:
    database = {"instanceClass": "db.t4g.small", "identifier": "jobs", "password": "canary-one"}
    aws.create(DATABASE, "db", database)
    before, after = inventory.tamper(tmp_path, "jobs", "password", "canary-two")
    assert isinstance(before, Secret)
    assert isinstance(after, Secret)
    assert "canary" not in repr(inventory.rows(tmp_path))


def test_no_secret_is_readable_in_the_files_of_a_sandbox(aws: Account, tmp_path: Path) -> None:
    database = {"instanceClass": "db.t4g.small", "identifier": "jobs", "password": "canary-4711"}
    aws.create(DATABASE, "db", database)
    aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {"token": Secret("canary-4712")}})
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes(), file
    assert (tmp_path / "cloud.key").stat().st_mode & 0o777 == 0o600
    assert aws.refresh(DATABASE, "db").outputs["password"] == Secret("canary-4711")


def test_a_resource_removed_behind_the_engine_s_back_is_gone_at_the_next_refresh(
    aws: Account, tmp_path: Path
) -> None:
    aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    inventory.remove(tmp_path, urn(VPC, "main"))
    assert aws.refresh(VPC, "main").id is None


def test_rows_can_be_narrowed_and_shown_by_id_or_urn(aws: Account, tmp_path: Path) -> None:
    vpc = aws.create(VPC, "main", {"cidrBlock": "10.0.0.0/16"})
    aws.create(BUCKET, "files", {"bucket": "files"})
    assert [row.id for row in inventory.rows(tmp_path, type_=BUCKET)] == ["files"]
    assert inventory.show(tmp_path, str(vpc.id)) == inventory.show(tmp_path, urn(VPC, "main"))
    with pytest.raises(inventory.InventoryError, match="no resource with the URN or id nope"):
        inventory.show(tmp_path, "nope")
    with pytest.raises(inventory.InventoryError, match="has no logging to change"):
        inventory.tamper(tmp_path, "files", "logging.targetBucket", "x")


def test_a_reset_forgets_everything_but_the_files_of_others(aws: Account, tmp_path: Path) -> None:
    aws.create(BUCKET, "files", {"bucket": "files"})
    (tmp_path / "notes.txt").write_text("mine")
    inventory.reset(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert inventory.rows(tmp_path) == []


def test_a_cache_of_shapes_that_was_lost_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another lock file makes a new environment; the stacks deployed before it meet an empty cache."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    shapes.shapes_of.cache_clear()
    try:
        assert inventory.is_cold()
    finally:
        shapes.shapes_of.cache_clear()
    monkeypatch.undo()
    inventory.warm()
    assert not inventory.is_cold()


def test_a_lost_key_is_told_from_a_mistake_of_ours(tmp_path: Path) -> None:
    Cloud(tmp_path / CLOUD_FILE).put(
        Stored(
            type=DATABASE,
            id="db",
            account="1",
            region="r",
            provider="aws",
            urn="u",
            inputs={},
            outputs={"password": Secret("canary")},
        )
    )
    (tmp_path / "cloud.key").unlink()
    with pytest.raises(sqlite3.DatabaseError, match=r"cloud\.key"):
        inventory.rows(tmp_path)
