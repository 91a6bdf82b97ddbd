from policies import tokens as t
from tests.policies.drafts import Case, Draft

TEXT = "containerDefinitions"


def _one_role(draft: Draft) -> None:
    for path in ("taskRoleArn", "executionRoleArn"):
        draft.set(t.TASK_DEFINITION, path, "arn:aws:iam::333333333333:role/worker", "worker")


def _rewritten(policy: str, old: str, new: str) -> Case:
    """Return a case that changes a piece of the worker's container definitions."""
    return Case(
        policy=policy, breaks=lambda draft: draft.rewrite(t.TASK_DEFINITION, TEXT, old, new, "worker")
    )


def _set(policy: str, type_: str, path: str, value: object, name: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(type_, path, value, name))


NETWORK = "target.ecsParameters.networkConfiguration"

CASES = (
    _set("containers-awsvpc", t.TASK_DEFINITION, "networkMode", "bridge", "worker"),
    _set("containers-no-public-address", t.SERVICE, "networkConfiguration.assignPublicIp", True, "worker"),
    _set("containers-no-public-address", t.SCHEDULE, f"{NETWORK}.assignPublicIp", True, "expire-jobs"),
    _set("containers-isolated", t.TASK_DEFINITION, "pidMode", "host", "worker"),
    _rewritten("containers-isolated", '"essential": true', '"essential": true, "privileged": true'),
    _rewritten(
        "containers-read-only-root", '"readonlyRootFilesystem": true', '"readonlyRootFilesystem": false'
    ),
    _rewritten("containers-non-root", '"user": "10001:10001"', '"user": "0"'),
    _rewritten("containers-non-root", '"user": "10001:10001"', '"user": "root:10001"'),
    _rewritten("containers-non-root", '"user": "10001:10001", ', ""),
    _rewritten(
        "containers-no-plain-secrets",
        '{"name": "AWS_REGION"',
        '{"name": "SMTP_PASSWORD", "value": "hunter2"}, {"name": "AWS_REGION"',
    ),
    _rewritten("containers-logged", '"awslogs-group": "', '"awslogs-group": "someone-elses-'),
    _rewritten("containers-logged", '"logConfiguration"', '"logs"'),
    _set("containers-current-platform", t.SERVICE, "platformVersion", "1.3.0", "worker"),
    _set(
        "containers-current-platform",
        t.SCHEDULE,
        "target.ecsParameters.platformVersion",
        "1.3.0",
        "expire-jobs",
    ),
    _set("containers-insights", t.CLUSTER, "settings.0.value", "disabled", "cluster"),
    _set(
        "containers-volumes-encrypted",
        t.TASK_DEFINITION,
        "volumes.0.efsVolumeConfiguration",
        {"fileSystemId": "fs-1"},
        "worker",
    ),
    Case(policy="containers-two-roles", breaks=_one_role),
    _set("containers-shell-recorded", t.SERVICE, "enableExecuteCommand", True, "worker"),
    _set("containers-survive-deployment", t.SERVICE, "deploymentCircuitBreaker.rollback", False, "ml"),
    _set("containers-survive-deployment", t.SERVICE, "desiredCount", 1, "ml"),
    _set("containers-survive-deployment", t.SERVICE, "deploymentMinimumHealthyPercent", 50, "ml"),
    _set("containers-survive-deployment", t.SERVICE, "networkConfiguration.subnets", ["subnet-1"], "ml"),
    _rewritten("containers-image-pinned", 'jtld/worker:0000000"', 'jtld/worker:latest"'),
    _rewritten("containers-image-pinned", 'jtld/worker:0000000"', 'jtld/worker"'),
    _rewritten("containers-image-pinned", 'jtld/worker:0000000"', 'jtld/worker:1.2.3"'),
    _rewritten("containers-image-own", "333333333333.dkr.ecr.ca-central-1.amazonaws.com", "docker.io"),
)
