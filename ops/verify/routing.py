"""From an alarm to a topic: each alarm speaks to the right one, and the topic lets its publishers in (MO-2, MO-N4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from components.severity import Severity
from ops.verify.check import Finding
from ops.verify.permissions import admits
from ops.verify.world import Alarm, Topic, World, region_of

SEALING = ("kms:Decrypt", "kms:GenerateDataKey")
_SHOWN = 3
_AGAIN = "It is drift: `pulumi up --refresh` (in the sandbox `./jtld up`) puts it right."


@dataclass(frozen=True, kw_only=True)
class Routing:
    """Every alarm speaks to its region's topic, and the critical ones alone to the pager's."""

    world: World
    id: str = "routing"
    title: str = "Every alarm speaks to a topic of its region, critical ones through the page to the pager's"
    requirements: tuple[str, ...] = ("MO-2", "MO-N2", "MO-N4")
    columns: tuple[str, ...] = ("severity", "region", "alarms", "speak to")

    def findings(self) -> Iterator[Finding]:
        """Look at the alarms of each region and severity."""
        found: dict[tuple[str, Severity], list[Alarm]] = {}
        for alarm in self.world.watching:
            if not alarm.rule:
                found.setdefault((alarm.region, alarm.severity), []).append(alarm)
        order = list(Severity)
        for (region, severity), alarms in sorted(
            found.items(), key=lambda one: (one[0][0], order.index(one[0][1]))
        ):
            critical = severity is Severity.CRITICAL
            wrong = [alarm.name for alarm in alarms if not self._heard(alarm, paged=critical)]
            more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            yield Finding(
                cells=(
                    severity.value,
                    region,
                    str(len(alarms)),
                    "routine and, by the page, critical" if critical else "routine",
                ),
                holds=not wrong,
                proof=f"wrong: {', '.join(wrong[:_SHOWN])}{more}"
                if wrong
                else "their actions are on and say so",
                remedy=_AGAIN if wrong else "",
            )

    def _heard(self, alarm: Alarm, *, paged: bool) -> bool:
        routine = self.world.topic(alarm.region, "routine")
        own = routine is not None and alarm.enabled and alarm.actions == (routine.arn,)
        return own and self._paged(alarm) is paged

    def _paged(self, alarm: Alarm) -> bool:
        pager = self.world.topic(alarm.region, "critical")
        return any(
            pager is not None and page.enabled and page.actions == (pager.arn,)
            for page in self.world.watching
            if page.region == alarm.region and f'ALARM("{alarm.name}")' in page.rule
        )


@dataclass(frozen=True, kw_only=True)
class Publishers:
    """Every service that publishes to a topic is let in by the topic's policy and by its key's."""

    world: World
    id: str = "publishers"
    title: str = "Every service that publishes to a topic may do so, and may use its key"
    requirements: tuple[str, ...] = ("MO-2", "MO-N4")
    columns: tuple[str, ...] = ("service", "topic", "region")

    def findings(self) -> Iterator[Finding]:
        """Read both policies as AWS does."""
        by_arn = {topic.arn: topic for topic in self.world.topics}
        for service, arn in self.world.publishers:
            topic = by_arn.get(arn)
            refused = refusal(topic, service, self.world.account_id)
            yield Finding(
                cells=(service, topic.route if topic else arn, region_of(arn)),
                holds=refused is None,
                proof=refused or "admitted by the topic's policy and by its key's",
                remedy=_AGAIN if refused else "",
            )


def refusal(topic: Topic | None, service: str, account_id: str) -> str | None:
    """Return why a service of this account cannot publish to a topic, None where it can."""
    if topic is None:
        return "there is no such topic"
    request = {
        "aws:sourceaccount": account_id,
        "aws:sourcearn": f"arn:aws:{service.partition('.')[0]}:{topic.region}:{account_id}:jtld",
        "aws:securetransport": "true",
    }
    if not admits(topic.policy, service, ("sns:Publish",), request):
        return "the topic's policy does not let it publish"
    if topic.key_arn and not admits(topic.key_policy, service, SEALING, request):
        return "the key's policy does not let it encrypt"
    return None


def tests_of(world: World, topics: Iterable[Topic]) -> dict[str, Alarm]:
    """Return the test alarm of each topic that has one, by the topic's ARN."""
    found = {alarm.actions[0]: alarm for alarm in world.tests if len(alarm.actions) == 1}
    return {topic.arn: found[topic.arn] for topic in topics if topic.arn in found}
