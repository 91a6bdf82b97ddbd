"""Every alarm of the whole stack: somebody hears it, it says how bad it is, and its runbook exists (MO)."""

import json
import re
from typing import Any

import pytest

from components.alarms import Alarm, Comparison, Expression, Metric
from components.monitoring.bill import alarm_dollars, check_dollars
from components.monitoring.dashboards import AREAS
from components.severity import Severity
from tests.program.alarms import PAGE, declared, render
from tests.support import STACKS, Graph, Node, as_configured, run_program
from tests.support.run import ROOT

METRIC, COMPOSITE = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC, SUBSCRIPTION = "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription"
CHECK = "aws:route53/healthCheck:HealthCheck"
MINUTE, DAY = 60, 86_400


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    return request.param


def graph_of(stack: str) -> Graph:
    return as_configured(stack).graph


def for_people(graph: Graph) -> list[Node]:
    alarms = [*graph.of_type(METRIC), *graph.of_type(COMPOSITE)]
    return [one for one in alarms if one.inputs["tags"].get("jtld:purpose") != "scaling"]


def listeners(graph: Graph) -> dict[str, set[str]]:
    """Return the protocols that listen to each topic."""
    found: dict[str, set[str]] = {topic.outputs["arn"]: set() for topic in graph.of_type(TOPIC)}
    for one in graph.of_type(SUBSCRIPTION):
        found[one.inputs["topic"]].add(one.inputs["protocol"])
    return found


def test_every_declared_alarm_is_raised(stack: str) -> None:
    """MO-3, MO-N4: what a component declares exists in CloudWatch, and nothing else does."""
    raised = [one for one in for_people(graph_of(stack)) if one.type == METRIC]
    assert len(raised) == len(declared(stack))


def test_every_component_with_alarms_gives_them_to_monitoring(stack: str) -> None:
    """MO-N4: an alarm that stays a value is no alarm."""
    program = vars(as_configured(stack).value)
    given = {id(alarm) for alarms in program["monitoring"].declared.values() for alarm in alarms}
    exposed = [
        (name, alarm.key)
        for name, component in program.items()
        if name != "monitoring"
        for alarm in getattr(component, "alarms", ())
        if isinstance(alarm, Alarm) and id(alarm) not in given
    ]
    assert exposed == []


def test_every_alarm_reaches_mailbox_and_slack_in_its_region(stack: str) -> None:
    """MO-2."""
    graph = graph_of(stack)
    heard = listeners(graph)
    slack = [topic for one in graph.of_type(SLACK) for topic in one.inputs["snsTopicArns"]]
    assert set(slack) == (set(heard) if stack != "dev" else set())
    for alarm in for_people(graph):
        region = alarm.inputs.get("region") or "ca-central-1"
        assert alarm.inputs["alarmActions"], alarm.name
        for topic in (*alarm.inputs["alarmActions"], *alarm.inputs["okActions"]):
            assert "email" in heard[topic], alarm.name
            assert topic.split(":")[3] == region, alarm.name


SLACK = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"


def test_critical_reaches_pagerduty_and_nothing_else_does() -> None:
    """MO-2, MO-N2."""
    graph = graph_of("prod")
    heard = listeners(graph)
    paging = {topic for topic, protocols in heard.items() if "https" in protocols}
    calling = [one for one in for_people(graph) if paging & set(one.inputs["alarmActions"])]
    assert calling
    assert {one.inputs["tags"]["jtld:severity"] for one in calling} == {"critical"}
    covered = {name for one in calling for name in re.findall(r'ALARM\("([^"]+)"\)', one.inputs["alarmRule"])}
    critical = {
        one.outputs["name"]
        for one in graph.of_type(METRIC)
        if one.inputs["tags"].get("jtld:severity") == "critical"
    }
    assert covered == critical
    assert critical


def test_one_incident_pages_once_a_region() -> None:
    """MO-2: all critical alarms of a region are behind one composite alarm."""
    pages = graph_of("prod").of_type(COMPOSITE)
    assert len({one.inputs.get("region") for one in pages}) == len(pages)


@pytest.mark.parametrize(
    ("pager", "protocol"),
    [({"kind": "none"}, None), ({"kind": "sms", "numbers": ["+15145550100"]}, "sms")],
)
def test_the_pager_is_a_choice(pager: dict[str, Any], protocol: str | None) -> None:
    """MO-2: telephones instead of PagerDuty, or nobody outside prod."""
    graph = run_program("staging", {"alerting": {"pager": pager}})
    protocols = {one.inputs["protocol"] for one in graph.of_type(SUBSCRIPTION)}
    assert protocols == {"email", *([protocol] if protocol else [])}


def test_every_alarm_says_its_severity_and_links_a_runbook_that_exists(stack: str) -> None:
    """MO-8, MO-N4."""
    for alarm in for_people(graph_of(stack)):
        text = alarm.inputs["alarmDescription"]
        severity = alarm.inputs["tags"]["jtld:severity"]
        assert severity in set(Severity)
        assert f"Severity: {severity}" in text
        link = re.search(r"blob/main/(docs/runbooks/[a-z-]+\.md)$", text)
        assert link, alarm.name
        assert (ROOT / link[1]).exists(), f"{alarm.name}: {link[1]}"


@pytest.mark.parametrize(
    "page",
    sorted(
        path
        for path in (ROOT / "docs" / "runbooks").glob("*.md")
        if path.stem not in {"README", "alarms", "incident", "on-call", "severities"}
    ),
    ids=lambda path: path.stem,
)
def test_a_runbook_has_meaning_first_look_fix_and_escalation(page: Any) -> None:
    """MO-8."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[:4] == ["Meaning", "First look", "Fix", "Escalation"]
    for link in re.findall(r"\]\(([^)#h][^)#]*\.md)", text):
        assert (page.parent / link).resolve().exists(), link


def test_the_severities_say_answer_communication_and_escalation() -> None:
    """MO-8."""
    text = (ROOT / "docs/runbooks/severities.md").read_text(encoding="utf-8")
    for severity in Severity:
        row = next(line for line in text.splitlines() if line.startswith(f"| {severity.value.capitalize()}"))
        assert all(cell.strip() for cell in row.split("|")[1:-1])
    assert "## Incident: [title]" in (ROOT / "docs/runbooks/incident.md").read_text(encoding="utf-8")


def test_the_page_of_alarms_is_the_one_the_stacks_give() -> None:
    """MO-3, MO-4: count, dashboards and cost of monitoring stand at its end."""
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m tests.program.alarms"


# Requirement, alarm, comparison, threshold, periods, seconds a period, severity.
THRESHOLDS = [
    ("MO-1", "monitoring/site-failing", Comparison.BELOW, 1, 1, MINUTE, Severity.HIGH),
    ("MO-1", "monitoring/site-down", Comparison.BELOW, 1, 5, MINUTE, Severity.CRITICAL),
    ("MO-1", "monitoring/api-down", Comparison.BELOW, 1, 5, MINUTE, Severity.CRITICAL),
    ("MO-1", "monitoring/api-health-down", Comparison.BELOW, 1, 5, MINUTE, Severity.CRITICAL),
    ("MO-1", "monitoring/site-slow", Comparison.ABOVE, 2000, 3, MINUTE, Severity.MEDIUM),
    ("MO-1", "monitoring/certificate-expiring", Comparison.BELOW, 30, 1, DAY, Severity.HIGH),
    ("MO-3", "telemetry/error-rate", Comparison.ABOVE, 1, 1, 300, Severity.HIGH),
    ("MO-3", "telemetry/latency", Comparison.ABOVE, 2000, 2, 300, Severity.HIGH),
    ("BK-4", "backup/dump-missing", Comparison.BELOW, 1, 1, DAY, Severity.HIGH),
    ("BK-4", "backup/dump-empty", Comparison.BELOW, 1, 1, DAY, Severity.HIGH),
    ("BK-4", "backup/dump-shrunk", Comparison.BELOW, 50, 1, DAY, Severity.HIGH),
    ("TP-3", "third-party/cloudflare-down", Comparison.BELOW, 1, 1, MINUTE, Severity.HIGH),
    ("TP-4", "third-party/sendgrid-plan", Comparison.ABOVE, 80, 1, DAY, Severity.LOW),
    ("TP-4", "third-party/sendgrid-cost", Comparison.ABOVE, 120, 1, DAY, Severity.LOW),
    ("TP-2", "third-party/rotate-sendgridApiKey", Comparison.ABOVE, 0, 1, 21_600, Severity.MEDIUM),
]


@pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: f"{row[0]} {row[1]}")
def test_thresholds_are_those_of_the_requirements(row: tuple[Any, ...]) -> None:
    requirement, key, comparison, threshold, periods, seconds, severity = row
    alarm = declared("prod")[key]
    source = alarm.source
    metric = next(iter(source.metrics.values())) if isinstance(source, Expression) else source
    assert requirement in alarm.requirements
    assert (alarm.comparison, alarm.threshold, alarm.severity) == (comparison, threshold, severity)
    assert (alarm.evaluation_periods, alarm.datapoints_to_alarm) == (periods, periods)
    assert metric.period_seconds == seconds


@pytest.mark.parametrize(
    ("what", "threshold", "minutes"), [("CPUUtilization", 80, 10), ("MemoryUtilization", 85, 1)]
)
def test_busy_containers_are_seen_as_mo_3_asks(what: str, threshold: float, minutes: int) -> None:
    """MO-3: CPU above 80 % for ten minutes, memory above 85 %."""
    found = [
        alarm
        for key, alarm in declared("prod").items()
        if key.startswith("compute/") and isinstance(alarm.source, Metric) and alarm.source.name == what
    ]
    assert found
    for alarm in found:
        assert isinstance(alarm.source, Metric)
        assert alarm.threshold == threshold
        assert alarm.evaluation_periods * alarm.source.period_seconds >= minutes * MINUTE


def test_checks_ask_every_30_seconds_from_three_places() -> None:
    """MO-1, MO-N1, TP-3: two misses of ours, three of others, count as a failure."""
    checks = {one.name: one.inputs for one in graph_of("prod").of_type(CHECK)}
    ours = {"site", "api", "api-health"}
    assert ours < checks.keys()
    for name, inputs in checks.items():
        assert inputs["requestInterval"] == 30
        assert len(set(inputs["regions"])) >= 3
        assert inputs["type"].startswith("HTTPS")
        assert inputs["enableSni"] is True
        assert inputs["failureThreshold"] == (2 if name in ours else 3)
    targets = {name: (checks[name]["fqdn"], checks[name]["resourcePath"]) for name in ours}
    assert targets == {
        "site": ("jtldconsulting.com", "/"),
        "api": ("api.jtldconsulting.com", "/health"),
        "api-health": ("jtldconsulting.com", "/api/health"),
    }


def test_dashboards_begin_with_their_alarms_and_show_deployments() -> None:
    """MO-4, MO-N3."""
    dashboards = {
        one.name: json.loads(one.inputs["dashboardBody"])["widgets"]
        for one in graph_of("prod").of_type("aws:cloudwatch/dashboard:Dashboard")
    }
    assert dashboards.keys() == {*AREAS, "platform"}
    for name, (first, *graphs) in dashboards.items():
        assert first["type"] == "alarm", name
        assert first["properties"]["alarms"], name
        assert graphs
        for graph in graphs:
            assert graph["properties"]["metrics"][-1][1] == "Deployments", name
    titles = {graph["properties"]["title"] for graph in dashboards["website"][1:]}
    assert {"Requests", "Failed requests", "Time to answer, in milliseconds"} <= titles
    answer = next(
        graph for graph in dashboards["website"][1:] if "Time to answer" in graph["properties"]["title"]
    )
    assert [line[-1]["stat"] for line in answer["properties"]["metrics"][:-1]] == ["p50", "p95", "p99"]


def test_personal_data_in_the_application_log_is_masked(stack: str) -> None:
    """MO-N5."""
    protection = graph_of(stack).one("aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy")
    audit, redact = json.loads(protection.inputs["policyDocument"])["Statement"]
    assert audit["DataIdentifier"] == redact["DataIdentifier"], "CloudWatch asks for the same list in both"
    assert redact["Operation"] == {"Deidentify": {"MaskConfig": {}}}
    assert {"EmailAddress", "Name", "IpAddress"} <= {
        one.rpartition("/")[2] for one in redact["DataIdentifier"]
    }


def test_the_application_reports_its_errors_to_sentry(stack: str) -> None:
    """MO-7: address and upload token are the project's variables; Sentry's project is made at Sentry."""
    variables = graph_of(stack).of_type("vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable")
    assert {"SENTRY_DSN", "SENTRY_AUTH_TOKEN"} <= {one.inputs["key"] for one in variables}


def test_every_channel_has_a_test_alert() -> None:
    """MO-7: the runbook says how to send one through mailbox, Slack and pager."""
    text = (ROOT / "docs/runbooks/alerting.md").read_text(encoding="utf-8")
    assert "aws cloudwatch set-alarm-state" in text
    assert all(channel in text for channel in ("Mailbox", "Slack", "PagerDuty"))


def test_monitoring_says_what_it_costs_and_dev_is_near_free() -> None:
    """MO-4: prod below 100 USD a month, dev below 15."""
    costs = {stack: graph_of(stack).exports["monitoring"]["monthlyDollars"] for stack in STACKS}
    assert 0 < costs["dev"] < 15
    assert costs["dev"] < costs["staging"] < costs["prod"] < 100


def test_prices_add_up() -> None:
    """An expression is paid by its metrics, ten metrics and three dashboards are free."""
    alarms = [declared("prod")["telemetry/error-rate"]] * 6
    assert alarm_dollars(alarms, pages=2, dashboards=5) == pytest.approx(0.2 + 1 + 6)
    assert check_dollars(contains=True, latency=True, interval_seconds=10) == 8.75
    assert check_dollars(contains=False, latency=False, interval_seconds=30) == 2.75
