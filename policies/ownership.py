"""One thing, one owner: what overwrites, what is ignored, and what nobody has thought of yet."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, all_of, any_of

# A type of which a thing has one, and the properties that say which thing: a second one overwrites the first.
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    t.ACCOUNT_PUBLIC_ACCESS: (),
    t.BOT_MANAGEMENT: ("zoneId",),
    t.BUCKET_CORS: ("bucket",),
    t.BUCKET_ENCRYPTION: ("bucket",),
    t.BUCKET_LIFECYCLE: ("bucket",),
    t.BUCKET_LOGGING: ("bucket",),
    t.BUCKET_NOTIFICATION: ("bucket",),
    t.BUCKET_OBJECT_LOCK: ("bucket",),
    t.BUCKET_OWNERSHIP: ("bucket",),
    t.BUCKET_POLICY: ("bucket",),
    t.BUCKET_PUBLIC_ACCESS: ("bucket",),
    t.BUCKET_REPLICATION: ("bucket",),
    t.BUCKET_VERSIONING: ("bucket",),
    t.CERTIFICATE_ALERTS: ("zoneId",),
    t.DEFAULT_SECURITY_GROUP: ("vpcId",),
    t.FIREWALL_CONFIG: ("projectId",),
    t.KEY_POLICY: ("keyId",),
    t.LEAKED_CREDENTIALS: ("zoneId",),
    t.LOG_MASKING: ("logGroupName",),
    t.MAIL_FROM: ("emailIdentity",),
    t.PROJECT_RETENTION: ("projectId",),
    t.QUEUE_POLICY: ("queueUrl",),
    t.REDRIVE_ALLOW_POLICY: ("queueUrl",),
    t.REDRIVE_POLICY: ("queueUrl",),
    t.REPOSITORY_LIFECYCLE: ("repository",),
    t.REPOSITORY_POLICY: ("repository",),
    t.SCALING_TARGET: ("resourceId", "scalableDimension"),
    t.SECRET_POLICY: ("secretArn",),
    t.TOPIC_POLICY: ("arn",),
    t.UNIVERSAL_SSL: ("zoneId",),
    t.VAULT_LOCK: ("backupVaultName",),
    t.VAULT_NOTIFICATIONS: ("backupVaultName",),
    t.VAULT_POLICY: ("backupVaultName",),
    t.ZONE_DNSSEC: ("zoneId",),
    t.ZONE_SETTING: ("zoneId", "settingId"),
}
# The engine shows a stack policy dependencies on the types it names: at preview they alone tell the thing.
_THINGS = (
    t.BUCKET,
    t.CLUSTER,
    t.EMAIL_IDENTITY,
    t.KEY,
    t.LOG_GROUP,
    t.PROJECT,
    t.QUEUE,
    t.REPOSITORY,
    t.SECRET,
    t.SERVICE,
    t.TOPIC,
    t.VAULT,
    t.VPC,
    t.ZONE,
)


@policy(
    id="stack-one-owner",
    title="Every setting of a thing has one resource",
    severity=Severity.HIGH,
    requirements=("ST-1", "ED-2", "BK-2"),
    remedy="Change the resource that is there: a second one overwrites it, and either may win.",
    across=(*_SETTINGS, *_THINGS),
)
def one_owner(stack: Stack) -> Findings:
    """Compare the resources of one type with each other."""
    for type_, names in _SETTINGS.items():
        same_type = stack.of(type_)
        for one in same_type:
            shared = any_of(
                all_of(_same(one, other, name) for name in names) for other in same_type if other is not one
            )
            yield one.must(~shared, "manages what another resource manages as well")


def _same(one: Resource, other: Resource, name: str) -> Truth:
    """Return whether two resources say the same of a thing; what is not known yet is told by where it comes from."""
    first, second = one[name], other[name]
    if UNKNOWN not in (first.raw, second.raw):
        return Truth.of(first.raw == second.raw)
    sources = [resource.property_dependencies.get(name, frozenset()) for resource in (one, other)]
    return Truth.of(sources[0] == sources[1]) if all(sources) else Truth.UNKNOWN


@policy(
    id="stack-nothing-ignored",
    title="What somebody changes by hand is seen and put right",
    severity=Severity.HIGH,
    requirements=("DL-1", "SC-3"),
    remedy="Leave ignore_changes out; what another service sets is listed in this policy's limits.",
    # Auto Scaling sets it.
    limits={"ignored": {t.SERVICE: ["desiredCount"]}},
    each=("*",),
)
def nothing_ignored(resource: Resource) -> Findings:
    """Refuse every property that an update would pass over: the nightly search for drift passes over it, too."""
    accepted = resource.limits["ignored"].get(resource.type, ())
    yield resource.must(Truth.of(set(resource.ignored) <= set(accepted)), "ignores changes")


def _judged() -> frozenset[str]:
    """Return the types that a policy looks at for their own sake, and those that somebody has excused."""
    excused = yaml.safe_load(Path(__file__).with_name("unwatched.yaml").read_text(encoding="utf-8"))
    return frozenset({value for name, value in vars(t).items() if name.isupper()} | set(excused))


_JUDGED = _judged()
_PROVIDERS = "pulumi:providers:"


@policy(
    id="stack-types-judged",
    title="Every resource is of a type that somebody has thought about",
    severity=Severity.HIGH,
    requirements=("DL-N1", "ST-1"),
    remedy="Write a policy for the type, or say in policies/unwatched.yaml why it needs none.",
    each=("*",),
)
def types_judged(resource: Resource) -> Findings:
    """Refuse what no policy knows: another service, an older type of a known one, a program that runs commands."""
    if resource.type.startswith(_PROVIDERS):
        package = resource.type.removeprefix(_PROVIDERS)
        thought_of = any(type_.partition(":")[0] == package for type_ in _JUDGED)
    else:
        thought_of = resource.type in _JUDGED or resource.type.startswith(("jtld:", "pulumi:pulumi:"))
    yield resource.must(Truth.of(thought_of), "is of a type that no policy looks at")
