"""CloudFront: files reach browsers over modern TLS, from our own buckets, private ones by signed URL (ST-5)."""

from collections.abc import Iterator

from pulumi_policy import Severity

from policies import tokens as t
from policies.buckets import made_anew
from policies.decorator import policy
from policies.documents import Statement, per_statement
from policies.levels import Level
from policies.resources import Resource, Stack, type_of
from policies.values import UNKNOWN, Findings, Truth, Value, any_of

_READING = ("GET", "HEAD", "OPTIONS")
_YEAR_HALF = 15_768_000
_STATUS_PAGE = ["status"]
"""First label of the host that everyone may read and that is made anew every minute (MO-5)."""


def _behaviours(distribution: Resource) -> Iterator[Value]:
    yield from (*distribution["defaultCacheBehavior"], *distribution["orderedCacheBehaviors"])


def _serves_only(distribution: Resource, labels: list[str]) -> Truth:
    aliases = distribution["aliases"]
    return aliases.given & aliases.holds(lambda host: host.test(lambda name: name.split(".")[0] in labels))


def _from_s3(origin: Value) -> Truth:
    return ~origin["customOriginConfig"].given & ~origin["vpcOriginConfig"].given


@policy(
    id="delivery-https-only",
    title="Files are only served over HTTPS",
    severity=Severity.HIGH,
    requirements=("ST-5", "ED-2"),
    controls=("CloudFront.3", "CKV_AWS_34"),
    remedy="Set viewerProtocolPolicy to redirect-to-https or https-only in every behaviour.",
    each=(t.DISTRIBUTION,),
)
def https_only(distribution: Resource) -> Findings:
    """Check every behaviour."""
    for behaviour in _behaviours(distribution):
        rule = behaviour["viewerProtocolPolicy"]
        yield rule.must(rule.is_in(("https-only", "redirect-to-https")), "serves plain HTTP")


@policy(
    id="delivery-viewer-tls",
    title="Browsers connect with a current TLS policy",
    severity=Severity.HIGH,
    requirements=("ED-9",),
    controls=("CloudFront.15", "CKV_AWS_174"),
    remedy="Set minimumProtocolVersion to one of the listed policies.",
    limits={"policies": ["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"]},  # AWS's list, 2026-11
    each=(t.DISTRIBUTION,),
)
def viewer_tls(distribution: Resource) -> Findings:
    """Compare with a list that grows, not with one name."""
    version = distribution["viewerCertificate.minimumProtocolVersion"]
    yield version.must(version.is_in(distribution.limits["policies"]), "is not a current TLS policy")


@policy(
    id="delivery-own-certificate",
    title="The distribution shows a certificate of its own",
    severity=Severity.HIGH,
    requirements=("ST-5",),
    controls=("CloudFront.7", "CloudFront.8", "CKV2_AWS_42"),
    remedy="Set acmCertificateArn and sslSupportMethod sni-only; leave cloudfrontDefaultCertificate out.",
    each=(t.DISTRIBUTION,),
)
def own_certificate(distribution: Resource) -> Findings:
    """Refuse CloudFront's shared certificate and dedicated addresses."""
    certificate = distribution["viewerCertificate"]
    shared = certificate["cloudfrontDefaultCertificate"]
    yield shared.must(~shared.true, "must not be true")
    yield certificate["acmCertificateArn"].must(certificate["acmCertificateArn"].given, "must be set")
    method = certificate["sslSupportMethod"]
    yield method.must(method.equals("sni-only"), "must be sni-only")


@policy(
    id="delivery-origin-tls",
    title="CloudFront fetches over TLS 1.2 or better",
    severity=Severity.HIGH,
    requirements=("ED-9",),
    controls=("CloudFront.9", "CloudFront.10", "CKV2_AWS_54", "CKV2_AWS_72"),
    remedy="Set originProtocolPolicy https-only and originSslProtocols to TLSv1.2 alone.",
    each=(t.DISTRIBUTION,),
)
def origin_tls(distribution: Resource) -> Findings:
    """Look at custom origins; S3 origins with access control always use TLS."""
    for origin in distribution["origins"]:
        for custom in origin["customOriginConfig"]:
            rule = custom["originProtocolPolicy"]
            yield rule.must(rule.equals("https-only"), "must be https-only")
            protocols = custom["originSslProtocols"]
            old = protocols.some(lambda protocol: ~protocol.is_in(("TLSv1.2", "TLSv1.3")))
            yield protocols.must(~old, "lists an old protocol")


@policy(
    id="delivery-logged",
    title="Every distribution logs its requests",
    severity=Severity.MEDIUM,
    requirements=("ST-5",),
    controls=("CloudFront.5", "CKV_AWS_86"),
    remedy="Add a cloudwatch.LogDeliverySource with ACCESS_LOGS for it and deliver to the log bucket.",
    across=(t.DISTRIBUTION, t.LOG_DELIVERY_SOURCE),
)
def logged(stack: Stack) -> Findings:
    """Accept the older block as well as the delivery that has replaced it."""
    for distribution in stack.of(t.DISTRIBUTION):
        delivered = stack.has(
            distribution,
            t.LOG_DELIVERY_SOURCE,
            "resourceArn",
            lambda source: source["logType"].equals("ACCESS_LOGS"),
        )
        yield distribution.must(distribution["loggingConfig.bucket"].given | delivered, "has no access log")


@policy(
    id="delivery-read-only",
    title="Without a web firewall of its own, a distribution only serves reading",
    severity=Severity.MEDIUM,
    requirements=("ST-5", "ED-4"),
    controls=("CloudFront.6", "CKV_AWS_68", "CKV2_AWS_47"),
    remedy="Limit allowedMethods to GET, HEAD and OPTIONS, or set webAclId.",
    level=Level.ADVISORY,
    each=(t.DISTRIBUTION,),
)
def read_only(distribution: Resource) -> Findings:
    """Ask for a firewall where something could be sent past Cloudflare."""
    guarded = distribution["webAclId"].given
    for behaviour in _behaviours(distribution):
        methods = behaviour["allowedMethods"]
        yield methods.must(
            guarded | methods.holds(lambda method: method.is_in(_READING)), "admits writing methods"
        )


@policy(
    id="delivery-origin-owned",
    title="Every origin is a bucket or a load balancer of this stack",
    severity=Severity.HIGH,
    requirements=("ST-5",),
    controls=("CloudFront.12",),
    remedy="Take domainName from the bucket's resource: whoever registers a forgotten name serves our host.",
    limits={"everyone": _STATUS_PAGE},
    across=(t.DISTRIBUTION, t.BUCKET, t.LOAD_BALANCER),
)
def origin_owned(stack: Stack) -> Findings:
    """Compare names where they are known, and sources where they are not."""
    for distribution in stack.of(t.DISTRIBUTION):
        sources = distribution.property_dependencies.get("origins", frozenset())
        balanced = Truth.of(any(type_of(source) == t.LOAD_BALANCER for source in sources))
        for origin in distribution["origins"]:
            domain = origin["domainName"]
            named = any_of(_names(domain, bucket) for bucket in stack.of(t.BUCKET))
            owned = distribution.refers(domain, t.BUCKET) if domain.raw is UNKNOWN else named
            passed_on = ~_from_s3(origin) & balanced
            yield distribution.must(owned | passed_on, f"{domain.path} is nothing of the stack")
            anew = any_of(
                made_anew(bucket)
                & (Truth.of(bucket.urn in sources) if domain.raw is UNKNOWN else _names(domain, bucket))
                for bucket in stack.of(t.BUCKET)
            )
            shown = Truth.UNKNOWN if domain.raw is UNKNOWN and not sources else anew
            everyone = _serves_only(distribution, stack.limits["everyone"])
            yield distribution.must(~everyone | shown, f"{domain.path} is not for everyone")


def _names(domain: Value, bucket: Resource) -> Truth:
    name = bucket["bucket"]
    if name.raw is UNKNOWN:
        return Truth.UNKNOWN
    return domain.test(lambda text: text.startswith(f"{name.raw}.s3") and text.endswith(".amazonaws.com"))


@policy(
    id="delivery-origin-access-control",
    title="CloudFront signs its requests to S3",
    severity=Severity.HIGH,
    requirements=("ST-5", "ST-N1"),
    controls=("CloudFront.13", "CKV2_AWS_46"),
    remedy="Give every S3 origin an originAccessControlId whose control signs always by sigv4.",
    across=(t.DISTRIBUTION, t.ORIGIN_ACCESS_CONTROL),
)
def origin_access_control(stack: Stack) -> Findings:
    """Check that origins have a control, that it signs, and that nothing old stands beside it."""
    for control in stack.of(t.ORIGIN_ACCESS_CONTROL):
        signs = control["signingBehavior"].equals("always") & control["signingProtocol"].equals("sigv4")
        yield control.must(signs, "does not sign every request")
    for distribution in stack.of(t.DISTRIBUTION):
        for origin in distribution["origins"]:
            control_id = origin["originAccessControlId"]
            modern = distribution.refers(control_id, t.ORIGIN_ACCESS_CONTROL)
            old = origin["s3OriginConfig.originAccessIdentity"].given
            yield distribution.must(
                ~_from_s3(origin) | (modern & ~old), f"{control_id.path} must name a control"
            )


@policy(
    id="delivery-bucket-pinned",
    title="A bucket admits one distribution, not CloudFront at large",
    severity=Severity.HIGH,
    requirements=("ST-5", "ST-N1"),
    controls=("CloudFront.13", "CKV2_AWS_46"),
    remedy="Compare aws:SourceArn with the distribution's ARN by StringEquals or ArnEquals.",
    each=(t.BUCKET_POLICY,),
)
def bucket_pinned(attached: Resource) -> Findings:
    """Look at the statements that admit CloudFront: anyone has a distribution."""

    def acceptable(statement: Statement) -> bool:
        admits = statement.allows and "cloudfront.amazonaws.com" in statement.principals.get("Service", ())
        sources = statement.condition("aws:SourceArn", "StringEquals", "ArnEquals", "ArnLike", "StringLike")
        exact = bool(sources) and not any(set(source) & set("*?") for source in sources)
        return not admits or exact

    return per_statement(attached["policy"], acceptable, "admits other distributions than this stack's")


@policy(
    id="delivery-private-by-default",
    title="What is not declared public needs a signed URL",
    severity=Severity.CRITICAL,
    requirements=("ST-5", "ST-N1"),
    controls=("CloudFront.17",),
    remedy="Set trustedKeyGroups in the default behaviour; list public prefixes as behaviours of their own.",
    limits={"public": _STATUS_PAGE, "prefixes": ["logos/", "photos/"]},
    each=(t.DISTRIBUTION,),
)
def private_by_default(distribution: Resource) -> Findings:
    """Accept a behaviour without signatures for a public prefix only, and for a page that everyone may read."""
    public = _serves_only(distribution, distribution.limits["public"])
    prefixes = tuple(distribution.limits["prefixes"])
    for behaviour in distribution["defaultCacheBehavior"]:
        groups = behaviour["trustedKeyGroups"]
        yield groups.must(groups.given | public, "must name the key group that signs")
    for behaviour in distribution["orderedCacheBehaviors"]:
        groups = behaviour["trustedKeyGroups"]
        declared = behaviour["pathPattern"].test(lambda text: text.lstrip("/").startswith(prefixes))
        yield groups.must(groups.given | declared | public, "must name the key group that signs")


@policy(
    id="delivery-no-legacy-signers",
    title="Signed URLs are trusted by key group, never by AWS account",
    severity=Severity.MEDIUM,
    requirements=("ST-5", "ST-N7"),
    controls=("CloudFront.17",),
    remedy="Use trustedKeyGroups: account signers need the root user's key pair.",
    level=Level.ADVISORY,
    each=(t.DISTRIBUTION,),
)
def no_legacy_signers(distribution: Resource) -> Findings:
    """Check every behaviour."""
    for behaviour in _behaviours(distribution):
        signers = behaviour["trustedSigners"]
        yield signers.must(~signers.given, "must not be set")


@policy(
    id="delivery-origin-failover",
    title="A distribution has a second origin to turn to",
    severity=Severity.LOW,
    requirements=("ST-9",),
    controls=("CloudFront.4", "CKV_AWS_310"),
    remedy="Add an origin group of the bucket and its replica.",
    level=Level.ADVISORY,
    prod_only=True,
    limits={"madeAnew": _STATUS_PAGE},
    each=(t.DISTRIBUTION,),
)
def origin_failover(distribution: Resource) -> Findings:
    """Ask for a group, except where a second origin would only hold what is older than a minute."""
    groups = distribution["originGroups"]
    anew = _serves_only(distribution, distribution.limits["madeAnew"])
    yield groups.must(groups.given | anew, "must hold a group with a second origin")


@policy(
    id="delivery-security-headers",
    title="Files carry security headers",
    severity=Severity.MEDIUM,
    requirements=("ED-9",),
    controls=("CKV2_AWS_32", "CKV_AWS_259"),
    remedy="Give every behaviour a policy with six months of HSTS, nosniff, frame and referrer rules.",
    across=(t.DISTRIBUTION, t.HEADERS_POLICY),
)
def security_headers(stack: Stack) -> Findings:
    """Check that behaviours name a policy, and that each policy of the stack is complete."""
    for headers in stack.of(t.HEADERS_POLICY):
        security = headers["securityHeadersConfig"]
        lasting = security["strictTransportSecurity.accessControlMaxAgeSec"].at_least(_YEAR_HALF)
        for fact, says in (
            (lasting, "sets no HSTS of six months or more"),
            (security["contentTypeOptions"].given, "sets no nosniff"),
            (security["frameOptions"].given, "sets no frame options"),
            (security["referrerPolicy"].given, "sets no referrer policy"),
        ):
            yield headers.must(fact, says)
    for distribution in stack.of(t.DISTRIBUTION):
        for behaviour in _behaviours(distribution):
            policy_id = behaviour["responseHeadersPolicyId"]
            named = distribution.refers(policy_id, t.HEADERS_POLICY)
            yield distribution.must(named, f"{policy_id.path} must name a policy")
