"""Every alarm of the whole stack: somebody hears it, it says how bad it is, and its runbook exists (MO)."""

import json
import re
from typing import Any

import pytest

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.monitoring.bill import alarm_dollars, check_dollars, own_metric_dollars, own_metrics
from components.monitoring.boards import AREAS
from components.severity import Severity
from settings.database import MEMORY_GIBIBYTES
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
    pages = [one for one in calling if one.type == COMPOSITE]
    covered = {name for one in pages for name in re.findall(r'ALARM\("([^"]+)"\)', one.inputs["alarmRule"])}
    critical = {
        one.outputs["name"]
        for one in graph.of_type(METRIC)
        if one.inputs["tags"].get("jtld:severity") == "critical" and one not in rehearsals(graph)
    }
    others = [one for one in calling if one not in pages]
    assert others == [one for one in rehearsals(graph) if one.name.endswith("critical-test")]
    assert covered == critical
    assert critical


def rehearsals(graph: Graph) -> list[Node]:
    return [one for one in for_people(graph) if one.inputs["tags"].get("jtld:purpose") == "test"]


def test_each_topic_has_an_alarm_for_tests_that_nothing_else_looks_at(stack: str) -> None:
    """MO-7: silent for ever, in no page, in no dashboard, and nothing to the status page."""
    graph = graph_of(stack)
    alarms = rehearsals(graph)
    spoken_to = sorted(topic for one in alarms for topic in one.inputs["alarmActions"])
    assert spoken_to == sorted(topic.outputs["arn"] for topic in graph.of_type(TOPIC))
    for one in alarms:
        assert one.inputs["treatMissingData"] == "notBreaching"
        assert "This is a test" in one.inputs["alarmDescription"]
        assert one.inputs["alarmDescription"].endswith("docs/runbooks/test-alert.md")
    others = [
        *(one.inputs["alarmRule"] for one in graph.of_type(COMPOSITE)),
        *(one.inputs["dashboardBody"] for one in graph.of_type("aws:cloudwatch/dashboard:Dashboard")),
        *(str(one.inputs) for one in graph.of_type("aws:scheduler/schedule:Schedule")),
    ]
    assert others
    assert not [one.name for one in alarms for text in others if one.outputs["name"] in text]


def test_one_incident_pages_once_a_region() -> None:
    """MO-2: all critical alarms of a region are behind one composite alarm."""
    pages = graph_of("prod").of_type(COMPOSITE)
    assert len({one.inputs.get("region") for one in pages}) == len(pages)


UPLOADED = {
    "detail": {
        "bucket": {"name": "jtld-platform-files-prod"},
        "object": {"key": "resumes/4711/marie-tremblay.pdf", "size": 60_000_000},
        "request-id": "C3D13FE58DE4C810",
    }
}
STOPPED = {
    "resources": ["arn:aws:ecs:ca-central-1:333333333333:service/jtld-prod/worker"],
    "detail": {
        "deploymentId": "ecs-svc/123",
        "reason": "ECS deployment circuit breaker: task failed to start.",
    },
}


@pytest.mark.parametrize(
    ("name", "event", "says"),
    [
        (
            "storage-oversize-upload",
            UPLOADED,
            "bytes 60000000, bucket jtld-platform-files-prod, request C3D13FE",
        ),
        ("compute-deployment-failed", STOPPED, "task failed to start"),
    ],
)
def test_what_a_rule_finds_reaches_the_channel_itself(
    stack: str, name: str, event: dict[str, Any], says: str
) -> None:
    """ST-8, CT-1: metrics are best effort, an event is delivered; as EventBridge would fill in the message."""
    graph = graph_of(stack)
    target = graph.one("aws:cloudwatch/eventTarget:EventTarget", name).inputs
    topic = graph.one(TOPIC, "routine").outputs["arn"]
    policy = json.loads(graph.one("aws:sns/topicPolicy:TopicPolicy", "routine").inputs["policy"])
    assert target["arn"] == topic
    assert "events.amazonaws.com" in policy["Statement"][0]["Principal"]["Service"]
    assert target["rule"] in {
        one.outputs["name"] for one in graph.of_type("aws:cloudwatch/eventRule:EventRule")
    }
    message = target["inputTransformer"]["inputTemplate"]
    for fact, path in target["inputTransformer"]["inputPaths"].items():
        message = message.replace(f"<{fact}>", str(found_at(event, path)))
    said = json.loads(message)
    assert (said["version"], said["source"]) == ("1.0", "custom"), "the form that Slack's integration shows"
    assert says in said["content"]["description"]
    assert "docs/runbooks/" in said["content"]["description"]
    assert "tremblay" not in message, "a file's name is personal data (MO-N5)"


def found_at(event: Any, path: str) -> Any:
    """Follow a JSON path of EventBridge's kind."""
    for step in re.findall(r"[\w-]+", path.removeprefix("$")):
        event = event[int(step)] if step.isdigit() else event[step]
    return event


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


ABOVE, BELOW = Comparison.ABOVE, Comparison.BELOW
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
# Requirement, alarm, comparison, threshold, (data points, of periods), seconds a period, severity.
THRESHOLDS = [
    ("MO-1", "monitoring/site-failing", BELOW, 1, (1, 1), MINUTE, HIGH),
    ("MO-1", "monitoring/site-down", BELOW, 1, (5, 5), MINUTE, CRITICAL),
    ("MO-1", "monitoring/api-down", BELOW, 1, (5, 5), MINUTE, CRITICAL),
    ("MO-1", "monitoring/api-health-down", BELOW, 1, (5, 5), MINUTE, CRITICAL),
    ("MO-1", "monitoring/site-slow", ABOVE, 2000, (3, 3), MINUTE, MEDIUM),
    ("MO-1", "monitoring/certificate-expiring", BELOW, 30, (1, 1), DAY, HIGH),
    ("MO-2", "alerting/critical-undelivered", ABOVE, 0, (1, 1), 300, HIGH),
    ("MO-3", "telemetry/error-rate", ABOVE, 1, (1, 1), 300, HIGH),
    ("MO-3", "telemetry/latency", ABOVE, 2000, (2, 2), 300, HIGH),
    ("MO-3", "compute/worker-cpu", ABOVE, 80, (10, 10), MINUTE, MEDIUM),
    ("MO-3", "compute/worker-memory", ABOVE, 85, (3, 5), MINUTE, MEDIUM),
    ("MO-5", "status/page-not-renewed", BELOW, 1, (5, 5), MINUTE, HIGH),
    ("MO-5", "status/calls-missed", ABOVE, 0, (1, 1), 300, MEDIUM),
    ("DB-6", "database/cpu", ABOVE, 80, (10, 10), MINUTE, MEDIUM),
    ("DB-6", "database/replica-lag", ABOVE, 30, (10, 10), MINUTE, MEDIUM),
    ("DB-6", "gateway/transaction-pool", ABOVE, 80, (10, 10), MINUTE, HIGH),
    ("DB-6", "gateway/session-pool", ABOVE, 80, (10, 10), MINUTE, HIGH),
    ("DB-6", "gateway/query-latency-p95", ABOVE, 5, (10, 10), MINUTE, MEDIUM),
    ("DB-4", "gateway/transaction-unreachable", BELOW, 1, (5, 5), MINUTE, CRITICAL),
    ("CA-3", "cache/memory-001", ABOVE, 80, (10, 10), MINUTE, HIGH),
    ("CA-3", "cache/hit-rate", BELOW, 70, (30, 30), MINUTE, LOW),
    ("CA-3", "cache/evictions-001", ABOVE, 100, (10, 10), MINUTE, MEDIUM),
    ("CA-3", "cache/cpu-001", ABOVE, 80, (10, 10), MINUTE, MEDIUM),
    ("CT-1", "compute/deployment-failed", ABOVE, 0, (1, 1), 300, HIGH),
    ("CT-2", "compute/worker-tasks-missing", BELOW, 2, (5, 5), MINUTE, HIGH),
    ("EM-4", "email/dead-letters", ABOVE, 0, (3, 3), 300, MEDIUM),
    ("EM-5", "email/transactional-bounces", ABOVE, 2, (1, 2), 3600, HIGH),
    ("EM-5", "email/transactional-complaints", ABOVE, 0.1, (1, 2), 3600, HIGH),
    ("EM-5", "email/transactional-delivery", BELOW, 95, (1, 2), 3600, HIGH),
    ("EM-5", "email/queue-growth", ABOVE, 900, (3, 3), 300, HIGH),
    ("JB-3", "jobs/database-backup-overdue", ABOVE, 0, (3, 3), 300, HIGH),
    ("JB-3", "jobs/job-alerts-errors", ABOVE, 5, (1, 1), 300, MEDIUM),
    ("JB-4", "queues/email-dead-letters", ABOVE, 0, (1, 1), 300, HIGH),
    ("MO-7", "alerting/critical-test", ABOVE, 0, (1, 1), MINUTE, CRITICAL),
    ("MO-7", "alerting/edge-routine-test", ABOVE, 0, (1, 1), MINUTE, LOW),
    ("NW-1", "network/nat-a-ports-exhausted", ABOVE, 0, (2, 3), 300, HIGH),
    ("ST-8", "storage/oversize-upload", ABOVE, 0, (1, 1), 300, LOW),
    ("ST-8", "storage/size", ABOVE, 500 * 1024**3, (1, 1), DAY, LOW),
    ("ST-8", "storage/monthly-cost", ABOVE, 150, (1, 1), 21_600, LOW),
    ("ST-9", "storage/replication-failing", ABOVE, 0, (2, 3), 300, HIGH),
    ("BK-4", "backup/dump-missing", BELOW, 1, (1, 1), DAY, HIGH),
    ("BK-4", "backup/dump-empty", BELOW, 1, (1, 1), DAY, HIGH),
    ("BK-4", "backup/dump-shrunk", BELOW, 50, (1, 2), DAY, HIGH),
    ("TP-2", "third-party/rotate-sendgridApiKey", ABOVE, 0, (1, 1), 21_600, MEDIUM),
    ("TP-3", "third-party/cloudflare-down", BELOW, 1, (1, 1), MINUTE, HIGH),
    ("TP-4", "third-party/sendgrid-plan", ABOVE, 80, (1, 1), DAY, LOW),
    ("TP-4", "third-party/sendgrid-cost", ABOVE, 120, (1, 1), DAY, LOW),
]


@pytest.mark.parametrize("row", THRESHOLDS, ids=lambda row: f"{row[0]} {row[1]}")
def test_thresholds_are_those_of_the_requirements(row: tuple[Any, ...]) -> None:
    requirement, key, comparison, threshold, periods, seconds, severity = row
    alarm = declared("prod")[key]
    source = alarm.source
    metric = next(iter(source.metrics.values())) if isinstance(source, Expression) else source
    assert requirement in alarm.requirements
    assert (alarm.comparison, alarm.threshold, alarm.severity) == (comparison, threshold, severity)
    assert (alarm.datapoints_to_alarm, alarm.evaluation_periods) == periods
    assert metric.period_seconds == seconds


def test_every_requirement_that_an_alarm_serves_has_a_row() -> None:
    """A requirement without a row would be one whose numbers nobody compares."""
    served = {id_ for alarm in declared("prod").values() for id_ in alarm.requirements}
    assert served == {row[0] for row in THRESHOLDS}


def test_the_database_s_shares_are_of_what_the_settings_give_it() -> None:
    """DB-6: 80 % of connections and disk, 85 % of memory (MO-3), in the units that RDS measures."""
    alarms, database = declared("prod"), as_configured("prod").value.settings.database
    memory = MEMORY_GIBIBYTES[database.instance_class]
    assert alarms["database/connections"].threshold == pytest.approx(0.8 * database.max_connections)
    assert alarms["database/disk"].threshold == pytest.approx(0.2 * database.storage_gigabytes * 1024**3)
    assert alarms["database/memory"].threshold == pytest.approx(0.15 * memory * 1024**3)


SILENCE = {
    # Silence is the very thing that these look for.
    "backup/dump-missing": MissingData.BREACHING,
    "jobs/database-backup-overdue": MissingData.BREACHING,
    "monitoring/certificate-expiring": MissingData.BREACHING,
    "monitoring/site-down": MissingData.BREACHING,
    "status/page-not-renewed": MissingData.BREACHING,
    "database/disk": MissingData.BREACHING,
    # A dump that is missing is neither empty nor small; one alarm says so, not three.
    "backup/dump-empty": MissingData.NOT_BREACHING,
    "backup/dump-shrunk": MissingData.NOT_BREACHING,
    # Reported once a month, or once in six hours: between two figures the last one holds.
    "third-party/sendgrid-plan": MissingData.IGNORE,
    "third-party/sendgrid-cost": MissingData.IGNORE,
    "third-party/rotate-sendgridApiKey": MissingData.IGNORE,
    # Nothing happened.
    "storage/oversize-upload": MissingData.NOT_BREACHING,
    "telemetry/error-rate": MissingData.NOT_BREACHING,
}


@pytest.mark.parametrize(("key", "silence"), SILENCE.items(), ids=str)
def test_silence_means_what_it_should(key: str, silence: MissingData) -> None:
    """MO-N4, BK-4, TP-4: a missing dump is told, a missing figure of a plan calls nobody."""
    assert declared("prod")[key].missing_data is silence


def test_what_no_figure_was_ever_published_for_pages_nobody() -> None:
    """MO-N2: the worker's metrics have no data before its first release; none of them is critical."""
    worker = ("JTLD/Jobs", "JTLD/ThirdParty")
    for key, alarm in declared("prod").items():
        source = alarm.source
        metrics = source.metrics.values() if isinstance(source, Expression) else [source]
        if any(metric.namespace in worker for metric in metrics):
            assert alarm.severity is not Severity.CRITICAL, key


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
    """MO-7: address and upload token are the project's variables, whoever makes the project at Sentry."""
    variables = graph_of(stack).of_type("vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable")
    assert {"SENTRY_DSN", "SENTRY_AUTH_TOKEN"} <= {one.inputs["key"] for one in variables}


def test_every_channel_has_a_test_alert() -> None:
    """MO-7: the runbook says how to send one through mailbox, Slack and pager (tests/verify sends them)."""
    text = (ROOT / "docs/runbooks/alerting.md").read_text(encoding="utf-8")
    assert "./jtld verify <stack> --alerts" in text
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
    assert own_metrics([*alarms, declared("prod")["database/cpu"]]) == 2, "of ours, each once"
    assert own_metric_dollars(12) == pytest.approx(0.6)
    assert check_dollars(contains=True, latency=True, interval_seconds=10) == 8.75
    assert check_dollars(contains=False, latency=False, interval_seconds=30) == 2.75
