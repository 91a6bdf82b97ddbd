"""KMS: keys that rotate, cannot be lost by a slip, and say themselves who may use them."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import per_statement
from policies.resources import Resource, Stack
from policies.values import Findings


@policy(
    id="keys-rotated",
    title="Every key rotates at least yearly",
    severity=Severity.HIGH,
    requirements=("ST-1", "DB-1"),
    controls=("KMS.4", "CIS 3.6", "CKV_AWS_7"),
    remedy="Set enableKeyRotation, with rotationPeriodInDays of at most 365.",
    limits={"days": 365},
    each=(t.KEY,),
)
def rotated(key: Resource) -> Findings:
    """Leave out asymmetric and HMAC keys, which KMS cannot rotate."""
    symmetric = key["customerMasterKeySpec"].equals("SYMMETRIC_DEFAULT", absent=True)
    yield key["enableKeyRotation"].must(~symmetric | key["enableKeyRotation"].true, "must be true")
    period = key["rotationPeriodInDays"]
    yield period.must(~symmetric | period.at_most(key.limits["days"], absent=True), "is too long")


@policy(
    id="keys-policy-explicit",
    title="Every key carries its own policy",
    severity=Severity.HIGH,
    requirements=("ST-1",),
    controls=("KMS.5", "CKV2_AWS_64"),
    remedy="Set policy on the key, or add a kms.KeyPolicy.",
    across=(t.KEY, t.KEY_POLICY),
)
def policy_explicit(stack: Stack) -> Findings:
    """Accept the policy on the key or beside it."""
    for key in stack.of(t.KEY):
        given = key["policy"].given | stack.has(key, t.KEY_POLICY, "keyId")
        yield key.must(given, "leaves its access to KMS's default policy")


@policy(
    id="keys-no-open-principal",
    title="No key policy lets everyone use the key",
    severity=Severity.CRITICAL,
    requirements=("ST-N1", "ST-N2"),
    controls=("KMS.5", "CKV_AWS_33"),
    remedy="Name the principals, or narrow them by kms:CallerAccount, aws:SourceAccount or aws:SourceArn.",
    each=(t.KEY, t.REPLICA_KEY, t.KEY_POLICY),
)
def no_open_principal(key: Resource) -> Findings:
    """Check every statement for strangers, and for services that may act for strangers."""
    says = "lets any principal, or a service acting for one, in without a condition on who it is"
    return per_statement(key["policy"], lambda statement: statement.pinned, says)


@policy(
    id="keys-deletion-slow",
    title="A key takes its full time to die, and nobody can be locked out of it",
    severity=Severity.HIGH,
    requirements=("SC-3",),
    controls=("KMS.3", "CKV_AWS_227"),
    remedy="Set deletionWindowInDays to 30, leave bypassPolicyLockoutSafetyCheck out and the key enabled.",
    limits={"days": 30},
    each=(t.KEY, t.REPLICA_KEY, t.KEY_POLICY),
)
def deletion_slow(key: Resource) -> Findings:
    """Take an absent window for KMS's own 30 days."""
    window = key["deletionWindowInDays"]
    yield window.must(window.at_least(key.limits["days"], absent=True), "is shorter than the stack allows")
    bypass = key["bypassPolicyLockoutSafetyCheck"]
    yield bypass.must(~bypass.true, "must not be true")
    for enabled in (key["isEnabled"], key["enabled"]):
        yield enabled.must(enabled.equals(True, absent=True), "must not be false")
