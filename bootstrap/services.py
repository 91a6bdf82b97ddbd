"""What the deploy role may ask of each AWS service that numbers its resources: verbs, never `service:*`."""

from collections.abc import Mapping

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

NUMBERED: Mapping[str, tuple[str, ...]] = {
    "acm": (*MANAGE, "AddTagsToCertificate", "RequestCertificate"),
    "backup": (*MANAGE, "StartBackupJob"),
    "budgets": ("ViewBudget", "ModifyBudget", "ListTagsForResource", "TagResource"),
    "ce": ("CreateAnomaly*", "DeleteAnomaly*", "GetAnomaly*", "UpdateAnomaly*", "ListTagsForResource"),
    "chatbot": (*MANAGE,),
    "cloudfront": (*MANAGE,),
    "cloudwatch": (*CHANGE, "EnableAlarmActions"),
    "ec2": (*_NETWORK, *_NETWORK_MORE),
    "ecr": (*MANAGE, "SetRepositoryPolicy", "StartLifecyclePolicyPreview"),
    "ecs": (*MANAGE, "DeregisterTaskDefinition", "RegisterTaskDefinition", "RunTask"),
    "elasticache": (*CHANGE, "IncreaseReplicaCount", "DecreaseReplicaCount"),
    "elasticloadbalancing": (*CHANGE, "DeregisterTargets", "RegisterTargets"),
    "application-autoscaling": (*MANAGE, "DeregisterScalableTarget", "RegisterScalableTarget"),
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
    "ssm": ("AddTagsToResource", "DeleteParameter", "DescribeParameters", "GetParameter*", "PutParameter"),
    "synthetics": (*MANAGE, "StartCanary", "StopCanary"),
}
"""By service: no name is known beforehand, so the account and the service are the limit."""
