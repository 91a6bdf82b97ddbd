"""DL-1: the deploy role can make what the program makes, judged by AWS's own list of what each action names."""

from typing import Any

import pytest

from bootstrap.services import UNNAMED
from policies import permissions
from tests.delivery.bootstrapped import as_committed
from tests.delivery.iam import Context, allowed, held_by, statements
from tests.delivery.reference import actions, nameless, resources
from tests.delivery.test_bootstrap import service
from tests.server.optional import with_a_server
from tests.support import run_program
from tests.support.documents import statements as granted_by

PROD, REGION = "333333333333", "ca-central-1"
BOUNDARY = f"arn:aws:iam::{PROD}:policy/jtld-workload-boundary"
BOUNDED: Context = {"iam:PermissionsBoundary": (BOUNDARY,)}

# What the provider asks for to make, look at, change and delete each kind of resource of the optional server.
SERVER = {
    "aws:autoscaling/group:Group": (
        *("autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags"),
        *("autoscaling:DeleteAutoScalingGroup", "autoscaling:DescribeAutoScalingGroups"),
        *("autoscaling:DescribeScalingActivities", "autoscaling:DescribeInstanceRefreshes"),
        *("autoscaling:StartInstanceRefresh", "autoscaling:UpdateAutoScalingGroup"),
        # Auto Scaling tries the template with the caller's rights.
        *("ec2:RunInstances", "ec2:CreateTags", "iam:CreateServiceLinkedRole"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        *("logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:PutRetentionPolicy", "logs:TagResource"),
        *("logs:AssociateKmsKey", "logs:DeleteLogGroup", "logs:ListTagsForResource"),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        *("ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplate"),
        *("ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions", "ec2:ModifyLaunchTemplate"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        *("ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", "ec2:DescribeSecurityGroups"),
        *("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"),
    ),
    "aws:iam/instanceProfile:InstanceProfile": (
        *("iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile"),
        *("iam:GetInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile"),
        "iam:PassRole",
    ),
    "aws:iam/role:Role": (
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:GetRole",
        "iam:ListInstanceProfilesForRole",
        "iam:TagRole",
    ),
    "aws:iam/rolePolicy:RolePolicy": ("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"),
    "aws:ssm/document:Document": (
        *("ssm:AddTagsToResource", "ssm:CreateDocument", "ssm:DeleteDocument", "ssm:DescribeDocument"),
        *("ssm:GetDocument", "ssm:ListTagsForResource", "ssm:UpdateDocument"),
        "ssm:UpdateDocumentDefaultVersion",
    ),
}


# SES keeps its first interface beside the second, which `sesv2` resources use.
OF_THE_FIRST_INTERFACE = {"ses:describeconfigurationset"}

# CloudWatch's reference of DescribeAlarms: a permission for single alarms returns no composite ones.
SHOWN_TO_WHO_SEES_ALL = {"cloudwatch:DescribeAlarms"}


def test_the_deploy_role_finds_the_pages_that_it_has_made() -> None:
    """MO-2: the provider looks for a composite alarm after making it, and fails where it is shown none."""
    held = held_by(as_committed("prod"), "deploy")
    assert allowed(held, "cloudwatch:DescribeAlarms", "*")
    assert allowed(held, "cloudwatch:SetAlarmState", "arn:aws:cloudwatch:us-east-1:333333333333:alarm:test")


def test_the_table_speaks_of_every_kind_that_the_server_is_made_of() -> None:
    """SV-1."""
    kinds = {node.type for node in with_a_server().nodes if node.parent.endswith("Server::server")}
    assert kinds == SERVER.keys()


@pytest.mark.parametrize("action", sorted({action for needed in SERVER.values() for action in needed}))
def test_the_deploy_role_can_make_an_optional_server(action: str) -> None:
    """SV-1: whoever writes `server:` into a stack file must not be the one who finds out what is missing."""
    held = held_by(as_committed("prod"), "deploy")
    name = "aws-service-role/x" if action == "iam:CreateServiceLinkedRole" else "jtld-prod-server-1"
    refused = [
        resource
        for resource in resources(action, region=REGION, account=PROD, name=name)
        # What a request may name of other services, licences for instance, ours does not.
        if resource == "*" or resource.split(":")[2] == action.partition(":")[0]
        if not allowed(held, action, resource, BOUNDED)
    ]
    assert refused == []


def test_an_instance_profile_of_somebody_else_stays_out_of_reach() -> None:
    held = held_by(as_committed("prod"), "deploy")
    assert not allowed(held, "iam:AddRoleToInstanceProfile", f"arn:aws:iam::{PROD}:instance-profile/other")


def _boundary() -> list[Any]:
    (policy,) = (
        node for node in as_committed("prod").of_type("aws:iam/policy:Policy") if node.name == "workload"
    )
    return statements(policy.inputs["policy"])


def test_the_boundary_lets_recovery_points_into_the_second_account() -> None:
    """BK-1: AWS Backup copies with our role, and the boundary holds for it as well."""
    elsewhere = "arn:aws:backup:ca-west-1:444444444444:backup-vault:copies"
    assert allowed(_boundary(), "backup:CopyIntoBackupVault", elsewhere)
    assert not allowed(_boundary(), "backup:DeleteRecoveryPoint", elsewhere)


def test_the_boundary_lets_one_role_copy_dumps_into_the_second_account_and_no_other() -> None:
    """BK-1: what the copying role is granted, and whoever else might be granted it."""
    graph = run_program("prod", {"backup": {"secondAccount": SECOND}})
    granted = granted_by(graph.one("aws:iam/rolePolicy:RolePolicy", "dump-copies"))
    copier = graph.one("aws:iam/role:Role", "dump-copies").outputs["arn"]
    for caller, kept in ((copier, True), (copier.replace("dump-copies", "worker"), False)):
        for sid, owner in GRANTED.items():
            context: Context = {
                "aws:PrincipalArn": (caller,),
                "aws:ResourceAccount": (owner,),
                "kms:ViaService": ("s3.ca-west-1.amazonaws.com",),
                "kms:ResourceAliases": ("alias/jtld-prod-replica",) if owner == PROD else (),
            }
            missing = [
                action
                for action in _listed(granted[sid]["Action"])
                for resource in _listed(granted[sid]["Resource"])
                if not allowed(_boundary(), action, resource, context)
            ]
            assert (missing == []) is (kept or owner == PROD), (caller, sid, missing)
    assert granted.keys() == GRANTED.keys()


def test_the_deploy_role_may_order_the_copies_of_dumps() -> None:
    """BK-1, DL-1."""
    held = held_by(as_committed("prod"), "deploy")
    assert allowed(held, "s3:PutReplicationConfiguration", "arn:aws:s3:::jtld-platform-dumps-prod")
    copier = f"arn:aws:iam::{PROD}:role/jtld-prod-dump-copies-1a2b3c"
    assert allowed(held, "iam:PassRole", copier)
    assert allowed(held, "iam:PutRolePolicy", copier, BOUNDED)


SECOND = {
    "accountId": "444444444444",
    "vault": "copies",
    "bucket": "jtld-company-dumps",
    "keyArn": "arn:aws:kms:ca-west-1:444444444444:key/1a2b3c4d-0000-4000-8000-123456789012",
}
# Statement of the copying role → who owns what it names.
GRANTED = {
    "ReadReplicationRules": PROD,
    "ReadVersions": PROD,
    "DecryptOriginals": PROD,
    "WriteCopies": "444444444444",
    "EncryptCopies": "444444444444",
}


def test_the_boundary_leaves_the_server_what_its_role_grants() -> None:
    """SV-1: the agent says that it lives, or Session Manager does not find the host."""
    granted = granted_by(with_a_server().one("aws:iam/rolePolicy:RolePolicy", "server"))
    missing = [
        f"{action} on {resource}"
        for part in granted.values()
        for action in _listed(part["Action"])
        for resource in _listed(part["Resource"])
        if not allowed(_boundary(), action, resource)
    ]
    assert missing == []


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _asked_for(type_: str) -> set[str]:
    """The actions that speak of a kind of resource by its name, and name no resource when asked for."""
    of, kind = service(type_), type_.rsplit(":", 1)[1].lower()
    verbs = ("create", "delete", "deregister", "describe", "get", "list", "put", "request", "update")
    words = {f"{verb}{kind}{plural}" for verb in verbs for plural in ("", "s", "es")}
    words |= {f"{word.removesuffix('y')}ies" for word in words if word.endswith("y")}
    return {
        f"{of}:{action}"
        for action, facts in actions(of).items()
        if action in words and not facts.get("Resources")
    }


def test_what_names_no_resource_is_granted_for_every_kind_that_prod_is_made_of() -> None:
    """DL-1: AWS judges a request without a resource on `*`; the account's number in a pattern never matches it."""
    held = held_by(as_committed("prod"), "deploy")
    used = {node.type for node in with_a_server().nodes if node.type.startswith("aws:")}
    refused = {
        action
        for type_ in used
        for action in _asked_for(type_)
        # Lists of everything are for people: the provider reads what it knows by name.
        if not action.split(":")[1].startswith("list")
        and action not in OF_THE_FIRST_INTERFACE
        and not allowed(held, action, "*")
    }
    assert sorted(refused) == []


@pytest.mark.parametrize("pattern", sorted({action for found in UNNAMED.values() for action in found}))
def test_nothing_that_could_name_its_resource_is_granted_on_all(pattern: str) -> None:
    """IAM.21: by AWS's own list; a whole group of verbs only where all it does is look."""
    found = dict(nameless(pattern))
    assert found, "AWS knows no such action"
    reads = pattern.endswith(("Describe*", "List*")) or pattern in SHOWN_TO_WHO_SEES_ALL
    assert reads or all(found.values()), [action for action, bare in found.items() if not bare]
    assert pattern in permissions._WITHOUT_RESOURCE, "the pack would refuse it"
