"""The dashboards in CloudWatch: an area's alarms first, then its graphs, with the deployments in them (MO-4)."""

from collections.abc import Iterable
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Expression, Metric
from components.graphs import Graph
from components.monitoring.boards import COLUMNS, Board
from components.monitoring.raising import Raised
from components.platform import Platform

_WIDTH, _HEIGHT = 24 // COLUMNS, 6


def dashboards(
    boards: Iterable[Board], deployments: Metric, *, parent: pulumi.Resource, platform: Platform
) -> dict[str, aws.cloudwatch.Dashboard]:
    """Make one for each board."""
    return {
        board.name: aws.cloudwatch.Dashboard(
            board.name,
            dashboard_name=platform.name(board.name),
            dashboard_body=pulumi.Output.json_dumps(
                {
                    "widgets": [
                        _alarm_status(board.alarms),
                        *_in_rows([_graph(graph, deployments, platform) for graph in board.graphs]),
                    ]
                }
            ),
            opts=platform.child(parent),
        )
        for board in boards
    }


def _alarm_status(alarms: Iterable[Raised]) -> dict[str, Any]:
    return {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": _WIDTH * COLUMNS,
        "height": 4,
        "properties": {"title": "Alarms", "alarms": [one.made.arn for one in alarms]},
    }


def _in_rows(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "type": "metric",
            "x": place % COLUMNS * _WIDTH,
            "y": 4 + place // COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": properties,
        }
        for place, properties in enumerate(widgets)
    ]


def _graph(graph: Graph, deployments: Metric, platform: Platform) -> dict[str, Any]:
    home = platform.environment.region
    drawn = [
        line
        for place, (label, curve) in enumerate(graph.curves.items())
        for line in _lines(place, label, curve)
    ]
    marker = _line(deployments, {"label": "Deployments", "yAxis": "right", "region": home})
    shown = {
        "title": graph.title,
        "region": graph.region or home,
        "view": "timeSeries",
        "metrics": [*drawn, marker],
    }
    if graph.limit is None:
        return shown
    side = "above" if graph.limit.above else "below"
    limit = {"label": graph.limit.label, "value": graph.limit.value, "fill": side}
    return shown | {"annotations": {"horizontal": [limit]}}


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
