"""MO-5: the page stands on its own, and the function may do what it does and nothing more."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.encryption import Encryption
from components.platform import Platform
from components.severity import Severity
from components.status import Status
from components.status.parts import PUBLIC, parts
from components.status.renewal import files
from services.status.names import PAGE
from services.status.page import security_policy
from settings.status import StatusSettings
from tests.status.conftest import PARTS
from tests.support import STACKS, Built, resolve, run_component
from tests.support.documents import statements

WEST = "ca-west-1"


def alarm(key: str, severity: Severity) -> Alarm:
    return Alarm(
        key=key,
        title=key,
        source=Metric(namespace="AWS/RDS", name=key, dimensions={}, statistic="Sum", period_seconds=60),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.BREACHING,
        severity=severity,
        runbook="database",
    )


ALARMS = {
    "database": [
        alarm("down", Severity.CRITICAL),
        alarm("slow", Severity.HIGH),
        alarm("large", Severity.MEDIUM),
        alarm("unmade", Severity.CRITICAL),
    ],
    "database-of-others": [alarm("down", Severity.CRITICAL)],
    "monitoring": [alarm("site-down", Severity.CRITICAL), alarm("api-down", Severity.CRITICAL)],
}
ARNS = {
    f"{component}/{one.key}": f"arn:aws:cloudwatch:ca-central-1:111111111111:alarm:{component}-{one.key}"
    for component, declared in ALARMS.items()
    for one in declared
    if one.key != "unmade"
}


@pytest.fixture(scope="module", params=STACKS)
def built(request: pytest.FixtureRequest) -> Built[Any]:
    def build(platform: Platform) -> SimpleNamespace:
        encryption = Encryption("encryption", platform=platform)
        status = Status(
            "status",
            StatusSettings(),
            platform=platform,
            replica_key_arn=encryption.replica_key_arn,
            alarms=ALARMS,
            alarm_arns=ARNS,
        )
        return SimpleNamespace(status=status, encryption=encryption, platform=platform)

    return run_component(build, stack=request.param)


def test_the_parts_are_those_that_visitors_know() -> None:
    assert tuple(PUBLIC) == PARTS


def test_a_part_is_judged_by_the_alarms_of_its_components() -> None:
    found = {part["name"]: part["checks"] for part in parts(ALARMS, ARNS)}
    assert found["Database"] == [
        {"arn": ARNS["database/down"], "decisive": True},
        {"arn": ARNS["database/slow"], "decisive": False},
    ]
    assert [check["arn"] for check in found["Website"]] == [ARNS["monitoring/site-down"]]
    assert [check["arn"] for check in found["API"]] == [ARNS["monitoring/api-down"]]


def test_everything_that_has_a_region_lives_in_the_other_one(built: Built[Any]) -> None:
    """A page about a region must not fall with it."""
    regional = {
        node.type.split(":")[-1]: node.inputs.get("region")
        for node in built.graph.nodes
        if node.custom
        and node.type.split(":")[1].split("/")[0] in {"s3", "lambda", "scheduler", "sqs"}
        and "alias" not in node.type.lower()
    }
    assert {"Bucket", "Function", "Schedule", "Queue", "BucketPolicy"} <= regional.keys()
    assert set(regional.values()) == {WEST}
    assert built.graph.one("aws:cloudwatch/logGroup:LogGroup", "status").inputs["region"] == WEST


def test_the_function_is_called_every_minute_with_all_parts(built: Built[Any]) -> None:
    schedule = built.graph.one("aws:scheduler/schedule:Schedule").inputs
    assert schedule["scheduleExpression"] == "rate(1 minute)"
    assert schedule["state"] == "ENABLED"
    event = json.loads(schedule["target"]["input"])
    assert [part["name"] for part in event["parts"]] == list(PARTS)
    assert event["site"] == built.value.platform.environment.domain


def test_a_call_that_failed_is_never_repeated_and_is_kept(built: Built[Any]) -> None:
    queue = built.graph.one("aws:sqs/queue:Queue").outputs["arn"]
    target = built.graph.one("aws:scheduler/schedule:Schedule").inputs["target"]
    attempts = built.graph.one("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig").inputs
    assert target["retryPolicy"]["maximumRetryAttempts"] == attempts["maximumRetryAttempts"] == 0
    assert target["deadLetterConfig"]["arn"] == queue
    assert attempts["destinationConfig"]["onFailure"]["destination"] == queue


def test_the_archive_holds_what_the_function_imports() -> None:
    assert set(files()) == {
        "services/__init__.py",
        *(
            f"services/status/{name}"
            for name in (
                "__init__.py",
                "handler.py",
                "names.py",
                "page.css",
                "page.html",
                "page.js",
                "page.py",
                "report.py",
            )
        ),
    }


def test_only_the_page_leaves_the_bucket(built: Built[Any]) -> None:
    """The history is read through the page; CloudFront serves one folder."""
    origin = built.graph.one("aws:cloudfront/distribution:Distribution").inputs
    policy = built.graph.one("aws:s3/bucketPolicy:BucketPolicy", "status")
    (reading,) = (one for one in statements(policy).values() if one["Effect"] == "Allow")
    assert f"public/{origin['defaultRootObject']}" == PAGE
    assert origin["origins"][0]["originPath"] == "/public"
    assert reading["Resource"].endswith("/public/*")


def test_the_page_is_served_under_the_policy_that_its_tests_use(built: Built[Any]) -> None:
    headers = built.graph.one("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy").inputs
    sent = headers["securityHeadersConfig"]["contentSecurityPolicy"]["contentSecurityPolicy"]
    assert sent == security_policy()


def test_the_host_leads_past_the_proxy_that_it_reports_on(built: Built[Any]) -> None:
    page, proof = resolve(built.value.status.records)
    assert page.name == f"status.{built.value.platform.environment.domain}"
    assert page.value.endswith(".cloudfront.net")
    assert not page.proxied
    assert not proof.proxied
    assert not proof.value.endswith(".")


def test_the_function_reads_alarms_and_replaces_the_page_and_does_nothing_else(built: Built[Any]) -> None:
    granted = statements(built.graph.one("aws:iam/rolePolicy:RolePolicy", "status"))
    everywhere = {sid for sid, one in granted.items() if one["Resource"] == "*"}
    assert everywhere == {"ReadAlarms", "Heartbeat"}
    assert granted["ReadAlarms"]["Action"] == "cloudwatch:DescribeAlarms"
    assert granted["Heartbeat"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "JTLD/Status"}}
    assert granted["ReplacePage"]["Action"] == ["s3:GetObject", "s3:PutObject"]


def test_old_versions_of_the_page_go_within_a_day(built: Built[Any]) -> None:
    """1,440 versions a day are worth nothing the day after."""
    rules = built.graph.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "status")
    assert rules.inputs["rules"][0]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}
