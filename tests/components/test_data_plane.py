"""Database, Cache and Gateway as the requirements want them: DB-1 to DB-6, CA-1, CA-3 and their do-nots."""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from components.alarms import Alarm, Comparison, Expression
from components.database.bootstrap import DRIVER, files
from components.network.flows import GATEWAY_PORTS
from tests.settings.documents import dated, stack_values
from tests.support import STACKS, Graph, Node, as_configured, resolve, run_stack
from tests.support.documents import statements
from tests.support.stand_ins import SECRETS

INSTANCE = "aws:rds/instance:Instance"
VALKEY = "aws:elasticache/replicationGroup:ReplicationGroup"
# As text, which takes the place of what the stack file says instead of being merged into it.
SERVICES = {
    "database": json.dumps({"kind": "external", "service": "neon"}),
    "cache": json.dumps({"kind": "external", "service": "upstash"}),
    "gateway": json.dumps({"kind": "external"}),
}
EXTERNAL_SECRETS = {
    "externalDatabaseUrl": "postgresql://u:p@pool.neon.example/jtld",
    "externalDirectUrl": "postgresql://u:p@direct.neon.example/jtld",
    "externalRedisUrl": "rediss://u:p@redis.example:6379",
}


def variables(stack: str) -> dict[str, str]:
    program = as_configured(stack).value
    return {
        one.key: resolve(one.value)
        for part in ("database", "cache")
        for one in getattr(program, part).variables
    }


def containers(graph: Graph) -> dict[str, dict[str, Any]]:
    definition = graph.one("aws:ecs/taskDefinition:TaskDefinition", "gateway")
    return {one["name"]: one for one in json.loads(definition.inputs["containerDefinitions"])}


def alarms(component: str) -> dict[str, Alarm]:
    return {one.key: one for one in resolve(getattr(as_configured("prod").value, component).alarms)}


def primary(stack: str) -> Node:
    return as_configured(stack).graph.one(INSTANCE, "primary")


def test_the_database_is_private_encrypted_and_kept() -> None:
    """DB-1, DB-2, DB-N1, DB-N2, DB-N3."""
    inputs = primary("prod").inputs

    assert not inputs["publiclyAccessible"]
    assert inputs["storageEncrypted"]
    assert inputs["kmsKeyId"]
    assert inputs["multiAz"]
    assert inputs["deletionProtection"]
    assert inputs["storageType"] == "gp3"
    assert inputs["maxAllocatedStorage"] > inputs["allocatedStorage"]
    assert inputs["backupRetentionPeriod"] >= 14
    assert inputs["engineVersion"] in {"16", "17"}
    assert inputs["monitoringInterval"] == 60
    assert inputs["performanceInsightsEnabled"]
    assert inputs["autoMinorVersionUpgrade"]
    assert inputs["manageMasterUserPassword"]
    assert not {"password", "passwordWo"} & inputs.keys()


def test_destroying_prod_leaves_the_database_its_snapshot_and_its_backups() -> None:
    """SC-3: retained in Pulumi, protected in RDS, and a snapshot if both are undone by hand."""
    node = primary("prod")

    assert node.protect
    assert node.retain_on_delete
    assert node.inputs["deletionProtection"]
    assert not node.inputs["skipFinalSnapshot"]
    assert node.inputs["finalSnapshotIdentifier"] == "jtld-prod-database-final"
    assert not node.inputs["deleteAutomatedBackups"]


def test_dev_is_cheap_by_its_stack_file_alone() -> None:
    """DB-1, CA-1: small, in one zone, without replica; and gone when destroyed."""
    graph = as_configured("dev").graph
    node = primary("dev")

    assert node.inputs["instanceClass"] == "db.t4g.micro"
    assert not node.inputs["multiAz"]
    assert len(graph.of_type(INSTANCE)) == 1
    assert graph.one(VALKEY).inputs["numCacheClusters"] == 1
    assert graph.one("aws:ecs/service:Service", "gateway").inputs["desiredCount"] == 1
    assert node.inputs["skipFinalSnapshot"]
    assert not node.retain_on_delete


@pytest.mark.parametrize("stack", STACKS)
def test_the_parameters_insist_on_tls_and_log_slow_queries_without_their_data(stack: str) -> None:
    """DB-1, DB-8, MO-N5."""
    built = as_configured(stack)
    group = built.graph.one("aws:rds/parameterGroup:ParameterGroup")
    values = {one["name"]: one["value"] for one in group.inputs["parameters"]}

    assert values["rds.force_ssl"] == "1"
    assert values["log_min_duration_statement"] == "500"
    assert values["log_parameter_max_length"] == "0"
    assert values["shared_preload_libraries"] == "pg_stat_statements"
    assert values["max_connections"] == str(built.value.settings.database.max_connections)


def test_the_replica_has_an_address_of_its_own() -> None:
    """DB-5."""
    replica = as_configured("prod").graph.one(INSTANCE, "replica")

    assert replica.inputs["replicateSourceDb"] == primary("prod").inputs["identifier"]
    assert urlsplit(variables("prod")["DATABASE_REPLICA_URL"]).path == "/jtld_replica"
    assert "DATABASE_REPLICA_URL" not in variables("dev")


@pytest.mark.parametrize("stack", STACKS)
def test_the_application_is_sent_to_the_gateway_and_never_into_the_network(stack: str) -> None:
    """DB-4, CA-1, DB-3: the host is public, the port tells the pool, the user tells the role."""
    given = variables(stack)
    domain = as_configured(stack).value.settings.environment.domain
    found = {key: urlsplit(value) for key, value in given.items()}

    assert {
        key: (url.hostname, url.port, url.username) for key, url in found.items() if "REPLICA" not in key
    } == {
        "DATABASE_URL": (f"data.{domain}", 6432, "jtld_application"),
        "DIRECT_URL": (f"data.{domain}", 6433, "jtld_migration"),
        "REDIS_URL": (f"data.{domain}", 6380, "application"),
    }
    assert "sslmode=require&sslaccept=strict&pgbouncer=true&connection_limit=10" in given["DATABASE_URL"]
    assert "pgbouncer" not in given["DIRECT_URL"]
    assert all(re.fullmatch(r"[A-Za-z0-9]{40}", url.password or "") for url in found.values())
    assert found["REDIS_URL"].scheme == "rediss"


def test_the_bootstrap_runs_before_anything_connects() -> None:
    """DB-3: the gateway waits for the roles; a new script is a new run."""
    graph = as_configured("prod").graph
    run = graph.one("aws:lambda/invocation:Invocation", "bootstrap")
    event = json.loads(run.inputs["input"])

    assert run.urn in graph.one("aws:ecs/service:Service", "gateway").dependencies
    assert primary("prod").urn in run.dependencies | frozenset().union(*run.property_dependencies.values())
    assert set(event["roles"]) == {"jtld_application", "jtld_migration"}
    assert len(event["version"]) == 64
    assert not [
        value for value in variables("prod").values() if urlsplit(value).password in run.inputs["input"]
    ]


def test_the_bootstrap_may_read_three_secrets_and_nothing_more() -> None:
    """DB-3."""
    graph = as_configured("prod").graph
    policy = next(
        node
        for node in graph.of_type("aws:iam/rolePolicy:RolePolicy")
        if node.name == "bootstrap" and "Database" in node.urn
    )

    assert len(statements(policy)["ReadPasswords"]["Resource"]) == 3
    assert statements(policy)["DecryptPasswords"]["Condition"]


def test_the_bootstrap_carries_all_that_its_driver_needs(tmp_path: Path) -> None:
    """DB-3: the archive alone, without this environment, can be imported."""
    needed = {
        re.split(r"[^A-Za-z0-9-]", requirement)[0]
        for package in DRIVER
        for requirement in importlib.metadata.requires(package) or ()
        if "extra ==" not in requirement
    }
    assert needed <= set(DRIVER)
    for name, source in files().items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())

    alone = (
        "import sys; sys.path.insert(0, '.'); import bootstrap;"
        "print(len(list(bootstrap.SCRIPTS.glob('*.sql'))), bootstrap.AUTHORITY.exists())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", alone], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.split() == ["5", "True"], done.stderr


def test_the_gateway_has_a_door_for_each_pool_and_nothing_else() -> None:
    """DB-4, NW-2."""
    graph = as_configured("prod").graph
    balancer = graph.one("aws:lb/loadBalancer:LoadBalancer", "entrance")
    listeners = [one for one in graph.of_type("aws:lb/listener:Listener") if "Gateway" in one.urn]

    assert balancer.inputs["loadBalancerType"] == "network"
    assert not balancer.inputs["internal"]
    assert {one.inputs["port"] for one in listeners} == set(GATEWAY_PORTS)
    assert {one.inputs["protocol"] for one in listeners} == {"TCP"}, "TLS ends in the containers"
    assert graph.one("aws:ecs/service:Service", "gateway").inputs["desiredCount"] >= 2
    assert len(graph.one("aws:ecs/service:Service", "gateway").inputs["networkConfiguration"]["subnets"]) == 3


def test_each_pool_has_its_mode_its_size_and_one_login() -> None:
    """DB-3, DB-4: the master's secret reaches no container of the gateway."""
    made = containers(as_configured("prod").graph)
    logins = {name: {one["valueFrom"] for one in made[name]["secrets"]} for name in made}

    assert set(made) == {"certificate", "transaction", "session", "redis"}
    assert all(one["readonlyRootFilesystem"] and one["user"] == "10001:10001" for one in made.values())
    assert logins["certificate"] == logins["redis"] == set()
    assert len(logins["transaction"]) == len(logins["session"]) == 2
    assert logins["transaction"].isdisjoint(logins["session"])
    sizes = {
        name: {e["name"]: e["value"] for e in made[name]["environment"]}.get("POOL_SIZE") for name in made
    }
    assert (sizes["transaction"], sizes["session"]) == ("100", "5")


def test_secure_compute_makes_the_entrance_private() -> None:
    """DB-4: the same pools, for a Vercel network peered with ours."""
    gateway = {
        "kind": "secureCompute",
        "peeringConnectionId": "pcx-0123456789abcdef0",
        "peerCidr": "10.200.0.0/16",
    }
    built = run_stack("prod", {"gateway": gateway})
    balancer = built.graph.one("aws:lb/loadBalancer:LoadBalancer", "entrance")
    outside = {
        rule.peer for rule in built.value.network.rules if rule.group == "gateway" and "/" in rule.peer
    }

    accepted = built.graph.one("aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter")
    back = [route for route in built.graph.of_type("aws:ec2/route:Route") if route.name.endswith("-vercel")]

    assert balancer.inputs["internal"]
    assert outside == {"10.200.0.0/16"}
    assert accepted.inputs["vpcPeeringConnectionId"] == "pcx-0123456789abcdef0"
    assert {route.inputs["destinationCidrBlock"] for route in back} == {"10.200.0.0/16"}
    assert len(back) == 3, "one for each private table"


def test_services_elsewhere_take_the_place_of_ours_behind_the_same_outputs() -> None:
    """DB-5, CA-1: dev with Neon and Upstash has no instance, no cluster and no gateway."""
    inventory = dated(stack_values("dev"), *EXTERNAL_SECRETS)["thirdParty"]
    built = run_stack("dev", {**SERVICES, "thirdParty": inventory}, secrets={**SECRETS, **EXTERNAL_SECRETS})
    program = built.value
    given = {
        one.key: resolve(one.value) for part in (program.database, program.cache) for one in part.variables
    }

    assert not built.graph.of_type(INSTANCE)
    assert not built.graph.of_type(VALKEY)
    assert not [node for node in built.graph.nodes if "platform:Gateway$" in node.urn]
    assert given == {
        "DATABASE_URL": EXTERNAL_SECRETS["externalDatabaseUrl"],
        "DIRECT_URL": EXTERNAL_SECRETS["externalDirectUrl"],
        "REDIS_URL": EXTERNAL_SECRETS["externalRedisUrl"],
    }
    assert set(program.database.secret_arns) == {"application", "migration"}
    assert resolve(program.cache.secret_arn).startswith("arn:aws:secretsmanager:")


def test_the_cache_is_encrypted_and_open_to_its_user_alone() -> None:
    """CA-1, CA-N3, CA-N4."""
    graph = as_configured("prod").graph
    inputs = graph.one(VALKEY).inputs
    user = graph.one("aws:elasticache/user:User").inputs

    assert inputs["atRestEncryptionEnabled"]
    assert inputs["transitEncryptionEnabled"]
    assert inputs["transitEncryptionMode"] == "required"
    assert inputs["multiAzEnabled"]
    assert inputs["automaticFailoverEnabled"]
    assert inputs["numCacheClusters"] >= 2
    assert inputs["snapshotRetentionLimit"] >= 7
    assert len(inputs["userGroupIds"]) == 1
    assert "~*" not in user["accessString"].split()
    assert "~session:*" in user["accessString"].split()


@pytest.mark.parametrize(
    ("component", "key", "comparison", "threshold"),
    [
        ("database", "connections", Comparison.ABOVE, 811 * 0.8),
        ("database", "disk", Comparison.BELOW, 100 * 1024**3 * 0.2),
        ("database", "cpu", Comparison.ABOVE, 80),
        ("database", "memory", Comparison.BELOW, 8 * 1024**3 * 0.15),
        ("database", "replica-lag", Comparison.ABOVE, 30),
        ("gateway", "transaction-pool", Comparison.ABOVE, 80),
        ("gateway", "session-pool", Comparison.ABOVE, 80),
        ("gateway", "query-latency-p95", Comparison.ABOVE, 5),
        ("gateway", "transaction-unreachable", Comparison.BELOW, 1),
        ("cache", "memory-001", Comparison.ABOVE, 80),
        ("cache", "evictions-003", Comparison.ABOVE, 100),
        ("cache", "connections-002", Comparison.ABOVE, 1000),
        ("cache", "cpu-001", Comparison.ABOVE, 80),
        ("cache", "hit-rate", Comparison.BELOW, 70),
    ],
)
def test_alarms_stand_at_the_requirements_thresholds(
    component: str, key: str, comparison: Comparison, threshold: float
) -> None:
    """DB-6, CA-3, MO-3."""
    alarm = alarms(component)[key]

    assert alarm.comparison is comparison
    assert alarm.threshold == pytest.approx(threshold)


def test_the_hit_rate_is_an_expression_that_few_lookups_do_not_trouble() -> None:
    """CA-3: hits out of hits and misses; a quiet night is no alarm."""
    source = alarms("cache")["hit-rate"].source

    assert isinstance(source, Expression)
    assert {metric.name for metric in source.metrics.values()} == {"CacheHits", "CacheMisses"}
    formula = re.sub(r"IF\((.+?), (.+), (\d+)\)$", r"(\2) if \1 else \3", source.expression)
    rates = {(69, 31): None, (6900, 3100): 69.0, (0, 0): 100, (80, 1): 100, (900, 100): 90.0}
    for (hits, misses), expected in rates.items():
        rate = eval(formula, {}, {"hits": hits, "misses": misses})  # noqa: S307 - our own formula
        assert rate == (100 if expected is None else expected)
