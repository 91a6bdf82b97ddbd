"""What a bucket's own policy must say, and must not (ST-1, ST-N1, ST-N4)."""

import re

from pulumi_policy import Severity

from policies import tokens as t
from policies.buckets import holds_files
from policies.decorator import policy
from policies.documents import Statement, per_statement, some_statement
from policies.resources import Resource, Stack
from policies.values import Findings, Value

_EVERY_OBJECT = re.compile(r"[^/]*/\*")
_TAKE_OVER = (
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
)


@policy(
    id="storage-no-public-policy",
    title="No policy lets everyone into a bucket",
    severity=Severity.CRITICAL,
    requirements=("ST-N1",),
    controls=("S3.2", "S3.3", "CKV_AWS_70", "CKV2_AWS_43"),
    remedy="Name the principal, or narrow it by aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID.",
    each=(t.BUCKET_POLICY, t.ACCESS_POINT, t.BUCKET),
)
def no_public_policy(resource: Resource) -> Findings:
    """Check every statement for strangers, and for services that may act for strangers."""
    says = "lets any principal, or a service acting for one, in without a condition on who it is"
    return per_statement(resource["policy"], lambda statement: statement.pinned, says)


@policy(
    id="storage-tls-only",
    title="Every bucket refuses requests without TLS",
    severity=Severity.HIGH,
    requirements=("ST-1",),
    controls=("S3.5", "CIS 2.1.1", "CKV_AWS_379"),
    remedy="Deny s3:* to everyone under Bool aws:SecureTransport=false, on the bucket and on its objects.",
    across=(t.BUCKET, t.BUCKET_POLICY),
)
def tls_only(stack: Stack) -> Findings:
    """Look for the denial in the bucket's policy."""
    for bucket in stack.of(t.BUCKET):
        refused = stack.has(
            bucket,
            t.BUCKET_POLICY,
            "bucket",
            lambda attached: some_statement(attached["policy"], _denies_plaintext),
        )
        yield bucket.must(
            refused, "no bucket policy denies requests without TLS on the bucket and its objects"
        )


def _denies_plaintext(statement: Statement) -> bool:
    conditions = [key for keys in statement.conditions.values() for key in keys]
    return (
        statement.denies_everyone
        and any(action in {"*", "s3:*"} for action in statement.actions)
        and "false" in statement.condition("aws:SecureTransport", "Bool", "BoolIfExists")
        and len(conditions) == 1
        and (
            "*" in statement.resources
            or (
                any(_EVERY_OBJECT.fullmatch(text) for text in statement.resources)
                and any("/" not in text for text in statement.resources)
            )
        )
    )


@policy(
    id="storage-no-foreign-control",
    title="No other account may change who reads a bucket or how it is encrypted",
    severity=Severity.HIGH,
    requirements=("ST-N1",),
    controls=("S3.6",),
    remedy="Leave policy, ACL and encryption actions to this account; grant others objects only.",
    each=(t.BUCKET_POLICY,),
)
def no_foreign_control(attached: Resource) -> Findings:
    """Compare the principals' accounts with those the provider may work in."""
    own = {
        str(account.raw)
        for account in Value("allowedAccountIds", attached.provider.get("allowedAccountIds")).decoded()
    }

    def acceptable(statement: Statement) -> bool:
        accounts = {_account(name) for name in statement.principals.get("AWS", ())}
        foreign = statement.allows and accounts - own - {"*"}
        return not (foreign and any(statement.covers(action) for action in _TAKE_OVER))

    return per_statement(attached["policy"], acceptable, "gives another account control over the bucket")


def _account(principal: str) -> str:
    """Return the account of a principal, which is an ARN or the bare account."""
    return principal.split(":")[4] if principal.startswith("arn:") else principal


@policy(
    id="storage-no-lock-out",
    title="No bucket policy locks its own account out",
    severity=Severity.HIGH,
    requirements=("SC-3",),
    controls=("CKV_AWS_93",),
    remedy="Give the denial a condition, or deny single actions.",
    each=(t.BUCKET_POLICY,),
)
def no_lock_out(attached: Resource) -> Findings:
    """Find an unconditional denial that also covers repairing it."""

    def acceptable(statement: Statement) -> bool:
        denies_all = not statement.allows and statement.anyone and not statement.conditions
        return not (denies_all and statement.covers("s3:PutBucketPolicy"))

    return per_statement(
        attached["policy"], acceptable, "denies everyone, this account included, changing the policy"
    )


@policy(
    id="storage-declared-prefixes",
    title="Objects are only stored under declared prefixes",
    severity=Severity.MEDIUM,
    requirements=("ST-2", "ST-N4"),
    remedy="Deny s3:PutObject to everyone on everything but the declared prefixes (NotResource).",
    across=(t.BUCKET, t.BUCKET_POLICY),
)
def declared_prefixes(stack: Stack) -> Findings:
    """Look at the bucket users upload to: a flat layout can be neither granted, aged nor cleaned up by owner."""

    def denies_elsewhere(statement: Statement) -> bool:
        below = all("/" in text for text in statement.not_resources)
        denies = statement.denies_everyone and not statement.conditions and statement.covers("s3:PutObject")
        return denies and bool(statement.not_resources) and below

    for bucket in stack.of(t.BUCKET):
        denied = stack.has(
            bucket,
            t.BUCKET_POLICY,
            "bucket",
            lambda attached: some_statement(attached["policy"], denies_elsewhere),
        )
        yield bucket.must(~holds_files(bucket) | denied, "admits objects outside the declared prefixes")
