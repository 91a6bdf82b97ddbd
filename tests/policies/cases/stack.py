from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

CASES = (
    Case(
        policy="stack-account-pinned",
        breaks=lambda draft: draft.unset(t.PROVIDER, "allowedAccountIds"),
    ),
    Case(
        policy="stack-tagged",
        breaks=lambda draft: draft.set(t.PROVIDER, "defaultTags", '{"tags": {"jtld:project": "x"}}'),
    ),
    Case(
        policy="stack-no-static-keys",
        breaks=lambda draft: draft.set(t.PROVIDER, "secretKey", "canary"),
    ),
    Case(
        policy="stack-stateful-protected",
        breaks=lambda draft: draft.unprotect(t.KEY, "data"),
    ),
    Case(
        policy="stack-stateful-protected",
        breaks=lambda draft: draft.unprotect(t.BUCKET_VERSIONING, "files"),
    ),
    Case(
        policy="stack-current-types",
        breaks=lambda draft: draft.add(node("aws:s3/bucketV2:BucketV2", "old", {"bucket": "old"})),
    ),
)
