"""Load balancers: TLS to the outside, clean requests inwards, logs, and no accidental end."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import Statement, some_statement
from policies.levels import Level
from policies.openings import openings
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Findings, Truth, Value, any_of

_RULES = (t.INGRESS_RULE, t.SECURITY_GROUP_RULE)
_LOG_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"


def _application(balancer: Resource) -> Truth:
    """Return whether it reads requests; the others only pass connections on."""
    return balancer["loadBalancerType"].equals("application", absent=True)


@policy(
    id="balancers-https",
    title="Plain HTTP is only answered with a redirect to HTTPS",
    severity=Severity.HIGH,
    requirements=("CT-1", "ED-2"),
    controls=("ELB.1", "CKV2_AWS_20"),
    remedy="Let the listener's only action be a redirect with protocol HTTPS, or leave the listener out.",
    each=(t.LISTENER,),
)
def https(listener: Resource) -> Findings:
    """Check every action of a plain listener."""
    plain = listener["protocol"].test(lambda name: str(name).upper() == "HTTP", absent=True)
    for action in listener["defaultActions"]:
        to = action["redirect"]
        here = to["host"].equals("#{host}", absent=True)
        redirects = action["type"].equals("redirect") & to["protocol"].equals("HTTPS") & here
        yield action.must(~plain | redirects, "serves plain HTTP")


@policy(
    id="balancers-tls",
    title="TLS listeners speak a current TLS policy with a certificate of ours",
    severity=Severity.HIGH,
    requirements=("ED-9",),
    controls=("ELB.17", "ELB.18", "CKV_AWS_2", "CKV_AWS_103", "CKV2_AWS_74"),
    remedy="Set sslPolicy to one of the listed policies and certificateArn to a certificate of the stack.",
    limits={  # AWS's recommended policies, 2026-11
        "policies": [
            "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
            "ELBSecurityPolicy-TLS13-1-3-2021-06",
            "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
        ]
    },
    each=(t.LISTENER,),
)
def tls(listener: Resource) -> Findings:
    """Look at HTTPS and TLS; TCP passes on what end and end agree on."""
    plain = ~listener["protocol"].is_in(("HTTPS", "TLS"))
    version, certificate = listener["sslPolicy"], listener["certificateArn"]
    yield version.must(plain | version.is_in(listener.limits["policies"]), "is not a current TLS policy")
    yield certificate.must(plain | listener.refers(certificate, t.CERTIFICATE), "must be set")


@policy(
    id="balancers-drop-headers",
    title="Malformed headers go no further",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ELB.4", "CKV_AWS_131"),
    remedy="Set dropInvalidHeaderFields to true.",
    each=(t.LOAD_BALANCER,),
)
def drop_headers(balancer: Resource) -> Findings:
    """Look at those that read requests."""
    drops = balancer["dropInvalidHeaderFields"]
    yield drops.must(~_application(balancer) | drops.true, "must be true")


@policy(
    id="balancers-desync",
    title="Requests that servers could read in two ways are refused",
    severity=Severity.MEDIUM,
    requirements=("CT-1",),
    controls=("ELB.12", "CKV_AWS_328"),
    remedy="Set desyncMitigationMode to defensive or strictest.",
    each=(t.LOAD_BALANCER,),
)
def desync(balancer: Resource) -> Findings:
    """Take an absent mode for defensive, as AWS does."""
    mode = balancer["desyncMitigationMode"]
    strict = mode.is_in(("defensive", "strictest"), absent=True)
    yield mode.must(~_application(balancer) | strict, "must be defensive or strictest")


@policy(
    id="balancers-logged",
    title="Every request at a load balancer can be looked up",
    severity=Severity.MEDIUM,
    requirements=("CT-1", "MO-8"),
    controls=("ELB.5", "CKV_AWS_91"),
    remedy="Set accessLogs to a log bucket of the stack, whose policy admits the load balancers' log service.",
    across=(t.LOAD_BALANCER, t.BUCKET_POLICY),
)
def logged(stack: Stack) -> Findings:
    """Look for a bucket that takes the logs: AWS writes none where the bucket's policy does not let it."""
    for balancer in stack.of(t.LOAD_BALANCER):
        bucket = balancer["accessLogs.bucket"]
        taken = any_of(
            _same(bucket, attached["bucket"]) & some_statement(attached["policy"], _admits_logs)
            for attached in stack.of(t.BUCKET_POLICY)
        )
        kept = balancer["accessLogs.enabled"].true & taken
        yield balancer.must(~_application(balancer) | kept, f"{bucket.path} must take the logs")


def _same(first: Value, second: Value) -> Truth:
    return first.test(lambda _: True) & second.test(lambda name: first.raw in (name, UNKNOWN))


def _admits_logs(statement: Statement) -> bool:
    return statement.allows and _LOG_SERVICE in statement.principals.get("Service", ())


@policy(
    id="balancers-protected",
    title="A load balancer cannot be deleted by mistake",
    severity=Severity.MEDIUM,
    requirements=("SC-3",),
    controls=("ELB.6", "CKV_AWS_150"),
    remedy="Set enableDeletionProtection to true.",
    prod_only=True,
    each=(t.LOAD_BALANCER,),
)
def protected(balancer: Resource) -> Findings:
    """Ask for the service's own protection, beside Pulumi's: its address stands in DNS."""
    kept = balancer["enableDeletionProtection"]
    yield kept.must(kept.true, "must be true")


@policy(
    id="balancers-spread",
    title="A load balancer stands in two zones or more",
    severity=Severity.MEDIUM,
    requirements=("CT-1", "NW-1"),
    controls=("ELB.13",),
    remedy="Give it a subnet in each zone.",
    each=(t.LOAD_BALANCER,),
)
def spread(balancer: Resource) -> Findings:
    """Count its subnets, however they are given."""
    counts = [
        balancer[way].test(lambda given: isinstance(given, list) and len(given) > 1)
        for way in ("subnets", "subnetMappings")
    ]
    yield balancer.must(any_of(counts), "has fewer than two subnets")


@policy(
    id="balancers-targets-checked",
    title="A load balancer asks its targets whether they are well",
    severity=Severity.LOW,
    requirements=("CT-1", "MO-6"),
    controls=("ELB.21", "CKV_AWS_261"),
    remedy="Set healthCheck, with a path where the target speaks HTTP.",
    level=Level.ADVISORY,
    each=(t.TARGET_GROUP,),
)
def targets_checked(group: Resource) -> Findings:
    """Ask for a path of HTTP targets: one that answers at all may still be ill."""
    check = group["healthCheck"]
    speaks_http = group["protocol"].is_in(("HTTP", "HTTPS"))
    yield check.must(check.given & (~speaks_http | check["path"].given), "must say how to ask")


@policy(
    id="balancers-known-callers",
    title="A public load balancer admits the edge and known services, not the world",
    severity=Severity.HIGH,
    requirements=("NW-2", "DB-4", "ED-4"),
    controls=("own: origin lock",),
    remedy="Open its group to Cloudflare's prefix list or the settings' egress addresses alone.",
    across=(t.LOAD_BALANCER, t.SECURITY_GROUP, *_RULES),
)
def known_callers(stack: Stack) -> Findings:
    """Follow load balancer → groups → their rules; one without a group admits everyone."""
    groups = stack.of(t.SECURITY_GROUP)
    for balancer in stack.of(t.LOAD_BALANCER):
        public = ~balancer["internal"].true
        grouped = balancer.refers(balancer["securityGroups"], t.SECURITY_GROUP)
        yield balancer.must(~public | grouped, "has no security group, so that everyone reaches it")
        for rule in stack.of(t.SECURITY_GROUP, *_RULES):
            guards = any_of(
                stack.link(group, balancer, "securityGroups") & _belongs(stack, rule, group)
                for group in groups
            )
            for opening in openings(rule, "ingress"):
                yield rule.must(~(public & guards & opening.world), "lets the world reach it past the edge")


def _belongs(stack: Stack, rule: Resource, group: Resource) -> Truth:
    """Return whether a rule is one of a group's, which may hold some itself."""
    return (
        Truth.of(rule is group)
        if rule.type == t.SECURITY_GROUP
        else stack.link(group, rule, "securityGroupId")
    )
