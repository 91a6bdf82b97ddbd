from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

STRANGER = "999999999999"
FILES = "arn:aws:s3:::jtld-platform-files-prod"

CASES = (
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"AWS": f"arn:aws:iam::{STRANGER}:root"},
            Action="s3:GetObject",
            Resource=f"{FILES}/*",
        ),
    ),
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.statement(
            t.KEY, "policy", "data", Principal={"AWS": STRANGER}, Action="kms:Decrypt", Resource="*"
        ),
    ),
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.statement(
            t.BUCKET_POLICY,
            "policy",
            "files",
            Principal={"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"},
            Action="s3:GetObject",
            Resource=f"{FILES}/*",
        ),
    ),
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY,
            "policy",
            "application",
            Action="sts:AssumeRole",
            Resource=f"arn:aws:iam::{STRANGER}:role/elsewhere",
        ),
    ),
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.add(
            node(
                t.EVENT_TARGET,
                "elsewhere",
                {"rule": "any", "arn": f"arn:aws:events:ca-central-1:{STRANGER}:event-bus/default"},
            )
        ),
    ),
    Case(
        policy="identity-no-strangers",
        breaks=lambda draft: draft.set(
            t.FUNCTION, "layers", [f"arn:aws:lambda:ca-central-1:{STRANGER}:layer:theirs:1"], "bootstrap"
        ),
    ),
)
