from policies import tokens as t
from tests.policies.drafts import Case
from tests.policies.harness import node

V = t.PROJECT_VARIABLE


def _project(path: str, value: object, policy: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(t.PROJECT, path, value))


def _variable(name: str, path: str, value: object, policy: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(V, path, value, name))


CASES = (
    Case(policy="hosting-build-explicit", breaks=lambda draft: draft.unset(t.PROJECT, "rootDirectory")),
    _project("vercelAuthentication.deploymentType", "none", "hosting-previews-private"),
    _project("gitForkProtection", False, "hosting-previews-private"),
    _project("directoryListing", True, "hosting-shows-little"),
    _project("environments", [{"key": "A", "value": "1", "sensitive": False}], "hosting-variables-separate"),
    _project("resourceConfig.functionDefaultRegions", ["iad1"], "hosting-identity-and-place"),
    _project("oidcTokenConfig.issuerMode", "global", "hosting-identity-and-place"),
    _variable("sendgrid-api-key-production", "sensitive", False, "hosting-secrets-sensitive"),
    _variable("resend-api-key-production", "key", "NEXT_PUBLIC_RESEND", "hosting-secrets-sensitive"),
    _variable(
        "nextauth-secret-production",
        "targets",
        ["production", "preview"],
        "hosting-production-secrets-apart",
    ),
    _variable(
        "log-level-production",
        "value",
        "postgresql://app@jtld.c1.ca-central-1.rds.amazonaws.com/jtld",
        "hosting-reachable-hosts",
    ),
    _variable("log-level-production", "value", "redis://10.30.4.7:6379", "hosting-reachable-hosts"),
    Case(policy="hosting-domains-published", breaks=lambda draft: draft.drop(t.DNS_RECORD, "web-admin")),
    Case(policy="hosting-firewall", breaks=lambda draft: draft.set(t.FIREWALL_CONFIG, "enabled", False)),
    Case(
        policy="hosting-firewall",
        breaks=lambda draft: draft.set(t.FIREWALL_CONFIG, "rules.rules.0.action.action", "log"),
    ),
    Case(
        policy="hosting-deployments-expire",
        breaks=lambda draft: draft.set(t.PROJECT_RETENTION, "expirationPreview", "unlimited"),
    ),
    Case(
        policy="hosting-no-cron",
        adds=(node(t.PROJECT_CRONS, "crons", {"projectId": "prj_1", "enabled": False}),),
        breaks=lambda draft: draft.set(t.PROJECT_CRONS, "enabled", True),
    ),
)
