from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

POLICY = node(
    t.REPOSITORY_POLICY,
    "worker",
    {
        "repository": "jtld/worker",
        "policy": """{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "333333333333"},
            "Action": "ecr:BatchGetImage"}]}""",
    },
)

CASES = (
    Case(
        policy="images-immutable",
        breaks=lambda draft: draft.set(t.REPOSITORY, "imageTagMutability", "MUTABLE", "worker"),
    ),
    Case(
        policy="images-immutable",
        breaks=lambda draft: draft.set(
            t.REPOSITORY, "imageTagMutability", "IMMUTABLE_WITH_EXCLUSION", "worker"
        ),
    ),
    Case(
        policy="images-scanned",
        breaks=lambda draft: draft.set(
            t.REPOSITORY, "imageScanningConfiguration.scanOnPush", False, "worker"
        ),
    ),
    Case(policy="images-expire", breaks=lambda draft: draft.drop(t.REPOSITORY_LIFECYCLE, "worker")),
    Case(
        policy="images-own-key",
        breaks=lambda draft: draft.set(
            t.REPOSITORY, "encryptionConfigurations.0.encryptionType", "AES256", "worker"
        ),
    ),
    Case(
        policy="images-own-key",
        breaks=lambda draft: draft.unset(t.REPOSITORY, "encryptionConfigurations.0.kmsKey", "worker"),
    ),
    Case(
        policy="images-not-public",
        adds=(POLICY,),
        breaks=lambda draft: draft.statement(
            t.REPOSITORY_POLICY, "policy", "worker", Principal="*", Action="ecr:BatchGetImage"
        ),
    ),
)
