"""What the checks say about each part of the platform, and the incidents that follow from it (MO-5).

Nothing here guesses: a check that is silent says nothing, and a part about which nothing decisive is known
is unknown, never operational.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

KEPT = timedelta(days=90)
"""How long an incident stays in the history after its end."""


class State(StrEnum):
    """How a part is doing, from best to worst."""

    OPERATIONAL = "operational"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    OUTAGE = "outage"

    @property
    def rank(self) -> int:
        """Return how bad it is: the worst part speaks for the whole."""
        return list(State).index(self)

    @property
    def incident(self) -> bool:
        """Tell whether visitors have a reason to be told later that this was so."""
        return self.rank >= State.DEGRADED.rank


@dataclass(frozen=True, kw_only=True)
class Check:
    """One alarm that speaks for a part; where a `decisive` one fires the part is out, otherwise degraded."""

    arn: str
    decisive: bool

    @property
    def region(self) -> str:
        """Return the region that the alarm lives in."""
        return self.arn.split(":")[3]

    @property
    def name(self) -> str:
        """Return the alarm's name."""
        return self.arn.split(":", 6)[6]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the platform as visitors know it, and how it is doing."""

    name: str
    state: State


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A time in which a part was not operational; `state` is the worst it came to. Times are ISO 8601, UTC."""

    part: str
    state: State
    began: str
    ended: str | None = None


def judge(checks: Iterable[Check], answers: Mapping[str, str]) -> State:
    """Return a part's state from what CloudWatch answered: alarm ARN to `OK`, `ALARM` or something silent.

    A silent check that is not decisive counts for nothing: a rate of bounces has no data while nobody writes.
    """
    checks = list(checks)
    firing = [check for check in checks if answers.get(check.arn) == "ALARM"]
    if any(check.decisive for check in firing):
        return State.OUTAGE
    if firing:
        return State.DEGRADED
    fine = {check for check in checks if answers.get(check.arn) == "OK"}
    decisive = {check for check in checks if check.decisive}
    return State.OPERATIONAL if fine and decisive <= fine else State.UNKNOWN


def worst(parts: Iterable[Part]) -> State:
    """Return the state of the whole: that of its worst part."""
    return max((part.state for part in parts), key=lambda state: state.rank, default=State.UNKNOWN)


def follow(incidents: Iterable[Incident], parts: Iterable[Part], now: datetime) -> list[Incident]:
    """Return the incidents after an update, newest first: begun, grown worse, ended, forgotten.

    An unknown state neither begins an incident nor ends one: nobody saw it end.
    """
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    history = list(incidents)
    open_ = {incident.part: incident for incident in history if incident.ended is None}
    closed = [incident for incident in history if incident.ended is not None]
    for part in parts:
        running = open_.pop(part.name, None)
        if part.state.incident:
            began = running.began if running else moment
            state = max(part.state, running.state if running else part.state, key=lambda one: one.rank)
            closed.append(Incident(part=part.name, state=state, began=began))
        elif running and part.state is State.OPERATIONAL:
            closed.append(replace(running, ended=moment))
        elif running:
            closed.append(running)
    # What is no part any more cannot be seen ending.
    closed += [replace(incident, ended=moment) for incident in open_.values()]
    oldest = (now - KEPT).astimezone(UTC).isoformat(timespec="seconds")
    kept = (incident for incident in closed if incident.ended is None or incident.ended >= oldest)
    return sorted(kept, key=lambda incident: (incident.began, incident.part), reverse=True)


def dump(incidents: Iterable[Incident]) -> bytes:
    """Return the history as it is kept between two updates."""
    return json.dumps([asdict(incident) for incident in incidents], indent=1).encode()


def parse(document: bytes) -> list[Incident]:
    """Return the history that `dump` wrote; one that cannot be read is empty, and the bucket has its versions."""
    try:
        return [Incident(**entry | {"state": State(entry["state"])}) for entry in json.loads(document)]
    except (ValueError, TypeError, KeyError):
        return []
