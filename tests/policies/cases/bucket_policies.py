from policies import tokens as t
from tests.policies.drafts import Case

FILES = "arn:aws:s3:::jtld-platform-files-prod"

CASES = (
    Case(
        policy="storage-no-public-policy",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY, "policy", "files", Principal="*", Action="s3:GetObject", Resource=f"{FILES}/*"
        ),
    ),
    Case(
        policy="storage-no-public-policy",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"AWS": "*"},
            Action="s3:GetObject",
            Resource=f"{FILES}/*",
            # Also true for a request without the key: this narrows nothing.
            Condition={"StringEqualsIfExists": {"aws:SourceAccount": "333333333333"}},
        ),
    ),
    Case(
        policy="storage-tls-only",
        breaks=lambda draft: draft.rewrite(
            t.BUCKET_POLICY,
            "policy",
            '"aws:SecureTransport": "false"',
            '"aws:SecureTransport": "true"',
            "files",
        ),
    ),
    Case(
        policy="storage-no-foreign-control",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"AWS": "arn:aws:iam::999999999999:root"},
            Action="s3:PutBucketPolicy",
            Resource=FILES,
        ),
    ),
    Case(
        policy="storage-no-lock-out",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY, "policy", "files", Effect="Deny", Principal="*", Action="s3:*", Resource=FILES
        ),
    ),
    Case(
        policy="storage-declared-prefixes",
        breaks=lambda draft: draft.rewrite(t.BUCKET_POLICY, "policy", '"NotResource"', '"Resource"', "files"),
    ),
)
