"""What alerts pass through, as plain facts: alarms, topics, their policies and keys, and who listens.

The facts are read from the resources of a sandbox's cloud or of an exported state, both in the engine's form.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.severity import Severity

CHAT_ENDPOINT = "https://global.sns-api.chatbot.amazonaws.com"
"""What Amazon Q Developer subscribes to the topics of a Slack channel, by itself."""

_METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_COMPOSITE_ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_TOPIC = "aws:sns/topic:Topic"
_TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
_KEY = "aws:kms/key:Key"
_SLACK = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"

Outputs = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """One listener of a topic; `filtered` says that a filter chooses what reaches it."""

    protocol: str
    endpoint: str
    confirmed: bool
    filtered: bool = False


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic, with the two policies that decide who may publish. `slack` says that a channel asks for it."""

    arn: str
    route: str
    policy: str
    key_arn: str
    key_policy: str
    subscriptions: tuple[Subscription, ...]
    slack: bool

    @property
    def name(self) -> str:
        """Return the last part of the ARN, by which SNS' metrics know it."""
        return self.arn.rpartition(":")[2]

    @property
    def region(self) -> str:
        """Return the topic's region."""
        return region_of(self.arn)


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm for people. `rule` is given of the ones that combine others, `test` of those that only tests set."""

    name: str
    arn: str
    severity: Severity
    actions: tuple[str, ...]
    enabled: bool
    test: bool = False
    rule: str = ""

    @property
    def region(self) -> str:
        """Return the alarm's region."""
        return region_of(self.arn)


@dataclass(frozen=True, kw_only=True)
class World:
    """All of it, in the `regions` that should have it.

    `publishers` are the pairs of a service and the ARN of a topic that it publishes to; `chat_regions` are those
    in which Slack channels are configured.
    """

    account_id: str
    regions: tuple[str, ...]
    topics: tuple[Topic, ...]
    alarms: tuple[Alarm, ...]
    publishers: tuple[tuple[str, str], ...]
    chat_regions: tuple[str, ...]

    def topic(self, region: str, route: str) -> Topic | None:
        """Return the topic of a region and route."""
        return next((one for one in self.topics if (one.region, one.route) == (region, route)), None)

    @property
    def tests(self) -> tuple[Alarm, ...]:
        """Return the alarms that only tests set."""
        return tuple(alarm for alarm in self.alarms if alarm.test)

    @property
    def watching(self) -> tuple[Alarm, ...]:
        """Return the alarms that watch something."""
        return tuple(alarm for alarm in self.alarms if not alarm.test)


def region_of(arn: str) -> str:
    """Return the region in an ARN."""
    return arn.split(":")[3]


def world_of(resources: Iterable[tuple[str, Outputs]], account_id: str) -> World:
    """Return the facts in resources, given as pairs of type and outputs."""
    by_type: dict[str, list[Outputs]] = defaultdict(list)
    for type_, outputs in resources:
        by_type[type_].append(outputs)
    policies = {one["arn"]: one["policy"] for one in by_type[_TOPIC_POLICY]}
    keys = {one["arn"]: one["policy"] for one in by_type[_KEY]}
    chats = {topic for one in by_type[_SLACK] for topic in one["snsTopicArns"]}
    topics = [
        Topic(
            arn=one["arn"],
            route=(one.get("tags") or {}).get("jtld:route", ""),
            policy=policies.get(one["arn"]) or one["policy"],
            key_arn=one.get("kmsMasterKeyId") or "",
            key_policy=keys.get(one.get("kmsMasterKeyId") or "", ""),
            subscriptions=(
                *(_subscription(other) for other in by_type[_SUBSCRIPTION] if other["topic"] == one["arn"]),
                *([_chat()] if one["arn"] in chats else []),
            ),
            slack=one["arn"] in chats,
        )
        for one in by_type[_TOPIC]
    ]
    alarms = list(_alarms(by_type))
    return World(
        account_id=account_id,
        # A topic that was deleted is missed where alarms are left to speak to it.
        regions=tuple(sorted({one.region for one in topics} | {one.region for one in alarms})),
        topics=tuple(sorted((one for one in topics if one.route), key=lambda one: one.arn)),
        alarms=tuple(sorted(alarms, key=lambda one: one.arn)),
        publishers=tuple(sorted(set(_publishers(by_type)))),
        chat_regions=tuple(sorted({one["region"] for one in by_type[_SLACK]})),
    )


def _subscription(outputs: Outputs) -> Subscription:
    endpoint = outputs.get("endpoint")
    return Subscription(
        protocol=outputs["protocol"],
        # An exported state holds a secret address encrypted: the account knows it.
        endpoint=endpoint if isinstance(endpoint, str) else "",
        confirmed=outputs.get("pendingConfirmation") is False,
        filtered=bool(outputs.get("filterPolicy")),
    )


def _chat() -> Subscription:
    return Subscription(protocol="https", endpoint=CHAT_ENDPOINT, confirmed=True)


def _alarms(by_type: Mapping[str, list[Outputs]]) -> Iterator[Alarm]:
    for type_, name in ((_METRIC_ALARM, "name"), (_COMPOSITE_ALARM, "alarmName")):
        for one in by_type[type_]:
            tags = one.get("tags") or {}
            if severity := tags.get("jtld:severity"):
                yield Alarm(
                    name=one[name],
                    arn=one["arn"],
                    severity=Severity(severity),
                    actions=tuple(one.get("alarmActions") or ()),
                    enabled=one.get("actionsEnabled") is not False,
                    test=tags.get("jtld:purpose") == "test",
                    rule=one.get("alarmRule") or "",
                )


def _publishers(by_type: Mapping[str, list[Outputs]]) -> Iterator[tuple[str, str]]:
    for one in (*by_type[_METRIC_ALARM], *by_type[_COMPOSITE_ALARM]):
        yield from (("cloudwatch", arn) for arn in one.get("alarmActions") or () if ":sns:" in arn)
    for one in by_type["aws:cloudwatch/eventTarget:EventTarget"]:
        if ":sns:" in one["arn"]:
            yield "events", one["arn"]
    for one in by_type["aws:backup/vaultNotifications:VaultNotifications"]:
        yield "backup", one["snsTopicArn"]
    for one in by_type["aws:budgets/budget:Budget"]:
        for notice in one.get("notifications") or ():
            yield from (("budgets", arn) for arn in notice.get("subscriberSnsTopicArns") or ())
    for one in by_type["aws:costexplorer/anomalySubscription:AnomalySubscription"]:
        yield from (("costalerts", who["address"]) for who in one["subscribers"] if who["type"] == "SNS")
