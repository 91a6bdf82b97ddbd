"""MO-4: Grafana gets folder, data sources and dashboards where a stack file asks for them, and nowhere else."""

import json
import subprocess
import sys
from typing import Any

import pytest

from components.monitoring.boards import AREAS
from settings.secrets import SECRETS
from tests.components.test_contract import leaks_checked
from tests.grafana.example import OWN, example, overrides, with_grafana
from tests.policies.harness import Pack
from tests.program.iam_linter import documents_of, judge
from tests.program.test_iam_documents import on_every_resource
from tests.support import STACKS, Graph, as_configured, run_stack
from tests.support.run import ROOT

COMPONENT = "jtld:platform:Grafana"
FOLDER = "grafana:oss/folder:Folder"
PERMISSION = "grafana:oss/folderPermission:FolderPermission"
SOURCE = "grafana:oss/dataSource:DataSource"
DASHBOARD = "grafana:oss/dashboard:Dashboard"
PROVIDER = "pulumi:providers:grafana"
ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
CLOUDWATCH = "aws:cloudwatch/dashboard:Dashboard"
REGIONS = {"ca-central-1", "ca-west-1", "us-east-1"}


@pytest.fixture
def graph() -> Graph:
    return with_grafana("prod").graph


def boards(graph: Graph) -> dict[str, dict[str, Any]]:
    return {node.name: json.loads(node.inputs["configJson"]) for node in graph.of_type(DASHBOARD)}


def test_asking_for_it_adds_what_grafana_needs_its_check_and_its_token_s_alarm(graph: Graph) -> None:
    before = {(node.type, node.name) for node in as_configured("prod").graph.nodes}
    after = {(node.type, node.name) for node in graph.nodes}

    assert before <= after
    added = {pair for pair in after - before if not pair[1].startswith("third-party-")}
    assert added - {("aws:route53/healthCheck:HealthCheck", "grafana")} == {
        (COMPONENT, "grafana"),
        (PROVIDER, "grafana"),
        (ROLE, "grafana"),
        (ROLE_POLICY, "grafana"),
        (FOLDER, "folder"),
        (PERMISSION, "folder"),
        *((SOURCE, region) for region in REGIONS),
        *((DASHBOARD, area) for area in (*AREAS, "platform")),
    }
    assert ("aws:cloudwatch/metricAlarm:MetricAlarm", "third-party-rotate-grafanaToken") in after, "TP-2"


def test_a_stack_that_does_not_ask_for_it_does_not_load_the_sdk() -> None:
    """DL-5: whoever has nothing of it starts as fast as before."""
    program = (
        "import sys; from tests.support import as_configured\n"
        "found = as_configured('dev').graph\n"
        "print([node.urn for node in found.nodes if 'rafana' in node.type], 'pulumiverse_grafana' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[] False"


def _from_cloudwatch(line: list[Any], home: str) -> tuple[Any, ...]:
    if len(line) == 1:
        return (line[0]["expression"],)
    *place, shown = line
    dimensions = dict(zip(place[2::2], place[3::2], strict=True))
    return (*place[:2], dimensions, shown["stat"], shown["period"], shown.get("region", home))


def _from_grafana(target: dict[str, Any]) -> tuple[Any, ...]:
    if "expression" in target:
        return (target["expression"],)
    dimensions = {name: value for name, (value,) in target["dimensions"].items()}
    return (
        target["namespace"],
        target["metricName"],
        dimensions,
        target["statistic"],
        int(target["period"]),
        target["region"],
    )


def test_grafana_and_cloudwatch_draw_the_same_curves_in_the_same_order(graph: Graph) -> None:
    """MO-4: request rate, error rate, P50 to P99, database, Redis, e-mail, jobs, deployments; one source for both."""
    shown = boards(graph)
    drawn = {node.name: json.loads(node.inputs["dashboardBody"]) for node in graph.of_type(CLOUDWATCH)}
    assert shown.keys() == drawn.keys() == {*AREAS, "platform"}
    for name, board in shown.items():
        widgets = [one["properties"] for one in drawn[name]["widgets"][1:]]
        panels = board["panels"][1:]
        assert [one["title"] for one in panels] == [one["title"] for one in widgets]
        for panel, widget in zip(panels, widgets, strict=True):
            expected = [_from_cloudwatch(line, widget["region"]) for line in widget["metrics"]]
            assert [_from_grafana(target) for target in panel["targets"]] == expected, panel["title"]


def test_every_graph_shows_deployments_and_the_threshold_of_its_alarm(graph: Graph) -> None:
    """MO-4, MO-N3: bars on a scale of their own, since the plug-in makes annotations of alarms only."""
    for name, board in boards(graph).items():
        note, *panels = board["panels"]
        assert note["type"] == "text", name
        assert "#alarmsV2:?search=jtld-prod-" in note["options"]["content"]
        for panel in panels:
            assert panel["targets"][-1]["metricName"] == "Deployments"
            (bars,) = panel["fieldConfig"]["overrides"]
            assert bars["matcher"] == {"id": "byFrameRefID", "options": panel["targets"][-1]["refId"]}
            ids = [target["id"] for target in panel["targets"]]
            assert len(ids) == len(set(ids)), panel["title"]
    data = {panel["title"]: panel for panel in boards(graph)["website"]["panels"]}
    answer = data["Five of 100 requests take longer than 2 s"]
    steps = answer["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["color"], step["value"]) for step in steps] == [("transparent", None), ("red", 2000)]
    silent = data["site does not answer"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["color"] for step in silent] == ["red", "transparent"], "below one it is wrong"


def test_changes_of_alarms_are_annotations_that_find_them_by_their_real_names(graph: Graph) -> None:
    alarms = {
        (node.inputs.get("region") or "ca-central-1", node.inputs["name"])
        for node in graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        # Those that scale services speak to nobody.
        if graph.component_of(node).type == "jtld:platform:Monitoring"
    }
    asked = {
        (one["target"]["region"], one["target"]["alarmNamePrefix"])
        for board in boards(graph).values()
        for one in board["annotations"]["list"]
    }
    assert all(
        any(place == region and name.startswith(prefix) for region, prefix in asked) for place, name in alarms
    )
    assert all(
        any(place == region and name.startswith(prefix) for place, name in alarms) for region, prefix in asked
    )


def test_nobody_changes_by_hand_what_the_next_update_would_take_back(graph: Graph) -> None:
    assert all(board["editable"] is False for board in boards(graph).values())
    assert all(node.inputs["overwrite"] is False for node in graph.of_type(DASHBOARD)), "never another's"
    permission = graph.one(PERMISSION).inputs
    assert permission["folderUid"] == graph.one(FOLDER).outputs["uid"] == "jtld-prod-dashboards"
    assert {(one["role"], one["permission"]) for one in permission["permissions"]} == {
        ("Viewer", "View"),
        ("Editor", "View"),
    }
    assert graph.one(FOLDER).inputs["preventDestroyIfNotEmpty"] is True


def test_uids_are_the_stack_s_own_and_the_message_names_the_content() -> None:
    """Two stacks may share an organisation; a version in Grafana's history says what it holds."""
    uids, messages = set(), set()
    for stack in STACKS:
        graph = with_grafana(stack).graph
        for node in graph.of_type(DASHBOARD):
            assert json.loads(node.inputs["configJson"])["uid"] == f"jtld-{stack}-{node.name}"
            uids.add(node.outputs["uid"])
            messages.add(node.inputs["message"])
        uids |= {node.inputs["uid"] for node in (*graph.of_type(SOURCE), *graph.of_type(FOLDER))}
    dashboards = 3 * len((*AREAS, "platform"))
    assert len(messages) == dashboards
    assert len(uids) == dashboards + 3 * len((*REGIONS, "folder"))


def test_the_data_sources_read_by_a_role_and_hold_no_secret(graph: Graph) -> None:
    """HO-6: Grafana Cloud sends its external id by itself."""
    role = graph.one(ROLE, "grafana")
    for node in graph.of_type(SOURCE):
        options = json.loads(node.inputs["jsonDataEncoded"])
        assert options == {
            "authType": "grafana_assume_role",
            "assumeRoleArn": role.outputs["arn"],
            "defaultRegion": node.name,
            "customMetricsNamespaces": options["customMetricsNamespaces"],
        }
        assert {"JTLD/Application", "JTLD/Jobs"} <= set(options["customMetricsNamespaces"].split(","))
        assert node.delete_before_replace, "its name is taken as long as it stands"
        assert not {"secureJsonDataEncoded", "httpHeaders", "isDefault"} & node.inputs.keys()
    (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::008923505280:root"}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": example()["reader"]["externalId"]}}


def test_a_grafana_of_our_own_proves_itself_by_its_role_and_the_external_id() -> None:
    reader = OWN | {"roleArn": "arn:aws:iam::111111111111:role/grafana"}
    graph = run_stack("dev", overrides("dev", reader=reader)).graph
    (trust,) = json.loads(graph.one(ROLE, "grafana").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"AWS": reader["roleArn"]}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": OWN["externalId"]}}
    for node in graph.of_type(SOURCE):
        options = json.loads(node.inputs["jsonDataEncoded"])
        assert (options["authType"], options["externalId"]) == ("default", OWN["externalId"])
    assert Pack("dev").check(graph.nodes) == []


def test_the_role_reads_metrics_and_alarms_and_nothing_else(graph: Graph) -> None:
    """ST-N7: as AWS's own linter and the boundary want it."""
    role = graph.one(ROLE, "grafana")
    assert role.inputs["permissionsBoundary"].endswith(":policy/jtld-workload-boundary")
    own = [one for one in documents_of(graph, "prod") if one.urn.endswith("::grafana")]
    assert {one.type for one in own} == {ROLE, ROLE_POLICY}
    assert judge(own) == []
    (rights,) = (one for one in own if one.type == ROLE_POLICY)
    actions = {
        action
        for statement in rights.document["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
    }
    assert {action for _, action in on_every_resource(rights)} == actions - {
        "cloudwatch:DescribeAlarmHistory"
    }


def test_the_token_stays_secret_and_goes_to_grafana_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """HO-N1: not even to where the environment of whoever runs the program points."""
    monkeypatch.setenv("GRAFANA_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("GRAFANA_INSECURE_SKIP_VERIFY", "true")
    token = SECRETS["grafanaToken"].stand_in()
    secrets = {name: secret.stand_in() for name, secret in SECRETS.items()} | {"grafanaToken": token}
    graph = run_stack("dev", overrides("dev"), secrets=secrets).graph
    places = {
        node.urn
        for node in graph.nodes
        for values, hidden in ((node.inputs, node.secret_inputs), (node.outputs or {}, node.secret_outputs))
        if leaks_checked(values, hidden, {"grafanaToken": token}, node.urn)
    }
    provider = graph.one(PROVIDER)
    assert places == {provider.urn}
    assert provider.inputs["url"] == example()["url"]
    assert json.loads(provider.inputs["insecureSkipVerify"]) is False


def test_every_resource_has_its_parent_and_the_program_s_provider(graph: Graph) -> None:
    made = [node for node in graph.nodes if node.type.startswith("grafana:")]
    assert len(made) == 2 + len(REGIONS) + len((*AREAS, "platform"))
    for node in made:
        assert graph.component_of(node).type == COMPONENT
        assert "::grafana" in node.provider


@pytest.mark.parametrize("stack", STACKS)
def test_the_pack_finds_nothing_wrong_with_it(stack: str) -> None:
    assert Pack(stack).check(with_grafana(stack).graph.nodes) == []


def test_a_preview_shows_every_resource() -> None:
    preview = run_stack("dev", overrides("dev"), preview=True).graph
    assert {node.urn for node in preview.nodes} == {node.urn for node in with_grafana("dev").graph.nodes}
