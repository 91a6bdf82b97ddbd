"""What concerns every resource: the provider it goes through, its protection, its type."""

from pulumi_policy import Severity

from components.stateful import GUARD_TYPES, STATEFUL_TYPES
from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource
from policies.values import Findings, Truth

_KEYS = ("accessKey", "secretKey", "token")
_TAGS = ["jtld:project", "jtld:environment", "jtld:owner", "jtld:cost-centre", "jtld:managed-by"]


@policy(
    id="stack-account-pinned",
    title="The AWS provider works in one named account",
    severity=Severity.CRITICAL,
    requirements=("SC-3",),
    remedy="Pass the explicit provider with one of allowedAccountIds and no detour: a wrong login then fails at once.",
    each=(t.PROVIDER,),
)
def account_pinned(provider: Resource) -> Findings:
    """Check default providers too: a resource that slipped past the explicit one makes one."""
    accounts = provider["allowedAccountIds"].decoded()
    one = accounts.test(lambda listed: isinstance(listed, list) and len(listed) == 1)
    yield accounts.must(one, "must name the account")
    for detour in ("endpoints", "httpProxy", "httpsProxy", "assumeRoles"):
        yield provider[detour].must(~provider[detour].decoded().given, "must not be set")
    unverified = provider["insecure"].decoded()
    yield unverified.must(~unverified.true, "must not be true")


@policy(
    id="stack-tagged",
    title="Every AWS resource says whose it is",
    severity=Severity.MEDIUM,
    requirements=("TP-4",),
    remedy="Set the platform's default tags on the provider.",
    limits={"tags": _TAGS},
    each=(t.PROVIDER,),
)
def tagged(provider: Resource) -> Findings:
    """Look for each tag among the provider's defaults."""
    tags = provider["defaultTags"].decoded()["tags"]
    for name in provider.limits["tags"]:
        yield tags.must(tags[name].given, f"lacks {name}")


@policy(
    id="stack-no-static-keys",
    title="No provider carries a long-lived key",
    severity=Severity.CRITICAL,
    requirements=("DL-N3", "HO-N1"),
    remedy="Let the provider take the login of the session (OIDC, SSO).",
    each=(t.PROVIDER,),
)
def no_static_keys(provider: Resource) -> Findings:
    """Refuse keys as provider inputs, which end up in state."""
    for name in _KEYS:
        yield provider[name].must(~provider[name].given, "must not be set")


@policy(
    id="stack-stateful-protected",
    title="What holds data, and what guards it, cannot be deleted by a slip",
    severity=Severity.CRITICAL,
    requirements=("SC-3",),
    remedy="Create it with platform.stateful_child(…); unprotect it in a change of its own.",
    prod_only=True,
    each=(*STATEFUL_TYPES, *GUARD_TYPES),
)
def stateful_protected(resource: Resource) -> Findings:
    """Check the resource option that makes the engine refuse."""
    yield resource.must(Truth.of(resource.protect), "is not protected")
