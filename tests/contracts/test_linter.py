"""The contracts beside an independent reading of AWS: the CloudFormation schemas that cfn-lint ships."""

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from sandbox.contracts.parts import Rule
from tests.contracts.reading import TYPES

# contract's type and path, CloudFormation's type and path
SAME = [
    ("kms/key:Key", "deletionWindowInDays", "KMS::Key", "PendingWindowInDays"),
    ("kms/key:Key", "rotationPeriodInDays", "KMS::Key", "RotationPeriodInDays"),
    ("kms/key:Key", "description", "KMS::Key", "Description"),
    ("kms/key:Key", "customerMasterKeySpec", "KMS::Key", "KeySpec"),
    ("kms/key:Key", "keyUsage", "KMS::Key", "KeyUsage"),
    ("kms/alias:Alias", "name", "KMS::Alias", "AliasName"),
    ("ec2/flowLog:FlowLog", "trafficType", "EC2::FlowLog", "TrafficType"),
    ("ec2/flowLog:FlowLog", "logDestinationType", "EC2::FlowLog", "LogDestinationType"),
    ("ec2/natGateway:NatGateway", "connectivityType", "EC2::NatGateway", "ConnectivityType"),
    ("ec2/natGateway:NatGateway", "availabilityMode", "EC2::NatGateway", "AvailabilityMode"),
    ("ec2/securityGroup:SecurityGroup", "description", "EC2::SecurityGroup", "GroupDescription"),
    ("cloudwatch/logGroup:LogGroup", "retentionInDays", "Logs::LogGroup", "RetentionInDays"),
    ("cloudwatch/logGroup:LogGroup", "logGroupClass", "Logs::LogGroup", "LogGroupClass"),
    ("cloudwatch/logGroup:LogGroup", "name", "Logs::LogGroup", "LogGroupName"),
    ("cloudwatch/logDelivery:LogDelivery", "recordFields", "Logs::Delivery", "RecordFields"),
    ("cloudwatch/logDelivery:LogDelivery", "deliverySourceName", "Logs::Delivery", "DeliverySourceName"),
    ("cloudwatch/logDeliverySource:LogDeliverySource", "name", "Logs::DeliverySource", "Name"),
    ("cloudwatch/logDeliverySource:LogDeliverySource", "logType", "Logs::DeliverySource", "LogType"),
    ("cloudwatch/eventRule:EventRule", "name", "Events::Rule", "Name"),
    ("cloudwatch/eventRule:EventRule", "description", "Events::Rule", "Description"),
    ("cloudwatch/eventRule:EventRule", "state", "Events::Rule", "State"),
    ("cloudwatch/eventTarget:EventTarget", "targetId", "Events::Rule", "Targets[*].Id"),
    ("cloudwatch/eventTarget:EventTarget", "input", "Events::Rule", "Targets[*].Input"),
    (
        "cloudwatch/eventTarget:EventTarget",
        "retryPolicy.maximumRetryAttempts",
        "Events::Rule",
        "Targets[*].RetryPolicy.MaximumRetryAttempts",
    ),
    (
        "cloudwatch/eventTarget:EventTarget",
        "retryPolicy.maximumEventAgeInSeconds",
        "Events::Rule",
        "Targets[*].RetryPolicy.MaximumEventAgeInSeconds",
    ),
    ("cloudwatch/metricAlarm:MetricAlarm", "comparisonOperator", "CloudWatch::Alarm", "ComparisonOperator"),
    ("cloudwatch/metricAlarm:MetricAlarm", "treatMissingData", "CloudWatch::Alarm", "TreatMissingData"),
    ("cloudwatch/metricAlarm:MetricAlarm", "statistic", "CloudWatch::Alarm", "Statistic"),
    ("cloudwatch/metricAlarm:MetricAlarm", "unit", "CloudWatch::Alarm", "Unit"),
    ("cloudwatch/metricAlarm:MetricAlarm", "name", "CloudWatch::Alarm", "AlarmName"),
    ("cloudwatch/metricAlarm:MetricAlarm", "alarmDescription", "CloudWatch::Alarm", "AlarmDescription"),
    ("cloudwatch/metricAlarm:MetricAlarm", "dimensions", "CloudWatch::Alarm", "Dimensions"),
    ("iam/role:Role", "maxSessionDuration", "IAM::Role", "MaxSessionDuration"),
    ("iam/role:Role", "name", "IAM::Role", "RoleName"),
    ("iam/role:Role", "description", "IAM::Role", "Description"),
    ("s3/bucket:Bucket", "bucket", "S3::Bucket", "BucketName"),
    (
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        "rule.objectOwnership",
        "S3::Bucket",
        "OwnershipControls.Rules[*].ObjectOwnership",
    ),
    (
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "rules[*].status",
        "S3::Bucket",
        "LifecycleConfiguration.Rules[*].Status",
    ),
    (
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "transitionDefaultMinimumObjectSize",
        "S3::Bucket",
        "LifecycleConfiguration.TransitionDefaultMinimumObjectSize",
    ),
    (
        "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        "rule.defaultRetention.mode",
        "S3::Bucket",
        "ObjectLockConfiguration.Rule.DefaultRetention.Mode",
    ),
    ("sqs/queue:Queue", "delaySeconds", "SQS::Queue", "DelaySeconds"),
    ("sqs/queue:Queue", "maxMessageSize", "SQS::Queue", "MaximumMessageSize"),
    ("sqs/queue:Queue", "messageRetentionSeconds", "SQS::Queue", "MessageRetentionPeriod"),
    ("sqs/queue:Queue", "receiveWaitTimeSeconds", "SQS::Queue", "ReceiveMessageWaitTimeSeconds"),
    ("sqs/queue:Queue", "visibilityTimeoutSeconds", "SQS::Queue", "VisibilityTimeout"),
    ("sqs/queue:Queue", "kmsDataKeyReusePeriodSeconds", "SQS::Queue", "KmsDataKeyReusePeriodSeconds"),
    ("sns/topic:Topic", "maximumMessageSize", "SNS::Topic", "MaximumMessageSize"),
    ("secretsmanager/secret:Secret", "name", "SecretsManager::Secret", "Name"),
    ("secretsmanager/secret:Secret", "description", "SecretsManager::Secret", "Description"),
    ("secretsmanager/secretVersion:SecretVersion", "secretString", "SecretsManager::Secret", "SecretString"),
    (
        "acm/certificate:Certificate",
        "options.certificateTransparencyLoggingPreference",
        "CertificateManager::Certificate",
        "CertificateTransparencyLoggingPreference",
    ),
    (
        "appautoscaling/policy:Policy",
        "policyType",
        "ApplicationAutoScaling::ScalingPolicy",
        "PolicyType",
    ),
    (
        "appautoscaling/policy:Policy",
        "stepScalingPolicyConfiguration.metricAggregationType",
        "ApplicationAutoScaling::ScalingPolicy",
        "StepScalingPolicyConfiguration.MetricAggregationType",
    ),
    (
        "servicediscovery/httpNamespace:HttpNamespace",
        "name",
        "ServiceDiscovery::HttpNamespace",
        "Name",
    ),
    (
        "cloudfront/distribution:Distribution",
        "httpVersion",
        "CloudFront::Distribution",
        "DistributionConfig.HttpVersion",
    ),
    (
        "cloudfront/distribution:Distribution",
        "viewerCertificate.minimumProtocolVersion",
        "CloudFront::Distribution",
        "DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
    ),
    (
        "cloudfront/distribution:Distribution",
        "viewerCertificate.sslSupportMethod",
        "CloudFront::Distribution",
        "DistributionConfig.ViewerCertificate.SslSupportMethod",
    ),
    (
        "cloudfront/distribution:Distribution",
        "restrictions.geoRestriction.restrictionType",
        "CloudFront::Distribution",
        "DistributionConfig.Restrictions.GeoRestriction.RestrictionType",
    ),
    (
        "cloudfront/distribution:Distribution",
        "defaultCacheBehavior.viewerProtocolPolicy",
        "CloudFront::Distribution",
        "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy",
    ),
    (
        "cloudfront/distribution:Distribution",
        "customErrorResponses[*].errorCode",
        "CloudFront::Distribution",
        "DistributionConfig.CustomErrorResponses[*].ErrorCode",
    ),
]

# Values that one side has and the other has not, with the reason.
KNOWN_DIFFERENCES: dict[tuple[str, str], set[Any]] = {
    ("cloudwatch/logGroup:LogGroup", "retentionInDays"): {0},  # the provider's way to say "for ever"
}


def linted(type_: str, path: str) -> dict[str, Any]:
    """Return what cfn-lint's schema says of a property in the region the platform uses."""
    root = PROVIDER_SCHEMA_MANAGER.get_resource_schema("ca-central-1", f"AWS::{type_}").schema
    node: dict[str, Any] = root
    for step in path.split("."):
        node = _referred(root, node)["properties"][step.removesuffix("[*]")]
        if step.endswith("[*]"):
            node = _referred(root, node)["items"]
    return _referred(root, node)


def _referred(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return root["definitions"][reference.rsplit("/", 1)[-1]] if reference else node


def rules(token: str, path: str) -> list[Rule]:
    return [
        rule
        for rule in TYPES[f"aws:{token}"].validations
        if rule.path == path and not rule.relational and not rule.conditions
    ]


def said(token: str, path: str, name: str) -> Any:
    values = [getattr(rule, name) for rule in rules(token, path) if getattr(rule, name) is not None]
    return values[0] if values else None


@pytest.mark.parametrize(("token", "path", "type_", "theirs"), SAME)
def test_limits_and_allowed_values_agree_with_the_linters(
    token: str, path: str, type_: str, theirs: str
) -> None:
    schema = linted(type_, theirs)
    compared = False
    for ours, key in [
        ("min", "minimum"),
        ("max", "maximum"),
        ("max_length", "maxLength"),
        ("max_items", "maxItems"),
    ]:
        value = said(token, path, ours)
        if value is not None and key in schema:
            assert value == schema[key], f"{token} {path}: {ours} is {value}, the linter says {schema[key]}"
            compared = True
    allowed = said(token, path, "enum")
    if allowed is not None and "enum" in schema:
        assert set(allowed) ^ set(schema["enum"]) <= KNOWN_DIFFERENCES.get((token, path), set())
        compared = True
    assert compared, f"{token} {path}: nothing to compare with {sorted(schema)}"
