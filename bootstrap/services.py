"""What the deploy role may ask of each AWS service: verbs, never `service:*`."""

from collections.abc import Mapping

# Shared by all services: a verb that one of them does not know grants nothing there.
MANAGE = ("Create*", "Delete*", "Describe*", "Get*", "List*", "Put*", "Update*", "Tag*", "Untag*")
CHANGE = (*MANAGE, "Add*", "Modify*", "Remove*", "Reset*", "Set*")
_NETWORK = (
    *CHANGE,
    "Allocate*",
    "Associate*",
    "Attach*",
    "Authorize*",
    "Detach*",
    "Disassociate*",
    "Release*",
)
_NETWORK_MORE = ("Disable*", "Enable*", "Replace*", "Revoke*", "Run*", "Terminate*", "Start*", "Stop*")
SHARED = frozenset((*_NETWORK, *_NETWORK_MORE))
"""Verbs of the lists above, for the linter's sake: some service lacks each of most of them."""

NUMBERED: Mapping[str, tuple[str, ...]] = {
    "acm": (*MANAGE, "AddTagsToCertificate", "RequestCertificate"),
    "backup": (*MANAGE, "StartBackupJob"),
    "budgets": ("ViewBudget", "ModifyBudget", "ListTagsForResource", "TagResource"),
    "ce": ("CreateAnomaly*", "DeleteAnomaly*", "GetAnomaly*", "UpdateAnomaly*", "ListTagsForResource"),
    "chatbot": (*MANAGE,),
    "cloudfront": (*MANAGE, "AllowVendedLogDeliveryForResource"),
    "cloudwatch": (*CHANGE, "EnableAlarmActions"),
    "ec2": (*_NETWORK, *_NETWORK_MORE),
    "ecr": (*MANAGE, "SetRepositoryPolicy", "StartLifecyclePolicyPreview"),
    "ecs": (*MANAGE, "DeregisterTaskDefinition", "RegisterTaskDefinition", "RunTask"),
    "elasticache": (*CHANGE, "IncreaseReplicaCount", "DecreaseReplicaCount"),
    "elasticloadbalancing": (*CHANGE, "DeregisterTargets", "RegisterTargets"),
    "application-autoscaling": (*MANAGE, "DeregisterScalableTarget", "RegisterScalableTarget"),
    "autoscaling": (*MANAGE, "CancelInstanceRefresh", "SetInstanceProtection", "StartInstanceRefresh"),
    "events": (*CHANGE, "DisableRule", "EnableRule"),
    "lambda": (*CHANGE, "PublishVersion"),
    "logs": (*MANAGE, "AssociateKmsKey", "DisassociateKmsKey"),
    "rds": (*CHANGE, "RebootDBInstance", "StartDBInstanceAutomatedBackupsReplication"),
    "route53": (*MANAGE, "ChangeTagsForResource"),
    "scheduler": (*MANAGE,),
    "ses": (*MANAGE, "SetIdentityMailFromDomain"),
    "servicediscovery": (*MANAGE, "DeregisterInstance", "RegisterInstance"),
    "sns": (*CHANGE, "Subscribe", "Unsubscribe"),
    "sqs": (*CHANGE, "ListQueueTags", "TagQueue", "UntagQueue"),
    "ssm": (
        *("AddTagsToResource", "ListTagsForResource", "RemoveTagsFromResource"),
        *("DeleteParameter", "DescribeParameters", "GetParameter*", "PutParameter"),
        *("CreateDocument", "DeleteDocument", "DescribeDocument*", "GetDocument", "UpdateDocument*"),
    ),
    "synthetics": (*MANAGE, "StartCanary", "StopCanary"),
}
"""By service: no name is known beforehand, so the account and the service are the limit."""

UNNAMED: Mapping[str, tuple[str, ...]] = {
    "acm": ("acm:RequestCertificate",),
    "application-autoscaling": ("application-autoscaling:Describe*",),
    "autoscaling": ("autoscaling:Describe*",),
    "backup": ("backup-storage:MountCapsule",),  # part of making a vault
    "ce": ("ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription"),
    "chatbot": (
        "chatbot:CreateSlackChannelConfiguration",
        "chatbot:Describe*",
        "chatbot:ListTagsForResource",
    ),
    "cloudfront": (
        *("cloudfront:CreateDistribution", "cloudfront:CreateOriginAccessControl"),
        "cloudfront:CreateResponseHeadersPolicy",
        *(f"cloudfront:{verb}KeyGroup" for verb in ("Create", "Delete", "Get", "Update")),
        *(f"cloudfront:{verb}PublicKey" for verb in ("Create", "Delete", "Get", "Update")),
    ),
    # The pages are composite alarms: AWS shows them only to who may describe all.
    "cloudwatch": ("cloudwatch:DescribeAlarms",),
    "ecr": ("ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"),
    "ecs": ("ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"),
    "elasticloadbalancing": ("elasticloadbalancing:Describe*",),
    "logs": (
        *("logs:DeleteResourcePolicy", "logs:Describe*", "logs:PutResourcePolicy"),
        # Flow logs and the content delivery's access logs.
        *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    ),
    "route53": ("route53:CreateHealthCheck",),
    "servicediscovery": (
        *("servicediscovery:CreateHttpNamespace", "servicediscovery:List*"),
        *("servicediscovery:TagResource", "servicediscovery:UntagResource"),
    ),
    "ses": (
        *("ses:GetAccount", "ses:PutAccountSuppressionAttributes"),
        *(f"ses:{verb}Template" for verb in ("Create", "Delete", "Get", "Update")),
    ),
}
"""By service: actions that AWS grants on every resource or not at all, since the request names none."""

WITHOUT_ACCOUNT: Mapping[str, tuple[str, ...]] = {
    # What the optional server starts from.
    "ec2": ("arn:aws:ec2:*::image/*", "arn:aws:ec2:*::snapshot/*"),
    # Health checks, and the private zone that service discovery keeps.
    "route53": ("arn:aws:route53:::healthcheck/*", "arn:aws:route53:::hostedzone/*"),
}
"""By service: resources whose names carry no account."""

BUCKET_SETTINGS = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:GetAccelerateConfiguration",
    "s3:GetBucket*",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
    "s3:PutBucket*",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:TagResource",
    "s3:UntagResource",
)
KEY_SETTINGS = (
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:EnableKeyRotation",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
SECRET_SETTINGS = tuple(
    f"secretsmanager:{action}"
    for action in ("CreateSecret", *MANAGE[1:], "RotateSecret", "TagResource", "ValidateResourcePolicy")
)
RIGHTS_GIVING = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
)
ROLE_SETTINGS = (
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
    "iam:PassRole",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
PROVIDER_SETTINGS = (
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:GetOpenIDConnectProvider",
    "iam:RemoveClientIDFromOpenIDConnectProvider",
    "iam:TagOpenIDConnectProvider",
    "iam:UntagOpenIDConnectProvider",
)
PROFILE_SETTINGS = (
    "iam:AddRoleToInstanceProfile",
    "iam:CreateInstanceProfile",
    "iam:DeleteInstanceProfile",
    "iam:GetInstanceProfile",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:UntagInstanceProfile",
)
