"""A dashboard for each area: its alarms first, then what they look at, with the deployments in it (MO-4, MO-N3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric
from components.graphs import Graph
from components.monitoring.raising import Raised
from components.platform import Platform

AREAS: Mapping[str, tuple[str, ...]] = {
    "website": ("monitoring", "telemetry", "status"),
    "data": ("database", "cache", "gateway"),
    "mail": ("email",),
    "work": ("compute", "queues", "jobs"),
}
"""Which components share a dashboard; the others share `platform`."""

REST = "platform"
_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
_SIDE = {Comparison.ABOVE: "above", Comparison.AT_LEAST: "above"}


def dashboards(
    raised: Iterable[Raised],
    graphs: Mapping[str, Sequence[Graph]],
    deployments: Metric,
    *,
    parent: pulumi.Resource,
    platform: Platform,
) -> dict[str, aws.cloudwatch.Dashboard]:
    """Make the dashboards of every area that has alarms: there is none without (MO-N3)."""
    areas: dict[str, list[Raised]] = {}
    for one in raised:
        areas.setdefault(_dashboard(one.area), []).append(one)
    return {
        name: aws.cloudwatch.Dashboard(
            name,
            dashboard_name=platform.name(name),
            dashboard_body=pulumi.Output.json_dumps(
                {
                    "widgets": [
                        _alarm_status(alarms),
                        *_in_rows(
                            [
                                *(
                                    _graph(graph.title, graph.curves, deployments, platform)
                                    for area, found in graphs.items()
                                    if _dashboard(area) == name
                                    for graph in found
                                ),
                                *(_alarm_graph(one, deployments, platform) for one in alarms),
                            ]
                        ),
                    ]
                }
            ),
            opts=platform.child(parent),
        )
        for name, alarms in areas.items()
    }


def _dashboard(area: str) -> str:
    return next((name for name, members in AREAS.items() if area in members), REST)


def _alarm_status(alarms: Iterable[Raised]) -> dict[str, Any]:
    return {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": _WIDTH * _COLUMNS,
        "height": 4,
        "properties": {"title": "Alarms", "alarms": [one.made.arn for one in alarms]},
    }


def _in_rows(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "metric",
            "x": place % _COLUMNS * _WIDTH,
            "y": 4 + place // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": properties,
        }
        for place, properties in enumerate(widgets)
    ]


def _alarm_graph(one: Raised, deployments: Metric, platform: Platform) -> dict[str, Any]:
    alarm: Alarm = one.alarm
    side = _SIDE.get(alarm.comparison, "below")
    limit = {"label": alarm.title, "value": alarm.threshold, "fill": side}
    return _graph(alarm.title, {alarm.key: alarm.source}, deployments, platform, one.region) | {
        "annotations": {"horizontal": [limit]}
    }


def _graph(
    title: str,
    curves: Mapping[str, Metric | Expression],
    deployments: Metric,
    platform: Platform,
    region: str | None = None,
) -> dict[str, Any]:
    home = platform.environment.region
    drawn = [
        line for place, (label, curve) in enumerate(curves.items()) for line in _lines(place, label, curve)
    ]
    marker = _line(deployments, {"label": "Deployments", "yAxis": "right", "region": home})
    return {"title": title, "region": region or home, "view": "timeSeries", "metrics": [*drawn, marker]}


def _lines(place: int, label: str, curve: Metric | Expression) -> list[list[Any]]:
    if isinstance(curve, Metric):
        return [_line(curve, {"label": label})]
    hidden = [_line(metric, {"id": id_, "visible": False}) for id_, metric in curve.metrics.items()]
    return [*hidden, [{"expression": curve.expression, "label": curve.label, "id": f"result{place}"}]]


def _line(metric: Metric, shown: dict[str, Any]) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [
        metric.namespace,
        metric.name,
        *dimensions,
        {"stat": metric.statistic, "period": metric.period_seconds, **shown},
    ]
