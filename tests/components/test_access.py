"""Roles and keys: who may act on the data, and with what (ST-4, ST-N7, HO-6, KMS)."""

import json
from typing import Any

import pytest

from components.iam import Statement, document
from settings.prefixes import PREFIXES
from tests.support import Graph, Node, as_configured, resolve, run_component
from tests.support.documents import listed, statements

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
# https://docs.aws.amazon.com/service-authorization/, read 2026-11: these actions know no resource.
WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricData",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ecr:GetAuthorizationToken",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}


def allowed(policy: Node) -> set[str]:
    return {action for one in statements(policy).values() for action in listed(one["Action"])}


def test_the_application_works_with_objects_of_this_bucket_only(graph: Graph) -> None:
    """ST-4: Put, Get and Delete on objects, List on the bucket, and the key through S3."""
    bucket = graph.one("aws:s3/bucket:Bucket", "files").outputs["arn"]
    policy = statements(graph.one(ROLE_POLICY, "application"))

    assert set(policy["Files"]["Action"]) == {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
    }
    assert set(policy["Files"]["Resource"]) == {f"{bucket}/{prefix.path}*" for prefix in PREFIXES}
    assert policy["FilesBucket"]["Resource"] == [bucket]
    assert policy["FilesKey"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "s3.ca-central-1.amazonaws.com"}
    }


def test_the_backup_reads_and_changes_nothing(graph: Graph) -> None:
    """ST-4, BK-1: Get and List only; what it writes are dumps, which it can neither read back nor delete."""
    files = graph.one("aws:s3/bucket:Bucket", "files").outputs["arn"]
    for statement in statements(graph.one(ROLE_POLICY, "backup")).values():
        verbs = {action.split(":")[1] for action in listed(statement["Action"])}
        writes = {verb for verb in verbs if not verb.startswith(("Get", "List", "Decrypt"))}

        assert writes <= {"PutObject", "PutObjectRetention", "GenerateDataKey"}
        assert not (writes and any(arn.startswith(files) for arn in listed(statement["Resource"])))


def test_no_role_reaches_everything(graph: Graph) -> None:
    """ST-N7, IAM.1, IAM.21, KMS.1: no `service:*`, and `*` only where AWS knows no resource."""
    for policy in graph.of_type(ROLE_POLICY):
        for sid, statement in statements(policy).items():
            known_by_aws = set(listed(statement["Action"])) - WITHOUT_RESOURCE
            assert "*" not in listed(statement["Resource"]) or not known_by_aws, f"{policy.name}: {sid}"
            assert not [a for a in listed(statement["Action"]) if a.endswith(":*") or a == "*"], sid


def test_nobody_has_a_long_lived_key(graph: Graph) -> None:
    """ST-N7, HO-6, IAM.2: no users, no access keys; identities are federated."""
    assert not [
        node.urn for node in graph.nodes if node.type.startswith(("aws:iam/user", "aws:iam/accessKey"))
    ]


def test_no_trust_is_open_and_every_service_is_pinned(graph: Graph) -> None:
    """CKV_AWS_60, confused deputy: a service acts for a source of this account, or not at all."""
    for role in graph.of_type(ROLE):
        for statement in statements(role, "assumeRolePolicy").values():
            assert "*" not in json.dumps(statement["Principal"])
            # Lambda names no source; the function that the role is for names the role.
            if statement["Principal"].get("Service", "lambda.amazonaws.com") != "lambda.amazonaws.com":
                assert statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                assert statement["Condition"]["ArnLike"]["aws:SourceArn"] != "*"


def test_every_role_stays_within_the_boundary(graph: Graph) -> None:
    """DL-1: the deploy role may create no role without it."""
    assert {role.inputs["permissionsBoundary"].rpartition("/")[2] for role in graph.of_type(ROLE)} == {
        "jtld-workload-boundary"
    }


@pytest.mark.parametrize(
    ("stack", "targets"),
    [
        ("prod", {"production"}),
        ("staging", {"production", "preview"}),
        ("dev", {"production", "preview", "development"}),
    ],
)
def test_vercel_acts_as_the_application_for_this_project_and_target_only(
    stack: str, targets: set[str]
) -> None:
    """HO-6, CKV_AWS_393: audience and exact subjects; prod's role is out of a preview's reach."""
    built = as_configured(stack)
    vercel = built.value.settings.access.vercel
    provider = built.graph.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    (statement,) = statements(built.graph.one(ROLE, "application"), "assumeRolePolicy").values()
    issuer = f"oidc.vercel.com/{vercel.team_slug}"
    owner = f"owner:{vercel.team_slug}:project:{vercel.project_name}"

    assert statement["Principal"] == {"Federated": provider.outputs["arn"]}
    assert provider.inputs["url"] == f"https://{issuer}"
    assert provider.inputs["clientIdLists"] == [f"https://vercel.com/{vercel.team_slug}"]
    assert list(statement["Condition"]) == ["StringEquals"], "exact values, no patterns"
    assert statement["Condition"]["StringEquals"][f"{issuer}:aud"] == f"https://vercel.com/{vercel.team_slug}"
    assert set(statement["Condition"]["StringEquals"][f"{issuer}:sub"]) == {
        f"{owner}:environment:{target}" for target in targets
    }


def test_the_application_learns_its_role(prod: Graph) -> None:
    """HO-2, HO-6."""
    variables = {one.key: resolve(one).value for one in as_configured("prod").value.access.variables}

    assert variables["AWS_ROLE_ARN"] == prod.one(ROLE, "application").outputs["arn"]
    assert variables["AWS_REGION"] == "ca-central-1"


def test_every_key_rotates_and_takes_its_time_to_go(graph: Graph) -> None:
    """KMS.3, KMS.4, CIS 3.6."""
    for key in graph.of_type("aws:kms/key:Key"):
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["rotationPeriodInDays"] <= 365
        assert key.inputs["deletionWindowInDays"] == 30
        assert not key.inputs.get("bypassPolicyLockoutSafetyCheck")


def test_no_key_is_open_beyond_the_account(graph: Graph) -> None:
    """KMS.5: the account through IAM, and services pinned to it."""
    for key in graph.of_type("aws:kms/key:Key"):
        for sid, statement in statements(key).items():
            if sid == "DelegateToIam":
                assert statement["Principal"]["AWS"].endswith(":root")
            else:
                assert list(statement["Principal"]) == ["Service"]
                assert statement["Condition"]
                assert "kms:*" not in listed(statement["Action"])


def test_the_logs_key_serves_log_groups_of_this_account(prod: Graph) -> None:
    """CKV_AWS_158."""
    account = as_configured("prod").value.platform.environment.account_id
    statement = statements(prod.one("aws:kms/key:Key", "logs"))["LogGroupsOfThisAccount"]

    assert statement["Principal"] == {"Service": ["logs.ca-central-1.amazonaws.com"]}
    assert statement["Condition"]["ArnLike"] == {
        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:ca-central-1:{account}:log-group:*"
    }


def test_content_delivery_may_decrypt_files_and_copies(prod: Graph) -> None:
    """ST-5: without it CloudFront answers 403 for every object under a customer-managed key."""
    for name in ("data", "replica"):
        statement = statements(prod.one("aws:kms/key:Key", name))["ContentDeliveryReads"]
        assert statement["Action"] == ["kms:Decrypt"]
        assert ":distribution/" in statement["Condition"]["ArnLike"]["aws:SourceArn"]


@pytest.mark.parametrize(
    ("statement", "rendered"),
    [
        (
            Statement(sid="A", actions="s3:GetObject", resources="arn:aws:s3:::b/*"),
            {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
        ),
        (
            Statement(sid="B", actions=("a:B", "a:C"), effect="Deny", except_resources=("x",)),
            {"Sid": "B", "Effect": "Deny", "Action": ["a:B", "a:C"], "NotResource": ["x"]},
        ),
    ],
)
def test_a_statement_becomes_what_iam_reads(statement: Statement, rendered: dict[str, Any]) -> None:
    built = run_component(lambda _: document(statement))

    assert json.loads(resolve(built.value)) == {"Version": "2012-10-17", "Statement": [rendered]}
