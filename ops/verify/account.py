"""The real account: what its topics and alarms are now, and what becomes of a test alert there.

boto3 finds the credentials that the machine has: a profile, single sign-on, a workflow's role.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.verify.alerts import REASON, Outcome
from ops.verify.world import Alarm, Subscription, Topic, World

_POLL_SECONDS = 15
_ACTION = "Action"
_DONE, _NOT_DONE = "Successfully executed action", "Failed to execute action"
_PAGE = 100
_METRICS = {
    "published": "NumberOfMessagesPublished",
    "delivered": "NumberOfNotificationsDelivered",
    "failed": "NumberOfNotificationsFailed",
}


class AccountError(Exception):
    """The account cannot be asked; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One AWS account, opened with the machine's credentials."""

    session: Any
    id: str

    def observe(self, stated: World) -> World:
        """Return the facts as the account has them now; what the state only states is not taken from it.

        Raises:
            AccountError: it does not answer.
        """
        with _said():
            slack = {arn for region in stated.chat_regions for arn in self._slack_topics(region)}
            topics = tuple(
                seen for topic in stated.topics if (seen := self._topic(topic, slack=topic.arn in slack))
            )
            alarms = tuple(seen for region in stated.regions for seen in self._alarms(region, stated))
        return replace(stated, topics=topics, alarms=alarms)

    def client(self, service: str, region: str) -> Any:
        """Return a client of a service in a region."""
        return self.session.client(service, region_name=region)

    def _topic(self, topic: Topic, *, slack: bool) -> Topic | None:
        sns = self.client("sns", topic.region)
        try:
            attributes = sns.get_topic_attributes(TopicArn=topic.arn)["Attributes"]
        except sns.exceptions.NotFoundException:
            return None
        key = attributes.get("KmsMasterKeyId", "")
        policy = (
            self.client("kms", topic.region).get_key_policy(KeyId=key, PolicyName="default")["Policy"]
            if key
            else ""
        )
        return replace(
            topic,
            policy=attributes["Policy"],
            key_arn=key,
            key_policy=policy,
            subscriptions=tuple(self._subscriptions(sns, topic.arn)),
            slack=slack,
        )

    def _subscriptions(self, sns: Any, topic_arn: str) -> Iterator[Subscription]:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
        for one in (found for page in pages for found in page["Subscriptions"]):
            arn = one["SubscriptionArn"]
            # One that waits, or was cancelled, has a word in place of its ARN, and no attributes.
            confirmed = arn.startswith("arn:")
            attributes = (
                sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"] if confirmed else {}
            )
            yield Subscription(
                protocol=one["Protocol"],
                endpoint=one["Endpoint"],
                confirmed=confirmed and attributes.get("PendingConfirmation", "false") == "false",
                filtered=bool(attributes.get("FilterPolicy")),
            )

    def _slack_topics(self, region: str) -> set[str]:
        """Return the topics that Slack channels hear; Amazon Q Developer alone knows a channel switched off."""
        chatbot = self.client("chatbot", region)
        found: list[Mapping[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = chatbot.describe_slack_channel_configurations(**more)
            found += page.get("SlackChannelConfigurations", ())
            if not page.get("NextToken"):
                break
            more = {"NextToken": page["NextToken"]}
        return {arn for one in found if one.get("State") != "DISABLED" for arn in one["SnsTopicArns"]}

    def _alarms(self, region: str, stated: World) -> Iterator[Alarm]:
        known = {alarm.name: alarm for alarm in stated.alarms if alarm.region == region}
        names = list(known)
        cloudwatch = self.client("cloudwatch", region)
        for start in range(0, len(names), _PAGE):
            answer = cloudwatch.describe_alarms(
                AlarmNames=names[start : start + _PAGE],
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                MaxRecords=_PAGE,
            )
            for one in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                yield replace(
                    known[one["AlarmName"]],
                    actions=tuple(one["AlarmActions"]),
                    enabled=one["ActionsEnabled"],
                    rule=one.get("AlarmRule", ""),
                )


@dataclass(frozen=True, kw_only=True)
class AccountSender:
    """Sets the alarms in the account, then reads back the alarms' history and the topics' own counts.

    `patience_seconds` is how long it waits for them: SNS publishes its counts minute by minute, some late.
    """

    account: Account
    patience_seconds: float
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    sleep: Callable[[float], None] = time.sleep

    def send(self, tests: Mapping[Topic, Alarm]) -> Mapping[Topic, Outcome]:
        """Set all, then wait until each topic's counts add up, or the time is over.

        Raises:
            AccountError: the account does not answer, or does not allow it.
        """
        began = self.now()
        deadline = began + timedelta(seconds=self.patience_seconds)
        with _said():
            for alarm in tests.values():
                self.account.client("cloudwatch", alarm.region).set_alarm_state(
                    AlarmName=alarm.name, StateValue="ALARM", StateReason=REASON
                )
            outcomes: dict[Topic, Outcome] = {}
            while True:
                waiting = {topic: alarm for topic, alarm in tests.items() if topic not in outcomes}
                late = self.now() >= deadline
                for topic, alarm in waiting.items():
                    if outcome := self._outcome(topic, alarm, began, late=late):
                        outcomes[topic] = outcome
                if len(outcomes) == len(tests):
                    return outcomes
                self.sleep(_POLL_SECONDS)

    def _outcome(self, topic: Topic, alarm: Alarm, began: datetime, *, late: bool) -> Outcome | None:
        """Return what became of an alert, None while that may still change."""
        action = self._action(topic, alarm, began)
        if action.startswith(_NOT_DONE):
            return Outcome(arrived=False, said=action)
        if not action:
            said = "CloudWatch has run no action: was the alarm on already? Try again in two minutes"
            return Outcome(arrived=False, said=said) if late else None
        counted = self._counted(topic, began)
        listeners = sum(one.confirmed for one in topic.subscriptions)
        wanted = counted["published"] * listeners
        told = f"SNS counts {counted['delivered']} of {wanted} deliveries, {counted['failed']} failed"
        if counted["failed"]:
            return Outcome(arrived=False, said=told)
        if counted["published"] and counted["delivered"] >= wanted:
            return Outcome(arrived=True, said=f"CloudWatch ran the action; {told}")
        minutes = round(self.patience_seconds / 60)
        return Outcome(arrived=False, said=f"{told} after {minutes} minutes") if late else None

    def _action(self, topic: Topic, alarm: Alarm, began: datetime) -> str:
        """Return what the alarm's history says of its action on the topic, nothing where it says nothing."""
        history = self.account.client("cloudwatch", alarm.region).describe_alarm_history(
            AlarmName=alarm.name,
            HistoryItemType=_ACTION,
            StartDate=began - timedelta(seconds=1),
            EndDate=self.now() + timedelta(minutes=1),
        )
        said = [one["HistorySummary"] for one in history["AlarmHistoryItems"]]
        own = [one for one in said if topic.arn in one and one.startswith((_DONE, _NOT_DONE))]
        # A failure is news whatever else succeeded.
        return next((one for one in own if one.startswith(_NOT_DONE)), own[0] if own else "")

    def _counted(self, topic: Topic, began: datetime) -> dict[str, int]:
        queries = [
            {
                "Id": id_,
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SNS",
                        "MetricName": metric,
                        "Dimensions": [{"Name": "TopicName", "Value": topic.name}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for id_, metric in _METRICS.items()
        ]
        answer = self.account.client("cloudwatch", topic.region).get_metric_data(
            MetricDataQueries=queries,
            StartTime=began.replace(second=0, microsecond=0),
            EndTime=self.now() + timedelta(minutes=1),
        )
        return {one["Id"]: int(sum(one["Values"])) for one in answer["MetricDataResults"]}


def opened(account_id: str) -> Account:
    """Open the account with the machine's credentials.

    Raises:
        AccountError: there are none, or they open another account.
    """
    import boto3  # noqa: PLC0415 a quarter of a second that no other command needs

    session = boto3.Session()
    with _said():
        who = session.client("sts", region_name=session.region_name or "ca-central-1").get_caller_identity()
    if who["Account"] != account_id:
        raise AccountError(
            f"these credentials open the account {who['Account']}, the stack's is {account_id}: "
            "nothing was asked of it. Name the right profile in AWS_PROFILE"
        )
    return Account(session=session, id=account_id)


@contextmanager
def _said() -> Iterator[None]:
    """Turn what AWS refuses, and what keeps it from being asked, into a message."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 as above

    try:
        yield
    except ClientError as error:
        raise AccountError(
            f"{error}: docs/operators/test-alerts.md lists the rights that this takes"
        ) from error
    except BotoCoreError as error:
        raise AccountError(
            f"{error}: is the network there, and are you logged in (for instance by `aws sso login`)?"
        ) from error
