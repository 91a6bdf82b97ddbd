"""Keys, roles, secrets: what KMS, IAM and Secrets Manager say."""

import json
from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, Made, OperationError, RefusedError

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def role(aws: Account) -> Made:
    return aws.make("iam/role:Role", name="service", assumeRolePolicy=policy(TRUST))


def test_a_deleted_key_is_gone_and_cannot_be_named_again(aws: Account) -> None:
    key = aws.make("kms/key:Key", deletionWindowInDays=7)
    aws.drop(key)
    assert not aws.found(key)
    assert [stored.status for stored in aws.cloud.find(type_=key.token)] == ["pending"]
    with pytest.raises(OperationError, match="NotFoundException"):
        aws.make("kms/alias:Alias", name="alias/data", targetKeyId=key.id)


@pytest.mark.parametrize("days", [0, 6, 31])
def test_a_deletion_window_outside_7_to_30_days_is_refused(aws: Account, days: int) -> None:
    with pytest.raises(RefusedError, match="deletionWindowInDays"):
        aws.make("kms/key:Key", deletionWindowInDays=days)


def test_a_key_has_the_accounts_policy_unless_told_otherwise(aws: Account) -> None:
    key = aws.make("kms/key:Key")
    assert json.loads(key["policy"])["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert key["keyId"] == key.id
    assert len(key.id) == 36


def test_an_alias_is_unique_per_region_and_well_named(aws: Account) -> None:
    key = aws.make("kms/key:Key")
    aws.make("kms/alias:Alias", name="alias/data", targetKeyId=key.id)
    with pytest.raises(OperationError, match="AlreadyExistsException"):
        aws.make("kms/alias:Alias", name="alias/data", targetKeyId=key["arn"])
    west = aws.make("kms/key:Key", region="ca-west-1")
    assert aws.make("kms/alias:Alias", name="alias/data", targetKeyId=west["arn"], region="ca-west-1")
    for name in ("data", "alias/aws/data", "alias/da ta"):
        with pytest.raises(RefusedError, match="name"):
            aws.make("kms/alias:Alias", name=name, targetKeyId=key.id)


def test_a_key_that_signs_does_not_rotate(aws: Account) -> None:
    with pytest.raises(OperationError, match="UnsupportedOperationException"):
        aws.make(
            "kms/key:Key", customerMasterKeySpec="RSA_2048", keyUsage="SIGN_VERIFY", enableKeyRotation=True
        )


def test_a_role_is_known_by_name_and_global(aws: Account, role: Made) -> None:
    assert role["arn"] == f"arn:aws:iam::{ACCOUNT}:role/service"
    assert role["uniqueId"].startswith("AROA")
    with pytest.raises(OperationError, match="EntityAlreadyExists"):
        aws.make("iam/role:Role", name="service", assumeRolePolicy=policy(TRUST))
    assert aws.replaces(role, name="other")
    assert not aws.replaces(role, maxSessionDuration=7200)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": "a" * 65}, "64"),
        ({"name": "a b"}, "name"),
        ({"maxSessionDuration": 60}, "maxSessionDuration"),
        ({"assumeRolePolicy": policy(ALLOW)}, "Principal|Resource"),
        ({"assumeRolePolicy": "{"}, "JSON"),
        ({"path": "team"}, "path is invalid"),
        ({"permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/none"}, "NoSuchEntity"),
    ],
)
def test_a_role_that_iam_refuses_is_refused(aws: Account, given: dict[str, Any], why: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("iam/role:Role", **{"name": "x", "assumeRolePolicy": policy(TRUST), **given})


def test_a_role_goes_only_after_its_policies(aws: Account, role: Made) -> None:
    inline = aws.make("iam/rolePolicy:RolePolicy", role=role.id, name="read", policy=policy(ALLOW))
    managed = aws.make("iam/policy:Policy", name="read", policy=policy(ALLOW))
    attached = aws.make(
        "iam/rolePolicyAttachment:RolePolicyAttachment", role=role["name"], policyArn=managed["arn"]
    )
    assert inline.id == "service:read"
    for held, error in [(managed, "attached to entities"), (role, "must detach all policies")]:
        with pytest.raises(OperationError, match=error):
            aws.drop(held)
    aws.drop(attached)
    with pytest.raises(OperationError, match="must delete policies first"):
        aws.drop(role)
    aws.drop(inline)
    aws.drop(role)
    aws.drop(managed)


def test_aws_own_policies_exist_without_being_made(aws: Account, role: Made) -> None:
    attach = "iam/rolePolicyAttachment:RolePolicyAttachment"
    assert aws.make(attach, role=role.id, policyArn="arn:aws:iam::aws:policy/SecurityAudit")
    with pytest.raises(OperationError, match="NoSuchEntity"):
        aws.make(attach, role=role.id, policyArn=f"arn:aws:iam::{ACCOUNT}:policy/SecurityAudit")


def test_an_inline_policy_may_not_name_a_principal(aws: Account, role: Made) -> None:
    with pytest.raises(RefusedError, match="principal"):
        aws.make("iam/rolePolicy:RolePolicy", role=role.id, policy=policy({**ALLOW, "Principal": "*"}))


def test_an_identity_provider_is_one_per_url(aws: Account) -> None:
    given = {"url": "https://oidc.vercel.com/jtld", "clientIdLists": ["https://vercel.com/jtld"]}
    made = aws.make("iam/openIdConnectProvider:OpenIdConnectProvider", **given)
    assert made.id == f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.vercel.com/jtld"
    assert len(made["thumbprintLists"][0]) == 40
    with pytest.raises(OperationError, match="EntityAlreadyExists"):
        aws.make("iam/openIdConnectProvider:OpenIdConnectProvider", **given)
    with pytest.raises(RefusedError, match="https"):
        aws.make("iam/openIdConnectProvider:OpenIdConnectProvider", **{**given, "url": "http://x.example"})


def test_an_access_key_is_secret_and_holds_its_user(aws: Account) -> None:
    user = aws.make("iam/user:User", name="ci")
    key = aws.make("iam/accessKey:AccessKey", user=user["name"])
    assert key.id.startswith("AKIA")
    assert type(key["secret"]).__name__ == "Secret"
    with pytest.raises(OperationError, match="must delete access keys"):
        aws.drop(user)


def test_a_deleted_secrets_name_stays_taken_until_its_window_ends(aws: Account) -> None:
    secret = aws.make("secretsmanager/secret:Secret", name="jtld/database")
    assert secret["arn"].startswith(f"arn:aws:secretsmanager:ca-central-1:{ACCOUNT}:secret:jtld/database-")
    aws.drop(secret)
    with pytest.raises(OperationError, match="scheduled for deletion"):
        aws.make("secretsmanager/secret:Secret", name="jtld/database")
    at_once = aws.make("secretsmanager/secret:Secret", name="jtld/cache", recoveryWindowInDays=0)
    aws.drop(at_once)
    assert aws.make("secretsmanager/secret:Secret", name="jtld/cache")


@pytest.mark.parametrize("days", [1, 6, 31])
def test_a_recovery_window_is_0_or_7_to_30_days(aws: Account, days: int) -> None:
    with pytest.raises(RefusedError, match="must be 0 or between 7 and 30"):
        aws.make("secretsmanager/secret:Secret", name="x", recoveryWindowInDays=days)


def test_a_new_value_is_a_new_version_and_write_only_values_are_not_kept(aws: Account) -> None:
    secret = aws.make("secretsmanager/secret:Secret", name="x")
    value = "secretsmanager/secretVersion:SecretVersion"
    made = aws.make(value, secretId=secret.id, secretString="one")
    assert made.id.startswith(f"{secret.id}|")
    assert aws.replaces(made, secretString="two")
    hidden = aws.make(value, secretId=secret.id, secretStringWo="canary", secretStringWoVersion=1)
    assert hidden["hasSecretStringWo"] is True
    assert "canary" not in str(hidden.outputs)
    with pytest.raises(RefusedError, match="conflicts"):
        aws.make(value, secretId=secret.id, secretString="a", secretBinary="YQ==")
    with pytest.raises(OperationError, match="ResourceNotFoundException"):
        aws.make(value, secretId="missing", secretString="a")
