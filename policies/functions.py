"""Lambda: supported runtimes, inside the network, without secrets in their environment (DB-3)."""

import re
from collections.abc import Mapping

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource
from policies.values import Findings
from settings.errors import is_known_secret

_SECRET_NAME = re.compile(
    r"SECRET|PASSW|TOKEN|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY|DATABASE_URL|REDIS_URL"
)


@policy(
    id="functions-supported",
    title="Functions run on a runtime that AWS still patches",
    severity=Severity.MEDIUM,
    requirements=("DB-3",),
    controls=("Lambda.2", "CKV_AWS_363"),
    remedy="Take a newer runtime.",
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, read 2026-11.
    limits={
        "runtimes": ["python3.12", "python3.13", "python3.14", "nodejs22.x", "nodejs24.x", "provided.al2023"]
    },
    each=(t.FUNCTION,),
)
def supported(function: Resource) -> Findings:
    """Leave images alone: they bring their own."""
    runtime = function["runtime"]
    image = function["packageType"].equals("Image")
    yield runtime.must(runtime.is_in(function.limits["runtimes"]) | image, "is not, or no longer, supported")


@policy(
    id="functions-in-network",
    title="Functions that reach data run inside the network, in two zones or more",
    severity=Severity.HIGH,
    requirements=("NW-2", "DB-3"),
    controls=("Lambda.3", "Lambda.5", "CKV_AWS_117"),
    remedy="Give the function a vpcConfig with private subnets of two zones.",
    # The status page's function reads public figures, and must stand apart from what it reports on (MO-5).
    limits={"subnets": 2, "apart": ["status"]},
    each=(t.FUNCTION,),
)
def in_network(function: Resource) -> Findings:
    """Count the subnets, except of components that reach no data."""
    apart = function["tags"]["jtld:component"].is_in(function.limits["apart"])
    subnets = function["vpcConfig.subnetIds"]
    spread = subnets.test(lambda ids: isinstance(ids, list) and len(ids) >= function.limits["subnets"])
    yield function["vpcConfig"].must(spread | apart, "must name subnets of two zones or more")


@policy(
    id="functions-no-plain-secrets",
    title="No secret stands in a function's environment",
    severity=Severity.CRITICAL,
    requirements=("HO-N1",),
    controls=("CKV_AWS_45", "CKV_AWS_173"),
    remedy="Let the function read the secret from Secrets Manager.",
    each=(t.FUNCTION,),
)
def no_plain_secrets(function: Resource) -> Findings:
    """Judge variables by their names: whoever may describe a function reads its environment."""
    variables = function["environment.variables"]
    clean = variables.test(
        lambda values: not any(_SECRET_NAME.search(str(name).upper()) for name in values), absent=True
    )
    yield variables.must(clean, "names a variable that sounds like a secret")
    if isinstance(variables.raw, Mapping):
        for name in variables.raw:
            value = variables[str(name)]
            yield value.must(~value.test(is_known_secret), "looks like a secret")


@policy(
    id="functions-bounded",
    title="A function cannot take all of the account's concurrency",
    severity=Severity.LOW,
    requirements=("DB-3",),
    controls=("CKV_AWS_115",),
    remedy="Set reservedConcurrentExecutions.",
    level=Level.ADVISORY,
    each=(t.FUNCTION,),
)
def bounded(function: Resource) -> Findings:
    """Take absent for the provider's default: no bound."""
    most = function["reservedConcurrentExecutions"]
    yield most.must(most.at_least(0), "must be set")
