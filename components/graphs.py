"""Graphs as values: components declare what is worth seeing beside their alarms, Monitoring draws it (MO-4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.alarms import Expression, Metric


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Curves over time under one title; `curves` goes by label."""

    title: str
    curves: Mapping[str, Metric | Expression]
