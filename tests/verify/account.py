"""An account as moto answers for it on loopback, taught what moto leaves out of CloudWatch and SNS.

moto stores alarm states, topics, subscriptions and metrics; here an alarm that is set runs its actions, tells its
history, and topics count what they deliver. Who may publish is decided by the test, as AWS would by the policies.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import boto3
from moto.backends import get_backend
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.server import DomainDispatcherApplication, create_backend_app

from ops.verify.world import World
from tests.delivery.aws import serving
from tests.verify.facts import MOTO_ACCOUNT

_CHATBOT = "/describe-slack-channel-configurations"


@dataclass
class Cloud:
    """A running server, and how AWS behaves in a test: by topic, whom it refuses and how many it loses."""

    url: str
    refusing: set[str] = field(default_factory=set)
    losing: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    slack: list[dict[str, Any]] = field(default_factory=list)
    actions: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def session(self) -> Any:
        """A session that writes down, as IAM names it, what it is used for."""
        session = boto3.Session(aws_access_key_id="stand-in", aws_secret_access_key="stand-in")
        session.events.register("before-call", self._write_down)
        return session

    def _write_down(self, model: Any, **_: Any) -> None:
        service = {"monitoring": "cloudwatch"}.get(
            model.service_model.endpoint_prefix, model.service_model.endpoint_prefix
        )
        self.asked.append(f"{service}:{model.name}")

    def run_actions(self, backend: CloudWatchBackend, name: str) -> None:
        """Publish to the alarm's topics, as CloudWatch does when the state is another than before."""
        alarm = backend.alarms[name]
        for topic in alarm.alarm_actions if alarm.actions_enabled else ():
            told = self.actions.setdefault(name, [])
            if topic in self.refusing:
                said = (
                    f'Failed to execute action {topic}. Received error: "CloudWatch Alarms is not authorized"'
                )
                told.append((datetime.now(UTC), said))
                continue
            told.append((datetime.now(UTC), f"Successfully executed action {topic}"))
            self._count(backend, topic)

    def _count(self, backend: CloudWatchBackend, topic: str) -> None:
        sns = boto3.client("sns", region_name=backend.region_name, endpoint_url=self.url, **KEYS)
        listeners = len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"])
        lost = topic in self.losing
        counts = {
            "NumberOfMessagesPublished": 1,
            "NumberOfNotificationsDelivered": 0 if topic in self.slow else listeners - lost,
            "NumberOfNotificationsFailed": int(lost),
        }
        dimensions = [{"Name": "TopicName", "Value": topic.rpartition(":")[2]}]
        backend.put_metric_data(
            "AWS/SNS",
            [
                {"MetricName": name, "Value": value, "Dimensions": dimensions}
                for name, value in counts.items()
            ],
        )


KEYS = {"aws_access_key_id": "stand-in", "aws_secret_access_key": "stand-in"}


@contextmanager
def serving_account() -> Iterator[Cloud]:
    """Serve an empty account until the block ends; boto3 finds it by the variables of the environment."""
    answer = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == _CHATBOT:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"SlackChannelConfigurations": cloud.slack}).encode()]
        return answer(environ, start_response)

    # moto's accounts belong to the process: what an earlier test left is not there any more.
    for service in ("cloudwatch", "sns"):
        get_backend(service).reset()
    with serving(application) as url:
        cloud = Cloud(url=url)
        with _taught(cloud):
            yield cloud


@contextmanager
def _taught(cloud: Cloud) -> Iterator[None]:
    known = CloudWatchBackend.set_alarm_state

    def set_alarm_state(
        self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
    ) -> None:
        before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else None
        known(self, alarm_name, reason, reason_data, state_value)
        if state_value == "ALARM" and before != "ALARM":
            cloud.run_actions(self, alarm_name)

    def describe_alarm_history(self: CloudWatchResponse) -> ActionResult:
        name = self._get_param("AlarmName")
        items = [
            {
                "AlarmName": name,
                "Timestamp": when,
                "HistoryItemType": "Action",
                "HistorySummary": said,
            }
            for when, said in cloud.actions.get(name, ())
        ]
        return ActionResult({"AlarmHistoryItems": items})

    with (
        mock.patch.object(CloudWatchBackend, "set_alarm_state", set_alarm_state),
        mock.patch.object(CloudWatchResponse, "describe_alarm_history", describe_alarm_history, create=True),
    ):
        yield


def furnish(cloud: Cloud, world: World) -> None:
    """Put into the account what the world holds."""

    def client(service: str, region: str) -> Any:
        return boto3.client(service, region_name=region, endpoint_url=cloud.url, **KEYS)

    keys: dict[tuple[str, str], str] = {}
    for topic in world.topics:
        kms, sns = client("kms", topic.region), client("sns", topic.region)
        place = topic.region, topic.key_arn
        if place not in keys:
            keys[place] = kms.create_key(Policy=topic.key_policy)["KeyMetadata"]["Arn"]
        made = sns.create_topic(
            Name=topic.name, Attributes={"KmsMasterKeyId": keys[place], "Policy": topic.policy}
        )
        assert made["TopicArn"] == topic.arn, "the world is that of moto's account"
        for one in topic.subscriptions:
            sns.subscribe(TopicArn=topic.arn, Protocol=one.protocol, Endpoint=one.endpoint)
    # Not over the wire: a hundred requests take seconds.
    backends = get_backend("cloudwatch")[MOTO_ACCOUNT]
    for alarm in world.alarms:
        backends[alarm.region].put_metric_alarm(
            name=alarm.name,
            namespace="JTLD/Tests",
            metric_name="Any",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            threshold=0,
            statistic="Sum",
            description="",
            dimensions=[],
            alarm_actions=list(alarm.actions),
            actions_enabled=alarm.enabled,
            rule=alarm.rule or None,
        )
    cloud.slack = [
        {
            "SlackTeamName": "JTLD",
            "SlackTeamId": "T0",
            "SlackChannelId": "C0",
            "SlackChannelName": "ops-alerts",
            "ChatConfigurationArn": f"arn:aws:chatbot::{MOTO_ACCOUNT}:chat-configuration/slack-channel/ops",
            "IamRoleArn": f"arn:aws:iam::{MOTO_ACCOUNT}:role/slack",
            "SnsTopicArns": [topic.arn for topic in world.topics if topic.slack],
        }
    ]
