"""The services in containers: what they are, what they may do, how many there are (CT-1, CT-2, CT-4)."""

import json
from typing import Any

import pytest

from components.compute.registry import IMAGES
from components.compute.tasks import PORT, USER
from tests.support import STACKS, Graph, Node, as_configured, resolve
from tests.support.documents import listed, statements
from tests.support.stand_ins import SECRETS

SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
SERVICES = ("ml", "worker")


def container(graph: Graph, name: str) -> dict[str, Any]:
    (only,) = json.loads(graph.one(TASK, name).inputs["containerDefinitions"])
    return only


def actions(policy: Node) -> set[str]:
    return {action for one in statements(policy).values() for action in listed(one["Action"])}


@pytest.fixture(params=SERVICES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_image_has_a_repository_whose_tags_never_move(graph: Graph) -> None:
    """CT-1, CT-N3, ECR.1, ECR.2: immutable tags, scanned on arrival, under the stack's key."""
    found = {node.name: node for node in graph.of_type("aws:ecr/repository:Repository")}

    assert set(found) == set(IMAGES)
    for image, repository in found.items():
        assert repository.inputs["name"] == f"jtld/{image}", "where the release workflow pushes to"
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert not repository.inputs.get("imageTagMutabilityExclusionFilters")
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        (encryption,) = repository.inputs["encryptionConfigurations"]
        assert encryption["kmsKey"] == graph.one("aws:kms/key:Key", "data").outputs["arn"]


def test_repositories_forget_old_images_but_never_their_releases(graph: Graph) -> None:
    """CT-1, ECR.3: untagged images go after a week, releases only when there are very many."""
    for image in IMAGES:
        policy = graph.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", image)
        untagged, rest = json.loads(policy.inputs["policy"])["rules"]
        assert (untagged["selection"]["tagStatus"], untagged["selection"]["countNumber"]) == ("untagged", 7)
        assert rest["selection"]["countType"] == "imageCountMoreThan"
        assert rest["selection"]["countNumber"] >= 60, "each release has a signature and an SBOM beside it"


@pytest.mark.parametrize("stack", STACKS)
def test_a_task_runs_the_image_of_the_commit_that_the_settings_name(stack: str, name: str) -> None:
    """CT-4."""
    built = as_configured(stack)
    url = built.graph.one("aws:ecr/repository:Repository", name).outputs["repositoryUrl"]
    tag = getattr(built.value.settings.compute, name).image_tag

    assert container(built.graph, name)["image"] == f"{url}:{tag}"


def test_a_container_is_nobody_and_changes_nothing(graph: Graph, name: str) -> None:
    """CT-1, CT-N1, ECS.4, ECS.5, ECS.20: a number without rights, a read-only root, a place for files."""
    only = container(graph, name)

    assert only["user"] == USER
    assert int(USER.partition(":")[0]) > 0
    assert only["readonlyRootFilesystem"] is True
    assert only["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert not only.get("privileged")
    assert "tmp" in {mount["sourceVolume"] for mount in only["mountPoints"]}


def test_a_container_shows_how_it_is(graph: Graph, name: str) -> None:
    """CT-1, MO-6: the health document decides whether a task lives."""
    check = container(graph, name)["healthCheck"]

    assert f"http://127.0.0.1:{PORT}/health" in check["command"][-1]
    assert check["timeout"] < check["interval"]


def test_secrets_reach_the_worker_through_secrets_manager_only(graph: Graph) -> None:
    """CT-1, HO-N1, ECS.8: the definition names where they are, never what they are."""
    only = container(graph, "worker")
    plain = {variable["name"]: variable["value"] for variable in only["environment"]}
    secret = {variable["name"]: variable["valueFrom"] for variable in only["secrets"]}

    assert {key for key, value in secret.items() if value.endswith(":url::")} == {"DATABASE_URL", "REDIS_URL"}
    assert not secret.keys() & plain.keys()
    assert all(value.startswith("arn:aws:secretsmanager:") for value in secret.values())
    assert not [key for key in plain if key.endswith(("_KEY", "_TOKEN", "PASSWORD", "SECRET"))]


def test_the_worker_alone_holds_the_keys_of_both_other_mail_services() -> None:
    """EM-7: EMAIL_PROVIDER alone switches; the jobs only put mails into their queue and need no key."""
    built = as_configured("prod")
    names = {"sendgridApiKey": "SENDGRID_API_KEY", "resendApiKey": "RESEND_API_KEY"}
    kept = {
        node.inputs["secretId"]: json.loads(node.inputs["secretString"])["key"]
        for node in built.graph.of_type("aws:secretsmanager/secretVersion:SecretVersion")
        if node.name in {"sendgrid", "resend"}
    }
    holders = {
        (task.name, one["name"]): kept[one["valueFrom"].removesuffix(":key::")]
        for task in built.graph.of_type(TASK)
        for only in json.loads(task.inputs["containerDefinitions"])
        for one in only["secrets"]
        if one["name"] in names.values()
    }
    policy = built.graph.one(ROLE_POLICY, "worker-execution")

    assert holders == {("worker", names[key]): SECRETS[key] for key in names}
    assert set(kept) <= set(statements(policy)["ReadSecrets"]["Resource"])


def test_the_worker_is_told_where_everything_is(graph: Graph) -> None:
    """JB-2, JB-4, CT-1."""
    plain = {one["name"]: one["value"] for one in container(graph, "worker")["environment"]}

    assert plain["ML_SERVICE_URL"] == f"http://ml:{PORT}"
    assert (plain["BATCH_SIZE"], plain["RETRY_SECONDS"]) == ("100", "1,4,16")
    assert plain["S3_BUCKET_NAME"].startswith("jtld-platform-files-")
    assert {key for key in plain if key.startswith("QUEUE_")} == {
        "QUEUE_EMAIL_EVENTS_URL",
        "QUEUE_EMAIL_URL",
        "QUEUE_INDEX_UPDATES_URL",
        "QUEUE_RESUME_PARSING_URL",
    }


def test_every_container_logs_under_our_key_and_for_a_time(graph: Graph) -> None:
    """CT-1, ECS.9, CKV_AWS_158: the services', the insights' and, where there are shells, theirs."""
    groups = {node.name: node for node in graph.of_type("aws:cloudwatch/logGroup:LogGroup")}
    key = graph.one("aws:kms/key:Key", "logs").outputs["arn"]
    cluster = graph.one("aws:ecs/cluster:Cluster", "cluster").inputs["name"]

    for name in SERVICES:
        options = container(graph, name)["logConfiguration"]["options"]
        assert options["awslogs-group"] == groups[name].inputs["name"]
        assert options["mode"] == "non-blocking", "a full pipe must not stop the container"
    assert groups["insights"].inputs["name"] == f"/aws/ecs/containerinsights/{cluster}/performance"
    for name in (*SERVICES, "insights"):
        assert groups[name].inputs["kmsKeyId"] == key
        assert groups[name].inputs["retentionInDays"] >= 7


def test_what_starts_a_task_and_what_it_does_have_different_rights(graph: Graph, name: str) -> None:
    """CT-1, CKV_AWS_249: the container cannot read the secrets of its own definition again."""
    task = graph.one(TASK, name)
    starting = graph.one(ROLE_POLICY, f"{name}-execution")
    acting = {
        action
        for node in graph.of_type(ROLE_POLICY)
        if node.name == f"{name}-task"
        for action in actions(node)
    }

    assert task.inputs["taskRoleArn"] != task.inputs["executionRoleArn"]
    assert "ecr:BatchGetImage" in actions(starting)
    assert not [action for action in acting if action.startswith(("ecr:", "secretsmanager:"))]


def test_what_starts_a_task_reaches_its_own_image_log_and_secrets_alone(graph: Graph, name: str) -> None:
    """CT-1, ST-N7: every resource is named; the log-in to the registry is the one action that knows none."""
    policy = statements(graph.one(ROLE_POLICY, f"{name}-execution"))
    group = graph.one("aws:cloudwatch/logGroup:LogGroup", name).outputs["arn"]

    assert [sid for sid, one in policy.items() if "*" in listed(one["Resource"])] == ["LogInToRegistry"]
    assert policy["LogInToRegistry"]["Action"] == "ecr:GetAuthorizationToken"
    assert listed(policy["PullImage"]["Resource"]) == [
        graph.one("aws:ecr/repository:Repository", name).outputs["arn"]
    ]
    assert listed(policy["WriteLog"]["Resource"]) == [f"{group}:*"]
    wanted = {one["valueFrom"].rsplit(":", 3)[0] for one in container(graph, name)["secrets"]}
    assert set(listed(policy.get("ReadSecrets", {}).get("Resource", []))) == wanted


def test_the_ml_service_may_do_nothing_in_the_account(prod: Graph) -> None:
    """CT-1: it computes; whoever breaks it gains no right."""
    assert not [node for node in prod.of_type(ROLE_POLICY) if node.name == "ml-task"]


def test_the_worker_empties_queues_reads_resumes_and_sends_mail(prod: Graph) -> None:
    """CT-1, JB-4, EM-4: and deletes no file."""
    policy = statements(prod.one(ROLE_POLICY, "worker-task"))
    queues = {node.outputs["arn"] for node in prod.of_type("aws:sqs/queue:Queue")}

    assert set(listed(policy["QueuesReceive"]["Resource"])) < queues
    assert policy["Files"]["Action"] in ("s3:GetObject", ["s3:GetObject"])
    assert [arn.rpartition("/")[0].rpartition("/")[2] for arn in listed(policy["Files"]["Resource"])] == [
        "resumes"
    ]
    assert "ses:SendEmail" in policy["SendMail"]["Action"]


def test_services_live_in_private_subnets_without_addresses(graph: Graph, name: str) -> None:
    """CT-1, NW-2, ECS.2."""
    place = graph.one(SERVICE, name).inputs["networkConfiguration"]
    private = {node.id for node in graph.of_type("aws:ec2/subnet:Subnet") if node.name.startswith("private")}

    assert set(place["subnets"]) == private
    assert len(private) >= 2
    assert place["assignPublicIp"] is False
    assert place["securityGroups"] == [graph.one("aws:ec2/securityGroup:SecurityGroup", "service").id]


def test_a_bad_image_is_rolled_back_and_takes_nothing_down(graph: Graph, name: str) -> None:
    """CT-1: circuit breaker with rollback; the old tasks stay until the new ones are well."""
    service = graph.one(SERVICE, name).inputs

    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["deploymentMinimumHealthyPercent"] == 100
    assert service["platformVersion"] == "LATEST"


def test_a_rolled_back_deployment_is_heard_of(graph: Graph) -> None:
    """CT-1: only this cluster's services, and an alarm on the rule."""
    rule = graph.one("aws:cloudwatch/eventRule:EventRule", "failed-deployments")
    pattern = json.loads(rule.inputs["eventPattern"])
    cluster = graph.one("aws:ecs/cluster:Cluster", "cluster").inputs["name"]

    assert pattern["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert pattern["resources"][0]["wildcard"].endswith(f":service/{cluster}/*")


@pytest.mark.parametrize("stack", STACKS)
def test_services_scale_between_the_bounds_of_the_settings(stack: str, name: str) -> None:
    """CT-2."""
    built = as_configured(stack)
    wanted = getattr(built.value.settings.compute, name)
    target = built.graph.one("aws:appautoscaling/target:Target", name).inputs
    service = built.graph.one(SERVICE, name)

    assert (target["minCapacity"], target["maxCapacity"]) == (wanted.min_tasks, wanted.max_tasks)
    assert target["resourceId"].endswith(f"/{service.inputs['name']}")
    assert service.inputs["desiredCount"] == wanted.min_tasks
    assert service.ignore_changes == ("desiredCount",), "from the second day on scaling owns the number"


def test_prod_runs_two_to_ten_tasks(prod: Graph, name: str) -> None:
    """CT-2."""
    target = prod.one("aws:appautoscaling/target:Target", name).inputs

    assert (target["minCapacity"], target["maxCapacity"]) == (2, 10)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [("scale-out", ("GreaterThanThreshold", 70, 1)), ("scale-in", ("LessThanThreshold", 30, -1))],
)
def test_a_task_comes_above_70_percent_and_goes_below_30(
    graph: Graph, name: str, step: str, wanted: tuple[str, int, int]
) -> None:
    """CT-2: the alarm of the service's own CPU triggers its own step."""
    operator, percent, change = wanted
    alarm = graph.one("aws:cloudwatch/metricAlarm:MetricAlarm", f"{name}-{step}").inputs
    policy = graph.one("aws:appautoscaling/policy:Policy", f"{name}-{step}")
    (adjustment,) = policy.inputs["stepScalingPolicyConfiguration"]["stepAdjustments"]
    bound = "metricIntervalLowerBound" if change > 0 else "metricIntervalUpperBound"

    assert (alarm["comparisonOperator"], alarm["threshold"]) == (operator, percent)
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/ECS", "CPUUtilization")
    assert alarm["dimensions"]["ServiceName"] == graph.one(SERVICE, name).inputs["name"]
    assert alarm["alarmActions"] == [policy.outputs["arn"]]
    assert adjustment["scalingAdjustment"] == change
    assert adjustment[bound] == "0", "on the side of the threshold on which the alarm rings"


def test_the_cluster_tells_how_its_containers_are(graph: Graph) -> None:
    """CT-1, ECS.12."""
    (setting,) = graph.one("aws:ecs/cluster:Cluster", "cluster").inputs["settings"]

    assert setting["name"] == "containerInsights"
    assert setting["value"] in ("enabled", "enhanced")


def test_nobody_opens_a_shell_in_prod(prod: Graph, name: str) -> None:
    """CT-1, CKV_AWS_223."""
    assert prod.one(SERVICE, name).inputs["enableExecuteCommand"] is False
    assert "configuration" not in prod.one("aws:ecs/cluster:Cluster", "cluster").inputs


def test_where_shells_may_be_opened_they_are_recorded() -> None:
    """CT-1, CKV_AWS_224: into a log of its own, under our key, which the task may write."""
    dev = as_configured("dev").graph
    shells = dev.one("aws:ecs/cluster:Cluster", "cluster").inputs["configuration"][
        "executeCommandConfiguration"
    ]
    group = dev.one("aws:cloudwatch/logGroup:LogGroup", "shells")

    assert dev.one(SERVICE, "worker").inputs["enableExecuteCommand"] is True
    assert shells["logging"] == "OVERRIDE"
    assert shells["kmsKeyId"] == dev.one("aws:kms/key:Key", "logs").outputs["arn"]
    assert shells["logConfiguration"]["cloudWatchLogGroupName"] == group.inputs["name"]
    assert listed(statements(dev.one(ROLE_POLICY, "worker-task"))["ShellRecord"]["Resource"]) == [
        f"{group.outputs['arn']}:*"
    ]


def test_the_worker_finds_the_ml_service_by_name_inside_the_network(graph: Graph) -> None:
    """CT-1, NW-2: no load balancer, no address, one flow between containers."""
    ml, worker = (graph.one(SERVICE, one).inputs["serviceConnectConfiguration"] for one in SERVICES)
    (offer,) = ml["services"]

    assert offer["clientAlias"] == [{"dnsName": "ml", "port": PORT}]
    assert ml["namespace"] == worker["namespace"]
    assert "services" not in worker
    (mapping,) = container(graph, "ml")["portMappings"]
    assert (mapping["name"], mapping["containerPort"]) == (offer["portName"], PORT)


def test_alarms_say_when_tasks_are_missing_busy_or_full() -> None:
    """CT-2, MO-3: CPU above 80 % for ten minutes, memory above 85 %."""
    built = as_configured("prod")
    alarms = {one.key: resolve(one) for one in built.value.compute.alarms}

    for name in SERVICES:
        cpu, memory, missing = (alarms[f"{name}-{what}"] for what in ("cpu", "memory", "tasks-missing"))
        assert (cpu.threshold, cpu.evaluation_periods * cpu.source.period_seconds) == (80, 600)
        assert memory.threshold == 85
        assert missing.threshold == 2
        assert missing.missing_data == "breaching", "a service without any task reports nothing"
        assert cpu.source.dimensions["ServiceName"] == built.graph.one(SERVICE, name).inputs["name"]
    assert "deployment-failed" in alarms
