"""DL-4, DL-N5: where state lives; DL-1: who may deliver, and how little each of them may do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.delivery.bootstrapped import as_committed, run_bootstrap
from tests.delivery.iam import ATTACHMENT, POLICY, ROLE, allowed, held_by, many, role, statements
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, violations
from tests.support import STACKS, as_configured

ACCOUNT = "111111111111"
BUCKET = "aws:s3/bucket:Bucket"
STATE = "arn:aws:s3:::jtld-platform-state-dev"
REPOSITORY = "repo:jtld-consulting/jtld-platform:environment"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/jtld-workload-boundary"


@pytest.mark.parametrize("stack", STACKS)
def test_the_bootstrap_obeys_the_pack_like_everything_else(stack: str) -> None:
    assert Pack(stack).check(as_committed(stack).nodes) == []


@pytest.mark.parametrize(
    ("type_", "policy"),
    [
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "storage-public-access-blocked"),
        ("aws:s3/bucketVersioning:BucketVersioning", "storage-versioned"),
        ("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", "storage-backups-locked"),
        (
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "storage-encrypted",
        ),
        ("aws:s3/bucketLogging:BucketLogging", "storage-access-logged"),
        ("aws:s3/bucketPolicy:BucketPolicy", "storage-tls-only"),
    ],
)
def test_a_state_bucket_that_is_public_unversioned_unlocked_or_unencrypted_is_refused(
    type_: str, policy: str
) -> None:
    """DL-4, DL-N5."""
    draft = Draft(as_committed("dev").nodes)
    draft.drop(type_, "state")
    said = Pack("dev").check(draft.nodes)
    assert policy in violations(said)
    assert any(
        one.policy == policy and one.urn.endswith("::state") and one.level == "mandatory" for one in said
    )


def test_a_state_bucket_made_without_the_ability_to_lock_is_refused() -> None:
    """DL-N5: S3 takes object lock at creation; without it nothing can be locked later."""
    draft = Draft(as_committed("dev").nodes)
    draft.unset(BUCKET, "objectLockEnabled", "state")
    assert "storage-backups-locked" in violations(Pack("dev").check(draft.nodes))


@pytest.mark.parametrize("stack", STACKS)
def test_state_is_copied_to_canadas_other_region_under_its_own_key(stack: str) -> None:
    """DL-4: losing a region must not lose the knowledge of what exists."""
    graph = as_committed(stack)
    copy = graph.one("aws:s3/bucketReplicationConfig:BucketReplicationConfig")
    (rule,) = copy.inputs["rules"]
    assert rule["filter"] == {"prefix": ""}
    assert rule["destination"]["bucket"] == f"arn:aws:s3:::jtld-platform-state-replica-{stack}"
    assert ":ca-west-1:" in rule["destination"]["encryptionConfiguration"]["replicaKmsKeyId"]
    locks = graph.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert {lock.name for lock in locks} == {"state", "state-replica"}


def test_in_prod_neither_state_nor_its_key_can_be_deleted_by_the_program() -> None:
    graph = as_committed("prod")
    kept = [*graph.of_type(BUCKET), *graph.of_type("aws:kms/key:Key")]
    assert len(kept) == 6
    assert all(node.protect and node.retain_on_delete for node in kept)


@pytest.mark.parametrize("stack", STACKS)
def test_each_role_trusts_one_environment_of_one_repository(stack: str) -> None:
    """DL-1: bound to repository and environment, exactly; the environment binds to the branch."""
    graph = as_committed(stack)
    expected = {"deploy": stack}
    expected |= {name: f"{stack}-{name}" for name in ("read", "preview", "images")}
    delivery = {node.name: node for node in graph.of_type(ROLE) if node.name != "replication"}
    assert set(delivery) == set(expected)
    for name, environment in expected.items():
        (trust,) = statements(delivery[name].inputs["assumeRolePolicy"])
        assert trust["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": [f"{REPOSITORY}:{environment}"],
            }
        }


def test_pulumi_deployments_is_trusted_stack_by_stack_and_previews_with_the_role_only_in_dev() -> None:
    """DL-1: a pull request's code never holds the role that changes staging or prod."""
    for stack in STACKS:
        graph = run_bootstrap(stack, {"pulumiOrganization": "jtld", "deployments": True})
        _, trust = statements(role(graph, "deploy").inputs["assumeRolePolicy"])
        prefix = f"pulumi:deploy:org:jtld:project:jtld-platform:stack:{stack}:operation"
        operations = ["refresh", "update", *(["preview"] if stack == "dev" else [])]
        assert trust["Condition"]["StringEquals"] == {
            "api.pulumi.com/oidc:aud": "jtld",
            "api.pulumi.com/oidc:sub": [f"{prefix}:{operation}:scope:write" for operation in operations],
        }
        assert Pack(stack).check(graph.nodes) == []


def test_pulumi_cloud_that_only_keeps_the_state_is_not_trusted_to_deploy() -> None:
    """DL-1: then the workflows deploy, and nobody else needs the role."""
    graph = run_bootstrap("dev", {"pulumiOrganization": "jtld"})
    assert len(statements(role(graph, "deploy").inputs["assumeRolePolicy"])) == 1
    assert [node.name for node in graph.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")] == [
        "github"
    ]


def test_the_drift_schedule_exists_where_pulumi_cloud_keeps_the_state() -> None:
    """DL-1."""
    graph = run_bootstrap("prod", {"pulumiOrganization": "jtld", "deployments": True, "driftSchedule": True})
    schedule = graph.one("pulumiservice:index:DriftSchedule")
    assert schedule.inputs["stack"] == "prod"
    assert schedule.inputs["autoRemediate"] is False
    assert not as_committed("prod").of_type("pulumiservice:index:DriftSchedule")


def test_the_preview_role_can_read_the_state_and_change_nothing() -> None:
    """DL-1: a preview role that can only read."""
    held = held_by(as_committed("dev"), "preview")
    verbs = {action.split(":")[1] for part in held for action in many(part["Action"])}
    assert all(verb.startswith(("Get", "List", "Describe", "Decrypt")) for verb in verbs)
    assert allowed(held, "s3:GetObject", f"{STATE}/.pulumi/stacks/jtld-platform/dev.json")
    assert not allowed(held, "s3:PutObject", f"{STATE}/.pulumi/locks/x.json")
    assert not allowed(held, "s3:GetObject", "arn:aws:s3:::jtld-platform-files-dev/resumes/1/cv.pdf")


def test_the_read_role_compares_settings_and_reads_no_data() -> None:
    graph = as_committed("dev")
    managed = {
        node.inputs["policyArn"] for node in graph.of_type(ATTACHMENT) if node.name.startswith("read-")
    }
    assert {arn for arn in managed if arn.startswith("arn:aws:iam::aws:")} == {
        "arn:aws:iam::aws:policy/SecurityAudit",
        "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess",
    }
    held = held_by(graph, "read")
    assert not allowed(held, "s3:GetObject", "arn:aws:s3:::jtld-platform-files-dev/resumes/1/cv.pdf")
    assert not allowed(held, "s3:PutObject", f"{STATE}/.pulumi/stacks/jtld-platform/dev.json")
    assert allowed(held, "s3:PutObject", f"{STATE}/.pulumi/locks/organization/jtld-platform/dev/x.json")
    assert not allowed(held, "s3:PutObject", f"{STATE}/.pulumi/locks/organization/jtld-bootstrap/dev/x.json")


ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("s3:PutObject", f"{STATE}/.pulumi/stacks/jtld-platform/dev.json", {}),
        ("s3:DeleteObject", f"{STATE}/.pulumi/locks/organization/jtld-platform/dev/x.json", {}),
        ("s3:CreateBucket", "arn:aws:s3:::jtld-platform-files-dev", {}),
        ("s3:PutBucketPolicy", "arn:aws:s3:::jtld-platform-files-dev", {}),
        ("iam:CreateRole", f"{ROLE_ARN}/jtld-dev-application-1", {"iam:PermissionsBoundary": (BOUNDARY,)}),
        ("iam:PassRole", f"{ROLE_ARN}/jtld-dev-worker-1", {}),
        ("ec2:CreateVpc", f"arn:aws:ec2:ca-central-1:{ACCOUNT}:vpc/vpc-1", {}),
        ("rds:CreateDBInstance", f"arn:aws:rds:ca-central-1:{ACCOUNT}:db:jtld-dev", {}),
        ("cloudfront:CreateDistribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", {}),
        (
            "secretsmanager:PutSecretValue",
            f"arn:aws:secretsmanager:ca-central-1:{ACCOUNT}:secret:jtld-dev-x",
            {},
        ),
        (
            "kms:Decrypt",
            f"arn:aws:kms:ca-central-1:{ACCOUNT}:key/1",
            {"kms:ResourceAliases": ("alias/jtld-dev-data",)},
        ),
    ],
)
def test_the_deploy_role_can_do_its_work(
    action: str, resource: str, context: dict[str, tuple[str, ...]]
) -> None:
    assert allowed(held_by(as_committed("dev"), "deploy"), action, resource, context)


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        # rights without the boundary, or beyond its reach
        ("iam:CreateRole", f"{ROLE_ARN}/jtld-dev-application-1", {}),
        ("iam:CreateRole", f"{ROLE_ARN}/other", {"iam:PermissionsBoundary": (BOUNDARY,)}),
        ("iam:DeleteRolePermissionsBoundary", f"{ROLE_ARN}/jtld-dev-application-1", {}),
        ("iam:CreatePolicyVersion", BOUNDARY, {}),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x", {}),
        # itself and its trust
        ("iam:UpdateAssumeRolePolicy", f"{ROLE_ARN}/delivery/jtld-dev-deploy", {}),
        (
            "iam:PutRolePolicy",
            f"{ROLE_ARN}/delivery/jtld-dev-deploy",
            {"iam:PermissionsBoundary": (BOUNDARY,)},
        ),
        (
            "iam:DeleteOpenIDConnectProvider",
            f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
            {},
        ),
        # what keeps the state safe
        ("s3:DeleteObjectVersion", f"{STATE}/.pulumi/stacks/jtld-platform/dev.json", {}),
        ("s3:BypassGovernanceRetention", f"{STATE}/x", {}),
        ("s3:PutLifecycleConfiguration", STATE, {}),
        ("s3:DeleteBucket", STATE, {}),
        # people's data
        ("s3:GetObject", "arn:aws:s3:::jtld-platform-files-dev/resumes/1/cv.pdf", {}),
        (
            "kms:Decrypt",
            f"arn:aws:kms:ca-central-1:{ACCOUNT}:key/1",
            {"kms:ResourceAliases": ("alias/other",)},
        ),
        # another environment
        ("s3:PutBucketPolicy", "arn:aws:s3:::jtld-platform-files-prod", {}),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:ca-central-1:{ACCOUNT}:secret:other", {}),
    ],
)
def test_the_deploy_role_cannot_loosen_what_guards_it(
    action: str, resource: str, context: dict[str, tuple[str, ...]]
) -> None:
    """DL-1."""
    assert not allowed(held_by(as_committed("dev"), "deploy"), action, resource, context)


def test_images_can_be_pushed_and_never_deleted() -> None:
    """CT-1."""
    held = held_by(as_committed("dev"), "images")
    registry = f"arn:aws:ecr:ca-central-1:{ACCOUNT}:repository"
    assert allowed(held, "ecr:PutImage", f"{registry}/jtld/worker")
    assert not allowed(held, "ecr:BatchDeleteImage", f"{registry}/jtld/worker")
    assert not allowed(held, "ecr:PutImage", f"{registry}/other")


@pytest.mark.parametrize("stack", STACKS)
def test_documents_fit_into_what_iam_takes(stack: str) -> None:
    graph = as_committed(stack)
    for node in graph.of_type(POLICY):
        compact = json.dumps(json.loads(node.inputs["policy"]), separators=(",", ":"))
        assert len(compact) <= 6_144, node.name
    attachments = [node.inputs["role"] for node in graph.of_type(ATTACHMENT)]
    assert max(map(attachments.count, attachments)) <= 10


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_leaves_every_role_of_the_platform_what_it_needs(stack: str) -> None:
    """DL-1: a boundary that takes something away would only be noticed in production."""
    (boundary,) = (node for node in as_committed(stack).of_type(POLICY) if node.name == "workload")
    limits = statements(boundary.inputs["policy"])
    nodes = [*as_configured(stack).graph.nodes, *as_committed(stack).nodes]
    workloads = [node for node in nodes if node.type == ROLE and node.inputs.get("path") != "/delivery/"]
    assert {node.inputs["permissionsBoundary"] for node in workloads} == {boundary.outputs["arn"]}
    aliases = [node.inputs for node in nodes if node.type == "aws:kms/alias:Alias"]
    missing = [
        f"{node.name}: {action} on {resource}"
        for node in nodes
        if node.type == "aws:iam/rolePolicy:RolePolicy"
        for part in statements(node.inputs["policy"])
        if part["Effect"] == "Allow"
        for action in many(part["Action"])
        for resource in many(part["Resource"])
        if not allowed(limits, action, resource, _aliases_of(resource, aliases))
    ]
    assert missing == []


def _aliases_of(resource: str, aliases: list[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    names = tuple(alias["name"] for alias in aliases if resource.endswith(f"/{alias['targetKeyId']}"))
    return {"kms:ResourceAliases": names}


# The service of IAM behind each module of the AWS SDK, where its name is another one.
SERVICES = {
    "vpc": "ec2",
    "lb": "elasticloadbalancing",
    "alb": "elasticloadbalancing",
    "sesv2": "ses",
    "costexplorer": "ce",
    "appautoscaling": "application-autoscaling",
}
# CloudWatch's module holds three services.
CLOUDWATCH = {"Log": "logs", "Event": "events"}


def service(type_: str) -> str:
    module, name = type_.removeprefix("aws:").split("/")[0], type_.rsplit(":", 1)[1]
    if module == "cloudwatch":
        return next((found for start, found in CLOUDWATCH.items() if name.startswith(start)), "cloudwatch")
    return SERVICES.get(module, module)


@pytest.mark.parametrize("stack", STACKS)
def test_the_deploy_role_knows_every_service_that_the_stack_uses(stack: str) -> None:
    """DL-1: the first deployment of a new kind of resource must not be the one that finds out."""
    granted = {
        action.split(":")[0]
        for part in held_by(as_committed(stack), "deploy")
        if part["Effect"] == "Allow"
        for action in many(part["Action"])
    }
    used = {service(node.type) for node in as_configured(stack).graph.nodes if node.type.startswith("aws:")}
    assert used - granted == set()
