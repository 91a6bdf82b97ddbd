from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ACCESS_POINT = node(
    t.ACCESS_POINT,
    "reports",
    {"bucket": "jtld-platform-files-prod", "publicAccessBlockConfiguration": dict.fromkeys(FLAGS, True)},
)
ACL = node(t.BUCKET_ACL, "files", {"bucket": "jtld-platform-files-prod", "acl": "private"})
# So that dropping one bucket's logging does not make its target an ordinary bucket.
LOGS_STAY_A_TARGET = node(
    t.BUCKET_LOGGING, "elsewhere", {"bucket": "elsewhere", "targetBucket": "jtld-platform-logs-prod"}
)

CASES = (
    Case(
        policy="storage-public-access-blocked",
        breaks=lambda draft: draft.drop(t.BUCKET_PUBLIC_ACCESS, "files"),
    ),
    Case(
        policy="storage-public-access-block-complete",
        breaks=lambda draft: draft.set(t.BUCKET_PUBLIC_ACCESS, "blockPublicPolicy", False, "files"),
    ),
    Case(
        policy="storage-public-access-block-complete",
        breaks=lambda draft: draft.unset(t.ACCOUNT_PUBLIC_ACCESS, "restrictPublicBuckets"),
    ),
    Case(
        policy="storage-account-blocks-public-access",
        breaks=lambda draft: draft.drop(t.ACCOUNT_PUBLIC_ACCESS),
    ),
    Case(
        policy="storage-no-public-acl",
        adds=(ACL,),
        breaks=lambda draft: draft.set(t.BUCKET_ACL, "acl", "public-read"),
    ),
    Case(
        policy="storage-no-public-acl",
        adds=(ACL,),
        breaks=lambda draft: draft.set(
            t.BUCKET_ACL,
            "accessControlPolicy",
            {"grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}}]},
        ),
    ),
    Case(
        policy="storage-access-logged",
        adds=(LOGS_STAY_A_TARGET,),
        breaks=lambda draft: draft.drop(t.BUCKET_LOGGING, "files"),
    ),
    Case(
        policy="storage-owner-enforced",
        breaks=lambda draft: draft.set(
            t.BUCKET_OWNERSHIP, "rule.objectOwnership", "BucketOwnerPreferred", "files"
        ),
    ),
    Case(
        policy="storage-owner-enforced",
        breaks=lambda draft: draft.drop(t.BUCKET_OWNERSHIP, "files"),
    ),
    Case(
        policy="storage-encrypted",
        breaks=lambda draft: draft.drop(t.BUCKET_ENCRYPTION, "files"),
    ),
    Case(
        policy="storage-encrypted",
        breaks=lambda draft: draft.set(
            t.BUCKET_ENCRYPTION,
            "rules.0.applyServerSideEncryptionByDefault",
            {"sseAlgorithm": "AES256"},
            "files",
        ),
    ),
    Case(
        policy="storage-encrypted",
        breaks=lambda draft: draft.set(t.BUCKET_ENCRYPTION, "rules.0.bucketKeyEnabled", False, "files"),
    ),
    Case(
        policy="storage-access-point-closed",
        adds=(ACCESS_POINT,),
        breaks=lambda draft: draft.set(
            t.ACCESS_POINT, "publicAccessBlockConfiguration.ignorePublicAcls", False
        ),
    ),
    Case(
        policy="storage-cors-own-origins",
        breaks=lambda draft: draft.set(t.BUCKET_CORS, "corsRules.0.allowedOrigins", ["*"]),
    ),
    Case(
        policy="storage-no-website",
        breaks=lambda draft: draft.add(
            node(t.BUCKET_WEBSITE, "site", {"bucket": "jtld-platform-files-prod", "indexDocument": {}})
        ),
    ),
    Case(
        policy="storage-settings-stand-alone",
        breaks=lambda draft: draft.set(t.BUCKET, "versioning", {"enabled": True}, "files"),
    ),
)
