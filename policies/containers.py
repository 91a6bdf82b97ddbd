"""ECS: containers that are nobody, change nothing, hide their secrets, and come back when a deployment fails."""

import re
from collections.abc import Iterator

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Environment
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, any_of
from settings.errors import is_known_secret

_SECRET_NAME = re.compile(
    r"(SECRET|PASSWORD|PASSWD|PASS|TOKEN|CREDENTIALS?|(PRIVATE|API|ACCESS|SECRET|SENDGRID|STRIPE|ENCRYPTION)_KEY"
    r"|(DATABASE|DIRECT|REDIS)_URL)(_?[0-9]+)?$"
)
_ROOT = re.compile(r"(root|0+)(:.*)?")


def containers(task: Resource) -> Iterator[Value]:
    """Yield the containers in a definition, which is JSON text; one unknown stands for text not known yet."""
    return iter(Value("containerDefinitions", task["containerDefinitions"].decoded().raw))


def _tasks_network(resource: Resource) -> Value:
    """Return where the tasks of a service, a task set or a schedule live."""
    if resource.type == t.SCHEDULE:
        return resource["target.ecsParameters.networkConfiguration"]
    return resource["networkConfiguration"]


@policy(
    id="containers-awsvpc",
    title="Every task has a network interface of its own",
    severity=Severity.HIGH,
    requirements=("CT-1",),
    controls=("ECS.1", "ECS.17"),
    remedy="Set networkMode to awsvpc.",
    each=(t.TASK_DEFINITION,),
)
def awsvpc(task: Resource) -> Findings:
    """Refuse the shared network of a host, on which security groups cannot tell tasks apart."""
    yield task["networkMode"].must(task["networkMode"].equals("awsvpc"), "must be awsvpc")


@policy(
    id="containers-no-public-address",
    title="No task has a public address",
    severity=Severity.HIGH,
    requirements=("CT-1", "NW-2"),
    controls=("ECS.2", "ECS.16", "CKV_AWS_333"),
    remedy="Set assignPublicIp to false and run the task in private subnets.",
    each=(t.SERVICE, t.TASK_SET, t.SCHEDULE),
)
def no_public_address(resource: Resource) -> Findings:
    """Take an absent value for the service's own default, which is no address."""
    public = _tasks_network(resource)["assignPublicIp"]
    yield public.must(~public.true, "must not be true")


@policy(
    id="containers-isolated",
    title="No container shares its host's processes or rights",
    severity=Severity.CRITICAL,
    requirements=("CT-1",),
    controls=("ECS.3", "ECS.4", "CKV_AWS_334", "CKV_AWS_335"),
    remedy="Leave pidMode, ipcMode, added capabilities and the host's devices and paths out, and privileged false.",
    each=(t.TASK_DEFINITION,),
)
def isolated(task: Resource) -> Findings:
    """Check the task and each of its containers."""
    for mode in (task["pidMode"], task["ipcMode"]):
        yield mode.must(~mode.equals("host"), "must not be host")
    for container in containers(task):
        yield container["privileged"].must(~container["privileged"].true, "must not be true")
        for more in ("capabilities.add", "devices"):
            rights = container["linuxParameters"][more]
            yield rights.must(~rights.given, "must not be used")
    for volume in task["volumes"]:
        yield volume["hostPath"].must(~volume["hostPath"].given, "must not be the host's")


@policy(
    id="containers-read-only-root",
    title="No container can change its own image",
    severity=Severity.HIGH,
    requirements=("CT-1",),
    controls=("ECS.5", "CKV_AWS_336"),
    remedy="Set readonlyRootFilesystem to true and mount a volume where the program must write.",
    each=(t.TASK_DEFINITION,),
)
def read_only_root(task: Resource) -> Findings:
    """Check every container."""
    for container in containers(task):
        fixed = container["readonlyRootFilesystem"]
        yield fixed.must(fixed.true, "must be true")


@policy(
    id="containers-non-root",
    title="No container runs as root",
    severity=Severity.HIGH,
    requirements=("CT-1", "CT-N1"),
    controls=("ECS.20",),
    remedy="Set user to a number other than 0.",
    each=(t.TASK_DEFINITION,),
)
def non_root(task: Resource) -> Findings:
    """Refuse root by name and by number; without a user the image decides, which nobody reviews here."""
    for container in containers(task):
        user = container["user"]
        yield user.must(
            user.given & user.test(lambda name: not _ROOT.fullmatch(str(name))),
            "must name a user beside root",
        )


@policy(
    id="containers-no-plain-secrets",
    title="Secrets reach containers through Secrets Manager",
    severity=Severity.CRITICAL,
    requirements=("CT-1", "HO-N1"),
    controls=("ECS.8",),
    remedy="Move the variable from environment to secrets, with valueFrom.",
    each=(t.TASK_DEFINITION,),
)
def no_plain_secrets(task: Resource) -> Findings:
    """Judge variables by name and shape: whoever may describe a task reads its environment."""
    for container in containers(task):
        for variable in container["environment"]:
            named = variable["name"].test(lambda name: bool(_SECRET_NAME.search(name.upper())))
            held = variable["value"].test(is_known_secret)
            yield variable.must(~named & ~held, "sounds or looks like a secret")
        for word in container["command"]:
            yield word.must(~word.test(is_known_secret), "looks like a secret")


@policy(
    id="containers-logged",
    title="Every container logs into a group of the stack",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ECS.9",),
    remedy="Set logConfiguration to awslogs with the name of a cloudwatch.LogGroup of the stack.",
    across=(t.TASK_DEFINITION, t.LOG_GROUP),
)
def logged(stack: Stack) -> Findings:
    """Compare names: a group that AWS makes by itself has neither key nor end."""
    for task in stack.of(t.TASK_DEFINITION):
        for container in containers(task):
            name = container["logConfiguration.options"]["awslogs-group"]
            ours = any_of(_same(name, group["name"]) for group in stack.of(t.LOG_GROUP))
            yield task.must(name.given & ours, f"{name.path} must name a log group of the stack")


def _same(first: Value, second: Value) -> Truth:
    if UNKNOWN in (first.raw, second.raw):
        return Truth.UNKNOWN
    return Truth.of(first.raw is not None and first.raw == second.raw)


@policy(
    id="containers-current-platform",
    title="Fargate's own security fixes arrive by themselves",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ECS.10", "CKV_AWS_332"),
    remedy="Set platformVersion to LATEST.",
    each=(t.SERVICE, t.SCHEDULE),
)
def current_platform(resource: Resource) -> Findings:
    """Take an absent version for LATEST, as ECS does."""
    path = "target.ecsParameters.platformVersion" if resource.type == t.SCHEDULE else "platformVersion"
    version = resource[path]
    yield version.must(version.equals("LATEST", absent=True), "must be LATEST")


@policy(
    id="containers-insights",
    title="The cluster tells how its containers are",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ECS.12", "CKV_AWS_65"),
    remedy="Set containerInsights to enabled or enhanced in the cluster's settings.",
    each=(t.CLUSTER,),
)
def insights(cluster: Resource) -> Findings:
    """Look for the setting; without it nothing is measured."""
    on = cluster["settings"].some(
        lambda setting: (
            setting["name"].equals("containerInsights") & setting["value"].is_in(("enabled", "enhanced"))
        )
    )
    yield cluster["settings"].must(on, "must enable containerInsights")


@policy(
    id="containers-volumes-encrypted",
    title="Shared volumes are reached over TLS",
    severity=Severity.HIGH,
    requirements=("CT-1",),
    controls=("ECS.18", "CKV_AWS_97"),
    remedy="Set transitEncryption to ENABLED in efsVolumeConfiguration.",
    each=(t.TASK_DEFINITION,),
)
def volumes_encrypted(task: Resource) -> Findings:
    """Look at EFS volumes; a task's own ephemeral ones never leave its host."""
    for volume in task["volumes"]:
        shared = volume["efsVolumeConfiguration"]
        encrypted = shared["transitEncryption"].equals("ENABLED")
        yield shared.must(~shared.given | encrypted, "is reached in the clear")


@policy(
    id="containers-two-roles",
    title="What starts a task and what it does have different rights",
    severity=Severity.HIGH,
    requirements=("CT-1", "ST-4"),
    controls=("CKV_AWS_249",),
    remedy="Give taskRoleArn a role of its own, beside executionRoleArn.",
    each=(t.TASK_DEFINITION,),
)
def two_roles(task: Resource) -> Findings:
    """Compare the roles, and where they are not known yet, the resources they come from."""
    acting, starting = task["taskRoleArn"], task["executionRoleArn"]
    sources = [task.property_dependencies.get(role.path, frozenset()) for role in (acting, starting)]
    if UNKNOWN not in (acting.raw, starting.raw):
        apart = Truth.of(acting.raw != starting.raw)
    elif all(sources):
        apart = Truth.of(sources[0] != sources[1])
    else:
        apart = Truth.UNKNOWN
    yield acting.must(apart, "must be another role than executionRoleArn")


@policy(
    id="containers-shell-recorded",
    title="Nobody opens a shell in prod, and elsewhere every shell is recorded",
    severity=Severity.HIGH,
    requirements=("CT-1",),
    controls=("CKV_AWS_223", "CKV_AWS_224"),
    remedy="Leave enableExecuteCommand out in prod; elsewhere record to an encrypted log group, under a key.",
    across=(t.SERVICE, t.CLUSTER),
)
def shell_recorded(stack: Stack) -> Findings:
    """Look at the services, and for each that admits shells, at its cluster."""
    for service in stack.of(t.SERVICE):
        shells = service["enableExecuteCommand"]
        recorded = Truth.NO
        if stack.environment is not Environment.PROD:
            recorded = any_of(
                stack.link(cluster, service, "cluster") & _records_shells(cluster)
                for cluster in stack.of(t.CLUSTER)
            )
        yield service.must(~shells.true | recorded, f"{shells.path} admits shells that nobody can look up")


def _records_shells(cluster: Resource) -> Truth:
    shells = cluster["configuration.executeCommandConfiguration"]
    where = shells["logConfiguration"]
    kept = where["cloudWatchLogGroupName"].given & where["cloudWatchEncryptionEnabled"].true
    return shells["logging"].equals("OVERRIDE") & kept & cluster.refers(shells["kmsKeyId"], t.KEY)


@policy(
    id="containers-survive-deployment",
    title="A bad image and a lost zone leave a service running",
    severity=Severity.HIGH,
    requirements=("CT-1", "CT-2"),
    remedy="Enable the circuit breaker with rollback, and run 2 tasks or more over 2 subnets or more.",
    prod_only=True,
    limits={"tasks": 2, "subnets": 2},
    each=(t.SERVICE, t.SCALING_TARGET),
)
def survives_deployment(service: Resource) -> Findings:
    """Check what happens at a deployment, and what is left when a zone fails or a quiet night scales in."""
    if service.type == t.SCALING_TARGET:
        least = service["minCapacity"]
        yield least.must(least.at_least(service.limits["tasks"]), "is fewer than prod needs")
        return
    breaker = service["deploymentCircuitBreaker"]
    yield breaker.must(breaker["enable"].true & breaker["rollback"].true, "must roll back")
    tasks, healthy = service["desiredCount"], service["deploymentMinimumHealthyPercent"]
    yield tasks.must(tasks.at_least(service.limits["tasks"]), "is fewer than prod needs")
    yield healthy.must(healthy.at_least(100, absent=True), "lets a deployment stop tasks that are needed")
    subnets = service["networkConfiguration.subnets"]
    spread = subnets.test(lambda ids: len(ids) >= service.limits["subnets"])
    yield subnets.must(spread, "must be subnets of two zones or more")
