"""RDS: private, encrypted, backed up, watched, and kept (DB-1, DB-2, DB-N1 to DB-N4)."""

from collections.abc import Iterable

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, all_of, any_of

_INSTANCE = (t.DB_INSTANCE,)
_GUESSED = ("admin", "postgres", "root", "master", "rdsadmin")
_NEVER_LESS_DAYS = 7  # DB-N3, whatever levels.yaml says


def _replica(instance: Resource) -> Truth:
    return instance["replicateSourceDb"].test(lambda _: True)


@policy(
    id="database-not-public",
    title="No database has a public address",
    severity=Severity.CRITICAL,
    requirements=("DB-N1",),
    controls=("RDS.2", "CIS 2.3.3", "CKV_AWS_17"),
    remedy="Leave publiclyAccessible out; the application comes in through the gateway.",
    each=_INSTANCE,
)
def not_public(instance: Resource) -> Findings:
    """Take absent for false, the provider's default."""
    public = instance["publiclyAccessible"]
    yield public.must(~public.true, "must not be true")


@policy(
    id="database-own-subnets",
    title="A database stands in subnets that the stack chose",
    severity=Severity.HIGH,
    requirements=("DB-1", "NW-1"),
    controls=("RDS.46",),
    remedy="Set dbSubnetGroupName to a group of the isolated subnets, which have no way out.",
    each=(t.DB_INSTANCE, t.DB_SUBNET_GROUP),
)
def own_subnets(instance: Resource) -> Findings:
    """Ask for a group of our own, of more than one zone; a replica takes its source's."""
    if instance.type == t.DB_SUBNET_GROUP:
        spread = instance["subnetIds"].test(lambda ids: len(ids) > 1)
        yield instance["subnetIds"].must(spread, "must be subnets of two zones or more")
        return
    group = instance["dbSubnetGroupName"]
    ours = instance.refers(group, t.DB_SUBNET_GROUP, unless=("default", "default-*"))
    yield group.must(ours | _replica(instance), "must be a subnet group of the stack")


@policy(
    id="database-encrypted",
    title="Every database is encrypted with a key of the stack",
    severity=Severity.CRITICAL,
    requirements=("DB-N2",),
    controls=("RDS.3", "CIS 2.3.1", "CKV_AWS_16"),
    remedy="Set storageEncrypted and kmsKeyId; both can only be chosen when the instance is made.",
    each=_INSTANCE,
)
def encrypted(instance: Resource) -> Findings:
    """Check the flag, and the key: a replica inherits its source's."""
    flag, key = instance["storageEncrypted"], instance["kmsKeyId"]
    yield flag.must(flag.true, "must be true")
    yield key.must(instance.refers(key, t.KEY) | _replica(instance), "must be a key of the stack")


@policy(
    id="database-survives-a-zone",
    title="Production's database has a standby in another zone",
    severity=Severity.HIGH,
    requirements=("DB-1",),
    controls=("RDS.5", "CKV_AWS_157"),
    remedy="Set multiAz.",
    prod_only=True,
    each=_INSTANCE,
)
def survives_a_zone(instance: Resource) -> Findings:
    """Leave read replicas alone: they can be made again."""
    standby = instance["multiAz"]
    yield standby.must(standby.true | _replica(instance), "must be true")


@policy(
    id="database-watched",
    title="The database's operating system and queries are watched",
    severity=Severity.MEDIUM,
    requirements=("DB-1",),
    controls=("RDS.6", "CKV_AWS_118", "CKV_AWS_353", "CKV_AWS_354"),
    remedy="Set monitoringInterval with its role, and performanceInsightsEnabled with a key of the stack.",
    each=_INSTANCE,
)
def watched(instance: Resource) -> Findings:
    """Check enhanced monitoring and Performance Insights."""
    interval, role = instance["monitoringInterval"], instance["monitoringRoleArn"]
    yield interval.must(interval.at_least(1) & instance.refers(role, t.ROLE), "must be set, with a role")
    insights = instance["performanceInsightsEnabled"]
    key = instance.refers(instance["performanceInsightsKmsKeyId"], t.KEY)
    yield insights.must(insights.true & key, "must be on, under a key of the stack")


@policy(
    id="database-undeletable",
    title="RDS itself refuses to delete production's database",
    severity=Severity.CRITICAL,
    requirements=("DB-1", "SC-3"),
    controls=("RDS.8", "CKV_AWS_293"),
    remedy="Set deletionProtection.",
    prod_only=True,
    each=_INSTANCE,
)
def undeletable(instance: Resource) -> Findings:
    """Ask for the service's own protection, beside Pulumi's."""
    kept = instance["deletionProtection"]
    yield kept.must(kept.true, "must be true")


@policy(
    id="database-leaves-a-copy",
    title="Production's database leaves a snapshot and its backups behind",
    severity=Severity.CRITICAL,
    requirements=("SC-3", "DB-2"),
    remedy="Set skipFinalSnapshot and deleteAutomatedBackups to false and name the final snapshot.",
    prod_only=True,
    each=_INSTANCE,
)
def leaves_a_copy(instance: Resource) -> Findings:
    """Check what happens when somebody deletes it after all; a replica has nothing of its own."""
    replica = _replica(instance)
    skip, name = instance["skipFinalSnapshot"], instance["finalSnapshotIdentifier"]
    yield skip.must((~skip.true & name.given) | replica, "must be false, with a name for the snapshot")
    backups = instance["deleteAutomatedBackups"]
    yield backups.must(backups.equals(False) | replica, "must be false")
    at_once = instance["applyImmediately"]
    yield at_once.must(~at_once.true, "must not be true: changes wait for the maintenance window")


@policy(
    id="database-backed-up",
    title="Automated backups reach back a week, in production two",
    severity=Severity.CRITICAL,
    requirements=("DB-2", "DB-N3"),
    controls=("RDS.11", "CKV_AWS_133"),
    remedy="Raise backupRetentionPeriod.",
    limits={"days": 14},
    each=_INSTANCE,
)
def backed_up(instance: Resource) -> Findings:
    """Leave replicas out: their source is backed up."""
    days = instance["backupRetentionPeriod"]
    least = max(instance.limits["days"], _NEVER_LESS_DAYS)
    yield days.must(days.at_least(least) | _replica(instance), "is too short")


@policy(
    id="database-logged",
    title="The database's logs leave it",
    severity=Severity.MEDIUM,
    requirements=("DB-1",),
    controls=("RDS.9", "RDS.36", "CKV_AWS_129"),
    remedy="Export the logs postgresql and upgrade.",
    limits={"logs": ["postgresql", "upgrade"]},
    each=_INSTANCE,
)
def logged(instance: Resource) -> Findings:
    """Look for each log."""
    exports = instance["enabledCloudwatchLogsExports"]
    for log in instance.limits["logs"]:
        yield exports.must(exports.some(lambda one, log=log: one.equals(log)), f"lacks {log}")  # type: ignore[misc]


@policy(
    id="database-patched",
    title="The database takes minor upgrades, and runs a version that gets some",
    severity=Severity.HIGH,
    requirements=("DB-1",),
    controls=("RDS.13", "CIS 2.3.2", "CKV_AWS_226", "CKV_AWS_211"),
    remedy="Leave autoMinorVersionUpgrade true, opt out of extended support, take a supported version and CA.",
    # PostgreSQL 16 ends in November 2028; the CA in 2061.
    limits={
        "versions": ["16", "17", "18"],
        "authorities": ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
    },
    each=_INSTANCE,
)
def patched(instance: Resource) -> Findings:
    """Check upgrades, version and certificate; a replica follows its source's version."""
    upgrades = instance["autoMinorVersionUpgrade"]
    yield upgrades.must(upgrades.equals(True, absent=True), "must not be false")
    version = instance["engineVersion"]
    supported = version.test(lambda text: text.split(".")[0] in instance.limits["versions"])
    yield version.must(supported | _replica(instance), "is not a supported major version")
    support = instance["engineLifecycleSupport"]
    yield support.must(
        support.equals("open-source-rds-extended-support-disabled"),
        "must be opted out: extended support lets an old version age at a price",
    )
    authority = instance["caCertIdentifier"]
    yield authority.must(authority.is_in(instance.limits["authorities"], absent=True), "has expired")


@policy(
    id="database-snapshots-tagged",
    title="Snapshots say whose they are",
    severity=Severity.LOW,
    requirements=("DB-1",),
    controls=("RDS.17", "CKV2_AWS_60"),
    remedy="Set copyTagsToSnapshot.",
    each=_INSTANCE,
)
def snapshots_tagged(instance: Resource) -> Findings:
    """Check the flag: it is off by default."""
    copied = instance["copyTagsToSnapshot"]
    yield copied.must(copied.true, "must be true")


@policy(
    id="database-password-managed",
    title="No program knows the master user's password",
    severity=Severity.CRITICAL,
    requirements=("DB-3", "DB-N4", "HO-N1"),
    controls=("RDS.10", "RDS.23", "RDS.25", "CKV_AWS_161"),
    remedy="Set manageMasterUserPassword and a username that nobody guesses; allow IAM authentication.",
    each=_INSTANCE,
)
def password_managed(instance: Resource) -> Findings:
    """Refuse a password in any form; RDS keeps and rotates one of its own."""
    managed = instance["manageMasterUserPassword"]
    yield managed.must(managed.true | _replica(instance), "must be true")
    for name in ("password", "passwordWo"):
        yield instance[name].must(~instance[name].given, "must not be set")
    user = instance["username"]
    guessed = user.test(lambda name: str(name).lower() in _GUESSED)
    yield user.must(~guessed, "is the first name that anybody tries")
    iam = instance["iamDatabaseAuthenticationEnabled"]
    yield iam.must(iam.true, "must be true")


def _parameter(group: Resource, name: str, accepted: Iterable[str]) -> Truth:
    named = [(parameter["name"].equals(name), parameter["value"]) for parameter in group["parameters"]]
    good = tuple(accepted)
    # One that stands there twice has either value.
    return any_of(here for here, _ in named) & all_of(~here | value.is_in(good) for here, value in named)


@policy(
    id="database-parameters",
    title="The database insists on TLS and tells slow queries",
    severity=Severity.HIGH,
    requirements=("DB-1", "MO-N5"),
    controls=("RDS.38", "CKV2_AWS_69", "CKV2_AWS_30"),
    remedy="Give the instance a parameter group with rds.force_ssl 1 and log_min_duration_statement 500.",
    limits={
        "parameters": {
            "rds.force_ssl": ["1"],
            "log_min_duration_statement": ["500"],
            # Slow queries are logged without their parameters, which hold people's data.
            "log_parameter_max_length": ["0"],
            "log_parameter_max_length_on_error": ["0"],
            "log_statement": ["none", "ddl"],
        }
    },
    across=(t.DB_INSTANCE, t.DB_PARAMETER_GROUP),
)
def parameters(stack: Stack) -> Findings:
    """Look at each group, and for a group of ours behind each instance."""
    for group in stack.of(t.DB_PARAMETER_GROUP):
        for name, accepted in stack.limits["parameters"].items():
            yield group.must(_parameter(group, name, accepted), f"lacks {name}")
    for instance in stack.of(t.DB_INSTANCE):
        group_name = instance["parameterGroupName"]
        yield instance.must(
            instance.refers(group_name, t.DB_PARAMETER_GROUP, unless=("default.*",)),
            "must have a parameter group of the stack",
        )
