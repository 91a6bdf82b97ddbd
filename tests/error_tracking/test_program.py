"""MO-7: Sentry's project is made where a stack file asks for it, and nowhere else."""

import subprocess
import sys

import pytest

from settings.secrets import SECRETS
from tests.components.test_contract import leaks_checked
from tests.error_tracking.example import example, overrides, with_error_tracking
from tests.policies.harness import Pack
from tests.support import STACKS, Graph, as_configured, run_stack
from tests.support.run import ROOT

COMPONENT = "jtld:platform:ErrorTracking"
PROJECT = "sentry:index/sentryProject:SentryProject"
KEY = "sentry:index/sentryKey:SentryKey"
NEW = "sentry:index/sentryIssueAlert:SentryIssueAlert"
MANY = "sentry:index/sentryMetricAlert:SentryMetricAlert"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


@pytest.fixture
def graph() -> Graph:
    return with_error_tracking("prod").graph


def test_asking_for_it_adds_project_key_two_alerts_and_the_token_s_own_alarm(graph: Graph) -> None:
    """MO-7, and TP-2 for the token."""
    before = {(node.type, node.name) for node in as_configured("prod").graph.nodes}
    after = {(node.type, node.name) for node in graph.nodes}

    assert before <= after
    assert {name for kind, name in after - before if kind == ALARM} == {"third-party-rotate-sentryApiToken"}
    assert {kind for kind, _ in after - before} == {
        ALARM,
        COMPONENT,
        PROJECT,
        KEY,
        NEW,
        MANY,
        "pulumi:providers:sentry",
    }


def test_a_stack_that_does_not_ask_for_it_does_not_load_the_sdk() -> None:
    """DL-5: whoever has nothing of it starts as fast as before."""
    program = (
        "import sys; from tests.support import as_configured\n"
        "found = as_configured('dev').graph\n"
        "print([node.urn for node in found.nodes if 'entry' in node.type], 'pulumiverse_sentry' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[] False"


@pytest.mark.parametrize("stack", STACKS)
def test_the_application_reports_to_the_address_of_the_project_s_key(stack: str) -> None:
    """MO-7: in every target that the stack serves, and to no other address."""
    graph = with_error_tracking(stack).graph
    address = graph.one(KEY).outputs["dsnPublic"]
    told = [node.inputs["value"] for node in graph.of_type(VARIABLE) if node.inputs["key"] == "SENTRY_DSN"]
    before = [
        node for node in as_configured(stack).graph.of_type(VARIABLE) if node.inputs["key"] == "SENTRY_DSN"
    ]

    assert address.startswith("https://")
    assert told == [address] * len(before)


def test_the_project_is_the_team_s_and_outlives_a_destroy_of_prod_alone(graph: Graph) -> None:
    """SC-3: it holds the history of errors."""
    project = graph.one(PROJECT)
    assert project.inputs["teams"] == [example()["team"]]
    assert project.inputs["platform"] == "javascript-nextjs"
    assert (project.protect, project.retain_on_delete) == (True, True)
    elsewhere = with_error_tracking("dev").graph.one(PROJECT)
    assert (elsewhere.protect, elsewhere.retain_on_delete) == (False, False)


def test_team_and_slack_hear_of_each_new_error_and_of_many(graph: Graph) -> None:
    """MO-2, MO-3."""
    new, many = graph.one(NEW).inputs, graph.one(MANY).inputs
    conditions = [one["id"].rpartition(".")[2] for one in new["conditions"]]
    assert (new["actionMatch"], conditions) == (
        "any",
        ["FirstSeenEventCondition", "RegressionEventCondition"],
    )
    assert [one["id"].rpartition(".")[2] for one in new["actions"]] == [
        "NotifyEmailAction",
        "SlackNotifyServiceAction",
    ]
    assert new["actions"][0]["targetIdentifier"] == "4501001", "Sentry knows the team by its number here"

    (trigger,) = many["triggers"]
    assert (trigger["alertThreshold"], many["timeWindow"], many["thresholdType"]) == (50, 60, 0)
    assert [(one["type"], one["targetIdentifier"]) for one in trigger["actions"]] == [
        ("email", "4501001"),
        ("slack", "#ops-alerts"),
    ]


def test_without_slack_the_alerts_go_to_the_mailboxes_alone() -> None:
    settings = {key: value for key, value in example().items() if key != "slack"}
    graph = run_stack("dev", overrides("dev", settings)).graph
    assert [one["id"] for one in graph.one(NEW).inputs["actions"]] == [
        "sentry.mail.actions.NotifyEmailAction"
    ]
    assert [one["type"] for one in graph.one(MANY).inputs["triggers"][0]["actions"]] == ["email"]


def test_the_token_stays_secret_and_goes_to_sentry_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """HO-N1: not even to where the environment of whoever runs the program points."""
    monkeypatch.setenv("SENTRY_BASE_URL", "https://elsewhere.example.com/api/")
    token = SECRETS["sentryApiToken"].stand_in()
    secrets = {name: secret.stand_in() for name, secret in SECRETS.items()} | {"sentryApiToken": token}
    graph = run_stack("dev", overrides("dev"), secrets=secrets).graph
    places = {
        node.urn
        for node in graph.nodes
        for values, hidden in ((node.inputs, node.secret_inputs), (node.outputs or {}, node.secret_outputs))
        if leaks_checked(values, hidden, {"sentryApiToken": token}, node.urn)
    }
    provider = graph.one("pulumi:providers:sentry")
    assert places == {provider.urn}
    assert provider.inputs["baseUrl"] == "https://sentry.io/api/"


def test_every_resource_has_its_parent_and_the_program_s_provider(graph: Graph) -> None:
    made = [node for node in graph.nodes if node.type.startswith("sentry:")]
    assert len(made) == 4
    for node in made:
        assert graph.component_of(node).type == COMPONENT
        assert "::sentry" in node.provider


def test_the_pack_finds_nothing_wrong_with_it(graph: Graph) -> None:
    assert Pack("prod").check(graph.nodes) == []


def test_a_preview_shows_every_resource() -> None:
    preview = run_stack("dev", overrides("dev"), preview=True).graph
    assert {node.urn for node in preview.nodes} == {
        node.urn for node in with_error_tracking("dev").graph.nodes
    }
