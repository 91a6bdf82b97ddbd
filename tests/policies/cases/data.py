from collections.abc import Callable
from typing import Any

from policies import tokens as t
from tests.policies.drafts import Case, Draft


def sets(policy: str, type_: str, path: str, value: Any, name: str | None = None) -> Case:
    """Return a case that sets one input."""
    return Case(policy=policy, breaks=lambda draft: draft.set(type_, path, value, name))


def unsets(policy: str, type_: str, path: str, name: str | None = None) -> Case:
    """Return a case that removes one input."""
    return Case(policy=policy, breaks=lambda draft: draft.unset(type_, path, name))


def without_parameter(type_: str, name: str) -> Callable[[Draft], None]:
    """Return a break that takes one parameter out of a group."""

    def breaks(draft: Draft) -> None:
        given = draft.find(type_).inputs["parameters"]
        draft.set(type_, "parameters", [one for one in given if one["name"] != name])

    return breaks


PRIMARY, GROUP = "primary", t.REPLICATION_GROUP

CASES = (
    sets("database-not-public", t.DB_INSTANCE, "publiclyAccessible", True, PRIMARY),
    sets("database-not-public", t.DB_INSTANCE, "publiclyAccessible", True, "replica"),
    unsets("database-own-subnets", t.DB_INSTANCE, "dbSubnetGroupName", PRIMARY),
    sets("database-own-subnets", t.DB_INSTANCE, "dbSubnetGroupName", "default", PRIMARY),
    sets("database-own-subnets", t.DB_SUBNET_GROUP, "subnetIds", ["subnet-0"]),
    sets("database-encrypted", t.DB_INSTANCE, "storageEncrypted", False, PRIMARY),
    unsets("database-encrypted", t.DB_INSTANCE, "kmsKeyId", PRIMARY),
    unsets("database-survives-a-zone", t.DB_INSTANCE, "multiAz", PRIMARY),
    sets("database-watched", t.DB_INSTANCE, "monitoringInterval", 0, PRIMARY),
    sets("database-watched", t.DB_INSTANCE, "performanceInsightsEnabled", False, PRIMARY),
    sets("database-undeletable", t.DB_INSTANCE, "deletionProtection", False, PRIMARY),
    sets("database-leaves-a-copy", t.DB_INSTANCE, "skipFinalSnapshot", True, PRIMARY),
    unsets("database-leaves-a-copy", t.DB_INSTANCE, "finalSnapshotIdentifier", PRIMARY),
    sets("database-leaves-a-copy", t.DB_INSTANCE, "deleteAutomatedBackups", True, PRIMARY),
    sets("database-leaves-a-copy", t.DB_INSTANCE, "applyImmediately", True, "replica"),
    sets("database-backed-up", t.DB_INSTANCE, "backupRetentionPeriod", 13, PRIMARY),
    unsets("database-backed-up", t.DB_INSTANCE, "backupRetentionPeriod", PRIMARY),
    sets("database-logged", t.DB_INSTANCE, "enabledCloudwatchLogsExports", ["upgrade"], PRIMARY),
    sets("database-patched", t.DB_INSTANCE, "autoMinorVersionUpgrade", False, PRIMARY),
    sets("database-patched", t.DB_INSTANCE, "engineVersion", "13.4", PRIMARY),
    unsets("database-patched", t.DB_INSTANCE, "engineLifecycleSupport", PRIMARY),
    sets("database-patched", t.DB_INSTANCE, "caCertIdentifier", "rds-ca-2019", PRIMARY),
    unsets("database-snapshots-tagged", t.DB_INSTANCE, "copyTagsToSnapshot", PRIMARY),
    unsets("database-password-managed", t.DB_INSTANCE, "manageMasterUserPassword", PRIMARY),
    sets("database-password-managed", t.DB_INSTANCE, "password", "written-down", PRIMARY),
    sets("database-password-managed", t.DB_INSTANCE, "username", "postgres", PRIMARY),
    *(
        Case(policy="database-parameters", breaks=without_parameter(t.DB_PARAMETER_GROUP, name))
        for name in ("rds.force_ssl", "log_min_duration_statement", "log_parameter_max_length")
    ),
    unsets("database-parameters", t.DB_INSTANCE, "parameterGroupName", PRIMARY),
    sets("cache-encrypted", GROUP, "atRestEncryptionEnabled", False),
    unsets("cache-encrypted", GROUP, "kmsKeyId"),
    sets("cache-encrypted", GROUP, "transitEncryptionEnabled", False),
    sets("cache-encrypted", GROUP, "transitEncryptionMode", "preferred"),
    unsets("cache-users-only", GROUP, "userGroupIds"),
    sets("cache-users-only", t.CACHE_USER_GROUP, "userIds", ["default"]),
    sets("cache-users-only", t.CACHE_USER, "noPasswordRequired", True),
    sets("cache-users-only", t.CACHE_USER, "accessString", "on ~* +@all"),
    sets("cache-survives-a-zone", GROUP, "multiAzEnabled", False),
    sets("cache-survives-a-zone", GROUP, "numCacheClusters", 1),
    sets("cache-kept", GROUP, "snapshotRetentionLimit", 3),
    sets("cache-kept", GROUP, "autoMinorVersionUpgrade", False),
    unsets("cache-own-subnets", GROUP, "subnetGroupName"),
    sets("cache-own-subnets", t.CACHE_SUBNET_GROUP, "subnetIds", ["subnet-0"]),
    Case(policy="cache-evicts", breaks=without_parameter(t.CACHE_PARAMETER_GROUP, "maxmemory-policy")),
    sets("cache-evicts", t.CACHE_PARAMETER_GROUP, "parameters.0.value", "noeviction"),
    sets("cache-logged", GROUP, "logDeliveryConfigurations", []),
    sets("functions-supported", t.FUNCTION, "runtime", "python3.9", "bootstrap"),
    unsets("functions-in-network", t.FUNCTION, "vpcConfig", "bootstrap"),
    sets(
        "functions-no-plain-secrets",
        t.FUNCTION,
        "environment",
        {"variables": {"DATABASE_URL": "postgresql:"}},
    ),
    sets("functions-bounded", t.FUNCTION, "reservedConcurrentExecutions", -1, "bootstrap"),
)
