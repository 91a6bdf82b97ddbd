"""The function that makes the page anew every minute; EventBridge Scheduler tells it what to look at (MO-5)."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from services.status.names import HISTORY, METRIC, NAMESPACE, PAGE
from services.status.page import render
from services.status.report import Check, Incident, Part, dump, follow, judge, parse

_BROWSERS = "public, max-age=15, stale-if-error=300"
_MOST_NAMES = 100
_PATIENCE = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def handle(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Ask for the alarms of every part in `event`, and publish the page.

    `event` is `{"site": …, "parts": [{"name": …, "checks": [{"arn": …, "decisive": …}]}]}`.
    """
    now = datetime.now(UTC)
    wanted = {part["name"]: [Check(**check) for check in part["checks"]] for part in event["parts"]}
    answers = _answers({check for checks in wanted.values() for check in checks})
    parts = [Part(name=name, state=judge(checks, answers)) for name, checks in wanted.items()]

    bucket = _Bucket(os.environ["BUCKET"])
    incidents = follow(bucket.incidents(), parts, now)
    bucket.put(PAGE, render(event["site"], parts, incidents, now).encode(), "text/html; charset=utf-8")
    bucket.put(HISTORY, dump(incidents), "application/json")
    _beat(os.environ["HOME_REGION"])
    return {part.name: part.state for part in parts}


def _answers(checks: Iterable[Check]) -> dict[str, str]:
    """Return the state of each alarm that CloudWatch knows; a region that does not answer leaves its own out."""
    answers: dict[str, str] = {}
    by_region: dict[str, list[str]] = {}
    for check in checks:
        by_region.setdefault(check.region, []).append(check.name)
    for region, names in by_region.items():
        try:
            cloudwatch = boto3.client("cloudwatch", region_name=region, config=_PATIENCE)
            for start in range(0, len(names), _MOST_NAMES):
                found = cloudwatch.describe_alarms(
                    AlarmNames=names[start : start + _MOST_NAMES],
                    AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                    MaxRecords=_MOST_NAMES,
                )
                for alarm in (*found["MetricAlarms"], *found["CompositeAlarms"]):
                    answers[alarm["AlarmArn"]] = alarm["StateValue"]
        except (BotoCoreError, ClientError) as error:
            print(f"{region} does not answer: {type(error).__name__}")  # noqa: T201  # the function's log
    return answers


def _beat(region: str) -> None:
    """Tell the platform's region that the page is new; an alarm there listens for silence."""
    try:
        boto3.client("cloudwatch", region_name=region, config=_PATIENCE).put_metric_data(
            Namespace=NAMESPACE, MetricData=[{"MetricName": METRIC, "Value": 1, "Unit": "Count"}]
        )
    except (BotoCoreError, ClientError) as error:
        print(f"{region} takes no heartbeat: {type(error).__name__}")  # noqa: T201  # the function's log


class _Bucket:
    """Where the page and the history lie."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._s3 = boto3.client("s3", config=_PATIENCE)

    def incidents(self) -> list[Incident]:
        """Return the history; there is none before the first update."""
        try:
            return parse(self._s3.get_object(Bucket=self._name, Key=HISTORY)["Body"].read())
        except self._s3.exceptions.NoSuchKey:
            return []

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Write an object; browsers and CloudFront keep it for seconds."""
        self._s3.put_object(
            Bucket=self._name, Key=key, Body=body, ContentType=content_type, CacheControl=_BROWSERS
        )
