from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="residency-in-canada",
        breaks=lambda draft: draft.set(t.BUCKET, "region", "us-east-1", "files"),
    ),
    Case(
        policy="residency-in-canada",
        breaks=lambda draft: draft.set(t.PROVIDER, "region", "eu-west-1"),
    ),
    Case(
        policy="residency-in-canada",
        breaks=lambda draft: draft.set(
            t.SECRET, "replicas", [{"region": "us-east-1", "kmsKeyId": "arn:aws:kms:x"}]
        ),
    ),
)
