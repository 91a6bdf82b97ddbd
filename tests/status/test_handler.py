"""MO-5: the function against a cloud whose alarms change."""

import json
from typing import Any

import boto3
import botocore.client
import pytest
from botocore.exceptions import ClientError

from components.status import renewal_alarm
from services.status.names import HISTORY, METRIC, NAMESPACE, PAGE
from tests.status.conftest import HOME, PARTS, Cloud


def line(page: str, part: str) -> str:
    return next(line for line in page.splitlines() if f'class="name">{part}<' in line)


def test_all_parts_of_a_healthy_platform_are_operational(cloud: Cloud) -> None:
    assert cloud.update() == dict.fromkeys(PARTS, "operational")
    assert "All parts are operational" in cloud.page()


@pytest.mark.parametrize("part", PARTS)
def test_a_failing_part_shows_within_one_update(cloud: Cloud, part: str) -> None:
    cloud.update()
    cloud.say(part, f"{part}-down", "ALARM")
    states = cloud.update()

    assert {name for name, state in states.items() if state == "outage"} == {part}
    assert "Outage" in line(cloud.page(), part)
    assert f"{part}: outage" in cloud.page()


def test_a_part_that_recovers_shows_within_one_update_and_leaves_its_incident(cloud: Cloud) -> None:
    cloud.say("API", "API-slow", "ALARM")
    assert cloud.update()["API"] == "degraded"
    cloud.say("API", "API-slow", "OK")

    assert cloud.update()["API"] == "operational"
    (incident,) = json.loads(cloud.read(HISTORY))
    assert incident["part"] == "API"
    assert incident["ended"]
    assert "API: degraded" in cloud.page()


def test_an_alarm_that_was_deleted_makes_its_part_unknown(cloud: Cloud) -> None:
    cloud.client("Database").delete_alarms(AlarmNames=["Database-down", "Database-slow"])
    assert cloud.update()["Database"] == "unknown"
    assert "Unknown" in line(cloud.page(), "Database")


def test_a_region_that_does_not_answer_makes_its_parts_unknown_and_no_others(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = botocore.client.BaseClient._make_api_call

    def without_home(self: Any, operation: str, arguments: Any) -> Any:
        if operation in {"DescribeAlarms", "PutMetricData"} and self.meta.region_name == "ca-central-1":
            raise ClientError({"Error": {"Code": "InternalFailure"}}, operation)
        return ask(self, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", without_home)
    assert cloud.update() == {
        "Website": "operational",
        "API": "operational",
        "Database": "unknown",
        "E-mail": "unknown",
        "File Storage": "unknown",
    }
    said = capsys.readouterr().out
    assert "ca-central-1 does not answer" in said
    assert "ca-central-1 takes no heartbeat" in said


def test_more_alarms_than_one_call_takes_are_all_read(cloud: Cloud) -> None:
    checks = [{"arn": cloud.make_alarm("API", f"many-{number}"), "decisive": True} for number in range(130)]
    cloud.event["parts"][1]["checks"] = checks
    assert cloud.update()["API"] == "operational"
    cloud.say("API", "many-129", "ALARM")
    assert cloud.update()["API"] == "outage"


def test_a_damaged_history_is_started_anew(cloud: Cloud) -> None:
    cloud.write_history(b"not json")
    cloud.say("E-mail", "E-mail-slow", "ALARM")
    cloud.update()
    assert [incident["part"] for incident in json.loads(cloud.read(HISTORY))] == ["E-mail"]


def test_the_page_is_kept_for_seconds_only_and_says_what_it_is(cloud: Cloud) -> None:
    cloud.update()
    head = boto3.client("s3", region_name="ca-west-1").head_object(Bucket=cloud.bucket, Key=PAGE)
    assert head["CacheControl"] == "public, max-age=15, stale-if-error=300"
    assert head["ContentType"] == "text/html; charset=utf-8"


def test_every_update_is_heard_by_the_alarm_on_silence(cloud: Cloud) -> None:
    cloud.update()
    listed = boto3.client("cloudwatch", region_name=HOME).list_metrics(Namespace=NAMESPACE)["Metrics"]
    assert [metric["MetricName"] for metric in listed] == [METRIC]
    source = renewal_alarm().source
    assert (source.namespace, source.name, source.dimensions) == (NAMESPACE, METRIC, {})
