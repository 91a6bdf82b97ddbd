from policies import tokens as t
from tests.policies.cases.load_balancers import BALANCER
from tests.policies.drafts import Case
from tests.policies.harness import node

CUSTOM = node(
    t.DISTRIBUTION,
    "custom",
    {
        "origins": [
            {
                "domainName": "app.jtldconsulting.com",
                "originId": "app",
                "customOriginConfig": {
                    "originProtocolPolicy": "https-only",
                    "originSslProtocols": ["TLSv1.2"],
                },
            }
        ],
        "originGroups": [{"originId": "group"}],
        "defaultCacheBehavior": {
            "viewerProtocolPolicy": "https-only",
            "allowedMethods": ["GET", "HEAD"],
            "trustedKeyGroups": ["group"],
            "responseHeadersPolicyId": "headers",
        },
        "loggingConfig": {"bucket": "logs.s3.amazonaws.com"},
        "viewerCertificate": {
            "acmCertificateArn": "arn:aws:acm:us-east-1:333333333333:certificate/1",
            "sslSupportMethod": "sni-only",
            "minimumProtocolVersion": "TLSv1.2_2021",
        },
    },
    depends={"origins": [BALANCER]},
)

CASES = (
    Case(
        policy="delivery-https-only",
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION, "orderedCacheBehaviors.0.viewerProtocolPolicy", "allow-all"
        ),
    ),
    Case(
        policy="delivery-viewer-tls",
        breaks=lambda draft: draft.set(t.DISTRIBUTION, "viewerCertificate.minimumProtocolVersion", "TLSv1"),
    ),
    Case(
        policy="delivery-own-certificate",
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION, "viewerCertificate.cloudfrontDefaultCertificate", True
        ),
    ),
    Case(
        policy="delivery-own-certificate",
        breaks=lambda draft: draft.set(t.DISTRIBUTION, "viewerCertificate.sslSupportMethod", "vip"),
    ),
    Case(
        policy="delivery-origin-tls",
        adds=(CUSTOM, BALANCER),
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION, "origins.0.customOriginConfig.originProtocolPolicy", "match-viewer", "custom"
        ),
    ),
    Case(
        policy="delivery-origin-tls",
        adds=(CUSTOM, BALANCER),
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION,
            "origins.0.customOriginConfig.originSslProtocols",
            ["TLSv1.2", "SSLv3"],
            "custom",
        ),
    ),
    Case(
        policy="delivery-logged",
        breaks=lambda draft: draft.drop(t.LOG_DELIVERY_SOURCE),
    ),
    Case(
        policy="delivery-read-only",
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION, "defaultCacheBehavior.allowedMethods", ["GET", "HEAD", "DELETE"]
        ),
    ),
    Case(
        policy="delivery-origin-owned",
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION, "origins.0.domainName", "someone-elses.s3.ca-central-1.amazonaws.com"
        ),
    ),
    Case(
        policy="delivery-origin-access-control",
        breaks=lambda draft: draft.unset(t.DISTRIBUTION, "origins.0.originAccessControlId"),
    ),
    Case(
        policy="delivery-origin-access-control",
        breaks=lambda draft: draft.set(t.ORIGIN_ACCESS_CONTROL, "signingBehavior", "no-override"),
    ),
    Case(
        policy="delivery-bucket-pinned",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"Service": "cloudfront.amazonaws.com"},
            Action="s3:GetObject",
            Resource="arn:aws:s3:::jtld-platform-files-prod/*",
            Condition={"StringLike": {"aws:SourceArn": "arn:aws:cloudfront::333333333333:distribution/*"}},
        ),
    ),
    Case(
        # Only the status page is for everyone (MO-5): under any other name the same distribution is refused.
        policy="delivery-private-by-default",
        breaks=lambda draft: (
            draft.set(t.DISTRIBUTION, "aliases", ["status-archive.jtldconsulting.com"], "status"),
            draft.set(t.DISTRIBUTION, "originGroups", [{"originId": "both"}], "status"),
        ),
    ),
    Case(
        policy="delivery-private-by-default",
        breaks=lambda draft: draft.unset(t.DISTRIBUTION, "defaultCacheBehavior.trustedKeyGroups"),
    ),
    Case(
        policy="delivery-no-legacy-signers",
        breaks=lambda draft: draft.set(t.DISTRIBUTION, "defaultCacheBehavior.trustedSigners", ["self"]),
    ),
    Case(
        policy="delivery-origin-failover",
        breaks=lambda draft: draft.unset(t.DISTRIBUTION, "originGroups"),
    ),
    Case(
        policy="delivery-security-headers",
        breaks=lambda draft: draft.unset(t.DISTRIBUTION, "orderedCacheBehaviors.0.responseHeadersPolicyId"),
    ),
    Case(
        policy="delivery-security-headers",
        breaks=lambda draft: draft.set(
            t.HEADERS_POLICY, "securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec", 300
        ),
    ),
)
