from policies import tokens as t
from tests.policies.drafts import Case

FILES = "arn:aws:s3:::jtld-platform-files-prod"
DENIES = '"DenyPlainHttp", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*"'

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
            Principal={"AWS": "arn:aws:iam::444444444444:root"},
            Action="s3:PutBucketPolicy",
            Resource=FILES,
        ),
    ),
    *(
        Case(
            policy="storage-no-public-policy",
            breaks=lambda draft, condition=condition: draft.statement(
                t.BUCKET_POLICY,
                "policy",
                "files",
                Principal={"AWS": "*"},
                Action="s3:GetObject",
                Resource=f"{FILES}/*",
                Condition=condition,
            ),
        )
        # Each of these holds for everyone, or nearly.
        for condition in (
            {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
            {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
            {"IpAddress": {"aws:SourceIp": ["::/1", "203.0.113.0/24"]}},
            {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
            {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        )
    ),
    Case(
        policy="storage-no-public-policy",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"Service": "logging.s3.amazonaws.com"},
            Action="s3:PutObject",
            Resource=f"{FILES}/*",
        ),
    ),
    *(
        Case(
            policy="storage-tls-only",
            breaks=lambda draft, old=old, new=new: draft.rewrite(
                t.BUCKET_POLICY, "policy", old, new, "files"
            ),
        )
        for old, new in (
            (DENIES, DENIES.replace('"Action": "s3:*"', '"NotAction": "s3:GetObject"')),
            (DENIES, DENIES.replace('"Principal": {"AWS": "*"}', '"NotPrincipal": {"AWS": "arn:a"}')),
            (f'"{FILES}/*"], "Condition": {{"Bool"', f'"{FILES}/logos/*"], "Condition": {{"Bool"'),
            (
                '"aws:SecureTransport": "false"}',
                '"aws:SecureTransport": "false", "aws:ViaAWSService": "true"}',
            ),
        )
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
