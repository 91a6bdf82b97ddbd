"""Health checks, composite alarms, vaults, budgets: what the services that watch and keep say (MO, BK, TP)."""

import json
from typing import Any

import pytest

from tests.contracts.account import ACCOUNT, Account, OperationError, RefusedError

CHECK = {
    "type": "HTTPS_STR_MATCH",
    "fqdn": "jtldconsulting.com",
    "port": 443,
    "resourcePath": "/api/health",
    "searchString": "healthy",
    "requestInterval": 30,
    "regions": ["us-east-1", "us-west-2", "eu-west-1"],
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"requestInterval": 60}, "must be one of"),
        ({"regions": ["us-east-1", "us-west-2"]}, "3"),
        ({"regions": ["ca-central-1", "us-east-1", "us-west-2"]}, "must be one of"),
        ({"searchString": None}, "SearchString must be specified"),
        ({"fqdn": None}, "either IPAddress or FullyQualifiedDomainName"),
        ({"type": "HTTPS"}, "SearchString is not allowed"),
        ({"failureThreshold": 11}, "10"),
    ],
)
def test_a_health_check_that_route_53_refuses_is_refused(
    aws: Account, change: dict[str, Any], why: str
) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make("route53/healthCheck:HealthCheck", **{**CHECK, **change})


def test_a_health_check_sends_the_name_and_cannot_change_its_pace(aws: Account) -> None:
    check = aws.make("route53/healthCheck:HealthCheck", **CHECK)
    assert check["enableSni"] is True
    assert check["arn"] == f"arn:aws:route53:::healthcheck/{check.id}"
    assert aws.replaces(check, requestInterval=10)
    assert not aws.replaces(check, resourcePath="/")


def test_a_composite_alarm_combines_alarms(aws: Account) -> None:
    made = aws.make(
        "cloudwatch/compositeAlarm:CompositeAlarm", alarmName="page", alarmRule="ALARM(a) OR ALARM(b)"
    )
    assert made["arn"] == f"arn:aws:cloudwatch:ca-central-1:{ACCOUNT}:alarm:page"
    with pytest.raises(OperationError, match="at least one alarm"):
        aws.make("cloudwatch/compositeAlarm:CompositeAlarm", alarmName="x", alarmRule="a or b")
    with pytest.raises(OperationError, match="suppressor"):
        aws.change(made, actionsSuppressor={"alarm": "nowhere", "extensionPeriod": 60, "waitPeriod": 60})


def test_a_vault_is_locked_within_its_limits(aws: Account) -> None:
    vault = aws.make("backup/vault:Vault", name="main")
    lock = {"backupVaultName": "main", "minRetentionDays": 7, "maxRetentionDays": 400}
    assert aws.replaces(
        aws.make("backup/vaultLockConfiguration:VaultLockConfiguration", **lock), minRetentionDays=8
    )
    with pytest.raises(OperationError, match="must not exceed"):
        aws.make("backup/vaultLockConfiguration:VaultLockConfiguration", **lock | {"maxRetentionDays": 1})
    with pytest.raises(OperationError, match="cannot be found"):
        aws.make(
            "backup/vaultLockConfiguration:VaultLockConfiguration", **lock | {"backupVaultName": "other"}
        )
    assert vault["recoveryPoints"] == 0


def test_restore_tests_take_names_without_dashes_and_go_before_their_plan(aws: Account) -> None:
    plan = {
        "name": "monthly",
        "scheduleExpression": "cron(0 7 3 * ? *)",
        "recoveryPointSelection": {
            "algorithm": "LATEST_WITHIN_WINDOW",
            "includeVaults": ["*"],
            "recoveryPointTypes": ["SNAPSHOT"],
        },
    }
    made = aws.make("backup/restoreTestingPlan:RestoreTestingPlan", **plan)
    with pytest.raises(RefusedError, match="underscores"):
        aws.make("backup/restoreTestingPlan:RestoreTestingPlan", **plan | {"name": "every-month"})
    role = aws.make("iam/role:Role", name="r", assumeRolePolicy=json.dumps(TRUST))
    selection = {"name": "rds", "restoreTestingPlanName": "monthly", "iamRoleArn": role["arn"]}
    with pytest.raises(OperationError, match="cannot be restore tested"):
        aws.make(
            "backup/restoreTestingSelection:RestoreTestingSelection",
            **selection,
            protectedResourceType="ElastiCache",
            protectedResourceArns=["*"],
        )
    kept = aws.make(
        "backup/restoreTestingSelection:RestoreTestingSelection",
        **selection,
        protectedResourceType="RDS",
        protectedResourceArns=["*"],
    )
    with pytest.raises(OperationError, match="still has selections"):
        aws.drop(made)
    aws.drop(kept)
    aws.drop(made)


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def test_slack_is_configured_in_few_regions(aws: Account) -> None:
    role = aws.make("iam/role:Role", name="r", assumeRolePolicy=json.dumps(TRUST))
    slack = {
        "configurationName": "ops",
        "iamRoleArn": role["arn"],
        "slackChannelId": "C0",
        "slackTeamId": "T0",
    }
    with pytest.raises((OperationError, RefusedError), match=r"region|us-east-2"):
        aws.make("chatbot/slackChannelConfiguration:SlackChannelConfiguration", **slack)
    made = aws.make(
        "chatbot/slackChannelConfiguration:SlackChannelConfiguration", **slack, region="us-east-2"
    )
    assert made.id == f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/ops"


def test_a_budget_speaks_to_somebody(aws: Account) -> None:
    budget: dict[str, Any] = {
        "name": "month",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "100",
        "limitUnit": "USD",
    }
    notice = {
        "comparisonOperator": "GREATER_THAN",
        "notificationType": "ACTUAL",
        "threshold": 80,
        "thresholdType": "PERCENTAGE",
    }
    with pytest.raises(OperationError, match="at least one subscriber"):
        aws.make("budgets/budget:Budget", **budget, notifications=[notice])
    made = aws.make(
        "budgets/budget:Budget",
        **budget,
        notifications=[notice | {"subscriberEmailAddresses": ["ops@jtldconsulting.com"]}],
    )
    assert made.id == f"{ACCOUNT}:month"
    with pytest.raises(OperationError, match="already exists"):
        aws.make("budgets/budget:Budget", **budget)


def test_an_account_has_one_monitor_of_its_services(aws: Account) -> None:
    """AWS makes one for new accounts: adopt it by import."""
    services = {"monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE"}
    monitor = aws.make("costexplorer/anomalyMonitor:AnomalyMonitor", name="a", **services)
    with pytest.raises(OperationError, match="Limit exceeded"):
        aws.make("costexplorer/anomalyMonitor:AnomalyMonitor", name="b", **services)
    with pytest.raises(OperationError, match="SNS subscribers only"):
        aws.make(
            "costexplorer/anomalySubscription:AnomalySubscription",
            name="a",
            frequency="IMMEDIATE",
            monitorArnLists=[monitor["arn"]],
            subscribers=[{"type": "EMAIL", "address": "ops@jtldconsulting.com"}],
        )


def test_personal_data_is_masked_in_a_group_that_exists(aws: Account) -> None:
    """MO-N5."""
    policy = json.dumps({"Name": "personal", "Version": "2021-06-01", "Statement": []})
    with pytest.raises(OperationError, match="does not exist"):
        aws.make(
            "cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
            logGroupName="x",
            policyDocument=policy,
        )
    aws.make("cloudwatch/logGroup:LogGroup", name="x")
    assert aws.make(
        "cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy", logGroupName="x", policyDocument=policy
    )


def test_a_dashboard_is_json_under_a_plain_name(aws: Account) -> None:
    made = aws.make("cloudwatch/dashboard:Dashboard", dashboardName="jtld", dashboardBody='{"widgets": []}')
    assert made["dashboardArn"] == f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/jtld"
    with pytest.raises(RefusedError, match="letters, digits"):
        aws.make("cloudwatch/dashboard:Dashboard", dashboardName="j t", dashboardBody="{}")


@pytest.mark.parametrize(("account", "taken"), [(ACCOUNT, False), ("444444444444", True)])
def test_a_copy_may_go_to_another_account_but_not_to_a_vault_that_is_not_there(
    aws: Account, account: str, taken: bool
) -> None:
    """BK-N1: a sandbox cannot look into another_account, and says nothing about it."""
    aws.make("backup/vault:Vault", name="main")
    rule = {
        "ruleName": "daily",
        "targetVaultName": "main",
        "schedule": "cron(0 5 * * ? *)",
        "copyActions": [{"destinationVaultArn": f"arn:aws:backup:ca-west-1:{account}:backup-vault:copies"}],
    }
    if taken:
        assert aws.make("backup/plan:Plan", name="plan", rules=[rule])
    else:
        with pytest.raises(OperationError, match="destination vault"):
            aws.make("backup/plan:Plan", name="plan", rules=[rule])
