"""ElastiCache: encrypted, closed by users, available, and never full for good (CA-1, CA-N1, CA-N3)."""

import re

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource
from policies.values import Findings, all_of, any_of

_EVERY_KEY = re.compile(r"(%(r|w|rw|wr))?~\*+|allkeys|nopass")
_GROUP = (t.REPLICATION_GROUP,)


@policy(
    id="cache-encrypted",
    title="The cache is encrypted at rest and on its way",
    severity=Severity.CRITICAL,
    requirements=("CA-N3",),
    controls=("ElastiCache.4", "ElastiCache.5", "CKV_AWS_29", "CKV_AWS_30", "CKV_AWS_191", "CKV2_AWS_50"),
    remedy="Set atRestEncryptionEnabled with a key of the stack, and transitEncryptionMode required.",
    each=_GROUP,
)
def encrypted(group: Resource) -> Findings:
    """Check disk, key and wire."""
    at_rest, key = group["atRestEncryptionEnabled"], group["kmsKeyId"]
    yield at_rest.must(at_rest.true, "must be true")
    yield key.must(group.refers(key, t.KEY), "must be a key of the stack")
    on_the_way, mode = group["transitEncryptionEnabled"], group["transitEncryptionMode"]
    yield on_the_way.must(on_the_way.true, "must be true")
    yield mode.must(mode.equals("required", absent=True), "must be required")


@policy(
    id="cache-users-only",
    title="Nobody reaches the cache without a user and a password",
    severity=Severity.CRITICAL,
    requirements=("CA-1",),
    controls=("ElastiCache.6", "CKV_AWS_31"),
    remedy="Give the group a user group of users with passwords, each for its own keys.",
    each=(t.REPLICATION_GROUP, t.CACHE_USER_GROUP, t.CACHE_USER),
)
def users_only(resource: Resource) -> Findings:
    """Ask clusters for users, groups for users of ours, and users for passwords and limits."""
    if resource.type == t.REPLICATION_GROUP:
        users = resource["userGroupIds"]
        yield users.must(resource.refers(users, t.CACHE_USER_GROUP), "must name a user group")
        return
    if resource.type == t.CACHE_USER_GROUP:
        members = resource["userIds"]
        yield members.must(
            members.given & members.holds(lambda one: ~one.equals("default")), "must name users of ours"
        )
        return
    open_ = resource["noPasswordRequired"]
    yield open_.must(~open_.true, "must not be true")
    mode = resource["authenticationMode.type"]
    yield mode.must(~mode.equals("no-password-required"), "must ask for a password or an identity")
    access = resource["accessString"]
    everything = access.test(lambda text: any(_EVERY_KEY.fullmatch(word) for word in text.lower().split()))
    yield access.must(~everything, "reaches every key, or asks for no password: name the families of keys")


@policy(
    id="cache-survives-a-zone",
    title="Production's cache fails over to another zone",
    severity=Severity.HIGH,
    requirements=("CA-1",),
    controls=("ElastiCache.3",),
    remedy="Set automaticFailoverEnabled and multiAzEnabled with two nodes or more.",
    prod_only=True,
    limits={"nodes": 2},
    each=_GROUP,
)
def survives_a_zone(group: Resource) -> Findings:
    """Check fail-over, zones and number of nodes, of either kind of group."""
    for name in ("automaticFailoverEnabled", "multiAzEnabled"):
        yield group[name].must(group[name].true, "must be true")
    nodes, replicas = group["numCacheClusters"], group["replicasPerNodeGroup"]
    enough = nodes.at_least(group.limits["nodes"]) | replicas.at_least(group.limits["nodes"] - 1)
    yield group.must(enough, "has too few nodes")


@policy(
    id="cache-kept",
    title="The cache leaves snapshots and takes minor upgrades",
    severity=Severity.MEDIUM,
    requirements=("CA-1",),
    controls=("ElastiCache.1", "ElastiCache.2", "CKV_AWS_134", "CKV_AWS_322"),
    remedy="Set snapshotRetentionLimit, and leave autoMinorVersionUpgrade true.",
    limits={"days": 7},
    each=_GROUP,
)
def kept(group: Resource) -> Findings:
    """Check days and upgrades; the provider takes a text for the latter."""
    days, upgrades = group["snapshotRetentionLimit"], group["autoMinorVersionUpgrade"]
    yield days.must(days.at_least(group.limits["days"]), "is too short")
    yield upgrades.must(upgrades.is_in((True, "true"), absent=True), "must not be false")


@policy(
    id="cache-own-subnets",
    title="The cache stands in subnets that the stack chose",
    severity=Severity.HIGH,
    requirements=("CA-1", "NW-1"),
    controls=("ElastiCache.7", "CKV_AWS_323"),
    remedy="Set subnetGroupName to a group of the isolated subnets.",
    each=(t.REPLICATION_GROUP, t.CACHE_SUBNET_GROUP),
)
def own_subnets(group: Resource) -> Findings:
    """Refuse the default group, named or left out, and a group of one zone."""
    if group.type == t.CACHE_SUBNET_GROUP:
        spread = group["subnetIds"].test(lambda ids: len(ids) > 1)
        yield group["subnetIds"].must(spread, "must be subnets of two zones or more")
        return
    subnets = group["subnetGroupName"]
    yield subnets.must(
        group.refers(subnets, t.CACHE_SUBNET_GROUP, unless=("default",)), "must be a group of the stack"
    )


@policy(
    id="cache-evicts",
    title="A full cache makes room",
    severity=Severity.HIGH,
    requirements=("CA-N1", "CA-1"),
    remedy="Set maxmemory-policy to allkeys-lru in the parameter group.",
    limits={"policies": ["allkeys-lru", "allkeys-lfu"]},
    each=(t.CACHE_PARAMETER_GROUP, t.REPLICATION_GROUP),
)
def evicts(group: Resource) -> Findings:
    """Ask for a policy that may take any key: the default takes only those with a lifetime."""
    if group.type == t.REPLICATION_GROUP:
        chosen_group = group["parameterGroupName"]
        ours = group.refers(chosen_group, t.CACHE_PARAMETER_GROUP, unless=("default.*",))
        yield chosen_group.must(ours, "must be a parameter group of the stack")
        return
    named = [(one["name"].equals("maxmemory-policy"), one["value"]) for one in group["parameters"]]
    chosen = any_of(here for here, _ in named) & all_of(
        ~here | value.is_in(group.limits["policies"]) for here, value in named
    )
    yield group["parameters"].must(chosen, "must hold maxmemory-policy with a policy for all keys")


@policy(
    id="cache-logged",
    title="Slow commands and engine messages leave the cache",
    severity=Severity.LOW,
    requirements=("CA-1",),
    remedy="Deliver slow-log and engine-log to log groups of the stack.",
    level=Level.ADVISORY,
    limits={"logs": ["slow-log", "engine-log"]},
    each=_GROUP,
)
def logged(group: Resource) -> Findings:
    """Look for each log."""
    deliveries = group["logDeliveryConfigurations"]
    for log in group.limits["logs"]:
        yield deliveries.must(
            deliveries.some(lambda one, log=log: one["logType"].equals(log)),  # type: ignore[misc]
            f"lacks {log}",
        )
