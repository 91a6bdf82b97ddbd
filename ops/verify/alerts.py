"""The test alert (MO-7): a test alarm is set for each topic, and whom it reached is told channel by channel.

An alarm is set, not a message published: so the alarm's action, the topic's policy and the key's are tried as
well, which is where alerts get lost while everything looks right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ops.verify.channels import SEVERITIES, Channel, places
from ops.verify.check import Finding
from ops.verify.routing import refusal, tests_of
from ops.verify.world import Alarm, Topic, World

REASON = "This is a test of the channels, sent by `./jtld verify --alerts`: nothing is wrong."
_REMEDY = "The page docs/runbooks/alerting.md says how a channel is put right."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a topic's test alert: whether it `arrived` wherever the topic leads, and how that is known."""

    arrived: bool
    said: str


class Sender(Protocol):
    """Sets test alarms, and says what became of them."""

    def send(self, tests: Mapping[Topic, Alarm]) -> Mapping[Topic, Outcome]:
        """Set the alarm of each topic and return the outcomes."""


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """A test alert arrives in every channel."""

    world: World
    wanted: tuple[Channel, ...]
    sender: Sender
    id: str = "test-alerts"
    title: str = "A test alert arrives in every channel"
    requirements: tuple[str, ...] = ("MO-7",)
    columns: tuple[str, ...] = ("channel", "severity", "region", "delivered to")

    def findings(self) -> Iterator[Finding]:
        """Set all test alarms, then say for each channel whether it was reached."""
        alarms = tests_of(self.world, self.world.topics)
        sent = self.sender.send(
            {topic: alarms[topic.arn] for topic in self.world.topics if topic.arn in alarms}
        )
        for region, route, channel in places(self.world, self.wanted):
            topic = self.world.topic(region, route)
            outcome = sent.get(topic) if topic else None
            holds, said, remedy = self._reached(channel, topic, outcome)
            cells = (channel.kind, SEVERITIES[route], region, channel.to if holds else "nobody")
            yield Finding(cells=cells, holds=holds, proof=said, remedy=remedy)

    def _reached(
        self, channel: Channel, topic: Topic | None, outcome: Outcome | None
    ) -> tuple[bool, str, str]:
        if topic is None or outcome is None:
            return (
                False,
                "there is no test alarm for the topic",
                "Deploy the platform as it is today: `pulumi up`, or `./jtld up` in the sandbox.",
            )
        if not outcome.arrived:
            return False, outcome.said, _REMEDY
        heard, why, remedy = channel.hears(topic)
        return heard, outcome.said if heard else why, remedy


@dataclass(frozen=True, kw_only=True)
class SandboxSender:
    """What the sandbox's cloud would do: it has no network, so its own rules say who would be reached."""

    world: World

    def send(self, tests: Mapping[Topic, Alarm]) -> Mapping[Topic, Outcome]:
        """Follow each alarm to its topic."""
        return {topic: self._follow(alarm, topic) for topic, alarm in tests.items()}

    def _follow(self, alarm: Alarm, topic: Topic) -> Outcome:
        if not alarm.enabled:
            return Outcome(arrived=False, said=f"the actions of {alarm.name} are switched off")
        if alarm.region != topic.region:
            return Outcome(arrived=False, said=f"{alarm.name} is in another region than its topic")
        refused = refusal(topic, "cloudwatch", self.world.account_id)
        if refused:
            return Outcome(arrived=False, said=f"CloudWatch: {refused}")
        return Outcome(
            arrived=True, said="followed by the sandbox's rules: alarm, topic, policies, key, subscription"
        )
