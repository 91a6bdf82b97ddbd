"""Our types and properties beside CloudFormation's, whose schemas cfn-lint ships: an independent reading of AWS."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from sandbox.shapes import Shape, Spec
from tests.contracts.reading import TYPES, shape

REGION = "ca-central-1"

# Types that CloudFormation calls otherwise; all others have the same service and name.
_OTHERWISE = {
    "acm/certificate:Certificate": "CertificateManager::Certificate",
    "appautoscaling/policy:Policy": "ApplicationAutoScaling::ScalingPolicy",
    "appautoscaling/target:Target": "ApplicationAutoScaling::ScalableTarget",
    "autoscaling/group:Group": "AutoScaling::AutoScalingGroup",
    "backup/plan:Plan": "Backup::BackupPlan",
    "backup/selection:Selection": "Backup::BackupSelection",
    "backup/vault:Vault": "Backup::BackupVault",
    "cloudwatch/eventRule:EventRule": "Events::Rule",
    "cloudwatch/logDelivery:LogDelivery": "Logs::Delivery",
    "cloudwatch/logDeliveryDestination:LogDeliveryDestination": "Logs::DeliveryDestination",
    "cloudwatch/logDeliverySource:LogDeliverySource": "Logs::DeliverySource",
    "cloudwatch/logGroup:LogGroup": "Logs::LogGroup",
    "cloudwatch/logMetricFilter:LogMetricFilter": "Logs::MetricFilter",
    "cloudwatch/logResourcePolicy:LogResourcePolicy": "Logs::ResourcePolicy",
    "cloudwatch/metricAlarm:MetricAlarm": "CloudWatch::Alarm",
    "costexplorer/anomalyMonitor:AnomalyMonitor": "CE::AnomalyMonitor",
    "costexplorer/anomalySubscription:AnomalySubscription": "CE::AnomalySubscription",
    "ec2/managedPrefixList:ManagedPrefixList": "EC2::PrefixList",
    "ec2/networkAclRule:NetworkAclRule": "EC2::NetworkAclEntry",
    "ec2/routeTableAssociation:RouteTableAssociation": "EC2::SubnetRouteTableAssociation",
    "iam/openIdConnectProvider:OpenIdConnectProvider": "IAM::OIDCProvider",
    "iam/policy:Policy": "IAM::ManagedPolicy",
    "lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": "Lambda::EventInvokeConfig",
    "lb/listener:Listener": "ElasticLoadBalancingV2::Listener",
    "lb/loadBalancer:LoadBalancer": "ElasticLoadBalancingV2::LoadBalancer",
    "lb/targetGroup:TargetGroup": "ElasticLoadBalancingV2::TargetGroup",
    "rds/instance:Instance": "RDS::DBInstance",
    "rds/parameterGroup:ParameterGroup": "RDS::DBParameterGroup",
    "rds/subnetGroup:SubnetGroup": "RDS::DBSubnetGroup",
    "secretsmanager/secretPolicy:SecretPolicy": "SecretsManager::ResourcePolicy",
    "secretsmanager/secretRotation:SecretRotation": "SecretsManager::RotationSchedule",
    "sesv2/configurationSet:ConfigurationSet": "SES::ConfigurationSet",
    "sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": (
        "SES::ConfigurationSetEventDestination"
    ),
    "sesv2/emailIdentity:EmailIdentity": "SES::EmailIdentity",
    "sns/topicSubscription:TopicSubscription": "SNS::Subscription",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": "EC2::SecurityGroupEgress",
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": "EC2::SecurityGroupIngress",
}

# Properties that CloudFormation calls otherwise, by our type.
_RENAMED = {
    "acm/certificate:Certificate": {"options.export": "CertificateExport"},
    "appautoscaling/policy:Policy": {"name": "PolicyName"},
    "autoscaling/group:Group": {"name": "AutoScalingGroupName"},
    "backup/restoreTestingPlan:RestoreTestingPlan": {"name": "RestoreTestingPlanName"},
    "backup/restoreTestingSelection:RestoreTestingSelection": {"name": "RestoreTestingSelectionName"},
    "backup/selection:Selection": {"planId": "BackupPlanId"},
    "backup/vault:Vault": {"name": "BackupVaultName", "kmsKeyArn": "EncryptionKeyArn"},
    "budgets/budget:Budget": {"name": "Budget.BudgetName"},
    "chatbot/slackChannelConfiguration:SlackChannelConfiguration": {"slackTeamId": "SlackWorkspaceId"},
    "cloudwatch/logGroup:LogGroup": {"name": "LogGroupName"},
    "cloudwatch/logMetricFilter:LogMetricFilter": {"name": "FilterName"},
    "cloudwatch/metricAlarm:MetricAlarm": {"name": "AlarmName"},
    "ec2/flowLog:FlowLog": {"vpcId": "ResourceId", "iamRoleArn": "DeliverLogsPermissionArn"},
    "ec2/launchTemplate:LaunchTemplate": {"name": "LaunchTemplateName"},
    "ec2/natGateway:NatGateway": {"privateIp": "PrivateIpAddress"},
    "ec2/securityGroup:SecurityGroup": {"name": "GroupName", "description": "GroupDescription"},
    "ecr/repository:Repository": {"name": "RepositoryName"},
    "ecs/cluster:Cluster": {"name": "ClusterName"},
    "elasticache/parameterGroup:ParameterGroup": {"family": "CacheParameterGroupFamily"},
    "elasticache/replicationGroup:ReplicationGroup": {"subnetGroupName": "CacheSubnetGroupName"},
    "elasticache/subnetGroup:SubnetGroup": {"name": "CacheSubnetGroupName"},
    "iam/accessKey:AccessKey": {"user": "UserName"},
    "iam/instanceProfile:InstanceProfile": {"name": "InstanceProfileName"},
    "iam/policy:Policy": {"name": "ManagedPolicyName"},
    "iam/role:Role": {"name": "RoleName"},
    "iam/rolePolicy:RolePolicy": {"name": "PolicyName", "role": "RoleName"},
    "iam/user:User": {"name": "UserName"},
    "iam/userPolicy:UserPolicy": {"name": "PolicyName", "user": "UserName"},
    "kms/alias:Alias": {"name": "AliasName"},
    "lambda/function:Function": {"name": "FunctionName"},
    "lb/loadBalancer:LoadBalancer": {"loadBalancerType": "Type", "internal": "Scheme"},
    "rds/instance:Instance": {"username": "MasterUsername", "identifier": "DBInstanceIdentifier"},
    "rds/parameterGroup:ParameterGroup": {"name": "DBParameterGroupName"},
    "rds/subnetGroup:SubnetGroup": {"name": "DBSubnetGroupName"},
    "route53/healthCheck:HealthCheck": {
        "type": "HealthCheckConfig.Type",
        "requestInterval": "HealthCheckConfig.RequestInterval",
        "measureLatency": "HealthCheckConfig.MeasureLatency",
        "failureThreshold": "HealthCheckConfig.FailureThreshold",
        "port": "HealthCheckConfig.Port",
        "fqdn": "HealthCheckConfig.FullyQualifiedDomainName",
        "resourcePath": "HealthCheckConfig.ResourcePath",
        "searchString": "HealthCheckConfig.SearchString",
    },
    "s3/bucket:Bucket": {"bucket": "BucketName", "bucketPrefix": "BucketNamePrefix"},
    "secretsmanager/secretPolicy:SecretPolicy": {"secretArn": "SecretId"},
    "ses/template:Template": {"name": "Template.TemplateName"},
    "sesv2/configurationSet:ConfigurationSet": {"configurationSetName": "Name"},
    "sns/topic:Topic": {"name": "TopicName"},
    "sns/topicSubscription:TopicSubscription": {"topic": "TopicArn"},
    "sqs/queue:Queue": {"name": "QueueName"},
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": {"securityGroupId": "GroupId"},
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"securityGroupId": "GroupId"},
}


@dataclass(frozen=True)
class Pair:
    """One property in both readings: our path and spec, their path and schema."""

    path: str
    spec: Spec
    theirs: str
    schema: dict[str, Any]


def counterpart(token: str) -> str | None:
    """Return CloudFormation's name of one of our types, if it has the type."""
    short = token.removeprefix("aws:")
    if short == token:
        return None
    service, name = short.split("/", 1)[0], short.rsplit(":", 1)[-1]
    return _OTHERWISE.get(short) or _names().get((service.lower(), name.lower()))


@cache
def _names() -> dict[tuple[str, str], str]:
    known = PROVIDER_SCHEMA_MANAGER.get_resource_types(REGION)
    short = [name.removeprefix("AWS::") for name in known if name.startswith("AWS::")]
    return {(name.split("::")[0].lower(), name.split("::")[1].lower()): name for name in short}


def schema(type_: str) -> dict[str, Any]:
    """Return the schema of a CloudFormation type in the region that the platform uses."""
    root: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, f"AWS::{type_}").schema
    return root


def create_only(token: str) -> set[str]:
    """Return the paths that CloudFormation can only set at creation, in its names."""
    fixed = schema(str(counterpart(token))).get("createOnlyProperties", [])
    return {path.removeprefix("/properties/").replace("/*", "[*]").replace("/", ".") for path in fixed}


def pairs(token: str) -> list[Pair]:
    """Return the properties that both readings have, each once."""
    root, ours = schema(str(counterpart(token))), shape(token)
    renamed = _RENAMED.get(token.removeprefix("aws:"), {})
    found = [
        Pair(path, _spec(ours, path), theirs, _reached(root, theirs)) for path, theirs in renamed.items()
    ]
    theirs = {_plain(name): name for name in root["properties"]}
    for name, spec in ours.inputs.items():
        if name not in renamed and _plain(name) in theirs:
            other = theirs[_plain(name)]
            found.extend(_walk(root, ours, Pair(name, spec, other, root["properties"][other])))
    return list({(pair.path, pair.theirs): pair for pair in found}.values())


def _walk(root: dict[str, Any], ours: Shape, pair: Pair, depth: int = 0) -> Iterator[Pair]:
    node = _resolved(root, pair.schema)
    yield Pair(pair.path, pair.spec, pair.theirs, node)
    if depth > 8 or not isinstance(pair.spec, dict):
        return
    kind, of = next(iter(pair.spec.items()))
    one = "items" in node and "properties" not in node  # SDKs show a list of one as the thing itself
    if kind == "oneOf":
        for option in of:
            yield from itertools.islice(
                _walk(root, ours, Pair(pair.path, option, pair.theirs, node), depth + 1), 1, None
            )
    elif kind == "list" and "items" in node:
        inner = Pair(f"{pair.path}[*]", of, f"{pair.theirs}[*]", node["items"])
        yield from _walk(root, ours, inner, depth + 1)
    elif kind == "list" and "properties" in node:
        yield from _walk(root, ours, Pair(f"{pair.path}[*]", of, pair.theirs, node), depth + 1)
    elif kind == "object" and one:
        inner = Pair(pair.path, pair.spec, f"{pair.theirs}[*]", node["items"])
        yield from itertools.islice(_walk(root, ours, inner, depth + 1), 1, None)
    elif kind == "object":
        theirs = {_plain(name): name for name in node.get("properties", {})}
        for name, spec in ours.types[of]["properties"].items():
            if _plain(name) in theirs:
                other = theirs[_plain(name)]
                inner = Pair(f"{pair.path}.{name}", spec, f"{pair.theirs}.{other}", node["properties"][other])
                yield from _walk(root, ours, inner, depth + 1)


def _plain(name: str) -> str:
    """SDKs write the first letter small, and the plural of lists."""
    return name.lower().rstrip("s")


def _resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = root["definitions"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _reached(root: dict[str, Any], path: str) -> dict[str, Any]:
    node = root
    for step in path.split("."):
        node = _resolved(root, node)["properties"][step]
    return _resolved(root, node)


def _spec(ours: Shape, path: str) -> Spec:
    properties = {**ours.outputs, **ours.inputs}
    spec: Spec = "any"
    for step in path.split("."):
        spec = properties[step]
        if isinstance(spec, dict) and "object" in spec:
            properties = ours.types[spec["object"]]["properties"]
    return spec


COMPARED = sorted(token for token in TYPES if counterpart(token))
