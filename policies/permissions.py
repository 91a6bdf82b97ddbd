"""IAM: what a policy document may grant: named actions on named resources, and never more rights."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import Statement, per_statement
from policies.resources import Resource
from policies.values import Findings

_PERMISSIONS = (t.IAM_POLICY, t.ROLE_POLICY, t.ROLE, t.GROUP_POLICY, t.USER_POLICY)
_ATTACHMENTS = (
    t.ROLE_POLICY_ATTACHMENT,
    t.GROUP_POLICY_ATTACHMENT,
    t.USER_POLICY_ATTACHMENT,
    t.POLICY_ATTACHMENT,
    t.ROLE,
)
# AWS's policies for people, which grant whole services, and those that read everything people have stored.
_TOO_MUCH = re.compile(r"FullAccess$|Administrator|PowerUser|ReadWrite$|^ReadOnlyAccess$")

# Actions that AWS only grants on every resource (Service Authorization Reference, 2026-11).
_WITHOUT_RESOURCE = (
    "acm:RequestCertificate",
    "application-autoscaling:Describe*",
    "autoscaling:Describe*",
    "backup-storage:MountCapsule",
    "ce:CreateAnomalyMonitor",
    "ce:CreateAnomalySubscription",
    "chatbot:CreateSlackChannelConfiguration",
    "chatbot:Describe*",
    "chatbot:ListTagsForResource",
    "cloudfront:CreateDistribution",
    "cloudfront:CreateKeyGroup",
    "cloudfront:CreateOriginAccessControl",
    "cloudfront:CreatePublicKey",
    "cloudfront:CreateResponseHeadersPolicy",
    "cloudfront:DeleteKeyGroup",
    "cloudfront:DeletePublicKey",
    "cloudfront:GetKeyGroup",
    "cloudfront:GetPublicKey",
    "cloudfront:UpdateKeyGroup",
    "cloudfront:UpdatePublicKey",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "ec2messages:*",
    "ecr:GetAuthorizationToken",
    "ecr:GetRegistryScanningConfiguration",
    "ecr:PutRegistryScanningConfiguration",
    "ecs:DeregisterTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "elasticloadbalancing:Describe*",
    "kms:CreateKey",
    "kms:ListAliases",
    "kms:ListKeys",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DeleteResourcePolicy",
    "logs:Describe*",
    "logs:GetLogDelivery",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "route53:CreateHealthCheck",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "secretsmanager:GetRandomPassword",
    "servicediscovery:CreateHttpNamespace",
    "servicediscovery:List*",
    "servicediscovery:TagResource",
    "servicediscovery:UntagResource",
    "ses:CreateTemplate",
    "ses:DeleteTemplate",
    "ses:GetAccount",
    "ses:GetSendQuota",
    "ses:GetTemplate",
    "ses:PutAccountSuppressionAttributes",
    "ses:UpdateTemplate",
    "ssmmessages:*",
    "sts:GetCallerIdentity",
    "tag:GetResources",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)

# Each lets its holder give himself or another more rights than he has.
_ESCALATIONS = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateServiceSpecificCredential",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "sts:AssumeRole",
)
_IDENTITIES = ("role/", "user/", "group/", "policy/")
_KEYS = ("key/", "alias/")
# What holds people's data or secrets: an ARN that names none of them reaches them all.
_STORES = {"s3": ("", "bucket/"), "secretsmanager": ("secret:",)}
_DECRYPTIONS = ("kms:Decrypt", "kms:ReEncryptFrom")


def _permissions(resource: Resource, acceptable: Callable[[Statement], bool], says: str) -> Findings:
    """Yield one finding for each statement of any of the resource's documents."""
    for document in (resource["policy"], *(inline["policy"] for inline in resource["inlinePolicies"])):
        yield from per_statement(
            document, lambda statement: not statement.allows or acceptable(statement), says
        )


def _administers(statement: Statement) -> bool:
    return not set("".join(statement.actions) or "no") - set("*?:") and statement.everything


def _permissions_below_admin(
    resource: Resource, acceptable: Callable[[Statement], bool], says: str
) -> Findings:
    """Do as `_permissions`, leaving out what allows everything: that is reported once, as that."""
    return _permissions(resource, lambda statement: _administers(statement) or acceptable(statement), says)


@policy(
    id="identity-no-admin",
    title="Nobody may do everything",
    severity=Severity.CRITICAL,
    requirements=("ST-N7",),
    controls=("IAM.1", "CIS 1.16", "CKV_AWS_62", "CKV_AWS_274", "CKV_AWS_275", "CKV2_AWS_40", "CKV2_AWS_56"),
    remedy="List the actions and resources the role needs.",
    each=(*_PERMISSIONS, *_ATTACHMENTS),
)
def no_admin(resource: Resource) -> Findings:
    """Check documents of our own and attachments of AWS's."""
    yield from _permissions(
        resource,
        lambda statement: not _administers(statement),
        "allows every action on every resource",
    )
    for arn in (resource["policyArn"], *resource["managedPolicyArns"]):
        harmless = arn.test(lambda text: not _TOO_MUCH.search(text.rpartition("/")[2]), absent=True)
        yield arn.must(harmless, "must not attach an administrator's policy")


@policy(
    id="identity-no-service-wildcard",
    title="No policy grants a whole service",
    severity=Severity.HIGH,
    requirements=("ST-N7",),
    controls=("IAM.21", "CKV_AWS_63"),
    remedy="List the actions the role needs; describe what it may do, not what it may not.",
    each=_PERMISSIONS,
)
def no_service_wildcard(resource: Resource) -> Findings:
    """Refuse `service:*`, and `NotAction`, which grants every service yet to come."""
    return _permissions_below_admin(
        resource,
        lambda statement: (
            not statement.whole_service
            or (not statement.not_actions and all(map(_known_whole, statement.actions)))
        ),
        "grants every action of a service",
    )


def _known_whole(action: str) -> bool:
    return action in _WITHOUT_RESOURCE or bool(action.partition(":")[2].strip("*?"))


@policy(
    id="identity-scoped-resources",
    title="Permissions name the resources they are for",
    severity=Severity.HIGH,
    requirements=("ST-4", "ST-N7"),
    controls=("IAM.21", "CKV_AWS_355"),
    remedy="Write the ARNs the role works on; actions that know no resource go to a statement of their own.",
    each=_PERMISSIONS,
)
def scoped_resources(resource: Resource) -> Findings:
    """Allow `*` only for actions that AWS cannot restrict."""

    def acceptable(statement: Statement) -> bool:
        unrestrictable = all(
            any(fnmatchcase(action.lower(), known.lower()) for known in _WITHOUT_RESOURCE)
            for action in statement.actions
        )
        unnamed = statement.everything or any(
            statement.reaches_unnamed(service, *_STORES[service]) and not statement.narrowed
            for service in statement.services & _STORES.keys()
        )
        return not unnamed or (unrestrictable and not statement.not_actions)

    return _permissions_below_admin(
        resource, acceptable, "reaches every resource with actions that could name theirs"
    )


@policy(
    id="identity-no-escalation",
    title="No role can give itself more rights",
    severity=Severity.CRITICAL,
    requirements=("ST-N7",),
    controls=("CKV_AWS_286", "CKV_AWS_287", "CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290"),
    remedy="Name the roles or policies meant, or require a boundary by iam:PermissionsBoundary.",
    each=_PERMISSIONS,
)
def no_escalation(resource: Resource) -> Findings:
    """Look at the actions that hand out rights, on identities nobody has named."""

    def acceptable(statement: Statement) -> bool:
        bounded = statement.condition("iam:PermissionsBoundary", "StringEquals", "ArnEquals")
        hands_out = any(statement.covers(action) for action in _ESCALATIONS)
        return bool(bounded) or not hands_out or not statement.reaches_unnamed("iam", *_IDENTITIES)

    return _permissions_below_admin(resource, acceptable, "hands out rights on identities it does not name")


@policy(
    id="identity-decrypts-named-keys",
    title="Decryption is granted key by key",
    severity=Severity.HIGH,
    requirements=("ST-4",),
    controls=("KMS.1", "KMS.2"),
    remedy="Write the ARN of the key the role works with.",
    each=_PERMISSIONS,
)
def decrypts_named_keys(resource: Resource) -> Findings:
    """Refuse every spelling of all keys; an alias names a key as well as its ARN does."""

    def acceptable(statement: Statement) -> bool:
        decrypts = any(statement.covers(action) for action in _DECRYPTIONS)
        aliases = statement.condition("kms:ResourceAliases", "ForAnyValue:StringEquals")
        named = bool(aliases) and not any("*" in alias for alias in aliases)
        return not (decrypts and statement.reaches_unnamed("kms", *_KEYS)) or named

    return _permissions_below_admin(resource, acceptable, "decrypts with every key")
