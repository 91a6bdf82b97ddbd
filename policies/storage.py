"""S3: nobody outside gets in, and what is stored is unreadable elsewhere (ST-1, ST-5, ST-6)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.buckets import takes_logs
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, Value

_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_PRIVATE_ACLS = (
    "private",
    "log-delivery-write",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "aws-exec-read",
)
_INLINE = (
    "acl",
    "corsRules",
    "grants",
    "lifecycleRules",
    "logging",
    "objectLockConfiguration",
    "policy",
    "replicationConfiguration",
    "serverSideEncryptionConfiguration",
    "versioning",
    "website",
)
_WRITE_METHODS = ("PUT", "POST", "DELETE")


@policy(
    id="storage-public-access-blocked",
    title="Every bucket has a public-access block",
    severity=Severity.CRITICAL,
    requirements=("ST-1", "ST-N1"),
    controls=("S3.8", "CIS 2.1.4", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56", "CKV2_AWS_6"),
    remedy="Give the bucket an s3.BucketPublicAccessBlock with all four flags true.",
    across=(t.BUCKET, t.BUCKET_PUBLIC_ACCESS),
)
def public_access_blocked(stack: Stack) -> Findings:
    """Look for a block; whether it is complete is decided where one block is looked at."""
    for bucket in stack.of(t.BUCKET):
        yield bucket.must(stack.has(bucket, t.BUCKET_PUBLIC_ACCESS, "bucket"), "has no public-access block")


@policy(
    id="storage-public-access-block-complete",
    title="A public-access block leaves no way open",
    severity=Severity.CRITICAL,
    requirements=("ST-1", "ST-N1"),
    controls=("S3.8", "S3.1", "CIS 2.1.4"),
    remedy="Set blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets to true.",
    each=(t.BUCKET_PUBLIC_ACCESS, t.ACCOUNT_PUBLIC_ACCESS),
)
def public_access_block_complete(block: Resource) -> Findings:
    """Stop an open block before it is created, which a policy across resources cannot."""
    for flag in _FLAGS:
        yield block[flag].must(block[flag].true, "must be true")


@policy(
    id="storage-account-blocks-public-access",
    title="The account blocks public buckets as well",
    severity=Severity.HIGH,
    requirements=("ST-1", "ST-N1"),
    controls=("S3.1", "CIS 2.1.4"),
    remedy="Add an s3.AccountPublicAccessBlock with all four flags true.",
    level=Level.ADVISORY,
    across=(t.BUCKET, t.ACCOUNT_PUBLIC_ACCESS),
)
def account_blocks_public_access(stack: Stack) -> Findings:
    """Look for one account-level block beside any bucket."""
    for bucket in stack.of(t.BUCKET)[:1]:
        yield bucket.must(
            Truth.of(bool(stack.of(t.ACCOUNT_PUBLIC_ACCESS))), "has no account-level block above it"
        )


@policy(
    id="storage-no-public-acl",
    title="No ACL opens a bucket to everyone",
    severity=Severity.CRITICAL,
    requirements=("ST-N1",),
    controls=("S3.2", "S3.3", "CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_375", "CKV2_AWS_43"),
    remedy="Remove the ACL; the bucket's owner already has full control.",
    each=(t.BUCKET_ACL, t.BUCKET),
)
def no_public_acl(resource: Resource) -> Findings:
    """Check canned ACLs and single grants."""
    yield resource["acl"].must(resource["acl"].is_in(_PRIVATE_ACLS, absent=True), "must not be a public ACL")
    standalone = (grant["grantee.uri"] for grant in resource["accessControlPolicy.grants"])
    inline = (grant["uri"] for grant in resource["grants"])
    for uri in (*standalone, *inline):
        private = uri.test(lambda text: not text.endswith(_PUBLIC_GROUPS), absent=True)
        yield uri.must(private, "must not grant a public group anything")


@policy(
    id="storage-access-logged",
    title="Access to every bucket is logged in another one",
    severity=Severity.MEDIUM,
    requirements=("ST-1",),
    controls=("S3.9", "CIS 3.4", "CKV_AWS_18"),
    remedy="Add an s3.BucketLogging for the bucket with the log bucket as its target.",
    across=(t.BUCKET, t.BUCKET_LOGGING),
)
def access_logged(stack: Stack) -> Findings:
    """Exempt the buckets that take logs: they cannot log into themselves without end."""
    for bucket in stack.of(t.BUCKET):
        logged = stack.has(
            bucket,
            t.BUCKET_LOGGING,
            "bucket",
            lambda logging, bucket=bucket: ~stack.link(bucket, logging, "targetBucket"),  # type: ignore[misc]
        )
        yield bucket.must(logged | takes_logs(stack, bucket), "no access logging to another bucket")


@policy(
    id="storage-owner-enforced",
    title="ACLs are switched off in every bucket",
    severity=Severity.MEDIUM,
    requirements=("ST-1",),
    controls=("S3.12", "CKV2_AWS_65"),
    remedy="Add an s3.BucketOwnershipControls with BucketOwnerEnforced.",
    across=(t.BUCKET, t.BUCKET_OWNERSHIP),
)
def owner_enforced(stack: Stack) -> Findings:
    """Look for the ownership controls."""
    for bucket in stack.of(t.BUCKET):
        enforced = stack.has(
            bucket,
            t.BUCKET_OWNERSHIP,
            "bucket",
            lambda controls: controls["rule.objectOwnership"].equals("BucketOwnerEnforced"),
        )
        yield bucket.must(enforced, "no ownership controls enforce the bucket's owner")


@policy(
    id="storage-encrypted",
    title="Every bucket is encrypted with the stack's own key",
    severity=Severity.CRITICAL,
    requirements=("ST-1", "ST-N2"),
    controls=("S3.17", "CKV_AWS_145", "CKV_AWS_19"),
    remedy="Add a server-side encryption configuration with aws:kms, the stack's key and a bucket key.",
    across=(t.BUCKET, t.BUCKET_ENCRYPTION, t.BUCKET_LOGGING, t.KEY, t.REPLICA_KEY),
)
def encrypted(stack: Stack) -> Findings:
    """Exempt log targets from the key of their own: S3 delivers its access logs with SSE-S3 only."""
    for bucket in stack.of(t.BUCKET):
        own_key = stack.has(bucket, t.BUCKET_ENCRYPTION, "bucket", _own_key)
        any_key = stack.has(bucket, t.BUCKET_ENCRYPTION, "bucket", lambda _: Truth.YES)
        yield bucket.must(
            own_key | (any_key & takes_logs(stack, bucket)), "no encryption with a key of the stack"
        )


def _own_key(encryption: Resource) -> Truth:
    def fact(rule: Value) -> Truth:
        default = rule["applyServerSideEncryptionByDefault"]
        key = encryption.refers(default["kmsMasterKeyId"], t.KEY, t.REPLICA_KEY, unless=("alias/aws/s3",))
        return (
            default["sseAlgorithm"].is_in(("aws:kms", "aws:kms:dsse")) & key & rule["bucketKeyEnabled"].true
        )

    return encryption["rules"].some(fact)


@policy(
    id="storage-access-point-closed",
    title="Access points block public access too",
    severity=Severity.CRITICAL,
    requirements=("ST-N1",),
    controls=("S3.19", "S3.24"),
    remedy="Leave publicAccessBlockConfiguration out, or set all four flags to true.",
    each=(t.ACCESS_POINT,),
)
def access_point_closed(point: Resource) -> Findings:
    """Take an absent block for closed: that is S3's default for access points."""
    for flag in _FLAGS:
        value = point["publicAccessBlockConfiguration"][flag]
        yield value.must(value.equals(True, absent=True), "must be true")


@policy(
    id="storage-cors-own-origins",
    title="Only the platform's own pages may write through a browser",
    severity=Severity.HIGH,
    requirements=("ST-6",),
    remedy="List the origins (https://…) instead of a wildcard.",
    each=(t.BUCKET_CORS,),
)
def cors_own_origins(cors: Resource) -> Findings:
    """Look for a wildcard origin beside a writing method."""
    for rule in cors["corsRules"]:
        open_ = rule["allowedOrigins"].some(lambda origin: origin.test(lambda text: "*" in text))
        writes = rule["allowedMethods"].some(lambda method: method.is_in(_WRITE_METHODS))
        yield rule["allowedOrigins"].must(
            ~(open_ & writes), "must not contain a wildcard beside a method that writes"
        )


@policy(
    id="storage-no-website",
    title="No bucket serves pages or large files itself",
    severity=Severity.HIGH,
    requirements=("ST-N1", "ST-N6"),
    remedy="Serve files through the CloudFront distribution.",
    each=(t.BUCKET_WEBSITE, t.BUCKET),
)
def no_website(resource: Resource) -> Findings:
    """Refuse both ways of turning a bucket into a web server."""
    if resource.type == t.BUCKET_WEBSITE:
        yield resource.must(Truth.NO, "turns the bucket into a public web server")
    else:
        yield resource["website"].must(~resource["website"].given, "must not be set")


@policy(
    id="storage-settings-stand-alone",
    title="A bucket's settings are resources of their own",
    severity=Severity.LOW,
    requirements=("ST-1",),
    remedy="Move the setting to its own resource (s3.BucketVersioning, …): inline twins fight over it.",
    level=Level.ADVISORY,
    each=(t.BUCKET,),
)
def settings_stand_alone(bucket: Resource) -> Findings:
    """Refuse every inline setting that has a resource of its own."""
    for name in _INLINE:
        yield bucket[name].must(~bucket[name].given, "must not be set inline")
