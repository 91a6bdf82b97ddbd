import json
from typing import Any

from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node

PROVIDER = node(
    t.GRAFANA_PROVIDER,
    "grafana",
    {"url": "https://jtldconsulting.grafana.net", "insecureSkipVerify": "false", "auth": "glsa_token"},
)
OPTIONS = {
    "authType": "grafana_assume_role",
    "assumeRoleArn": "arn:aws:iam::333333333333:role/jtld-prod-grafana-1",
    "defaultRegion": "ca-central-1",
}
SOURCE = node(
    t.GRAFANA_SOURCE,
    "ca-central-1",
    {
        "uid": "jtld-prod-ca-central-1",
        "type": "cloudwatch",
        "accessMode": "proxy",
        "jsonDataEncoded": json.dumps(OPTIONS),
    },
)
DASHBOARD = node(
    t.GRAFANA_DASHBOARD,
    "data",
    {"configJson": json.dumps({"uid": "jtld-prod-data", "editable": False}), "overwrite": False},
)
PERMISSION = node(
    t.GRAFANA_FOLDER_PERMISSION,
    "folder",
    {"folderUid": "jtld-prod-dashboards", "permissions": [{"role": "Editor", "permission": "View"}]},
)


def given(type_: str, path: str, value: Any) -> Any:
    def breaks(draft: Draft) -> None:
        draft.set(type_, path, value)

    return breaks


def options(**changes: Any) -> Any:
    kept = {key: value for key, value in (OPTIONS | changes).items() if value is not None}
    return given(t.GRAFANA_SOURCE, "jsonDataEncoded", json.dumps(kept))


BREAKS = (
    ("grafana-encrypted-way", PROVIDER, given(t.GRAFANA_PROVIDER, "url", "http://grafana.example.com")),
    (
        "grafana-encrypted-way",
        PROVIDER,
        given(t.GRAFANA_PROVIDER, "url", "https://admin:admin@grafana.example.com"),
    ),
    (
        "grafana-encrypted-way",
        PROVIDER,
        lambda draft: draft.unset(t.GRAFANA_PROVIDER, "url"),
    ),
    ("grafana-encrypted-way", PROVIDER, given(t.GRAFANA_PROVIDER, "insecureSkipVerify", "true")),
    ("grafana-reads-by-role", SOURCE, options(authType="keys")),
    ("grafana-reads-by-role", SOURCE, options(authType=None)),
    ("grafana-reads-by-role", SOURCE, options(assumeRoleArn=None)),
    (
        "grafana-reads-by-role",
        SOURCE,
        given(t.GRAFANA_SOURCE, "secureJsonDataEncoded", json.dumps({"accessKey": "A", "secretKey": "B"})),
    ),
    ("grafana-reads-by-role", SOURCE, given(t.GRAFANA_SOURCE, "httpHeaders", {"Authorization": "A"})),
    ("grafana-reads-by-role", SOURCE, given(t.GRAFANA_SOURCE, "accessMode", "direct")),
    (
        "grafana-changed-in-code",
        DASHBOARD,
        given(t.GRAFANA_DASHBOARD, "configJson", json.dumps({"uid": "jtld-prod-data"})),
    ),
    (
        "grafana-changed-in-code",
        DASHBOARD,
        given(t.GRAFANA_DASHBOARD, "configJson", json.dumps({"editable": True})),
    ),
    ("grafana-changed-in-code", DASHBOARD, given(t.GRAFANA_DASHBOARD, "overwrite", True)),
    (
        "grafana-changed-in-code",
        PERMISSION,
        given(t.GRAFANA_FOLDER_PERMISSION, "permissions.0.permission", "Edit"),
    ),
)
PUBLIC = node(t.GRAFANA_PUBLIC_DASHBOARD, "data", {"dashboardUid": "jtld-prod-data", "isEnabled": True})
CASES = (
    *(Case(policy=policy, adds=(added,), breaks=breaks) for policy, added, breaks in BREAKS),
    Case(policy="grafana-not-public", breaks=lambda draft: draft.add(PUBLIC)),
)
