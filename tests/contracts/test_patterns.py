"""Every pattern of the AWS contracts, tried on a value it must let pass and one it must refuse."""

import re

import pytest

from sandbox.contracts.parts import Rule
from tests.contracts.reading import TYPES

ROLE = "arn:aws:iam::123456789012:role/r"
KEY = "arn:aws:kms:ca-central-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
TOPIC = "arn:aws:sns:ca-central-1:123456789012:t"
QUEUE = "arn:aws:sqs:ca-central-1:123456789012:q"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0"

# (type, path): what passes, what does not
EXAMPLES: dict[tuple[str, str], tuple[list[str], list[str]]] = {
    ("acm/certificate:Certificate", "domainName"): (
        ["*.jtldinc.com", "a-b.jtldinc.com"],
        ["jtldinc.com.", "jtldinc", "a b.com"],
    ),
    ("acm/certificateValidation:CertificateValidation", "certificateArn"): ([CERTIFICATE], [TOPIC]),
    ("appautoscaling/target:Target", "resourceId"): (
        ["service/jtld-prod/ml"],
        ["ml", "service/jtld prod/ml"],
    ),
    (
        "autoscaling/group:Group",
        "capacityReservationSpecification.capacityReservationTarget.capacityReservationIds[*]",
    ): (["cr-0123456789abcdef0"], ["cr 0"]),
    ("cloudwatch/eventRule:EventRule", "eventBusName"): (
        ["default", "arn:aws:events:ca-central-1:123456789012:event-bus/jtld"],
        ["a bus"],
    ),
    ("costexplorer/anomalySubscription:AnomalySubscription", "subscribers[*].address"): (
        ["ops@jtldinc.com", TOPIC],
        ["ops", QUEUE],
    ),
    ("elasticache/replicationGroup:ReplicationGroup", "nodeGroupConfigurations[*].nodeGroupId"): (
        ["0001"],
        ["a"],
    ),
    ("iam/instanceProfile:InstanceProfile", "path"): (["/", "/jtld/prod/"], ["jtld", "/jtld"]),
    ("iam/user:User", "path"): (["/", "/jtld/prod/"], ["jtld", "/jtld"]),
    ("iam/userPolicy:UserPolicy", "name"): (["send-mail"], ["send mail"]),
    (
        "lambda/function:Function",
        "capacityProviderConfig.lambdaManagedInstancesCapacityProviderConfig.capacityProviderArn",
    ): (["arn:aws:lambda:ca-central-1:123456789012:capacity-provider:jtld"], [ROLE]),
    ("lambda/function:Function", "codeSigningConfigArn"): (
        ["arn:aws:lambda:ca-central-1:123456789012:code-signing-config:csc-0123456789abcdef0"],
        [ROLE],
    ),
    ("lambda/function:Function", "fileSystemConfig.arn"): (
        ["arn:aws:elasticfilesystem:ca-central-1:123456789012:access-point/fsap-0123456789abcdef0"],
        [ROLE],
    ),
    ("lambda/function:Function", "fileSystemConfig.localMountPath"): (["/mnt/files"], ["/files"]),
    ("lambda/function:Function", "handler"): (["app.handler"], ["app handler"]),
    ("lambda/function:Function", "layers[*]"): (
        ["arn:aws:lambda:ca-central-1:123456789012:layer:tools:1"],
        ["arn:aws:lambda:ca-central-1:123456789012:layer:tools"],
    ),
    ("lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "qualifier"): (
        ["$LATEST", "live"],
        ["a b"],
    ),
    ("scheduler/schedule:Schedule", "target.eventbridgeParameters.source"): (
        ["jtld.jobs", "$.detail.source"],
        ["aws.ec2", "a b"],
    ),
    (
        "sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        "eventDestination.cloudWatchDestination.dimensionConfigurations[*].defaultDimensionValue",
    ): (["none"], ["no ne"]),
    (
        "sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        "eventDestination.cloudWatchDestination.dimensionConfigurations[*].dimensionName",
    ): (["ses:configuration-set"], ["a name"]),
    ("ssm/document:Document", "targetType"): (["/AWS::EC2::Instance"], ["AWS::EC2::Instance"]),
    ("ec2/launchTemplate:LaunchTemplate", "imageId"): (
        ["ami-0123456789abcdef0", "resolve:ssm:/aws/service/debian/12"],
        ["debian-12"],
    ),
    ("ec2/launchTemplate:LaunchTemplate", "name"): (["jtld-prod-server"], ["jtld prod"]),
    ("servicediscovery/httpNamespace:HttpNamespace", "name"): (["jtld-prod"], ["jtld prod"]),
    ("ssm/document:Document", "name"): (["jtld-prod-sessions"], ["a", "jtld prod"]),
    ("ssm/document:Document", "versionName"): (["release-1"], ["v", "release 1"]),
    ("backup/plan:Plan", "rules[*].ruleName"): (["daily"], ["every day"]),
    ("backup/plan:Plan", "rules[*].schedule"): (["cron(0 5 * * ? *)"], ["daily"]),
    ("backup/restoreTestingPlan:RestoreTestingPlan", "name"): (["jtld_prod"], ["jtld-prod"]),
    ("backup/restoreTestingPlan:RestoreTestingPlan", "recoveryPointSelection.includeVaults[*]"): (
        ["*", "arn:aws:backup:ca-central-1:123456789012:backup-vault:main"],
        ["main"],
    ),
    ("backup/restoreTestingSelection:RestoreTestingSelection", "name"): (["rds"], ["rds-monthly"]),
    ("backup/restoreTestingSelection:RestoreTestingSelection", "protectedResourceArns[*]"): (
        ["*", "arn:aws:s3:::files"],
        ["files"],
    ),
    (
        "backup/restoreTestingSelection:RestoreTestingSelection",
        "protectedResourceConditions.stringEquals[*].key",
    ): (["aws:ResourceTag/jtld:data"], ["jtld:data"]),
    ("backup/vaultLockConfiguration:VaultLockConfiguration", "backupVaultName"): (["main"], ["main vault"]),
    ("backup/vaultNotifications:VaultNotifications", "snsTopicArn"): ([TOPIC], [QUEUE]),
    ("budgets/budget:Budget", "name"): (["jtld-prod-month"], ["a:b", "a/b"]),
    ("chatbot/slackChannelConfiguration:SlackChannelConfiguration", "configurationName"): (
        ["jtld-prod"],
        ["jtld prod"],
    ),
    ("chatbot/slackChannelConfiguration:SlackChannelConfiguration", "slackChannelId"): (
        ["C07STANDIN1"],
        ["#ops-alerts"],
    ),
    ("chatbot/slackChannelConfiguration:SlackChannelConfiguration", "slackTeamId"): (
        ["T07STANDIN1"],
        ["jtld"],
    ),
    ("cloudwatch/compositeAlarm:CompositeAlarm", "alarmActions[*]"): ([TOPIC], ["topic"]),
    ("cloudwatch/compositeAlarm:CompositeAlarm", "alarmRule"): (
        ['ALARM("site-down") OR ALARM("api-down")', "TRUE"],
        ["site-down"],
    ),
    ("cloudwatch/dashboard:Dashboard", "dashboardName"): (["jtld-prod-website"], ["jtld prod"]),
    ("costexplorer/anomalySubscription:AnomalySubscription", "monitorArnLists[*]"): (
        ["arn:aws:ce::123456789012:anomalymonitor/0"],
        ["monitor"],
    ),
    ("backup/vault:Vault", "name"): (["main_1"], ["a", "main vault"]),
    ("cloudfront/distribution:Distribution", "aliases[*]"): (
        ["files.jtldinc.com", "*.jtldinc.com"],
        ["jtldinc", "a.*.com"],
    ),
    ("cloudfront/distribution:Distribution", "defaultRootObject"): (["index.html"], ["/index.html"]),
    ("cloudfront/distribution:Distribution", "origins[*].domainName"): (
        ["b.s3.ca-central-1.amazonaws.com"],
        ["https://x"],
    ),
    ("cloudfront/distribution:Distribution", "origins[*].originPath"): (
        ["", "/public"],
        ["public", "/public/"],
    ),
    ("cloudfront/distribution:Distribution", "restrictions.geoRestriction.locations[*]"): (
        ["CA"],
        ["Canada", "ca"],
    ),
    ("cloudfront/distribution:Distribution", "viewerCertificate.acmCertificateArn"): (
        [CERTIFICATE],
        [CERTIFICATE.replace("us-east-1", "ca-central-1")],
    ),
    ("cloudfront/function:Function", "name"): (["rewrite_1"], ["re write", "a" * 65]),
    ("cloudfront/publicKey:PublicKey", "name"): (["signing-2026"], ["signing 2026"]),
    ("cloudfront/publicKey:PublicKey", "encodedKey"): (
        ["-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"],
        ["-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"],
    ),
    ("cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", "customHeadersConfig.items[*].header"): (
        ["X-Robots-Tag", "Permissions-Policy"],
        ["Via", "X-Amz-Cf-Id", "x-frame-options"],
    ),
    ("cloudwatch/eventRule:EventRule", "name"): (["large.upload_1"], ["large upload"]),
    ("cloudwatch/eventRule:EventRule", "scheduleExpression"): (
        ["rate(2 hours)", "rate(1 day)"],
        ["rate(1 days)", "hourly"],
    ),
    ("cloudwatch/eventTarget:EventTarget", "arn"): ([TOPIC], ["topic"]),
    ("cloudwatch/eventTarget:EventTarget", "deadLetterConfig.arn"): ([QUEUE], [TOPIC]),
    (
        "cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        "deliveryDestinationConfiguration.destinationResourceArn",
    ): (
        ["arn:aws:s3:::b", "arn:aws:logs:ca-central-1:1:log-group:g"],
        [TOPIC],
    ),
    ("cloudwatch/logDeliveryDestination:LogDeliveryDestination", "outputFormat"): (["json"], ["parquet"]),
    ("cloudwatch/logDeliverySource:LogDeliverySource", "name"): (["files-1"], ["files.1"]),
    ("cloudwatch/logGroup:LogGroup", "name"): (["/jtld/flow.1#x", "aws-waf"], ["a b", "aws/lambda"]),
    ("cloudwatch/logGroup:LogGroup", "kmsKeyId"): ([KEY], ["alias/logs"]),
    ("cloudwatch/logMetricFilter:LogMetricFilter", "name"): (["errors"], ["errors:all", "*"]),
    ("cloudwatch/logMetricFilter:LogMetricFilter", "metricTransformation.name"): (["Errors"], ["$Errors"]),
    ("cloudwatch/logMetricFilter:LogMetricFilter", "metricTransformation.defaultValue"): (
        ["0", "-1.5"],
        ["none"],
    ),
    ("cloudwatch/metricAlarm:MetricAlarm", "extendedStatistic"): (
        ["p99", "p99.9", "tm95", "TM(2%:98%)", "IQM"],
        ["p999", "99"],
    ),
    ("cloudwatch/metricAlarm:MetricAlarm", "namespace"): (["AWS/S3"], [":AWS"]),
    ("cloudwatch/metricAlarm:MetricAlarm", "metricQueries[*].id"): (
        ["hitRate_1"],
        ["Hits", "1hits", "hit-rate"],
    ),
    ("cloudwatch/metricAlarm:MetricAlarm", "metricQueries[*].metric.period"): (
        ["10", "60", "300", "86400"],
        ["45", "61"],
    ),
    ("ec2/flowLog:FlowLog", "logDestination"): (
        ["arn:aws:s3:::b/flow/"],
        ["arn:aws:logs:ca-central-1:1:log-group:g"],
    ),
    ("ec2/managedPrefixList:ManagedPrefixList", "name"): (["vercel"], ["com.amazonaws.mine"]),
    ("ec2/networkAclRule:NetworkAclRule", "ruleAction"): (["allow", "DENY"], ["block"]),
    ("ec2/securityGroup:SecurityGroup", "name"): (
        ["service (web)", "defaults"],
        ["sg-web", "default", "wéb"],
    ),
    ("ec2/securityGroup:SecurityGroup", "description"): (["From the load balancer: 443"], ["Größe", "a|b"]),
    ("ec2/subnet:Subnet", "ipv6CidrBlock"): (["2600:1f11::/64"], ["2600:1f11::/56"]),
    ("ec2/vpcEndpoint:VpcEndpoint", "serviceName"): (
        ["com.amazonaws.ca-central-1.s3", "com.amazonaws.us-gov-east-1.dynamodb"],
        ["s3", "com.amazonaws.ca-central-1.ecr.api", "com.amazonaws.ca-central-1.s3express"],
    ),
    ("ecr/repository:Repository", "name"): (["jtld/worker", "a1-b_c"], ["Worker", "a", "jtld//worker", "-a"]),
    ("ecs/cluster:Cluster", "name"): (["jtld_1"], ["jtld.1"]),
    ("ecs/service:Service", "name"): (["worker"], ["wor ker"]),
    ("ecs/taskDefinition:TaskDefinition", "family"): (["worker"], ["worker:1"]),
    ("elasticache/parameterGroup:ParameterGroup", "family"): (["redis7", "valkey8"], ["redis8", "valkey"]),
    ("elasticache/parameterGroup:ParameterGroup", "name"): (["jtld-redis7"], ["7redis"]),
    ("elasticache/replicationGroup:ReplicationGroup", "replicationGroupId"): (
        ["jtld-cache"],
        ["1cache", "a--b", "a-", "a_b"],
    ),
    ("elasticache/replicationGroup:ReplicationGroup", "engineVersion"): (["7.1", "8.1"], ["7", "9.9.9.9"]),
    ("elasticache/replicationGroup:ReplicationGroup", "nodeType"): (["cache.t4g.micro"], ["t4g.micro"]),
    ("elasticache/replicationGroup:ReplicationGroup", "authToken"): (
        ["0123456789abcdef!&#$^<>-"],
        ["short", "0123456789abcde@"],
    ),
    ("elasticache/replicationGroup:ReplicationGroup", "maintenanceWindow"): (
        ["sun:05:00-Sun:06:00"],
        ["sun:24:00-sun:25:00"],
    ),
    ("elasticache/replicationGroup:ReplicationGroup", "snapshotWindow"): (["05:00-06:00"], ["5:00-6:00"]),
    ("elasticache/subnetGroup:SubnetGroup", "name"): (["cache"], ["default", "a b"]),
    ("elasticache/user:User", "engine"): (["redis", "VALKEY"], ["memcached"]),
    ("elasticache/user:User", "userId"): (["app-1"], ["1app"]),
    ("elasticache/user:User", "accessString"): (["on ~app:* +@read"], ["~* +@all"]),
    ("iam/role:Role", "name"): (["app_1+=,.@-"], ["a b", "a/b"]),
    ("iam/role:Role", "path"): (["/", "/jtld/app/"], ["jtld", "/jtld"]),
    ("iam/role:Role", "description"): (["Reads files."], ["“quoted”", "\u2022"]),
    ("iam/role:Role", "permissionsBoundary"): (["arn:aws:iam::aws:policy/PowerUserAccess"], [ROLE]),
    ("iam/rolePolicyAttachment:RolePolicyAttachment", "policyArn"): (
        ["arn:aws:iam::123456789012:policy/a/b"],
        [ROLE],
    ),
    ("iam/openIdConnectProvider:OpenIdConnectProvider", "url"): (
        ["https://oidc.vercel.com/jtld"],
        ["oidc.vercel.com", "https://x?y"],
    ),
    ("iam/user:User", "name"): (["ci@jtld"], ["c i"]),
    ("kms/alias:Alias", "name"): (["alias/jtld/data"], ["data", "alias/aws/s3", "alias/a b"]),
    ("kms/replicaKey:ReplicaKey", "primaryKeyArn"): ([KEY], ["arn:aws:kms:ca-central-1:123456789012:key/0"]),
    ("lambda/function:Function", "name"): (["jtld-bootstrap_1"], ["jtld bootstrap", "a/b"]),
    ("lambda/function:Function", "runtime"): (["python3.13", "provided.al2023"], ["cobol85", "Python3"]),
    ("lb/listener:Listener", "defaultActions[*].fixedResponse.statusCode"): (["200", "503"], ["302", "20"]),
    ("lb/listener:Listener", "sslPolicy"): (["ELBSecurityPolicy-TLS13-1-2-2021-06"], ["TLS13"]),
    ("lb/loadBalancer:LoadBalancer", "name"): (["gateway-1"], ["internal-gateway", "-a", "a-", "a_b"]),
    ("lb/targetGroup:TargetGroup", "healthCheck.path"): (["/health"], ["health"]),
    ("rds/instance:Instance", "identifier"): (["jtld-main"], ["1main", "Main", "a--b", "a-"]),
    ("rds/instance:Instance", "instanceClass"): (
        ["db.t4g.micro", "db.serverless.1", "db.m6i.large.tpc1.mem2x"],
        ["t4g.micro"],
    ),
    ("rds/instance:Instance", "engineVersion"): (["17", "16.4"], ["9.6", "latest"]),
    ("rds/instance:Instance", "performanceInsightsRetentionPeriod"): (["7", "62", "731"], ["8", "90"]),
    ("rds/instance:Instance", "username"): (["jtld_admin"], ["admin", "pg_owner", "1st"]),
    ("rds/instance:Instance", "dbName"): (["jtld"], ["1jtld", "jtld-main"]),
    ("rds/instance:Instance", "finalSnapshotIdentifier"): (["jtld-final"], ["1final", "a--b"]),
    ("rds/parameterGroup:ParameterGroup", "name"): (["jtld.postgres17"], ["Jtld", "1jtld", "jtld--17"]),
    ("rds/parameterGroup:ParameterGroup", "family"): (["postgres17"], ["postgres", "postgres19"]),
    ("rds/subnetGroup:SubnetGroup", "name"): (["jtld main_1"], ["Default", "jtld/main"]),
    ("s3/accountPublicAccessBlock:AccountPublicAccessBlock", "accountId"): (["123456789012"], ["12345"]),
    ("s3/bucket:Bucket", "bucket"): (
        ["jtld-files.prod"],
        ["Files", "a..b", "10.0.0.1", "xn--a", "a-s3alias", "ab"],
    ),
    ("s3/bucketCorsConfiguration:BucketCorsConfiguration", "corsRules[*].allowedOrigins[*]"): (
        ["*", "https://*.x"],
        ["*.*"],
    ),
    ("s3/bucketCorsConfiguration:BucketCorsConfiguration", "corsRules[*].exposeHeaders[*]"): (
        ["ETag"],
        ["x-amz-*"],
    ),
    ("s3/bucketNotification:BucketNotification", "queues[*].events[*]"): (
        ["s3:ObjectCreated:*", "s3:ObjectAcl:Put"],
        ["ObjectCreated"],
    ),
    ("s3/bucketReplicationConfig:BucketReplicationConfig", "role"): ([ROLE], ["replicate"]),
    ("scheduler/schedule:Schedule", "name"): (["digest.daily"], ["digest daily"]),
    ("scheduler/schedule:Schedule", "scheduleExpression"): (
        ["at(2026-12-01T08:00:00)", "rate(5 minutes)", "cron(0 3 * * ? *)"],
        ["at(tomorrow)", "rate(0 days)"],
    ),
    ("scheduler/schedule:Schedule", "scheduleExpressionTimezone"): (
        ["America/Toronto", "UTC"],
        ["Toronto time"],
    ),
    ("secretsmanager/secret:Secret", "name"): (["jtld/database"], ["jtld database"]),
    ("secretsmanager/secretRotation:SecretRotation", "rotationRules.duration"): (["3h"], ["3 hours"]),
    ("secretsmanager/secretRotation:SecretRotation", "rotationRules.scheduleExpression"): (
        ["rate(30 days)"],
        ["monthly"],
    ),
    ("secretsmanager/secretVersion:SecretVersion", "secretBinary"): (["YQ==", "YWJj"], ["a", "===="]),
    ("ses/template:Template", "name"): (["welcome_1"], ["welcome mail"]),
    ("sesv2/configurationSet:ConfigurationSet", "configurationSetName"): (["transactional"], ["a b"]),
    (
        "sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        "eventDestination.eventBridgeDestination.eventBusArn",
    ): (
        ["arn:aws:events:ca-central-1:1:event-bus/default"],
        ["arn:aws:events:ca-central-1:1:event-bus/mail"],
    ),
    ("sesv2/emailIdentity:EmailIdentity", "emailIdentity"): (
        ["jtldinc.com", "ops@jtldinc.com"],
        ["jtldinc", "a@b@c.com"],
    ),
    ("sns/topic:Topic", "name"): (["alerts", "alerts.fifo"], ["alerts!", "a" * 257]),
    ("sns/topicPolicy:TopicPolicy", "arn"): ([TOPIC], [QUEUE]),
    ("sns/topicSubscription:TopicSubscription", "endpoint"): (
        [
            "ops@jtldinc.com",
            "https://x.example",
            "http://x.example",
            "+14165550100",
            QUEUE,
            "arn:aws:lambda:x",
        ],
        ["ftp://x", "ops"],
    ),
    ("sqs/queue:Queue", "name"): (["jobs", "jobs.fifo"], ["jobs!", "a" * 81]),
    ("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "ipProtocol"): (["tcp", "-1", "6"], ["TCP/IP"]),
    ("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "prefixListId"): (["pl-7da54014"], ["vercel"]),
}

RULES: list[tuple[str, Rule]] = [
    (token.removeprefix("aws:"), rule)
    for token, contract in sorted(TYPES.items())
    if token.startswith("aws:")
    for rule in contract.validations
    if rule.pattern is not None or rule.not_pattern is not None
]


def lets_pass(rule: Rule, value: str) -> bool:
    fits = rule.pattern is None or re.search(rule.pattern, value) is not None
    return fits and (rule.not_pattern is None or re.search(rule.not_pattern, value) is None)


@pytest.mark.parametrize("place", sorted(EXAMPLES), ids=" ".join)
def test_each_pattern_lets_the_good_pass_and_refuses_the_bad(place: tuple[str, str]) -> None:
    here = [rule for token, rule in RULES if (token, rule.path) == place]
    assert here, "no pattern stands at this place any more"
    good, bad = EXAMPLES[place]
    always = [rule for rule in here if not rule.conditions]
    assert [value for value in good if not all(lets_pass(rule, value) for rule in always)] == []
    assert [value for value in bad if all(lets_pass(rule, value) for rule in here)] == []
    for rule in here:
        assert any(lets_pass(rule, value) for value in good), f"{rule.pattern} refuses every good value"
        assert not all(lets_pass(rule, value) for value in bad), (
            f"{rule.pattern or rule.not_pattern} lets all pass"
        )


def test_every_pattern_is_tried_somewhere() -> None:
    tried = {(r.pattern, r.not_pattern) for token, r in RULES if (token, r.path) in EXAMPLES}
    untried = {(token, rule.path) for token, rule in RULES if (rule.pattern, rule.not_pattern) not in tried}
    assert not untried
