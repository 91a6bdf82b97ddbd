"""The channels that the settings ask for, and whether each of them hears a topic (MO-2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from components.severity import ROUTES, Route
from ops.verify.check import Finding
from ops.verify.world import CHAT_ENDPOINT, Subscription, Topic, World
from settings.alerting import AlertingSettings, PagerDuty, Sms

Kind = Literal["e-mail", "Slack", "PagerDuty", "SMS"]
SEVERITIES: dict[Route, str] = {"critical": "critical", "routine": "all"}
"""What a route carries: critical alarms speak to both, the page alone to the critical one."""

_PAGER_HOST = "events.pagerduty.com"
_AGAIN = "It is drift: `pulumi up --refresh` (in the sandbox `./jtld up`) makes it again."


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to people. `to` names it for them: no key, and of a telephone the last digits alone."""

    kind: Kind
    to: str
    address: str
    routes: tuple[Route, ...]

    def is_behind(self, subscription: Subscription) -> bool:
        """Tell whether a subscription leads to this channel."""
        host = urlsplit(subscription.endpoint).hostname
        match self.kind:
            case "e-mail":
                return subscription.protocol == "email" and subscription.endpoint == self.address
            case "SMS":
                return subscription.protocol == "sms" and subscription.endpoint == self.address
            case _:
                return subscription.protocol == "https" and host == self.address

    def hears(self, topic: Topic) -> tuple[bool, str, str]:
        """Tell whether the channel hears a topic, how that is known or what is wrong, and the way out."""
        if self.kind == "Slack" and not topic.slack:
            return False, "the channel's configuration does not name the topic, or is switched off", _AGAIN
        own = [one for one in topic.subscriptions if self.is_behind(one)]
        if not own:
            return False, "nobody of this name listens to the topic", _AGAIN
        if not any(one.confirmed for one in own):
            return False, "the subscription waits to be confirmed", self._confirmation
        if any(one.filtered for one in own):
            return (
                False,
                "a filter on the subscription may drop alarms",
                "Delete the filter: every channel hears all. " + _AGAIN,
            )
        return True, "subscribed and confirmed", ""

    @property
    def _confirmation(self) -> str:
        if self.kind == "e-mail":
            return (
                f"Confirm: open the mails «AWS Notification - Subscription Confirmation» at {self.to} and follow "
                "their links; in the sandbox `./jtld sandbox confirm` does what their reader would."
            )
        return "Delete the subscription and deploy again: the service confirms a new one by itself."


def channels(settings: AlertingSettings) -> tuple[Channel, ...]:
    """Return the channels that a stack's settings ask for."""
    found = [Channel(kind="e-mail", to=settings.email, address=settings.email, routes=ROUTES)]
    if settings.slack:
        host = str(urlsplit(CHAT_ENDPOINT).hostname)
        found.append(Channel(kind="Slack", to=settings.slack.channel_name, address=host, routes=ROUTES))
    match settings.pager:
        case PagerDuty():
            found.append(
                Channel(
                    kind="PagerDuty",
                    to="the service's integration",
                    address=_PAGER_HOST,
                    routes=("critical",),
                )
            )
        case Sms(numbers=numbers):
            found += [
                Channel(kind="SMS", to=f"…{number[-2:]}", address=number, routes=("critical",))
                for number in numbers
            ]
        case _:
            pass
    return tuple(found)


def places(world: World, wanted: tuple[Channel, ...]) -> Iterator[tuple[str, Route, Channel]]:
    """Yield where each channel must be heard: region, route and channel."""
    for region in world.regions:
        for route in ROUTES:
            yield from ((region, route, channel) for channel in wanted if route in channel.routes)


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Every channel of the settings listens to every topic that it should hear."""

    world: World
    wanted: tuple[Channel, ...]
    id: str = "channels"
    title: str = "Every channel listens, in every region that has alarms"
    requirements: tuple[str, ...] = ("MO-2",)
    columns: tuple[str, ...] = ("channel", "severity", "region", "reaches")

    def findings(self) -> Iterator[Finding]:
        """Look at the subscriptions of each topic."""
        for region, route, channel in places(self.world, self.wanted):
            topic = self.world.topic(region, route)
            holds, said, remedy = channel.hears(topic) if topic else (False, "there is no topic", _AGAIN)
            cells = (channel.kind, SEVERITIES[route], region, channel.to)
            yield Finding(cells=cells, holds=holds, proof=said, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class NobodyElse:
    """Only channels of the settings listen: alarms name hosts and numbers that are nobody else's business."""

    world: World
    wanted: tuple[Channel, ...]
    id: str = "listeners"
    title: str = "Nobody else listens, and only critical alarms reach a pager"
    requirements: tuple[str, ...] = ("MO-2", "MO-N2")
    columns: tuple[str, ...] = ("topic", "region", "listeners")

    def findings(self) -> Iterator[Finding]:
        """Compare each topic's listeners with the settings."""
        for topic in self.world.topics:
            allowed = [one for one in self.wanted if topic.route in one.routes]
            strangers = [
                one for one in topic.subscriptions if not any(channel.is_behind(one) for channel in allowed)
            ]
            yield Finding(
                cells=(topic.route, topic.region, str(len(topic.subscriptions))),
                holds=not strangers,
                proof=", ".join(f"{one.protocol} to a stranger" for one in strangers)
                or "each is a channel of the settings",
                remedy="Ask who subscribed it (the account's trail knows), then delete the subscription."
                if strangers
                else "",
            )
