from dataclasses import replace

from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node


def _ignoring(draft: Draft, type_: str, name: str, *properties: str) -> None:
    one = draft.find(type_, name)
    draft.nodes[draft.nodes.index(one)] = replace(one, ignore_changes=properties)


def _twin(draft: Draft, type_: str, name: str) -> None:
    """Add a resource that says what another says already: nothing is wrong but that there are two."""
    one = draft.find(type_, name)
    draft.add(replace(one, urn=f"{one.urn}-again", name=f"{name}-again"))


CASES = (
    Case(
        policy="stack-account-pinned",
        breaks=lambda draft: draft.unset(t.PROVIDER, "allowedAccountIds"),
    ),
    Case(
        policy="stack-account-pinned",
        breaks=lambda draft: draft.set(t.PROVIDER, "allowedAccountIds", '["333333333333", "444444444444"]'),
    ),
    Case(
        policy="stack-account-pinned",
        breaks=lambda draft: draft.set(t.PROVIDER, "endpoints", '[{"s3": "https://elsewhere.example"}]'),
    ),
    Case(policy="stack-account-pinned", breaks=lambda draft: draft.set(t.PROVIDER, "insecure", "true")),
    Case(
        policy="stack-tagged",
        breaks=lambda draft: draft.set(t.PROVIDER, "defaultTags", '{"tags": {"jtld:project": "x"}}'),
    ),
    Case(
        policy="stack-no-static-keys",
        breaks=lambda draft: draft.set(t.PROVIDER, "secretKey", "canary"),
    ),
    Case(
        policy="stack-stateful-protected",
        breaks=lambda draft: draft.unprotect(t.KEY, "data"),
    ),
    Case(
        policy="stack-stateful-protected",
        breaks=lambda draft: draft.unprotect(t.BUCKET_VERSIONING, "files"),
    ),
    *(
        Case(
            policy="stack-types-judged",
            breaks=lambda draft, type_=type_: draft.add(node(type_, "new", {})),
        )
        for type_ in (
            "aws:dynamodb/table:Table",
            "aws:rds/cluster:Cluster",
            "aws:alb/listener:Listener",
            "cloudflare:index/pageRule:PageRule",
            "command:local:Command",
            "pulumi:providers:command",
        )
    ),
    Case(
        policy="stack-nothing-ignored",
        breaks=lambda draft: _ignoring(draft, t.DB_INSTANCE, "primary", "deletionProtection"),
    ),
    Case(
        policy="stack-nothing-ignored", breaks=lambda draft: _ignoring(draft, t.BUCKET_POLICY, "files", "*")
    ),
    *(
        Case(policy="stack-one-owner", breaks=lambda draft, one=one: _twin(draft, *one))
        for one in (
            (t.BUCKET_POLICY, "files"),
            (t.BUCKET_LIFECYCLE, "files"),
            (t.ZONE_SETTING, "ssl"),
            (t.VAULT_POLICY, "recovery"),
            (t.FIREWALL_CONFIG, "firewall"),
            (t.ACCOUNT_PUBLIC_ACCESS, "account"),
        )
    ),
)
