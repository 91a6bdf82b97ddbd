"""Secrets Manager: secrets under the stack's key, recoverable, and closed to strangers."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.resources import Resource
from policies.values import Findings


@policy(
    id="secrets-own-key",
    title="Every secret is encrypted with a key of the stack",
    severity=Severity.HIGH,
    requirements=("HO-N1",),
    controls=("CKV_AWS_149",),
    remedy="Set kmsKeyId to the stack's data key; the account's default key cannot be limited per use.",
    each=(t.SECRET,),
)
def own_key(secret: Resource) -> Findings:
    """Refuse the service's default key, named or left out; the replicas' keys too."""
    for key in (secret["kmsKeyId"], *(replica["kmsKeyId"] for replica in secret["replicas"])):
        yield key.must(secret.refers(key, t.KEY, t.REPLICA_KEY), "must name a key of the stack")


@policy(
    id="secrets-recoverable",
    title="A deleted secret can be brought back",
    severity=Severity.HIGH,
    requirements=("SC-3",),
    remedy="Set recoveryWindowInDays to at least 7 days, or leave it out for 30.",
    prod_only=True,
    limits={"days": 7},
    each=(t.SECRET,),
)
def recoverable(secret: Resource) -> Findings:
    """Take an absent window for the service's own 30 days."""
    window = secret["recoveryWindowInDays"]
    yield window.must(window.at_least(secret.limits["days"], absent=True), "is too short to notice a mistake")


@policy(
    id="secrets-not-public",
    title="No policy opens a secret to everyone",
    severity=Severity.CRITICAL,
    requirements=("HO-N1",),
    controls=("prowler secretsmanager_not_publicly_accessible",),
    remedy="Name the principals and set blockPublicPolicy on the secretsmanager.SecretPolicy.",
    each=(t.SECRET_POLICY, t.SECRET),
)
def not_public(resource: Resource) -> Findings:
    """Check the statements and, on the standalone policy, the service's own guard."""
    says = "lets any principal in without a condition on who it is"
    yield from per_statement(resource["policy"], lambda statement: not statement.public, says)
    if resource.type == t.SECRET_POLICY:
        yield resource["blockPublicPolicy"].must(resource["blockPublicPolicy"].true, "must be true")
