"""Grafana's model of a dashboard, filled from the same boards that CloudWatch draws (MO-4).

Field names and forms are Grafana's own (schema version 41, that of Grafana 11.6; newer ones read it); tests hold
them against the types that Grafana Labs publishes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from components.alarms import Expression, Metric
from components.graphs import Graph, Limit
from components.monitoring.boards import COLUMNS, Board
from components.platform import Platform

SCHEMA_VERSION = 41
UID_LIMIT = 40
_WIDTH, _HEIGHT, _NOTE_HEIGHT = 24 // COLUMNS, 8, 4
_BUILDER, _CODE = 0, 1
"""Grafana's numbers for a query that is chosen from lists, and for one that is written."""
_MARKER = "deployments"


def uid(platform: Platform, role: str) -> str:
    """Return the identifier by which addresses and other resources name what `role` stands for."""
    return platform.name(role, limit=UID_LIMIT)


def dashboard(
    board: Board, deployments: Metric, *, platform: Platform, sources: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a board as Grafana wants it; `sources` are the uids of the data sources by region."""
    home = platform.environment.region
    return {
        "uid": uid(platform, board.name),
        "title": f"JTLD {platform.environment.name}: {board.name}",
        "description": "Made by Pulumi from what CloudWatch shows; a change by hand lasts until the next update.",
        "tags": ["jtld", platform.environment.name],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": "now-6h", "to": "now"},
        # Each look asks CloudWatch for every curve, at 0.01 USD for a thousand of them.
        "refresh": "5m",
        "annotations": {"list": list(_changes_of_alarms(board, platform, sources))},
        "panels": [
            _note(platform),
            *(
                _panel(place, graph, deployments, home=home, sources=sources)
                for place, graph in enumerate(board.graphs)
            ),
        ],
    }


def _note(platform: Platform) -> dict[str, Any]:
    region = platform.environment.region
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    name = platform.name("")
    return {
        "id": 1,
        "type": "text",
        "title": "Alarms",
        "gridPos": {"x": 0, "y": 0, "w": _WIDTH * COLUMNS, "h": _NOTE_HEIGHT},
        "options": {
            "mode": "markdown",
            "content": "Alarms live in CloudWatch and reach people from there: "
            f"[their state]({console}#alarmsV2:?search={name}).\n\n"
            "A red area begins at an alarm's threshold. Marks on the time axis are alarms that changed, "
            "bars are deployments.",
        },
    }


def _panel(
    place: int, graph: Graph, deployments: Metric, *, home: str, sources: Mapping[str, Any]
) -> dict[str, Any]:
    region = graph.region or home
    return {
        "id": place + 2,
        "type": "timeseries",
        "title": graph.title,
        "datasource": _source(sources[region]),
        "gridPos": {
            "x": place % COLUMNS * _WIDTH,
            "y": _NOTE_HEIGHT + place // COLUMNS * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": _limit(graph.limit) if graph.limit else {}, "overrides": [_bars()]},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "none"},
        },
        # A query may ask for another region than its source's own: the deployments are at home.
        "targets": [
            *(
                query
                for number, (label, curve) in enumerate(graph.curves.items())
                for query in _queries(number, label, curve, region)
            ),
            _query(_MARKER, deployments, home, label="Deployments"),
        ],
    }


def _source(uid: Any) -> dict[str, Any]:
    return {"type": "cloudwatch", "uid": uid}


def _queries(number: int, label: str, curve: Metric | Expression, region: str) -> Iterator[dict[str, Any]]:
    if isinstance(curve, Metric):
        yield _query(f"line{number}", curve, region, label=label)
        return
    for id_, metric in curve.metrics.items():
        # CloudWatch's plug-in sends hidden queries too, as long as they have an id that others may name.
        yield _query(id_, metric, region, label=id_) | {"hide": True}
    yield _common(f"result{number}", region, curve.label) | {
        "metricEditorMode": _CODE,
        "expression": curve.expression,
        "namespace": "",
        "period": str(max(metric.period_seconds for metric in curve.metrics.values())),
    }


def _query(id_: str, metric: Metric, region: str, *, label: str) -> dict[str, Any]:
    return _common(id_, region, label) | {
        "metricEditorMode": _BUILDER,
        "namespace": metric.namespace,
        "metricName": metric.name,
        "dimensions": {name: [value] for name, value in metric.dimensions.items()},
        "matchExact": True,
        "statistic": metric.statistic,
        "period": str(metric.period_seconds),
    }


def _common(id_: str, region: str, label: str) -> dict[str, Any]:
    return {
        "id": id_,
        "refId": id_,
        "queryMode": "Metrics",
        "metricQueryType": 0,
        "region": region,
        "label": label,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    below, above = ("transparent", "red") if limit.above else ("red", "transparent")
    return {
        "custom": {"thresholdsStyle": {"mode": "area"}},
        "thresholds": {
            "mode": "absolute",
            # The first step has no beginning.
            "steps": [{"color": below, "value": None}, {"color": above, "value": limit.value}],
        },
    }


def _bars() -> dict[str, Any]:
    """Draw deployments over the whole height, on a scale of their own: CloudWatch gives no events of a metric."""
    looks = {
        "custom.drawStyle": "bars",
        "custom.axisPlacement": "hidden",
        "custom.fillOpacity": 40,
        "min": 0,
        "max": 1,
        "color": {"mode": "fixed", "fixedColor": "blue"},
    }
    return {
        "matcher": {"id": "byFrameRefID", "options": _MARKER},
        "properties": [{"id": id_, "value": value} for id_, value in looks.items()],
    }


def _changes_of_alarms(
    board: Board, platform: Platform, sources: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Mark when an alarm of the board began or ended, for each component and region that has one."""
    for area, region in _places(board):
        yield {
            "name": f"Alarms of {area}"
            if region == platform.environment.region
            else f"Alarms of {area}, {region}",
            "datasource": _source(sources[region]),
            "enable": True,
            "iconColor": "red",
            "target": {
                "refId": f"alarms-{area}-{region}",
                "queryMode": "Annotations",
                "region": region,
                "namespace": "",
                "prefixMatching": True,
                "actionPrefix": "arn:aws:sns:",
                "alarmNamePrefix": f"{platform.name(area)}-",
            },
        }


def _places(board: Board) -> Iterable[tuple[str, str]]:
    return dict.fromkeys((one.area, one.region) for one in board.alarms)
