"""What holds for every component, those of tomorrow included."""

import ast
import inspect
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.alarms import Alarm
from components.platform import Platform
from components.replacement import DELETE_BEFORE_REPLACE
from components.stateful import GUARD_TYPES, STATEFUL_TYPES
from sandbox.contracts.loader import contract
from sandbox.shapes import Shapes
from settings.base import Model
from settings.secrets import SECRETS as REGISTRY
from tests.components.catalogue import FOLDER, MODULES, component_classes, token
from tests.delivery.bootstrapped import as_committed
from tests.error_tracking.example import with_error_tracking
from tests.grafana.example import with_grafana
from tests.server.optional import with_a_server
from tests.support import STACKS, Graph, Node, as_configured, resolve, run_program
from tests.support.documents import strings

CANADA = {"ca-central-1", "ca-west-1"}
# Services that CloudFront and Route 53 keep in one place for the whole world.
US_EAST_1_ONLY = {
    "aws:acm/certificate:Certificate",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:cloudwatch/logDelivery:LogDelivery",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:kms/alias:Alias",
    "aws:kms/key:Key",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
}
# Amazon Q Developer in chat applications has no end point in Canada.
US_EAST_2_ONLY = {"aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"}


def shape_inputs(node: Node) -> set[str]:
    package = node.type.split(":")[0]
    return set(SHAPES.setdefault(package, Shapes(package)).shape(node.type).inputs)


SHAPES: dict[str, Shapes] = {}


@pytest.fixture(params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return as_configured(request.param).graph


def managed(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.custom and not node.type.startswith("pulumi:providers:")]


@pytest.mark.parametrize("component", component_classes(), ids=lambda one: one.__name__)
def test_a_component_is_part_of_the_program_under_its_own_token(
    component: type[pulumi.ComponentResource],
) -> None:
    programs = [graph for stack in STACKS for graph in (as_configured(stack).graph, as_committed(stack))]
    programs += [with_a_server(), with_error_tracking("prod").graph, with_grafana("prod").graph]
    found = [graph for graph in programs if graph.of_type(token(component))]

    assert found, f"{token(component)} is composed in no stack: add it to __main__.py, or fix its token"


@pytest.mark.parametrize("component", component_classes(), ids=lambda one: one.__name__)
def test_a_component_takes_a_name_settings_and_named_inputs(
    component: type[pulumi.ComponentResource],
) -> None:
    name, *rest = inspect.signature(component).parameters.values()
    positional = [one for one in rest if one.kind is one.POSITIONAL_OR_KEYWORD]
    named = {one.name: one for one in rest if one.kind is one.KEYWORD_ONLY}

    assert name.name == "name"
    assert len(positional) <= 1, "after the name only settings may be positional"
    assert all(one.name == "settings" and issubclass(one.annotation, Model) for one in positional)
    assert named["platform"].annotation is Platform
    assert list(named)[-1] == "opts"
    assert named["opts"].default is None
    assert len(positional) + len(named) == len(rest), "no *args and no **kwargs"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_components_know_only_what_they_are_given(module: Path) -> None:
    """Settings come in as values, other components as outputs: no configuration, no foreign children."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            place = f"{module.name}:{node.lineno}"
            owner = ast.unparse(node.value)
            assert f"{owner}.{node.attr}" not in {
                "pulumi.Config",
                "pulumi.get_stack",
                "os.environ",
                "os.getenv",
            }, place
            assert node.attr != "nodes" or owner == "self", f"{place} reads {owner}.nodes, another's children"


def test_every_resource_is_a_child_of_a_component(graph: Graph) -> None:
    orphans = [node.urn for node in managed(graph) if graph.component_of(node) is None]

    assert not orphans
    assert {graph.component_of(node).type.rpartition(":")[0] for node in managed(graph)} == {"jtld:platform"}


def test_every_resource_uses_a_provider_of_the_program(graph: Graph) -> None:
    """A default provider would take region and account from whoever runs the program."""
    assert not [node.urn for node in managed(graph) if "::default" in node.provider or not node.provider]


def test_every_component_registers_its_outputs(graph: Graph) -> None:
    silent = [node.urn for node in graph.nodes if not node.custom and not node.outputs]

    assert not silent, "register_outputs is the last line of every constructor"


def test_every_taggable_resource_names_its_component(graph: Graph) -> None:
    untagged = [
        node.urn
        for node in managed(graph)
        if node.type.startswith("aws:")
        and "tags" in shape_inputs(node)
        and not str(node.inputs.get("tags", {}).get("jtld:component", ""))
    ]

    assert not untagged


def test_every_stack_tags_all_it_makes(graph: Graph) -> None:
    provider = graph.one("pulumi:providers:aws", "aws")

    tags = json.loads(provider.inputs["defaultTags"])["tags"]

    assert {"jtld:project", "jtld:environment", "jtld:owner", "jtld:cost-centre", "jtld:managed-by"} == set(
        tags
    )


def test_what_holds_data_and_what_guards_it_is_protected_and_retained_in_prod_alone(graph: Graph) -> None:
    """SC-3: protected data survives a destroy of prod, as closed as before; elsewhere nothing is left behind."""
    production = graph is as_configured("prod").graph
    kept = [node for node in managed(graph) if node.type in STATEFUL_TYPES.keys() | GUARD_TYPES.keys()]

    assert kept
    assert {(node.urn, node.protect, node.retain_on_delete) for node in kept} == {
        (node.urn, production, production) for node in kept
    }


def test_what_aws_itself_refuses_to_delete_is_protected_here_as_well(graph: Graph) -> None:
    """SC-3: a destroy passes by what it knows to be protected, and fails at what it does not."""
    refusing = [
        node
        for node in managed(graph)
        for guard in contract(node.type).delete.protected
        if node.inputs.get(guard.property) == guard.equals
    ]

    assert [node.urn for node in refusing if not node.protect] == []
    assert bool(refusing) is (graph is as_configured("prod").graph)


def test_types_that_cannot_stand_beside_their_successor_are_deleted_first(graph: Graph) -> None:
    """One rule a type: components/replacement.py says which, and nothing else asks for it."""
    for node in managed(graph):
        assert node.delete_before_replace is (node.type in DELETE_BEFORE_REPLACE), node.urn
    assert not DELETE_BEFORE_REPLACE.keys() & STATEFUL_TYPES.keys(), "what holds data is never replaced"


def test_data_stays_in_canada(graph: Graph) -> None:
    """PIPEDA: every region is Canadian, except where AWS has a service in one place only."""
    for node in managed(graph):
        region = node.inputs.get("region")
        allowed = CANADA | {"us-east-1"} if node.type in US_EAST_1_ONLY else CANADA
        allowed = {"us-east-2"} if node.type in US_EAST_2_ONLY else allowed
        assert region is None or region in allowed, node.urn


def test_secrets_stay_secret_wherever_they_go() -> None:
    """HO-N1: a canary in each stack secret appears only in inputs and outputs marked secret."""
    settings = as_configured("prod").value.settings
    canaries = {name: secret.stand_in() for name, secret in REGISTRY.items() if secret.required(settings)}
    graph = run_program("prod", secrets=canaries)

    seen = Counter(
        name
        for node in graph.nodes
        for values, hidden in ((node.inputs, node.secret_inputs), (node.outputs or {}, node.secret_outputs))
        for name, path in leaks_checked(values, hidden, canaries, node.urn)
    )
    for name, _ in leaks_checked(graph.exports, graph.secret_exports, canaries, "stack outputs"):
        seen[name] += 1

    assert seen.keys() == canaries.keys(), "a secret that goes nowhere needs not be asked for"


def leaks_checked(
    values: Any, hidden: frozenset[str], canaries: dict[str, str], place: str
) -> list[tuple[str, str]]:
    """Return where canaries are, having asserted that each place is marked secret."""
    found = [
        (name, path)
        for path, text in strings(values)
        for name, canary in canaries.items()
        if canary.strip() in text or canary.strip().replace("\n", "\\n") in text
    ]
    for name, path in found:
        covered = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in hidden)
        assert covered, f"{name} lies open in {place}, {path}"
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_shows_every_resource(stack: str) -> None:
    """Nothing is created inside an apply: unknown values would hide it from the preview."""
    preview = {node.urn for node in run_program(stack, preview=True).nodes}

    assert preview == {node.urn for node in as_configured(stack).graph.nodes}


@pytest.mark.parametrize(("attribute", "key"), [("records", "key"), ("alarms", "key"), ("variables", "key")])
@pytest.mark.parametrize("stack", STACKS)
def test_values_that_become_resources_have_distinct_keys(stack: str, attribute: str, key: str) -> None:
    names = Counter(
        f"{component}/{getattr(value, key)}" if attribute == "alarms" else getattr(value, key)
        for component, value in exposed(stack, attribute)
    )

    assert names
    assert not [name for name, count in names.items() if count > 1]


@pytest.mark.parametrize("stack", STACKS)
def test_every_alarm_has_a_runbook_a_requirement_and_room_to_fire(stack: str) -> None:
    """MO-N4: an alarm nobody can act on is noise."""
    for component, alarm in exposed(stack, "alarms"):
        assert isinstance(alarm, Alarm)
        assert alarm.runbook, f"{component}: {alarm.key}"
        assert alarm.requirements, f"{component}: {alarm.key}"
        assert 1 <= alarm.datapoints_to_alarm <= alarm.evaluation_periods, f"{component}: {alarm.key}"


def exposed(stack: str, attribute: str) -> list[tuple[str, Any]]:
    """Return the values that a stack's components expose under a name, with the component's."""
    program = vars(as_configured(stack).value)
    return [
        (name, resolve(value))
        for name, component in program.items()
        if isinstance(component, pulumi.ComponentResource)
        for value in getattr(component, attribute, ())
    ]
