"""Logs, alarms, rules, topics and queues: what CloudWatch, EventBridge, SNS and SQS say."""

import json
from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, OperationError, RefusedError


def test_a_log_group_is_unique_and_keeps_logs_for_allowed_times(aws: Account) -> None:
    group = aws.make("cloudwatch/logGroup:LogGroup", name="/jtld/flow", retentionInDays=365)
    assert group["arn"] == f"arn:aws:logs:ca-central-1:{ACCOUNT}:log-group:/jtld/flow"
    with pytest.raises(OperationError, match="ResourceAlreadyExistsException"):
        aws.make("cloudwatch/logGroup:LogGroup", name="/jtld/flow")
    with pytest.raises(RefusedError, match="must be one of"):
        aws.make("cloudwatch/logGroup:LogGroup", name="x", retentionInDays=366)
    with pytest.raises(RefusedError, match="valid log group name"):
        aws.make("cloudwatch/logGroup:LogGroup", name="a b")


def test_a_protected_log_group_stays(aws: Account) -> None:
    group = aws.make("cloudwatch/logGroup:LogGroup", name="x", deletionProtectionEnabled=True)
    with pytest.raises(OperationError, match="deletion protection"):
        aws.drop(group)
    aws.drop(aws.change(group, deletionProtectionEnabled=False))


ALARM = {
    "name": "files-size",
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 1,
    "metricName": "BucketSizeBytes",
    "namespace": "AWS/S3",
    "period": 86400,
    "statistic": "Average",
    "threshold": 1,
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"comparisonOperator": "Above"}, "must be one of"),
        ({"period": 45}, "multiple of 60"),
        ({"statistic": None}, "one of `statistic` or `extendedStatistic`"),
        ({"extendedStatistic": "p99"}, "conflicts"),
        ({"statistic": None, "extendedStatistic": "ninety"}, "invalid statistic"),
        ({"datapointsToAlarm": 2}, "less than or equal to EvaluationPeriods"),
        ({"evaluationPeriods": 8}, "more than 7 days"),
        ({"period": 300, "evaluationPeriods": 289}, "more than a day"),
        ({"treatMissingData": "skip"}, "must be one of"),
        ({"threshold": None}, "Threshold"),
        ({"namespace": ":S3"}, "colon"),
        ({"metricQueries": [{"id": "a", "expression": "b", "returnData": True}]}, "conflicts"),
        ({"alarmActions": ["topic"]}, "arn"),
    ],
)
def test_an_alarm_that_cloudwatch_refuses_is_refused(aws: Account, change: dict[str, Any], why: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("cloudwatch/metricAlarm:MetricAlarm", **{**ALARM, **change})


def test_an_alarm_changes_in_place_but_for_its_name(aws: Account) -> None:
    alarm = aws.make("cloudwatch/metricAlarm:MetricAlarm", **ALARM)
    assert alarm["treatMissingData"] == "missing"
    assert not aws.replaces(alarm, threshold=2)
    assert aws.replaces(alarm, name="other")


def test_a_metric_query_is_a_metric_or_an_expression(aws: Account) -> None:
    query = {"id": "rate", "expression": "hits / requests", "returnData": True}
    alarm = {
        "name": "rate",
        "comparisonOperator": "LessThanThreshold",
        "evaluationPeriods": 1,
        "threshold": 0.8,
    }
    assert aws.make("cloudwatch/metricAlarm:MetricAlarm", **alarm, metricQueries=[query])
    metric = {"metricName": "CacheHits", "namespace": "AWS/ElastiCache", "period": 60, "stat": "Sum"}
    with pytest.raises(OperationError, match="either an expression or a metric"):
        aws.make("cloudwatch/metricAlarm:MetricAlarm", **alarm, metricQueries=[{**query, "metric": metric}])
    with pytest.raises(RefusedError, match="lowercase letter"):
        aws.make("cloudwatch/metricAlarm:MetricAlarm", **alarm, metricQueries=[{**query, "id": "Rate"}])


@pytest.mark.parametrize(
    "expression", ["every day", "rate(1 days)", "rate(5 minute)", "cron(0 3 * *)", "rate(0 hour)"]
)
def test_a_schedule_that_eventbridge_cannot_read_is_refused(aws: Account, expression: str) -> None:
    with pytest.raises(OperationError, match="ScheduleExpression is not valid"):
        aws.make("cloudwatch/eventRule:EventRule", name="x", scheduleExpression=expression)


@pytest.mark.parametrize("expression", ["rate(1 day)", "rate(5 minutes)", "cron(0 3 * * ? *)"])
def test_a_schedule_that_eventbridge_reads_is_accepted(aws: Account, expression: str) -> None:
    assert aws.make("cloudwatch/eventRule:EventRule", name="x", scheduleExpression=expression)


def test_a_rule_needs_a_pattern_or_a_schedule_and_goes_after_its_targets(aws: Account) -> None:
    with pytest.raises(RefusedError, match="at least one of"):
        aws.make("cloudwatch/eventRule:EventRule", name="large")
    with pytest.raises(RefusedError, match="JSON"):
        aws.make("cloudwatch/eventRule:EventRule", name="large", eventPattern="{")
    rule = aws.make(
        "cloudwatch/eventRule:EventRule", name="large", eventPattern=json.dumps({"source": ["aws.s3"]})
    )
    assert rule["arn"] == f"arn:aws:events:ca-central-1:{ACCOUNT}:rule/large"
    topic = aws.make("sns/topic:Topic", name="alerts")
    target = aws.make("cloudwatch/eventTarget:EventTarget", rule="large", targetId="alerts", arn=topic["arn"])
    assert target.id == "large-alerts"
    with pytest.raises(OperationError, match="has targets"):
        aws.drop(rule)
    aws.drop(target)
    aws.drop(rule)
    with pytest.raises(OperationError, match="ResourceNotFoundException"):
        aws.make("cloudwatch/eventTarget:EventTarget", rule="large", arn=topic["arn"])


def test_topics_and_queues_name_themselves_by_their_kind(aws: Account) -> None:
    assert aws.make("sns/topic:Topic").id.startswith(f"arn:aws:sns:ca-central-1:{ACCOUNT}:thing")
    assert aws.make("sns/topic:Topic", fifoTopic=True)["name"].endswith(".fifo")
    queue = aws.make("sqs/queue:Queue", name="jobs")
    assert queue.id == queue["url"] == f"https://sqs.ca-central-1.amazonaws.com/{ACCOUNT}/jobs"
    assert queue["sqsManagedSseEnabled"] is True
    for wrong in ({"name": "jobs.fifo"}, {"name": "jobs", "fifoQueue": True}, {"name": "a" * 81}):
        with pytest.raises(RefusedError, match="invalid queue name"):
            aws.make("sqs/queue:Queue", **wrong)
    with pytest.raises(OperationError, match="QueueAlreadyExists"):
        aws.make("sqs/queue:Queue", name="jobs")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"delaySeconds": 901}, "delaySeconds"),
        ({"messageRetentionSeconds": 59}, "messageRetentionSeconds"),
        ({"visibilityTimeoutSeconds": 43201}, "visibilityTimeoutSeconds"),
        ({"receiveWaitTimeSeconds": 21}, "receiveWaitTimeSeconds"),
        ({"kmsMasterKeyId": "alias/aws/sqs", "sqsManagedSseEnabled": True}, "conflicts"),
        ({"kmsMasterKeyId": "alias/none"}, "does not exist"),
        ({"contentBasedDeduplication": True}, "FIFO"),
        ({"redrivePolicy": "{"}, "JSON"),
    ],
)
def test_a_queue_that_sqs_refuses_is_refused(aws: Account, given: dict[str, Any], why: str) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("sqs/queue:Queue", name="jobs", **given)


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("email", "nobody"),
        ("https", "http://x.example"),
        ("sqs", "jobs"),
        ("sms", "call me"),
        ("pigeon", "x"),
    ],
)
def test_a_subscription_whose_endpoint_does_not_fit_is_refused(
    aws: Account, protocol: str, endpoint: str
) -> None:
    topic = aws.make("sns/topic:Topic", name="alerts")
    with pytest.raises((OperationError, RefusedError), match=r"InvalidParameter|must be one of"):
        aws.make(
            "sns/topicSubscription:TopicSubscription",
            topic=topic["arn"],
            protocol=protocol,
            endpoint=endpoint,
        )


def test_an_e_mail_subscription_waits_for_its_reader(aws: Account) -> None:
    topic = aws.make("sns/topic:Topic", name="alerts")
    given = {"topic": topic["arn"], "protocol": "email", "endpoint": "ops@jtldinc.com"}
    made = aws.make("sns/topicSubscription:TopicSubscription", **given)
    assert made["pendingConfirmation"] is True
    assert aws.replaces(made, endpoint="oncall@jtldinc.com")


def test_an_account_tells_who_and_where_it_is(aws: Account) -> None:
    identity = aws.provider.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert identity["accountId"] == ACCOUNT
    zones = aws.provider.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {})
    assert zones["names"] == ["ca-central-1a", "ca-central-1b", "ca-central-1d"]
    assert zones["zoneIds"] == ["cac1-az1", "cac1-az2", "cac1-az4"]
    there = aws.provider.invoke("aws:index/getRegion:getRegion", {"region": "ca-west-1"})
    assert there["name"] == "ca-west-1"
    assert aws.provider.invoke("aws:index/getPartition:getPartition", {})["partition"] == "aws"


def test_a_search_finds_what_was_made_and_nothing_else(aws: Account) -> None:
    vpc = aws.make("ec2/vpc:Vpc", cidrBlock="10.0.0.0/16", tags={"Name": "jtld"})
    given = {"filters": [{"name": "tag:Name", "values": ["jtld"]}]}
    assert aws.provider.invoke("aws:ec2/getVpc:getVpc", given)["id"] == vpc.id
    assert aws.provider.invoke("aws:ec2/getVpc:getVpc", {"id": vpc.id})["cidrBlock"] == "10.0.0.0/16"
    with pytest.raises(OperationError, match="no matching"):
        aws.provider.invoke("aws:ec2/getVpc:getVpc", {"tags": {"Name": "other"}})
    subnet = aws.make("ec2/subnet:Subnet", vpcId=vpc.id, cidrBlock="10.0.0.0/24")
    found = {"filters": [{"name": "vpc-id", "values": [vpc.id]}]}
    assert aws.provider.invoke("aws:ec2/getSubnets:getSubnets", found)["ids"] == [subnet.id]
    lists = aws.provider.invoke(
        "aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": "com.amazonaws.ca-central-1.s3"}
    )
    assert lists["id"] == "pl-7da54014"
