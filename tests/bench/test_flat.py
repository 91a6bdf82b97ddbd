"""The floor of the benches: the flat program registers what the platform's own program registers (issue 3)."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from bench import flat
from sandbox.wire import encode
from tests.support import Graph, Node, as_configured
from tests.support.run import run_file

SECRET = "1b47061264138c4ac30d75fd1eb44270"


@pytest.fixture(scope="module")
def theirs() -> Graph:
    return as_configured("prod").graph


@pytest.fixture(scope="module")
def project(theirs: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / flat.PROJECT
    assert flat.write({"resources": [_as_in_a_state(node) for node in theirs.nodes]}, "prod", folder) > 500
    return folder


@pytest.fixture(scope="module")
def floor(project: Path) -> Graph:
    return run_file(project / "__main__.py", stack="prod")


@pytest.fixture(scope="module")
def pairs(theirs: Graph, floor: Graph, project: Path) -> list[tuple[Node, Node]]:
    """The platform's resources, each beside the one that stands for it in the floor."""
    return [
        (theirs[node["urn"]], floor.one(node["type"], node["name"]))
        for node in json.loads((project / "graph.json").read_text())
    ]


def test_the_floor_has_every_resource_and_no_component(theirs: Graph, floor: Graph) -> None:
    assert Counter(node.type for node in floor.nodes) == Counter(
        node.type for node in theirs.nodes if node.custom
    )


def test_the_floor_gives_each_resource_the_same_inputs(pairs: list[tuple[Node, Node]]) -> None:
    for ours, flat_one in pairs:
        assert _shape(flat_one.inputs) == _shape(ours.inputs), ours.urn


def test_the_floor_waits_for_the_same_resources(pairs: list[tuple[Node, Node]]) -> None:
    """A floor that creates everything at once would be faster for a reason that is no cost of ours."""
    stands_for = {flat_one.urn: ours.urn for ours, flat_one in pairs}
    for ours, flat_one in pairs:
        waits = {stands_for[urn] for urn in flat_one.dependencies}
        assert {urn for urn in ours.dependencies if urn in stands_for.values()} <= waits, ours.urn


def test_secrets_stay_secret_in_the_floor(pairs: list[tuple[Node, Node]]) -> None:
    for ours, flat_one in pairs:
        assert {path for path in ours.secret_inputs if path in ours.inputs} <= flat_one.secret_inputs, (
            ours.urn
        )


def _as_in_a_state(node: Node) -> dict[str, Any]:
    """Write a registered resource as `pulumi stack export --show-secrets` does."""
    return {
        "urn": node.urn,
        "type": node.type,
        "custom": node.custom,
        "id": node.id,
        "inputs": {
            name: {flat.MARK: SECRET, "plaintext": json.dumps(value)} if name in node.secret_inputs else value
            for name, value in MessageToDict(encode(node.inputs)).items()
        },
        "outputs": node.outputs or {},
        "provider": node.provider,
        "dependencies": sorted(node.dependencies),
        "propertyDependencies": {name: sorted(urns) for name, urns in node.property_dependencies.items()},
    }


def _shape(value: Any) -> Any:
    """Leave out what may differ: texts, which hold generated names and ids."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items() if key not in {"__defaults", "__internal"}}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return "text" if isinstance(value, str) else value
