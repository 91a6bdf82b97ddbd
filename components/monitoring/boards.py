"""What each area's dashboard shows, as values: CloudWatch and Grafana draw the same (MO-4, MO-N3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components.alarms import Comparison
from components.graphs import Graph, Limit
from components.monitoring.raising import Raised

AREAS: Mapping[str, tuple[str, ...]] = {
    "website": ("monitoring", "telemetry", "status"),
    "data": ("database", "cache", "gateway"),
    "mail": ("email",),
    "work": ("compute", "queues", "jobs"),
}
"""Which components share a dashboard; the others share `platform`."""

REST = "platform"
COLUMNS = 3
"""Graphs beside each other."""

_ABOVE = {Comparison.ABOVE, Comparison.AT_LEAST}


@dataclass(frozen=True, kw_only=True)
class Board:
    """One dashboard: its alarms, and graphs of what the area declares and of what each alarm looks at."""

    name: str
    alarms: tuple[Raised, ...]
    graphs: tuple[Graph, ...]


def boards(raised: Iterable[Raised], graphs: Mapping[str, Sequence[Graph]]) -> tuple[Board, ...]:
    """Return the dashboards of every area that has alarms: there is none without (MO-N3)."""
    areas: dict[str, list[Raised]] = {}
    for one in raised:
        areas.setdefault(_board(one.area), []).append(one)
    return tuple(
        Board(
            name=name,
            alarms=tuple(alarms),
            graphs=(
                *(graph for area, found in graphs.items() if _board(area) == name for graph in found),
                *(_watched(one) for one in alarms),
            ),
        )
        for name, alarms in areas.items()
    )


def _board(area: str) -> str:
    return next((name for name, members in AREAS.items() if area in members), REST)


def _watched(one: Raised) -> Graph:
    alarm = one.alarm
    return Graph(
        title=alarm.title,
        curves={alarm.key: alarm.source},
        limit=Limit(label=alarm.title, value=alarm.threshold, above=alarm.comparison in _ABOVE),
        region=one.region,
    )
