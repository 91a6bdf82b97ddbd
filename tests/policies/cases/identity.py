import json

from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

ATTACHED = node(
    t.ROLE_POLICY_ATTACHMENT,
    "reader",
    {"role": "someone-else", "policyArn": "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"},
)

READER = node(
    t.ROLE,
    "reader",
    {
        "assumeRolePolicy": json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "GrafanaForUs",
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:aws:iam::444444444444:role/grafana"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"sts:ExternalId": "1056734"}},
                    }
                ],
            }
        ),
        "permissionsBoundary": "arn:aws:iam::333333333333:policy/jtld-workload-boundary",
        "tags": {"jtld:component": "grafana"},
    },
)

CASES = (
    Case(
        policy="identity-no-admin",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY, "policy", "application", Action="*", Resource="*"
        ),
    ),
    Case(
        policy="identity-no-admin",
        adds=(ATTACHED,),
        breaks=lambda draft: draft.set(
            t.ROLE_POLICY_ATTACHMENT, "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    Case(
        policy="identity-no-service-wildcard",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY,
            "policy",
            "application",
            Action="dynamodb:*",
            Resource="arn:aws:dynamodb:x:1:table/a",
        ),
    ),
    Case(
        policy="identity-scoped-resources",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY, "policy", "application", Action="s3:GetObject", Resource="*"
        ),
    ),
    Case(
        policy="identity-no-escalation",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY,
            "policy",
            "application",
            Action="iam:PassRole",
            Resource="arn:aws:iam::333333333333:role/*",
        ),
    ),
    Case(
        policy="identity-decrypts-named-keys",
        breaks=lambda draft: draft.statement(
            t.ROLE_POLICY,
            "policy",
            "application",
            Action="kms:Decrypt",
            Resource="arn:aws:kms:ca-central-1:333333333333:key/*",
        ),
    ),
    Case(
        policy="identity-no-users",
        breaks=lambda draft: draft.add(node(t.ACCESS_KEY, "robot", {"user": "robot"})),
    ),
    Case(
        policy="identity-trust-closed",
        breaks=lambda draft: draft.statement(
            t.ROLE, "assumeRolePolicy", "backup", Principal={"AWS": "*"}, Action="sts:AssumeRole"
        ),
    ),
    Case(
        policy="identity-external-id",
        adds=(READER,),
        breaks=lambda draft: draft.statement(
            t.ROLE,
            "assumeRolePolicy",
            "backup",
            Principal={"AWS": "arn:aws:iam::444444444444:root"},
            Action="sts:AssumeRole",
        ),
    ),
    Case(
        policy="identity-external-id",
        adds=(READER,),
        breaks=lambda draft: draft.rewrite(
            t.ROLE, "assumeRolePolicy", "StringEquals", "StringEqualsIfExists", "reader"
        ),
    ),
    Case(
        policy="identity-service-trust-pinned",
        breaks=lambda draft: draft.statement(
            t.ROLE,
            "assumeRolePolicy",
            "backup",
            Principal={"Service": "backup.amazonaws.com"},
            Action="sts:AssumeRole",
        ),
    ),
    Case(
        policy="identity-federation-exact",
        breaks=lambda draft: draft.rewrite(
            t.ROLE, "assumeRolePolicy", "environment:production", "environment:*", "application"
        ),
    ),
    Case(
        policy="identity-federation-exact",
        breaks=lambda draft: draft.set(t.OIDC_PROVIDER, "clientIdLists", ["*"]),
    ),
    Case(
        policy="identity-attachments-one-way",
        adds=(ATTACHED,),
        breaks=lambda draft: draft.add(
            node(
                t.ROLE,
                "someone-else",
                {"name": "someone-else", "managedPolicyArns": ["arn:aws:iam::1:policy/a"]},
            )
        ),
    ),
)
