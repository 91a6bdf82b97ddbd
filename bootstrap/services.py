"""What the deploy role may ask of each AWS service that numbers its resources: verbs, never `service:*`."""

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
