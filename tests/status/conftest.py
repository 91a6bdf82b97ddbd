"""A cloud for the function, and Debian's Chromium for the page."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws
from playwright.sync_api import Browser, sync_playwright

from services.status.handler import handle
from services.status.names import HISTORY, PAGE
from tests.support.tools import tool

PARTS = ("Website", "API", "Database", "E-mail", "File Storage")
REGIONS = {"Website": "us-east-1", "API": "us-east-1"}
HOME = "ca-central-1"


@dataclass
class Cloud:
    """The alarms of a platform with one decisive and one other check per part, and the status bucket."""

    bucket: str = "jtld-platform-status-test"
    event: dict[str, Any] = field(default_factory=dict)

    def client(self, part: str) -> Any:
        return boto3.client("cloudwatch", region_name=REGIONS.get(part, HOME))

    def make_alarm(self, part: str, name: str) -> str:
        self.client(part).put_metric_alarm(
            AlarmName=name,
            Namespace="Test",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.say(part, name, "OK")
        return f"arn:aws:cloudwatch:{REGIONS.get(part, HOME)}:123456789012:alarm:{name}"

    def say(self, part: str, name: str, state: str) -> None:
        self.client(part).set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")

    def update(self) -> dict[str, str]:
        return handle(self.event, None)

    def page(self) -> str:
        return self.read(PAGE).decode()

    def read(self, key: str) -> bytes:
        s3 = boto3.client("s3", region_name="ca-west-1")
        return s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def write_history(self, body: bytes) -> None:
        boto3.client("s3", region_name="ca-west-1").put_object(Bucket=self.bucket, Key=HISTORY, Body=body)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a-test",
        "AWS_SECRET_ACCESS_KEY": "a-test",
        "AWS_DEFAULT_REGION": "ca-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        made = Cloud()
        monkeypatch.setenv("BUCKET", made.bucket)
        monkeypatch.setenv("HOME_REGION", HOME)
        boto3.client("s3", region_name="ca-west-1").create_bucket(
            Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": "ca-west-1"}
        )
        made.event = {
            "site": "jtldconsulting.com",
            "parts": [
                {
                    "name": part,
                    "checks": [
                        {"arn": made.make_alarm(part, f"{part}-down"), "decisive": True},
                        {"arn": made.make_alarm(part, f"{part}-slow"), "decisive": False},
                    ],
                }
                for part in PARTS
            ],
        }
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=tool("chromium"),
            args=[
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()
