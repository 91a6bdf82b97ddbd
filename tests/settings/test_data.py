"""One bad value for each rule of database, cache and gateway (DB, CA)."""

import pytest
from pydantic import ValidationError

from settings.database import MEMORY_GIBIBYTES, Pools, RdsDatabase, busy, max_connections, window_span
from settings.gateway import PublicGateway, SecureCompute
from settings.loader import load
from tests.settings.documents import GONE, changed, dated, problems, stack_values
from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

EXTERNAL_DATABASE = {"kind": "external", "service": "neon"}
EXTERNAL_CACHE = {"kind": "external", "service": "upstash"}
ADDRESSES = ("externalDatabaseUrl", "externalDirectUrl", "externalRedisUrl")
SECURE = {
    "kind": "secureCompute",
    "imageTag": "0000000",
    "peeringConnectionId": "pcx-0123456789abcdef0",
    "peerCidr": "10.200.0.0/16",
}

ROWS = [
    Bad(
        "DB-5: another kind of database", "prod", "database.kind", "aurora", "must have 'kind'", at="database"
    ),
    Bad("DB-1: PostgreSQL 15", "prod", "database.version", "15", "'16' or '17'"),
    Bad("DB-1: an unknown class", "prod", "database.instanceClass", "db.t2.micro", "db.t4g.micro"),
    Bad("DB-N1: a public instance", "prod", "database.publiclyAccessible", True, "must be false"),
    Bad("DB-N3: a retention of 6 days", "dev", "database.backupRetentionDays", 6, "at least 7"),
    between(
        "DB-2: a week of backups in prod", "prod", "database.backupRetentionDays", 7, "at least 14 in prod"
    ),
    between("DB-1: one zone in prod", "prod", "database.multiAz", False, "must be true in prod"),
    between("DB-1: no protection in prod", "prod", "database.deletionProtection", False, "true in prod"),
    between(
        "SC-3: a staging that cannot be destroyed",
        "staging",
        "database.deletionProtection",
        True,
        "must be false in staging",
    ),
    Bad("DB-1: a disk smaller than RDS sells", "prod", "database.storageGigabytes", 10, "at least 20"),
    between("DB-6: a disk that cannot grow", "prod", "database.maxStorageGigabytes", 105, "at least 110"),
    Bad("DB-1: a window without minutes", "prod", "database.backupWindow", "5-6", "hh:mm-hh:mm"),
    Bad("DB-1: a window without days", "prod", "database.maintenanceWindow", "06:00-07:00", "ddd:hh:mm"),
    between(
        "DB-1: a backup at noon", "prod", "database.backupWindow", "16:00-16:30", "between 22:00 and 07:00"
    ),
    between(
        "DB-1: maintenance at noon", "prod", "database.maintenanceWindow", "mon:16:00-mon:17:00", "between"
    ),
    between("DB-1: a backup in summer's morning", "prod", "database.backupWindow", "11:15-11:45", "summer"),
    between("DB-1: a window too short", "prod", "database.backupWindow", "05:00-05:15", "30 minutes"),
    between(
        "DB-1: windows that meet", "prod", "database.maintenanceWindow", "sun:05:15-sun:06:15", "overlap"
    ),
    between("DB-1: short logs in prod", "prod", "database.logRetentionDays", 90, "at least 365 in prod"),
    between(
        "DB-4: pools larger than the instance",
        "prod",
        "database.pools.transactionSize",
        400,
        "at most 648 connections altogether, and asks for 1680",
        at="database.pools",
    ),
    between(
        "DB-4: an instance smaller than its pools",
        "prod",
        "database.instanceClass",
        "db.t4g.small",
        "at most 161",
        at="database.pools",
    ),
    between(
        "DB-4: tasks that multiply the pools", "prod", "gateway.tasks", 10, "at most", at="database.pools"
    ),
    Bad(
        "DB-4: a hundred connections a function", "prod", "database.pools.functionConnections", 100, "most 50"
    ),
    between(
        "DB-5: a service in prod", "prod", "database", EXTERNAL_DATABASE, "rds in prod", at="database.kind"
    ),
    Bad("CA-N1: noeviction", "prod", "cache.evictionPolicy", "noeviction", "allkeys-lru or allkeys-lfu"),
    Bad("CA-N1: volatile-lru", "prod", "cache.evictionPolicy", "volatile-lru", "allkeys-lru or allkeys-lfu"),
    Bad("CA-1: too little memory in reserve", "prod", "cache.reservedMemoryPercent", 10, "at least 20"),
    between("CA-1: one node in prod", "prod", "cache.nodeCount", 1, "at least 2 in prod"),
    between("CA-1: three days of snapshots in prod", "prod", "cache.snapshotRetentionDays", 3, "at least 7"),
    between(
        "CA-1: half an hour for a snapshot", "prod", "cache.snapshotWindow", "05:30-06:00", "1 to 3 hours"
    ),
    between("CA-1: a snapshot at noon", "prod", "cache.snapshotWindow", "16:00-17:00", "between 22:00"),
    between(
        "CA-1: a service in prod", "prod", "cache", EXTERNAL_CACHE, "elasticache in prod", at="cache.kind"
    ),
    Bad("CT-4: latest", "prod", "gateway.imageTag", "latest", "git SHA"),
    Bad("CT-4: a version", "prod", "gateway.imageTag", "1.2.3", "git SHA"),
    Bad("CT-4: no tag", "prod", "gateway.imageTag", GONE, "is required"),
    between(
        "DB-4: a gateway that admits nobody",
        "prod",
        "network.gatewayClientCidrs",
        [],
        "at least one range while gateway.kind is gateway",
    ),
    between("DB-4: one task in prod", "prod", "gateway.tasks", 1, "at least 2 in prod"),
    between("DB-4: a size Fargate has not", "prod", "gateway.memoryMegabytes", 512, "1024, 2048, 3072, 4096"),
    between(
        "DB-4: no gateway",
        "prod",
        "gateway",
        {"kind": "external"},
        "gateway or secureCompute beside our own database and cache",
        at="gateway.kind",
    ),
    Bad(
        "DB-4: no peering id",
        "prod",
        "gateway",
        SECURE | {"peeringConnectionId": "vpc-1"},
        "peering connection",
        at="gateway.peeringConnectionId",
    ),
    between(
        "DB-4: a peer inside us",
        "prod",
        "gateway",
        SECURE | {"peerCidr": "10.30.0.0/16", "tasks": 2},
        "must not overlap network.cidr",
        at="gateway.peerCidr",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(
    ("stack", "key", "value"),
    [
        ("prod", "gateway", SECURE),
        ("prod", "database.backupWindow", "03:45-04:30"),
        ("prod", "cache.evictionPolicy", "allkeys-lfu"),
    ],
)
def test_the_other_choices_are_taken(stack: str, key: str, value: object) -> None:
    """DB-4."""
    taken(stack, key, value)


@pytest.mark.parametrize(("key", "value"), [("database", EXTERNAL_DATABASE), ("cache", EXTERNAL_CACHE)])
def test_each_part_may_be_a_service_in_dev_if_its_address_has_a_date(key: str, value: object) -> None:
    """DB-5, CA-1, TP-2: the address holds a password, which ages like every other key."""
    assert problems("dev", dated(stack_values("dev"), *ADDRESSES) | {key: value}) == ()
    undated = problems("dev", stack_values("dev") | {key: value})
    assert {problem.path for problem in undated} == {"jtld-platform:thirdParty.services"}


def test_services_for_both_need_no_gateway() -> None:
    """DB-5."""
    values = dated(stack_values("dev"), *ADDRESSES) | {"database": EXTERNAL_DATABASE, "cache": EXTERNAL_CACHE}
    assert [problem.path for problem in problems("dev", values)] == ["jtld-platform:gateway.kind"]
    assert problems("dev", values | {"gateway": {"kind": "external"}}) == ()


def test_connections_follow_from_the_memory_of_the_class() -> None:
    """DB-4: RDS' own formula with a tenth of the memory left out; more memory, never fewer connections."""
    assert {name: max_connections(name) for name in ("db.t4g.micro", "db.m7g.large", "db.r7g.4xlarge")} == {
        "db.t4g.micro": 101,
        "db.m7g.large": 811,
        "db.r7g.4xlarge": 5000,
    }
    by_memory = sorted(MEMORY_GIBIBYTES, key=MEMORY_GIBIBYTES.__getitem__)
    assert [max_connections(name) for name in by_memory] == sorted(map(max_connections, by_memory))


def test_full_pools_are_counted_for_every_task() -> None:
    """DB-4: each task has its own pools."""
    pools = Pools(transaction_size=20, session_size=3, service_connections=7)
    assert [pools.demand(tasks) for tasks in (0, 1, 2)] == [7, 30, 53]


def test_windows_pass_midnight_and_the_end_of_the_week() -> None:
    """DB-1."""
    for window, minutes in (("23:45-00:30", 45), ("05:00-05:30", 30), ("sun:23:30-mon:00:30", 60)):
        begin, end = window_span(window)
        assert (end - begin).total_seconds() == 60 * minutes


@pytest.mark.parametrize(
    ("window", "hinders"),
    [
        ("03:00-05:00", False),
        ("01:45-02:15", True),
        ("10:00-11:00", False),
        ("10:30-11:30", True),
        ("03:00-03:30", False),
    ],
)
def test_a_window_hinders_when_one_season_finds_people_awake(window: str, hinders: bool) -> None:
    """DB-1: 22:00 to 07:00 in Toronto, five hours behind UTC in winter and four in summer."""
    assert busy(window, "America/Toronto") is hinders


def test_every_part_can_be_ours_and_private() -> None:
    """DB-4: whom the gateway admits depends on its kind."""
    values = stack_values("prod")
    assert load("prod", values, source="x").gateway_clients == ("203.0.113.10/32", "203.0.113.11/32")
    assert load("prod", values | {"gateway": SECURE}, source="x").gateway_clients == ("10.200.0.0/16",)
    assert PublicGateway(kind="gateway", image_tag="abcdef0").most_tasks == 4
    assert isinstance(load("prod", values | {"gateway": SECURE}, source="x").gateway, SecureCompute)


def test_a_database_without_a_size_is_no_database() -> None:
    with pytest.raises(ValidationError):
        RdsDatabase(kind="rds")  # type: ignore[call-arg]
    assert problems("prod", changed(stack_values("prod"), "database.instanceClass", GONE))
