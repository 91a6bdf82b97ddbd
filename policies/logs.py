"""CloudWatch Logs: kept long enough to answer questions, unreadable without the stack's key."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.resources import Resource
from policies.values import Findings


@policy(
    id="logs-retained",
    title="Log groups keep a year, and not for ever",
    severity=Severity.MEDIUM,
    requirements=("NW-1", "MO-8"),
    controls=("CloudWatch.16", "CKV_AWS_66", "CKV_AWS_338"),
    remedy="Set retentionInDays.",
    limits={"days": 365},
    each=(t.LOG_GROUP,),
)
def retained(group: Resource) -> Findings:
    """Refuse an absent retention: it means for ever, and logs may hold personal data by accident."""
    days = group["retentionInDays"]
    yield days.must(days.at_least(group.limits["days"]), "is not set, or shorter than the stack asks")


@policy(
    id="logs-own-key",
    title="Log groups are encrypted with a key of the stack",
    severity=Severity.HIGH,
    requirements=("MO-8",),
    controls=("CKV_AWS_158",),
    remedy="Set kmsKeyId to the stack's logs key.",
    each=(t.LOG_GROUP,),
)
def own_key(group: Resource) -> Findings:
    """Look for a key; there is none by default."""
    key = group["kmsKeyId"]
    yield key.must(group.refers(key, t.KEY, t.REPLICA_KEY), "must be a key of the stack")


@policy(
    id="logs-not-public",
    title="No policy lets everyone write or read logs",
    severity=Severity.HIGH,
    requirements=("MO-8",),
    controls=("CKV_AWS_158",),
    remedy="Name the service and its aws:SourceAccount.",
    each=(t.LOG_RESOURCE_POLICY,),
)
def not_public(resource: Resource) -> Findings:
    """Check every statement."""
    says = "lets any principal in without a condition on who it is"
    return per_statement(resource["policyDocument"], lambda statement: not statement.public, says)
