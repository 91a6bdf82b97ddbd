"""Graphs as values: components declare what is worth seeing beside their alarms, Monitoring draws it (MO-4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.alarms import Expression, Metric


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A threshold drawn into a graph; `above` tells on which side of it something is wrong."""

    label: str
    value: float
    above: bool


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Curves over time under one title; `curves` goes by label.

    `region` is only given where the metrics exist in another region than the platform's.
    """

    title: str
    curves: Mapping[str, Metric | Expression]
    limit: Limit | None = None
    region: str | None = None
