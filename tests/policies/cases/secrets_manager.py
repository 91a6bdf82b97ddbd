from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

POLICY = node(
    t.SECRET_POLICY,
    "signing",
    {
        "secretArn": "arn:aws:secretsmanager:ca-central-1:333333333333:secret:signing",
        "blockPublicPolicy": True,
        "policy": '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "*"}]}',
    },
)

CASES = (
    Case(
        policy="secrets-own-key",
        breaks=lambda draft: draft.unset(t.SECRET, "kmsKeyId"),
    ),
    Case(
        policy="secrets-own-key",
        breaks=lambda draft: draft.set(t.SECRET, "kmsKeyId", "alias/aws/secretsmanager"),
    ),
    Case(
        policy="secrets-recoverable",
        breaks=lambda draft: draft.set(t.SECRET, "recoveryWindowInDays", 0),
    ),
    Case(
        policy="secrets-not-public",
        adds=(POLICY,),
        breaks=lambda draft: draft.statement(
            t.SECRET_POLICY, "policy", Principal="*", Action="secretsmanager:GetSecretValue", Resource="*"
        ),
    ),
    Case(
        policy="secrets-not-public",
        adds=(POLICY,),
        breaks=lambda draft: draft.unset(t.SECRET_POLICY, "blockPublicPolicy"),
    ),
)
