from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

POLICY = node(
    t.LOG_RESOURCE_POLICY,
    "delivery",
    {
        "policyName": "delivery",
        "policyDocument": """{"Statement": [{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "logs:PutLogEvents", "Resource": "*"}]}""",
    },
)

CASES = (
    Case(
        policy="logs-retained",
        breaks=lambda draft: draft.set(t.LOG_GROUP, "retentionInDays", 30, "flow-logs"),
    ),
    Case(
        policy="logs-retained",
        breaks=lambda draft: draft.unset(t.LOG_GROUP, "retentionInDays", "flow-logs"),
    ),
    Case(
        policy="logs-own-key",
        breaks=lambda draft: draft.unset(t.LOG_GROUP, "kmsKeyId", "flow-logs"),
    ),
    Case(
        policy="logs-not-public",
        adds=(POLICY,),
        breaks=lambda draft: draft.statement(
            t.LOG_RESOURCE_POLICY, "policyDocument", Principal="*", Action="logs:PutLogEvents", Resource="*"
        ),
    ),
)
