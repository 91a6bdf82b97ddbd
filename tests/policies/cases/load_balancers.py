from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node

BALANCER = node(
    t.LOAD_BALANCER,
    "public",
    {
        "loadBalancerType": "application",
        "internal": False,
        "subnets": ["subnet-a", "subnet-b"],
        "securityGroups": ["sg-admits-cloudflare"],
        "accessLogs": {"bucket": "jtld-platform-logs-prod", "enabled": True, "prefix": "load-balancer"},
        "dropInvalidHeaderFields": True,
        "desyncMitigationMode": "strictest",
        "enableDeletionProtection": True,
    },
)
SECURE = node(
    t.LISTENER,
    "secure",
    {
        "port": 443,
        "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "certificateArn": "arn:aws:acm:ca-central-1:333333333333:certificate/1",
        "defaultActions": [{"type": "forward", "targetGroupArn": "arn"}],
    },
)
PLAIN = node(
    t.LISTENER,
    "plain",
    {
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": [
            {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}
        ],
    },
)
TARGETS = node(
    t.TARGET_GROUP, "public", {"protocol": "HTTP", "port": 8000, "healthCheck": {"path": "/health"}}
)


def _set(policy: str, adds: object, path: str, value: object) -> Case:
    return Case(
        policy=policy, adds=(adds,), breaks=lambda draft: draft.set(adds.type, path, value, adds.name)
    )


def _open_to_the_world(draft: Draft) -> None:
    """On a port that the world may have, so that no other rule of the network minds."""
    name = next(one.name for one in draft.nodes if one.name.startswith("gateway-ingress-"))
    for path, value in {"cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443}.items():
        draft.set(t.INGRESS_RULE, path, value, name)


CASES = (
    Case(policy="balancers-known-callers", breaks=_open_to_the_world),
    Case(
        policy="balancers-known-callers",
        adds=(BALANCER,),
        breaks=lambda draft: draft.unset(t.LOAD_BALANCER, "securityGroups", "public"),
    ),
    _set("balancers-https", PLAIN, "defaultActions.0", {"type": "forward", "targetGroupArn": "arn"}),
    _set("balancers-https", PLAIN, "defaultActions.0.redirect.protocol", "HTTP"),
    _set("balancers-tls", SECURE, "sslPolicy", "ELBSecurityPolicy-2016-08"),
    Case(
        policy="balancers-tls",
        adds=(SECURE,),
        breaks=lambda draft: draft.unset(t.LISTENER, "certificateArn", "secure"),
    ),
    _set("balancers-drop-headers", BALANCER, "dropInvalidHeaderFields", False),
    _set("balancers-desync", BALANCER, "desyncMitigationMode", "monitor"),
    _set("balancers-logged", BALANCER, "accessLogs.enabled", False),
    _set("balancers-logged", BALANCER, "accessLogs.bucket", "jtld-platform-files-prod"),
    Case(
        policy="balancers-logged",
        adds=(BALANCER,),
        breaks=lambda draft: draft.rewrite(
            t.BUCKET_POLICY,
            "policy",
            "logdelivery.elasticloadbalancing.amazonaws.com",
            "lambda.amazonaws.com",
            "logs",
        ),
    ),
    _set("balancers-protected", BALANCER, "enableDeletionProtection", False),
    _set("balancers-spread", BALANCER, "subnets", ["subnet-a"]),
    Case(
        policy="balancers-targets-checked",
        adds=(TARGETS,),
        breaks=lambda draft: draft.unset(t.TARGET_GROUP, "healthCheck", "public"),
    ),
    _set("balancers-targets-checked", TARGETS, "healthCheck", {"protocol": "HTTP"}),
)
