"""The scheduled jobs: when each starts, as whom, and who hears of it when it does not (JB-1, JB-3)."""

import ast
import json
import re
from pathlib import Path

import pytest

from components.jobs.catalogue import METRICS, WORKS
from settings.jobs import Schedules
from tests.support import STACKS, Graph, as_configured, resolve, run_stack
from tests.support.documents import listed, statements

SCHEDULE = "aws:scheduler/schedule:Schedule"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
ROOT = Path(__file__).parents[2]
CRON = {
    "expire-jobs": "cron(0 2 * * ? *)",
    "job-alerts": "cron(0 8 * * ? *)",
    "database-backup": "cron(0 3 * * ? *)",
    "weekly-digest": "cron(0 8 ? * MON *)",
    "analytics-rollup": "cron(0 4 * * ? *)",
    "cleanup-temp": "cron(0 1 ? * SUN *)",
    "ssl-check": "cron(0 6 * * ? *)",
    "usage-report": "cron(0 9 1 * ? *)",
}


def test_eight_jobs_start_when_the_requirements_say(graph: Graph) -> None:
    """JB-1: in UTC, said explicitly."""
    found = {name: graph.one(SCHEDULE, name).inputs for name in CRON}

    assert set(WORKS) == set(CRON) == set(Schedules().named())
    assert {name: one["scheduleExpression"] for name, one in found.items()} == CRON
    assert {one["scheduleExpressionTimezone"] for one in found.values()} == {"UTC"}
    assert {one["state"] for one in found.values()} == {"ENABLED"}
    assert {one["flexibleTimeWindow"]["mode"] for one in found.values()} == {"OFF"}


def test_a_schedule_of_the_stack_file_is_the_one_that_runs() -> None:
    """JB-N4: no schedule is written in code."""
    changed = {"schedules": {"expireJobs": {"schedule": "weekly tue 05:30"}}}
    graph = run_stack("dev", {"jobs": changed}).graph

    assert graph.one(SCHEDULE, "expire-jobs").inputs["scheduleExpression"] == "cron(30 5 ? * TUE *)"
    assert graph.one(SCHEDULE, "job-alerts").inputs["scheduleExpression"] == CRON["job-alerts"]


def test_no_code_holds_the_time_of_a_job() -> None:
    """JB-N4: times stand in settings/jobs.py, their defaults, and in the stack files alone."""
    times = re.compile(r"(cron|rate)\([^{}]*\d[^{}]*\)|^(daily|weekly|monthly) .*\d\d:\d\d$")
    files = [
        *(ROOT / "components" / "jobs").rglob("*.py"),
        ROOT / "components" / "queues.py",
        ROOT / "__main__.py",
    ]
    held = [
        f"{path.name}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and times.search(node.value)
    ]

    assert times.search("cron(0 2 * * ? *)"), "the search finds what it looks for"
    assert not held


def test_each_schedule_starts_its_own_job_in_the_cluster(graph: Graph) -> None:
    """JB-3: one Fargate task of the worker's image, in private subnets, told which job it is."""
    cluster = graph.one("aws:ecs/cluster:Cluster", "cluster").outputs["arn"]
    private = {node.id for node in graph.of_type("aws:ec2/subnet:Subnet") if node.name.startswith("private")}
    for name, work in WORKS.items():
        target = graph.one(SCHEDULE, name).inputs["target"]
        run = target["ecsParameters"]
        task = graph.one(TASK, work.role)
        (told,) = json.loads(target["input"])["containerOverrides"]
        (container,) = json.loads(task.inputs["containerDefinitions"])

        assert target["arn"] == cluster
        assert run["taskDefinitionArn"] == task.outputs["arn"]
        assert (run["launchType"], run["taskCount"]) == ("FARGATE", 1)
        assert set(run["networkConfiguration"]["subnets"]) == private
        assert run["networkConfiguration"]["assignPublicIp"] is False
        assert told == {"name": container["name"], "command": ["job", name]}
        assert "/jtld/worker:" in container["image"]


def test_a_start_that_fails_is_tried_three_times_and_never_lost(graph: Graph) -> None:
    """JB-3: within the job's window, then it waits in the dead letters, which take nothing else."""
    dead = graph.one("aws:sqs/queue:Queue", "starts-dead-letters")
    closed = graph.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "starts-dead-letters")
    for name, job in Schedules().named().items():
        target = graph.one(SCHEDULE, name).inputs["target"]
        assert target["retryPolicy"] == {
            "maximumRetryAttempts": 3,
            "maximumEventAgeInSeconds": job.window_minutes * 60,
        }
        assert target["deadLetterConfig"]["arn"] == dead.outputs["arn"]
    assert dead.inputs["messageRetentionSeconds"] == 14 * 86_400
    assert json.loads(closed.inputs["redriveAllowPolicy"]) == {"redrivePermission": "denyAll"}


def test_the_scheduler_may_start_these_tasks_here_and_nothing_else(graph: Graph) -> None:
    """JB-3, ST-N7: named families in one cluster, their roles to ECS alone, trusted for this group alone."""
    role = graph.one("aws:iam/role:Role", "scheduler")
    policy = statements(graph.one("aws:iam/rolePolicy:RolePolicy", "scheduler"))
    (trust,) = statements(role, "assumeRolePolicy").values()
    group = graph.one("aws:scheduler/scheduleGroup:ScheduleGroup", "jobs")
    tasks = [graph.one(TASK, work) for work in {work.role for work in WORKS.values()}]

    assert set(policy["StartTheseTasks"]["Resource"]) == {
        f"{task.outputs['arnWithoutRevision']}:*" for task in tasks
    }
    assert policy["StartTheseTasks"]["Condition"] == {
        "ArnEquals": {"ecs:cluster": graph.one("aws:ecs/cluster:Cluster", "cluster").outputs["arn"]}
    }
    assert set(policy["PassTheirRoles"]["Resource"]) == {
        task.inputs[kind] for task in tasks for kind in ("taskRoleArn", "executionRoleArn")
    }
    assert policy["PassTheirRoles"]["Condition"]["StringEquals"] == {
        "iam:PassedToService": "ecs-tasks.amazonaws.com"
    }
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"] == group.outputs["arn"]
    assert "*" not in {arn for one in policy.values() for arn in listed(one["Resource"])}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("records", {"sqs:SendMessage"}),
        ("mailer", {"sqs:SendMessage"}),
        ("cleaner", {"s3:ListBucket", "s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion"}),
    ],
)
def test_a_job_may_do_what_its_kind_of_work_needs(prod: Graph, role: str, may: set[str]) -> None:
    """JB-3, CT-1: the jobs that send mail delete nothing, the one that deletes reads nothing."""
    policy = statements(prod.one("aws:iam/rolePolicy:RolePolicy", f"{role}-task"))
    allowed = {action for one in policy.values() for action in listed(one["Action"])}

    assert {action for action in allowed if not action.startswith("kms:")} == may


def test_files_are_deleted_where_they_are_temporary_or_personal(prod: Graph) -> None:
    """ST-7, JB-1: nothing of a company, no document."""
    policy = statements(prod.one("aws:iam/rolePolicy:RolePolicy", "cleaner-task"))

    assert {arn.split("/")[-2] for arn in policy["Files"]["Resource"]} == {"resumes", "photos", "temp"}


def test_the_backup_runs_under_the_backup_role_and_reads_its_own_login(prod: Graph) -> None:
    """BK-1, ST-4: not as the application."""
    task = prod.one(TASK, "backup")
    (container,) = json.loads(task.inputs["containerDefinitions"])

    assert task.inputs["taskRoleArn"] == prod.one("aws:iam/role:Role", "backup").outputs["arn"]
    assert {one["name"] for one in container["secrets"]} == {"DIRECT_URL"}
    assert not [node for node in prod.of_type("aws:iam/role:Role") if node.name == "backup-task"]


def test_jobs_are_nobody_change_nothing_and_log(graph: Graph) -> None:
    """CT-1, CT-N1, JB-2."""
    for role in {work.role for work in WORKS.values()}:
        (container,) = json.loads(graph.one(TASK, role).inputs["containerDefinitions"])
        group = graph.one("aws:cloudwatch/logGroup:LogGroup", role)
        assert container["user"].startswith("10001")
        assert container["readonlyRootFilesystem"] is True
        assert container["logConfiguration"]["options"]["awslogs-group"] == group.inputs["name"]
        assert "portMappings" not in container, "nobody calls a job"


def test_jobs_are_told_batches_pauses_and_deadlines(graph: Graph) -> None:
    """JB-2, JB-3, JB-N1: what the worker needs to know that a job is overdue."""
    (container,) = json.loads(graph.one(TASK, "records").inputs["containerDefinitions"])
    told = {one["name"]: one["value"] for one in container["environment"]}

    assert (told["BATCH_SIZE"], told["RETRY_SECONDS"]) == ("100", "1,4,16")
    assert told["METRICS_NAMESPACE"] == METRICS
    assert {"name": "expire-jobs", "schedule": "daily 02:00", "windowMinutes": 60} in json.loads(told["JOBS"])


@pytest.mark.parametrize("stack", STACKS)
def test_every_job_is_heard_of_when_it_is_late_fails_or_slows_down(stack: str) -> None:
    """JB-3: no completion inside the window, errors above 5 %, duration."""
    alarms = {one.key: resolve(one) for one in as_configured(stack).value.jobs.alarms}

    assert len(alarms) == 3 * len(WORKS) + 1
    for name, job in Schedules().named().items():
        late, errors, slow = (alarms[f"{name}-{what}"] for what in ("overdue", "errors", "slow"))
        assert (late.threshold, late.missing_data) == (0, "breaching"), "a silent worker is no good news"
        assert errors.threshold == 5
        assert set(errors.source.metrics) == {"failed", "processed"}
        assert slow.threshold == 0.8 * job.window_minutes * 60
        for metric in (late.source, slow.source, *errors.source.metrics.values()):
            assert (metric.namespace, dict(metric.dimensions)) == (METRICS, {"Job": name})
    assert alarms["starts-dead-letters"].threshold == 0


def test_jobs_that_are_switched_off_start_nothing_and_ring_nowhere() -> None:
    """JB-1: in dev they may rest; their definitions stay, so that each can be run by hand."""
    built = run_stack("dev", {"jobs": {"enabled": False}})

    assert {built.graph.one(SCHEDULE, name).inputs["state"] for name in CRON} == {"DISABLED"}
    assert built.value.jobs.alarms == []
    assert built.graph.one(TASK, "records")
