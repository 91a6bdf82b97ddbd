"""MO-4: the dashboards are what Grafana reads, held against the types that Grafana Labs publishes for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.cloudwatch import (
    CloudWatchAnnotationQuery,
    CloudWatchMetricsQuery,
    CloudWatchQueryMode,
    MetricEditorMode,
)
from grafana_foundation_sdk.models.common import GraphDrawStyle, GraphThresholdsStyleMode, LegendDisplayMode
from grafana_foundation_sdk.models.dashboard import Dashboard, DashboardCursorSync, ThresholdsMode

from components.grafana.model import SCHEMA_VERSION
from components.monitoring.boards import AREAS
from tests.grafana.example import with_grafana
from tests.grafana.test_program import DASHBOARD, boards

register_default_plugins()


def written(model: Any) -> dict[str, Any]:
    return json.loads(JSONEncoder().encode(model))


def read_and_written(document: dict[str, Any]) -> dict[str, Any]:
    """Return what Grafana's types make of a document: they forget what they do not know."""
    made = written(Dashboard.from_json(document))
    # The dashboard's type leaves an annotation's query to the plug-in, which has a type of its own.
    for given, annotation in zip(document["annotations"]["list"], made["annotations"]["list"], strict=True):
        annotation["target"] = written(CloudWatchAnnotationQuery.from_json(given["target"]))
    return made


def lost(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """Yield the path of everything in `given` that is not in `kept` with the same value; null says nothing."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if value is not None:
                yield from lost(value, kept[key], f"{path}.{key}") if key in kept else (f"{path}.{key}",)
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for place, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(one, other, f"{path}[{place}]")
    elif given != kept:
        yield path


@pytest.fixture(params=[*AREAS, "platform"])
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    return boards(with_grafana("prod").graph)[request.param]


def test_grafana_s_own_types_know_every_field(board: dict[str, Any]) -> None:
    assert list(lost(board, read_and_written(board))) == []
    assert board["schemaVersion"] == SCHEMA_VERSION == Dashboard().schema_version


def test_the_judge_finds_a_misspelt_field(board: dict[str, Any]) -> None:
    """The pass above is worth something only if these are lost."""
    panel, query = board["panels"][1], board["panels"][1]["targets"][-1]
    query["metricname"] = query.pop("metricName")
    panel["fieldconfig"] = panel.pop("fieldConfig")
    board["annotations"]["list"][0]["target"]["alarmPrefix"] = "jtld-"
    assert set(lost(board, read_and_written(board))) == {
        f".panels[1].targets[{len(panel['targets']) - 1}].metricname",
        ".panels[1].fieldconfig",
        ".annotations.list[0].target.alarmPrefix",
    }


def test_values_are_among_those_that_grafana_lists(board: dict[str, Any]) -> None:
    DashboardCursorSync(board["graphTooltip"])
    for annotation in board["annotations"]["list"]:
        query = CloudWatchAnnotationQuery.from_json(annotation["target"])
        assert CloudWatchQueryMode(query.query_mode) is CloudWatchQueryMode.ANNOTATIONS
        assert (query.prefix_matching, bool(query.action_prefix), bool(query.alarm_name_prefix)) == (
            True,
            True,
            True,
        ), "the plug-in passes over a query that lacks one"
    for panel in board["panels"][1:]:
        LegendDisplayMode(panel["options"]["legend"]["displayMode"])
        defaults = panel["fieldConfig"]["defaults"]
        if defaults:
            ThresholdsMode(defaults["thresholds"]["mode"])
            GraphThresholdsStyleMode(defaults["custom"]["thresholdsStyle"]["mode"])
        (bars,) = panel["fieldConfig"]["overrides"]
        GraphDrawStyle(next(one["value"] for one in bars["properties"] if one["id"] == "custom.drawStyle"))
        for target in panel["targets"]:
            query = CloudWatchMetricsQuery.from_json(target)
            assert CloudWatchQueryMode(query.query_mode) is CloudWatchQueryMode.METRICS
            typed = MetricEditorMode(query.metric_editor_mode) is MetricEditorMode.CODE
            assert typed is bool(query.expression)
            assert query.id_val[0].islower(), "CloudWatch takes no id that begins otherwise"


def test_panels_lie_beside_each_other_without_touching(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_a_dashboard_is_well_within_what_grafana_and_the_engine_carry() -> None:
    for node in with_grafana("prod").graph.of_type(DASHBOARD):
        assert len(node.inputs["configJson"]) < 500_000, node.name
