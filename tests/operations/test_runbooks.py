"""MO-8: the runbooks name what exists, and say it with a stack's real names."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.runbooks import NoRunbookError, pages, placeholders, render
from settings import load_stack_file
from tests.support import STACKS, as_configured
from tests.support.run import ROOT

NAMED = re.compile(r"`(jtld-(?:platform-)?[a-z-]*(?:dev|staging|prod)[a-z0-9-]*)`")


def resources(stack: str) -> list[dict[str, Any]]:
    """What the stack's state holds, in the engine's own form."""
    nodes = as_configured(stack).graph.nodes
    return [{"type": node.type, "urn": node.urn, "outputs": node.outputs} for node in nodes if node.custom]


def rendered(stack: str, page: str) -> str:
    return render(page, as_configured(stack).value.settings, resources(stack))


@pytest.mark.parametrize("page", [page for page in pages() if page != "alarms"])
def test_prod_s_pages_hold_no_placeholder_that_the_stack_could_fill(page: str) -> None:
    assert placeholders(rendered("prod", page)) - ({"jtld-<stack>-…"} if page == "README" else set()) == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_name_on_a_page_is_one_that_the_stack_has(stack: str) -> None:
    """A name that nothing has sends people looking in the middle of the night."""
    nodes = as_configured(stack).graph.nodes
    known = {
        str(value)
        for node in nodes
        for source in (node.inputs, node.outputs or {})
        for key, value in source.items()
        if key in {"alarmName", "bucket", "dashboardName", "name"}
    }
    unknown = {
        (page, name)
        for page in pages()
        if page not in {"README", "alarms"}
        for name in NAMED.findall(rendered(stack, page))
        if name not in known
    }
    # Only prod has dashboards and pages for both regions.
    dashboards = {
        f"jtld-{stack}-{area}" for area in ("data", "mail", "website", "work", "edge-page", "platform")
    }
    assert {(page, name) for page, name in unknown if stack == "prod" or name not in dashboards} == set()


def test_the_names_that_aws_made_up_are_in_it() -> None:
    """The topic's suffix is random: nobody can guess it."""
    graph = as_configured("prod").graph
    topic = graph.one("aws:sns/topic:Topic", "critical").outputs["name"]
    assert topic.startswith("jtld-prod-critical-")
    assert f"`{topic}`" in rendered("prod", "alerting")
    database = graph.one("aws:rds/instance:Instance", "primary").outputs["identifier"]
    assert f"--db-instance-identifier {database} --force-failover" in rendered("prod", "database")
    assert "openssl s_client -connect jtldconsulting.com:443" in rendered("prod", "certificate")


def test_whoever_has_a_real_state_reads_the_page_with_its_names(tmp_path: Path) -> None:
    """`pulumi stack export` is all it takes: no sandbox, no account."""
    exported = tmp_path / "state.json"
    exported.write_text(json.dumps({"deployment": {"resources": resources("prod")}}, default=str))
    answer = CliRunner().invoke(app, ["runbook", "prod", "alerting", "--state", str(exported)])
    assert answer.exit_code == 0
    assert answer.stdout == rendered("prod", "alerting")
    assert CliRunner().invoke(app, ["runbook", "prod", "databse"]).exit_code == 1


def test_before_the_first_deployment_a_page_keeps_what_it_cannot_know() -> None:
    settings = load_stack_file(ROOT / "Pulumi.staging.yaml")
    text = render("alerting", settings, [])
    assert "jtld-staging-critical-…" in text


def test_a_page_that_does_not_exist_is_answered_with_those_that_do() -> None:
    settings = load_stack_file(ROOT / "Pulumi.dev.yaml")
    with pytest.raises(NoRunbookError, match="there is no runbook databse: choose one of README, alarms, "):
        render("databse", settings, [])
