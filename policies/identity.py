"""IAM: no people, no keys, no wildcards; roles that exactly the right caller can take on."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import Statement, per_statement
from policies.resources import Resource, Stack
from policies.values import Findings, Truth

_PERMISSIONS = (t.IAM_POLICY, t.ROLE_POLICY, t.ROLE, t.GROUP_POLICY, t.USER_POLICY)
_ATTACHMENTS = (
    t.ROLE_POLICY_ATTACHMENT,
    t.GROUP_POLICY_ATTACHMENT,
    t.USER_POLICY_ATTACHMENT,
    t.POLICY_ATTACHMENT,
    t.ROLE,
)
_TOO_MUCH = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")

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
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)
_EVERY_IDENTITY = re.compile(r"\*|arn:aws:iam::[^:]*:(\*|(role|user|group|policy)/\*)")
_EVERY_KEY = re.compile(r"\*|arn:aws:kms:[^:]*:[^:]*:(\*|(key|alias)/\*)")
_DECRYPTIONS = ("kms:Decrypt", "kms:ReEncryptFrom")


def _permissions(resource: Resource, acceptable: Callable[[Statement], bool], says: str) -> Findings:
    """Yield one finding for each statement of any of the resource's documents."""
    for document in (resource["policy"], *(inline["policy"] for inline in resource["inlinePolicies"])):
        yield from per_statement(
            document, lambda statement: not statement.allows or acceptable(statement), says
        )


def _administers(statement: Statement) -> bool:
    return bool({"*", "*:*"}.intersection(statement.actions)) and statement.everything


def _permissions_below_admin(
    resource: Resource, acceptable: Callable[[Statement], bool], says: str
) -> Findings:
    """Do as `_permissions`, leaving out what allows everything: that is reported once, as that."""
    return _permissions(resource, lambda statement: _administers(statement) or acceptable(statement), says)


def _reaches(statement: Statement, every: re.Pattern[str]) -> bool:
    return bool(statement.not_resources) or any(every.fullmatch(text) for text in statement.resources)


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
        harmless = arn.test(lambda text: text.rpartition("/")[2] not in _TOO_MUCH, absent=True)
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
    return _permissions(
        resource,
        lambda statement: (
            not statement.not_actions
            and not any(
                action.endswith(":*") and action not in _WITHOUT_RESOURCE for action in statement.actions
            )
        ),
        "grants every action of a service",
    )


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
        return not statement.everything or (unrestrictable and not statement.not_actions)

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
        return bool(bounded) or not hands_out or not _reaches(statement, _EVERY_IDENTITY)

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
        return not (decrypts and _reaches(statement, _EVERY_KEY)) or named

    return _permissions_below_admin(resource, acceptable, "decrypts with every key")


@policy(
    id="identity-no-users",
    title="There are no IAM users and no long-lived keys",
    severity=Severity.HIGH,
    requirements=("HO-6", "ST-N7", "DL-N3"),
    controls=("IAM.2", "IAM.3", "CIS 1.14", "CIS 1.15", "CKV_AWS_40", "CKV_AWS_273"),
    remedy="Federate by OIDC into a role; a static key that the settings ask for needs a waiver.",
    each=(t.USER, t.ACCESS_KEY, t.LOGIN_PROFILE, t.USER_POLICY, t.USER_POLICY_ATTACHMENT),
)
def no_users(resource: Resource) -> Findings:
    """Refuse whatever makes or equips a user."""
    yield resource.must(Truth.NO, "must not exist")


@policy(
    id="identity-trust-closed",
    title="No role can be taken on by everyone",
    severity=Severity.CRITICAL,
    requirements=("HO-6",),
    controls=("CKV_AWS_60", "CKV_AWS_61"),
    remedy="Name the service, account or identity provider that takes the role on.",
    each=(t.ROLE,),
)
def trust_closed(role: Resource) -> Findings:
    """Check every statement of the trust policy."""
    says = "lets any principal take the role on"
    return per_statement(role["assumeRolePolicy"], lambda statement: not statement.public, says)


@policy(
    id="identity-service-trust-pinned",
    title="A service takes a role on for this platform only",
    severity=Severity.HIGH,
    requirements=("ST-4",),
    controls=("CKV_AWS_60", "prowler confused_deputy"),
    remedy="Add aws:SourceAccount or aws:SourceArn to the statement's conditions.",
    # These services take roles on for a resource that itself names the role, and send no source.
    limits={"withoutSource": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
    each=(t.ROLE,),
)
def service_trust_pinned(role: Resource) -> Findings:
    """Look for the source that keeps a service from acting for a stranger."""

    def acceptable(statement: Statement) -> bool:
        services = set(statement.principals.get("Service", ())) - set(role.limits["withoutSource"])
        return not statement.allows or not services or statement.narrowed

    return per_statement(role["assumeRolePolicy"], acceptable, "trusts a service whoever it acts for")


@policy(
    id="identity-federation-exact",
    title="Federated roles trust one audience and exact subjects",
    severity=Severity.CRITICAL,
    requirements=("HO-6", "DL-1"),
    controls=("CKV_AWS_393",),
    remedy="Compare the provider's :aud and :sub by StringEquals, without wildcards.",
    each=(t.ROLE, t.OIDC_PROVIDER),
)
def federation_exact(resource: Resource) -> Findings:
    """Check trust policies, and the audiences of the provider they trust."""

    def pinned(statement: Statement, claim: str) -> bool:
        issuers = [name.partition("oidc-provider/")[2] for name in statement.principals.get("Federated", ())]
        values = [statement.condition(f"{issuer}:{claim}", "StringEquals") for issuer in issuers]
        return all(found and not any("*" in value or "?" in value for value in found) for found in values)

    def acceptable(statement: Statement) -> bool:
        web = statement.allows and statement.covers("sts:AssumeRoleWithWebIdentity")
        return not web or (pinned(statement, "aud") and pinned(statement, "sub"))

    says = "trusts more than one exact audience and subject"
    yield from per_statement(resource["assumeRolePolicy"], acceptable, says)
    if resource.type == t.OIDC_PROVIDER:
        audiences = resource["clientIdLists"]
        named = audiences.given & ~audiences.some(lambda audience: audience.equals("*"))
        yield audiences.must(named, "must name the audiences")


@policy(
    id="identity-attachments-one-way",
    title="A role's policies are attached in one way only",
    severity=Severity.LOW,
    requirements=("ST-4",),
    controls=("AG iam-role-no-policy-management-conflicts",),
    remedy="Leave managedPolicyArns and inlinePolicies out: they delete what is attached beside them.",
    across=(t.ROLE, t.ROLE_POLICY, t.ROLE_POLICY_ATTACHMENT),
)
def attachments_one_way(stack: Stack) -> Findings:
    """Compare the exclusive lists with what stands beside them."""
    for role in stack.of(t.ROLE):
        for listed, beside in (
            ("managedPolicyArns", t.ROLE_POLICY_ATTACHMENT),
            ("inlinePolicies", t.ROLE_POLICY),
        ):
            both = role[listed].given & stack.has(role, beside, "role")
            yield role.must(~both, f"{listed} would remove what is attached beside it")
