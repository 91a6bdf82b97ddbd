"""Breaks in another spelling, by a second resource, or by a value beside the one that everybody looks at."""

import json

from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node

ROLES = "arn:aws:iam::333333333333:role"
ZONE = "jtldconsulting.com"


def _set(policy: str, type_: str, path: str, value: object, name: str | None = None) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(type_, path, value, name))


def _granted(policy: str, **statement: object) -> Case:
    return Case(
        policy=policy,
        breaks=lambda draft: draft.statement(t.ROLE_POLICY, "policy", "application", **statement),
    )


def _record(policy: str, **inputs: object) -> Case:
    record = {"ttl": 300, "proxied": False, "comment": "A test's record", **inputs}
    return Case(
        policy=policy,
        breaks=lambda draft: draft.add(
            node(
                t.DNS_RECORD,
                "more",
                {"zoneId": draft.find(t.ZONE).id, **record},
                depends={"zoneId": [draft.find(t.ZONE)]},
            )
        ),
    )


def _first(policy: str, ruleset: str, **rule: object) -> Case:
    """Put a rule before the others of a rule set."""

    def breaks(draft: Draft) -> None:
        rules = draft.find(t.RULESET, ruleset).inputs["rules"]
        draft.set(t.RULESET, "rules", [{"ref": "more", "enabled": True, **rule}, *rules], ruleset)

    return Case(policy=policy, breaks=breaks)


def _private_pages(expression: str) -> Case:
    def breaks(draft: Draft) -> None:
        rules = draft.find(t.RULESET, "cache").inputs["rules"]
        own = rules[-1]["expression"]
        draft.set(t.RULESET, f"rules.{len(rules) - 1}.expression", expression.format(own=own), "cache")

    return Case(policy="edge-nothing-private-cached", breaks=breaks)


def _behaviour(pattern: str) -> Case:
    def breaks(draft: Draft) -> None:
        behaviours = draft.find(t.DISTRIBUTION, "files").inputs["orderedCacheBehaviors"]
        more = [*behaviours, {**behaviours[0], "pathPattern": pattern}]
        draft.set(t.DISTRIBUTION, "orderedCacheBehaviors", more, "files")

    return Case(policy="delivery-private-by-default", breaks=breaks)


def _origin(**origin: object) -> Case:
    def breaks(draft: Draft) -> None:
        origins = draft.find(t.DISTRIBUTION, "files").inputs["origins"]
        draft.set(t.DISTRIBUTION, "origins", [*origins, {"originId": "more", **origin}], "files")

    return Case(policy="delivery-origin-owned", breaks=breaks)


def _paged(type_: str, name: str, path: str) -> Case:
    """Let something that is no critical alarm speak on the topic that calls people."""

    def breaks(draft: Draft) -> None:
        topic = draft.find(t.TOPIC, "critical").outputs["arn"]
        value = topic if isinstance(draft.find(type_, name).inputs.get(path), str) else [topic]
        draft.set(type_, path, value, name)

    return Case(policy="alarm-pages-when-critical", breaks=breaks)


def _deaf(draft: Draft) -> None:
    for one in [
        one for one in draft.nodes if one.type == t.SUBSCRIPTION and one.name.startswith("edge-routine")
    ]:
        draft.set(t.SUBSCRIPTION, "filterPolicy", '{"never": ["sent"]}', one.name)


def _container(policy: str, **changes: object) -> Case:
    def breaks(draft: Draft) -> None:
        text = draft.find(t.TASK_DEFINITION, "ml").inputs["containerDefinitions"]
        if isinstance(text, str):
            first, *rest = json.loads(text)
            draft.set(
                t.TASK_DEFINITION, "containerDefinitions", json.dumps([{**first, **changes}, *rest]), "ml"
            )

    return Case(policy=policy, breaks=breaks)


def _parameter_twice(draft: Draft) -> None:
    given = draft.find(t.DB_PARAMETER_GROUP).inputs["parameters"]
    draft.set(t.DB_PARAMETER_GROUP, "parameters", [*given, {"name": "rds.force_ssl", "value": "0"}])


def _denial(**statement: object) -> Case:
    document = json.dumps(
        {
            "Statement": [
                {"Effect": "Deny", "Action": "backup:DeleteRecoveryPoint", "Resource": "*", **statement}
            ]
        }
    )
    return _set("backup-sealed", t.VAULT_POLICY, "policy", document, "recovery")


_DMARC = "v=DMARC1; p=quarantine; rua=mailto:dmarc@jtldconsulting.com"
_SKIP = {"action": "skip", "actionParameters": {"phases": ["http_ratelimit"]}}

CASES = (
    _granted(
        "identity-no-service-wildcard", Action="s3:?*", Resource="arn:aws:s3:::jtld-platform-files-prod"
    ),
    _granted("identity-no-service-wildcard", Action="SQS:**", Resource="arn:aws:sqs:x:333333333333:jobs"),
    _granted("identity-no-admin", Action="*", Resource="arn:aws:*"),
    _granted("identity-scoped-resources", Action="s3:GetObject", Resource="arn:aws:s3:::*"),
    _granted(
        "identity-scoped-resources",
        Action="secretsmanager:GetSecretValue",
        Resource="arn:aws:secretsmanager:*:*:secret:*",
    ),
    _granted("identity-no-escalation", Action="iam:PassRole", Resource=f"{ROLES}/?*"),
    _granted("identity-no-escalation", Action="sts:AssumeRole", Resource=f"{ROLES}/*"),
    _granted("identity-no-escalation", Action="iam:PutRolePermissionsBoundary", Resource=f"{ROLES}/**"),
    _granted("identity-decrypts-named-keys", Action="kms:Decr*", Resource="arn:*:kms:*:333333333333:k*"),
    _set(
        "identity-no-admin",
        t.ROLE_POLICY_ATTACHMENT,
        "policyArn",
        "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    ),
    _set(
        "database-encrypted", t.DB_INSTANCE, "kmsKeyId", "arn:aws:kms:x:333333333333:alias/aws/rds", "primary"
    ),
    _set("database-own-subnets", t.DB_INSTANCE, "dbSubnetGroupName", "default-vpc-0", "primary"),
    _set("database-parameters", t.DB_INSTANCE, "parameterGroupName", "default.postgres17", "primary"),
    Case(policy="database-parameters", breaks=_parameter_twice),
    _set("cache-evicts", t.REPLICATION_GROUP, "parameterGroupName", "default.valkey8"),
    _set("cache-users-only", t.CACHE_USER, "accessString", "on %RW~* +@read"),
    _set("logs-own-key", t.LOG_GROUP, "kmsKeyId", "alias/aws/logs"),
    _set("backup-own-key", t.VAULT, "kmsKeyArn", "arn:aws:kms:x:333333333333:alias/aws/backup", "recovery"),
    _set("topic-not-public", t.TOPIC, "policy", '{"Statement": {"Effect": "Allow", "Principal": "*"}}'),
    _set(
        "queues-not-public",
        t.QUEUE,
        "policy",
        '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "SQS:*"}}',
        "email",
    ),
    _set(
        "queues-dead-letters",
        t.REDRIVE_ALLOW_POLICY,
        "redriveAllowPolicy",
        '{"redrivePermission": "allowAll"}',
    ),
    _set(
        "jobs-outside-office-hours",
        t.SCHEDULE,
        "flexibleTimeWindow",
        {"mode": "FLEXIBLE", "maximumWindowInMinutes": 720},
        "expire-jobs",
    ),
    _set("jobs-schedule-complete", t.SCHEDULE, "endDate", "2026-12-01T00:00:00Z", "expire-jobs"),
    _set("event-goes-somewhere", t.EVENT_RULE, "state", "DISABLED", "failed-deployments"),
    _set("containers-survive-deployment", t.SCALING_TARGET, "minCapacity", 0, "ml"),
    _container("containers-isolated", linuxParameters={"capabilities": {"add": ["SYS_PTRACE"]}}),
    _container("containers-non-root", user=""),
    _container(
        "containers-no-plain-secrets",
        environment=[{"name": "STORE", "value": "postgresql://app:word@db.example/jtld"}],
    ),
    _set(
        "functions-no-plain-secrets",
        t.FUNCTION,
        "environment",
        {"variables": {"STORE": "postgresql://app:word@db.example/jtld"}},
        "status",
    ),
    *(_behaviour(pattern) for pattern in ("*", "resumes/*", "*.pdf", "photos*")),
    _origin(
        domainName="elsewhere.example",
        customOriginConfig={"originProtocolPolicy": "https-only", "originSslProtocols": ["TLSv1.2"]},
    ),
    Case(
        policy="delivery-origin-owned",
        breaks=lambda draft: draft.set(
            t.DISTRIBUTION,
            "origins.0.domainName",
            "jtld-platform-files-prod.s3.ca-central-1.amazonaws.com",
            "status",
        ),
    ),
    _record("dns-target-owned", type="NS", name=f"team.{ZONE}", content="ns1.elsewhere.example"),
    _record("dns-target-owned", type="SRV", name=f"_sip._tcp.{ZONE}", data={"target": "elsewhere.example"}),
    _record("dns-certificate-authorities", type="CAA", name=ZONE, content='0 issue "elsewhere.example"'),
    _record("dns-spf", type="TXT", name=f"team.{ZONE}", content='"V=SPF1 +all"'),
    _record("dns-dmarc", type="TXT", name=f"_dmarc.team.{ZONE}", content='"v=DMARC1; p=none"'),
    _record("dns-purpose", type="TXT", name=ZONE, content='"x"', comment=" . "),
    *(
        _set("dns-dmarc", t.DNS_RECORD, "content", f'"{record}"', "dmarc")
        for record in (
            f"{_DMARC}; sp=none",
            f"{_DMARC}; pct=0",
            f"{_DMARC}; t=y",
            f"{_DMARC}; ruf=mailto:reports@elsewhere.example",
            _DMARC.replace("mailto:", "mailto:reports@elsewhere.example,mailto:"),
        )
    ),
    Case(
        policy="hosting-domains-published",
        breaks=lambda draft: draft.drop(t.PROJECT_DOMAIN, "portal"),
    ),
    _set("hosting-previews-private", t.PROJECT, "publicSource", True),
    _set("hosting-identity-and-place", t.PROJECT, "serverlessFunctionRegion", "iad1"),
    _set(
        "hosting-production-secrets-apart",
        t.PROJECT_VARIABLE,
        "customEnvironmentIds",
        ["env_1"],
        "nextauth-secret-production",
    ),
    _set(
        "hosting-secrets-sensitive",
        t.PROJECT_VARIABLE,
        "value",
        "https://robot:word@example.com",
        "log-level-production",
    ),
    _set("hosting-firewall", t.FIREWALL_CONFIG, "rules.rules.0.active", False),
    _set(
        "hosting-firewall",
        t.FIREWALL_CONFIG,
        "ipRules",
        {"rules": [{"action": "bypass", "hostname": "*", "ip": "0.0.0.0/0"}]},
    ),
    _first(
        "edge-managed-rules",
        "managed-rules",
        action="skip",
        expression="true",
        actionParameters={"ruleset": "current"},
    ),
    _set(
        "edge-managed-rules",
        t.RULESET,
        "rules.0.actionParameters.overrides",
        {"action": "log"},
        "managed-rules",
    ),
    *(
        _first("edge-firewall-blocks", "firewall", expression=expression, **_SKIP)
        for expression in (
            'http.request.uri.path ne "/admin"',
            'not http.request.uri.path eq "/admin"',
            'http.request.uri.path eq "/x" or true',
            'starts_with(http.request.uri.path, "/")',
        )
    ),
    _set("edge-rate-limit", t.RULESET, "rules.0.ratelimit.requestsPerPeriod", 1000, "rate-limit"),
    _set("edge-rate-limit", t.RULESET, "rules.0.ratelimit.characteristics", ["cf.colo.id"], "rate-limit"),
    *(_private_pages(text) for text in ('http.host eq "x" and ({own})', "!({own})", "not ({own})")),
    _first(
        "edge-https-only",
        "configuration",
        action="set_config",
        expression="true",
        actionParameters={"automaticHttpsRewrites": False},
    ),
    Case(
        policy="edge-one-owner-per-phase",
        breaks=lambda draft: draft.add(
            node(
                t.RULESET,
                "origin",
                {
                    "zoneId": draft.find(t.ZONE).id,
                    "kind": "zone",
                    "phase": "http_request_origin",
                    "rules": [{"ref": "x", "expression": "true", "action": "route"}],
                },
                depends={"zoneId": [draft.find(t.ZONE)]},
            )
        ),
    ),
    _paged(t.METRIC_ALARM, "storage-size", "okActions"),
    _paged(t.EVENT_TARGET, "compute-deployment-failed", "arn"),
    _paged(t.VAULT_NOTIFICATIONS, "recovery", "snsTopicArn"),
    Case(
        policy="alarm-heard",
        breaks=lambda draft: (
            draft.set(t.METRIC_ALARM, "tags.jtld:purpose", "scaling", "storage-size"),
            draft.set(t.METRIC_ALARM, "alarmActions", [], "storage-size"),
        ),
    ),
    Case(policy="alarm-heard", breaks=_deaf),
    _set("uptime-checked-well", t.HEALTH_CHECK, "disabled", True),
    _denial(Principal={"AWS": f"{ROLES}/one"}),
    _denial(Principal="*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
    _set(
        "backup-plan-far-and-long",
        t.BACKUP_PLAN,
        "rules.0.copyActions.0.lifecycle",
        {"deleteAfter": 1},
    ),
    _set(
        "backup-plan-far-and-long",
        t.BACKUP_PLAN,
        "rules.0.copyActions.0.destinationVaultArn",
        "arn:aws:backup:ca-central-1:333333333333:backup-vault:near",
    ),
    _set("backup-plan-far-and-long", t.BACKUP_PLAN, "rules.0.schedule", "cron(0 5 1 1 ? *)"),
    _set("cost-budget-told", t.BUDGET, "notifications.0.thresholdType", "ABSOLUTE_VALUE"),
    _set("storage-backups-locked", t.BUCKET_OBJECT_LOCK, "rule.defaultRetention.days", 1, "dumps"),
    _set("storage-temp-expires", t.BUCKET_LIFECYCLE, "rules.3.filter", {"and": {"prefix": "temp/"}}, "files"),
    _set("storage-life-cycle", t.BUCKET_LIFECYCLE, "rules.0.filter.prefix", "temp/", "status"),
    _set("storage-replicated", t.BUCKET_REPLICATION, "rules.0.destination.bucket", "arn:aws:s3:::elsewhere"),
)
