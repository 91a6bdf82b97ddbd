"""ECR: repositories whose tags never move and whose images are scanned; and which images tasks may name."""

import re

from pulumi_policy import Severity

from policies import tokens as t
from policies.containers import containers
from policies.decorator import policy
from policies.documents import per_statement
from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import Findings, any_of

_PINNED = re.compile(r"[^:@]+(:[0-9a-f]{7,12}|(:[0-9a-f]{7,12})?@sha256:[0-9a-f]{64})")
_OWN = re.compile(r"[0-9]{12}\.dkr\.ecr\.ca-(central|west)-1\.amazonaws\.com/.+")


@policy(
    id="images-immutable",
    title="A tag always means the same image",
    severity=Severity.HIGH,
    requirements=("CT-1", "CT-N3"),
    controls=("ECR.2", "CKV_AWS_51"),
    remedy="Set imageTagMutability to IMMUTABLE, without exclusion filters.",
    each=(t.REPOSITORY,),
)
def immutable(repository: Resource) -> Findings:
    """Refuse the exceptions, too: latest is what they are made for."""
    mutability = repository["imageTagMutability"]
    yield mutability.must(mutability.equals("IMMUTABLE"), "must be IMMUTABLE")


@policy(
    id="images-scanned",
    title="Every image is scanned when it arrives",
    severity=Severity.HIGH,
    requirements=("CT-1",),
    controls=("ECR.1", "CKV_AWS_163"),
    remedy="Set imageScanningConfiguration.scanOnPush, or scan the whole registry with Inspector.",
    across=(t.REPOSITORY, t.REGISTRY_SCANNING),
)
def scanned(stack: Stack) -> Findings:
    """Accept the registry's enhanced scanning in place of the repository's own."""
    enhanced = any_of(registry["scanType"].equals("ENHANCED") for registry in stack.of(t.REGISTRY_SCANNING))
    for repository in stack.of(t.REPOSITORY):
        own = repository["imageScanningConfiguration.scanOnPush"].true
        yield repository.must(own | enhanced, "is never scanned")


@policy(
    id="images-expire",
    title="Old images go",
    severity=Severity.LOW,
    requirements=("CT-1",),
    controls=("ECR.3",),
    remedy="Add an ecr.LifecyclePolicy for the repository.",
    across=(t.REPOSITORY, t.REPOSITORY_LIFECYCLE),
)
def expire(stack: Stack) -> Findings:
    """Look for a policy: old images cost money and hold old holes."""
    for repository in stack.of(t.REPOSITORY):
        yield repository.must(
            stack.has(repository, t.REPOSITORY_LIFECYCLE, "repository"), "has no lifecycle policy"
        )


@policy(
    id="images-own-key",
    title="Images are encrypted with a key of the stack",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ECR.5", "CKV_AWS_136"),
    remedy="Set encryptionConfigurations to KMS with the stack's data key.",
    level=Level.ADVISORY,
    each=(t.REPOSITORY,),
)
def own_key(repository: Resource) -> Findings:
    """Refuse AES256, and KMS without a key of our own."""
    encryption = repository["encryptionConfigurations"]
    ours = encryption.some(
        lambda one: one["encryptionType"].is_in(("KMS", "KMS_DSSE")) & repository.refers(one["kmsKey"], t.KEY)
    )
    yield encryption.must(ours, "must name a key of the stack")


@policy(
    id="images-not-public",
    title="No policy opens a repository to everyone",
    severity=Severity.CRITICAL,
    requirements=("CT-1",),
    controls=("CKV_AWS_32",),
    remedy="Name the accounts that may pull.",
    each=(t.REPOSITORY_POLICY,),
)
def not_public(attached: Resource) -> Findings:
    """Check every statement."""
    says = "lets any principal in without a condition on who it is"
    return per_statement(attached["policy"], lambda statement: not statement.public, says)


@policy(
    id="containers-image-pinned",
    title="A task runs the image of one commit, for ever",
    severity=Severity.HIGH,
    requirements=("CT-4", "CT-N3"),
    remedy="End the image in the short git SHA of its commit, or in a digest; never in latest.",
    each=(t.TASK_DEFINITION,),
)
def image_pinned(task: Resource) -> Findings:
    """Refuse tags that can move: what runs must be what was reviewed, and what rolls back, too."""
    for container in containers(task):
        image = container["image"]
        yield image.must(image.test(lambda name: bool(_PINNED.fullmatch(name))), "must end in a git SHA")


@policy(
    id="containers-image-own",
    title="Images come from registries of our own, in Canada",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    remedy="Copy the image into an ecr.Repository of the stack: there it is scanned and cannot vanish.",
    level=Level.ADVISORY,
    each=(t.TASK_DEFINITION,),
)
def image_own(task: Resource) -> Findings:
    """Look at the host of the image's name."""
    for container in containers(task):
        image = container["image"]
        yield image.must(image.test(lambda name: bool(_OWN.fullmatch(name))), "comes from elsewhere")
