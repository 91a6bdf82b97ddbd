"""What is kept, where, for how long, and that it is tried (BK)."""

import json
import re
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.backup.admission import bucket_statements, key_statements, render
from components.backup.dumps import lives
from components.backup.recovery import COVERED
from ops.second_account import policies
from settings.backup import Retention, SecondAccount
from settings.loader import load_stack_file
from tests.policies.harness import Pack
from tests.program.iam_linter import documents_of, judge
from tests.support import STACKS, Graph, Node, as_configured, run_program
from tests.support.documents import statements
from tests.support.run import ROOT

BUCKET, LIFECYCLE = "aws:s3/bucket:Bucket", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VAULT, PLAN = "aws:backup/vault:Vault", "aws:backup/plan:Plan"
FIRST_DAY = date(2026, 1, 1)


@pytest.fixture
def prod() -> Graph:
    return as_configured("prod").graph


def backup_of(graph: Graph, type_: str) -> list[Node]:
    return [one for one in graph.of_type(type_) if graph.component_of(one).name == "backup"]


def folder(day: date) -> str:
    """Return where the worker writes the dump of a day (BK-2)."""
    if day.day == 1:
        return "monthly"
    return "weekly" if day.isoweekday() == 7 else "daily"


def exists(rules: list[dict[str, Any]], key: str, *, age: int) -> bool:
    """Tell by the life-cycle rules whether an object of that age still is there to be restored."""
    return not any(
        rule["status"] == "Enabled"
        and key.startswith(rule["filter"]["prefix"])
        and age >= rule.get("expiration", {}).get("days", age + 1)
        for rule in rules
    )


@pytest.fixture
def rules(prod: Graph) -> list[dict[str, Any]]:
    return prod.one(LIFECYCLE, "dumps").inputs["rules"]


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (0, {"daily", "weekly", "monthly"}),
        (29, {"daily", "weekly", "monthly"}),
        (31, {"weekly", "monthly"}),
        (89, {"weekly", "monthly"}),
        (91, {"monthly"}),
        (364, {"monthly"}),
        (366, set()),
    ],
)
def test_three_classes_of_dumps_live_30_90_and_365_days(
    rules: list[dict[str, Any]], days: int, kept: set[str]
) -> None:
    """BK-2, BK-N4."""
    classes = {"daily", "weekly", "monthly"}
    assert {name for name in classes if exists(rules, f"database/{name}/x.sql.gz", age=days)} == kept


def test_a_year_of_dumps_leaves_what_the_requirement_says(rules: list[dict[str, Any]]) -> None:
    """BK-2: evaluated on every day of a year, from the year's last day back."""
    today = FIRST_DAY + timedelta(days=365)
    days = [FIRST_DAY + timedelta(days=number) for number in range(366)]
    left = [
        day
        for day in days
        if exists(rules, f"database/{folder(day)}/jtld-db-backup-{day}-0300.sql.gz", age=(today - day).days)
    ]
    recent = [day for day in left if (today - day).days < 30]
    quarter = [day for day in left if 30 <= (today - day).days < 90]
    older = [day for day in left if (today - day).days >= 90]
    assert len(recent) == 30, "every day of the last month"
    assert all(day.isoweekday() == 7 or day.day == 1 for day in quarter)
    assert len([day for day in quarter if day.isoweekday() == 7]) >= 8
    assert all(day.day == 1 for day in older)
    assert len(older) == 9


def test_every_prefix_that_may_be_written_expires(rules: list[dict[str, Any]]) -> None:
    """BK-3, BK-N4: configuration backups too."""
    for prefix, days in lives(Retention()).items():
        assert exists(rules, f"{prefix}x", age=days - 1)
        assert not exists(rules, f"{prefix}x", age=days)


def test_the_dumps_lie_locked_and_encrypted_in_another_region(prod: Graph) -> None:
    """BK-1, BK-N1, BK-N2."""
    bucket = prod.one(BUCKET, "dumps").inputs
    assert (bucket["region"], bucket["objectLockEnabled"]) == ("ca-west-1", True)
    lock = prod.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "dumps").inputs
    assert lock["rule"]["defaultRetention"] == {"mode": "GOVERNANCE", "days": 30}
    encryption = prod.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "dumps"
    ).inputs
    key = encryption["rules"][0]["applyServerSideEncryptionByDefault"]
    assert key["sseAlgorithm"] == "aws:kms"
    assert key["kmsMasterKeyId"] == prod.one("aws:kms/key:Key", "replica").outputs["arn"]


def test_the_worker_writes_dumps_and_cannot_delete_them(prod: Graph) -> None:
    """BK-1: a stolen login of the backup job takes no backup along."""
    policy = json.loads(prod.one("aws:iam/rolePolicy:RolePolicy", "backup").inputs["policy"])
    actions = {
        action for one in policy["Statement"] if one["Effect"] == "Allow" for action in as_list(one["Action"])
    }
    assert "s3:PutObject" in actions
    assert not any("Delete" in action or "Bypass" in action or "*" in action for action in actions)


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_recovery_points_are_copied_and_live_as_long_as_dumps(prod: Graph) -> None:
    """BK-2, BK-N1."""
    plan = prod.one(PLAN).inputs
    copies = next(one for one in backup_of(prod, VAULT) if one.name == "copies")
    assert copies.inputs["region"] == "ca-west-1"
    assert {rule["ruleName"]: rule["lifecycle"]["deleteAfter"] for rule in plan["rules"]} == {
        "daily": 35,
        "weekly": 90,
        "monthly": 365,
    }
    for rule in plan["rules"]:
        assert [one["destinationVaultArn"] for one in rule["copyActions"]] == [copies.outputs["arn"]]
        assert rule["copyActions"][0]["lifecycle"] == rule["lifecycle"]


def test_both_vaults_are_locked_and_refuse_deletion(prod: Graph) -> None:
    """BK-2."""
    locks = prod.of_type("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert {(one.name, one.inputs["minRetentionDays"], one.inputs["maxRetentionDays"]) for one in locks} == {
        ("recovery", 35, 365),
        ("copies", 35, 365),
    }
    assert all("changeableForDays" not in one.inputs for one in locks), "governance: a named few may still"
    for one in prod.of_type("aws:backup/vaultPolicy:VaultPolicy"):
        (statement,) = json.loads(one.inputs["policy"])["Statement"]
        assert statement["Effect"] == "Deny"
        assert "backup:DeleteRecoveryPoint" in statement["Action"]


def test_database_and_files_are_covered_and_tried(prod: Graph) -> None:
    """BK-2, BK-N3."""
    tags = {
        one.inputs["tags"].get("jtld:data")
        for one in (prod.one(BUCKET, "files"), *prod.of_type("aws:rds/instance:Instance"))
        if "replicateSourceDb" not in one.inputs
    }
    assert tags == set(COVERED)
    selection = prod.one("aws:backup/selection:Selection").inputs["selectionTags"]
    assert {(one["key"], one["value"]) for one in selection} == {("jtld:data", value) for value in COVERED}
    tried = prod.of_type("aws:backup/restoreTestingSelection:RestoreTestingSelection")
    assert {one.inputs["protectedResourceType"] for one in tried} == {"RDS", "S3"}


def test_failures_are_told(prod: Graph) -> None:
    """BK-4."""
    told = prod.one("aws:backup/vaultNotifications:VaultNotifications").inputs
    assert {"BACKUP_JOB_FAILED", "COPY_JOB_FAILED", "RESTORE_JOB_FAILED"} <= set(told["backupVaultEvents"])
    assert told["snsTopicArn"] == prod.one("aws:sns/topic:Topic", "routine").outputs["arn"]


def test_compliance_cannot_be_taken_back_after_three_days() -> None:
    """BK-2: the setting that even AWS cannot undo."""
    graph = run_program("prod", {"backup": {"lock": "compliance"}})
    locks = graph.of_type("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert {one.inputs["changeableForDays"] for one in locks} == {3}


def test_a_second_account_takes_a_further_copy() -> None:
    """BK-1, BK-N1: out of reach of a login to this one."""
    plan = with_a_second_account().one(PLAN).inputs
    for rule in plan["rules"]:
        accounts = {one["destinationVaultArn"].split(":")[4] for one in rule["copyActions"]}
        assert accounts == {"333333333333", "444444444444"}


SECOND = {
    "accountId": "444444444444",
    "vault": "copies",
    "bucket": "jtld-company-dumps",
    "keyArn": "arn:aws:kms:ca-west-1:444444444444:key/1a2b3c4d-0000-4000-8000-123456789012",
}
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"


@cache
def with_a_second_account() -> Graph:
    return run_program("prod", {"backup": {"secondAccount": SECOND}})


def test_every_dump_is_handed_over_to_the_second_account() -> None:
    """BK-1, BK-N1, BK-N2: theirs, under their key, and no deletion here reaches it."""
    order = with_a_second_account().one(REPLICATION, "dump-copies").inputs
    assert (order["bucket"], order["region"]) == ("jtld-platform-dumps-prod", "ca-west-1")
    (rule,) = order["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {"prefix": ""})
    assert rule["deleteMarkerReplication"] == {"status": "Disabled"}
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    target = rule["destination"]
    assert (target["account"], target["bucket"]) == ("444444444444", "arn:aws:s3:::jtld-company-dumps")
    assert target["accessControlTranslation"] == {"owner": "Destination"}
    assert target["encryptionConfiguration"] == {"replicaKmsKeyId": SECOND["keyArn"]}
    assert target["metrics"]["status"] == target["replicationTime"]["status"] == "Enabled"


def test_the_copying_role_reaches_two_buckets_and_two_keys_and_deletes_nothing() -> None:
    """BK-1."""
    graph = with_a_second_account()
    granted = statements(graph.one("aws:iam/rolePolicy:RolePolicy", "dump-copies")).values()
    reached = {resource for one in granted for resource in as_list(one["Resource"])}
    ours, theirs = "arn:aws:s3:::jtld-platform-dumps-prod", "arn:aws:s3:::jtld-company-dumps"
    replica = graph.one("aws:kms/key:Key", "replica").outputs["arn"]
    assert reached == {ours, f"{ours}/*", f"{theirs}/*", replica, SECOND["keyArn"]}
    assert not any(
        "Delete" in action or "*" in action for one in granted for action in as_list(one["Action"])
    )
    written = {action for one in granted if f"{theirs}/*" in one["Resource"] for action in one["Action"]}
    assert written == {"s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"}


@pytest.mark.parametrize(
    ("alarm", "metric", "above"),
    [
        ("backup-offsite-failing", "OperationsFailedReplication", 0),
        ("backup-offsite-late", "ReplicationLatency", 900),
    ],
)
def test_a_copy_that_fails_or_lags_is_told_where_s3_measures_it(
    alarm: str, metric: str, above: float
) -> None:
    """BK-4: both buckets lie in the replica region, and so do their metrics."""
    graph = with_a_second_account()
    made = graph.one("aws:cloudwatch/metricAlarm:MetricAlarm", alarm).inputs
    (rule,) = graph.one(REPLICATION, "dump-copies").inputs["rules"]
    assert (made["region"], made["metricName"], made["threshold"]) == ("ca-west-1", metric, above)
    assert made["dimensions"] == {
        "SourceBucket": graph.one(BUCKET, "dumps").inputs["bucket"],
        "DestinationBucket": SECOND["bucket"],
        "RuleId": rule["id"],
    }


def test_the_copies_of_dumps_please_the_policies_and_the_linter_of_iam() -> None:
    """BK-1, DL-1: what no stack file asks for yet is judged like what they all do."""
    graph = with_a_second_account()
    assert Pack("prod").check(graph.nodes) == []
    own = {node.urn for node in graph.nodes if node.name == "dump-copies"}
    found = [one for one in documents_of(graph, "prod") if one.urn in own]
    assert {one.type for one in found} == {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
    assert judge(found) == []


PAGE = ROOT / "docs" / "operators" / "second-account.md"


def test_the_second_accounts_operator_reads_what_the_role_needs() -> None:
    """BK-1: the page's policies are made of what the program uses; `ops.second_account` prints them."""
    place = load_stack_file(ROOT / "Pulumi.prod.yaml").environment
    account = SecondAccount.model_validate(SECOND)
    bucket, key, setting = re.findall(r"```(?:json|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert bucket.strip() == render(*bucket_statements(account, place))
    assert key.strip() == render(*key_statements(account, place))
    assert yaml.safe_load(setting)["jtld-platform:backup"]["secondAccount"] == SECOND


def test_the_policies_are_printed_for_what_a_stack_file_says(tmp_path: Path) -> None:
    """BK-1."""
    document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(json.dumps(document))
    assert "names no backup.secondAccount" in policies(file)
    document["config"].setdefault("jtld-platform:backup", {})["secondAccount"] = SECOND
    file.write_text(json.dumps(document))
    assert "arn:aws:s3:::jtld-company-dumps/*" in policies(file)
    assert "role/jtld-prod-dump-copies-*" in policies(file)


def test_what_the_second_account_admits_is_what_the_role_asks_for() -> None:
    """BK-1: both sides must say yes, S3's bucket and KMS's key."""
    graph = with_a_second_account()
    place = load_stack_file(ROOT / "Pulumi.prod.yaml").environment
    account = SecondAccount.model_validate(SECOND)
    granted = statements(graph.one("aws:iam/rolePolicy:RolePolicy", "dump-copies"))
    role = graph.one("aws:iam/role:Role", "dump-copies").outputs["arn"]
    for admitted, sid in ((bucket_statements, "WriteCopies"), (key_statements, "EncryptCopies")):
        one = admitted(account, place)[-1].render()
        assert list(one["Action"]) == granted[sid]["Action"]
        assert fnmatchcase(role, one["Condition"]["ArnLike"]["aws:PrincipalArn"])


@pytest.mark.parametrize("stack", STACKS)
def test_no_dump_leaves_the_account_unasked(stack: str) -> None:
    """BK-1: off by default."""
    assert not [one for one in as_configured(stack).graph.of_type(REPLICATION) if one.name == "dump-copies"]


def test_dev_keeps_little_and_nothing_holds_its_destruction_up() -> None:
    """SC-3: dev is destroyed and made again."""
    dev = as_configured("dev").graph
    (vault,) = backup_of(dev, VAULT)
    assert vault.inputs["forceDestroy"] is True
    assert not dev.of_type("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert not dev.of_type("aws:backup/restoreTestingPlan:RestoreTestingPlan")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_its_dumps(stack: str) -> None:
    """BK-1."""
    assert as_configured(stack).graph.exports["dumpBucket"] == f"jtld-platform-dumps-{stack}"
