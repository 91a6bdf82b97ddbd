"""One bad value for each rule of hosting (HO)."""

from datetime import date

import pytest

from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

KEY = {"serial": 3, "createdOn": "2026-10-20", "reason": "The old importer, until January (Lea)"}
LINK = {"repository": "jtld-consulting/platform", "appInstalledOn": "2026-11-02"}

ROWS = [
    Bad("HO-7: an unknown plan", "prod", "hosting.plan", "hobby", "enterprise"),
    Bad(
        "HO-1: an address as repository",
        "prod",
        "hosting.git",
        {**LINK, "repository": "https://github.com/a/b"},
        "owner/name",
        at="hosting.git.repository",
    ),
    Bad("HO-1: another framework", "prod", "hosting.build.framework", "remix", "nextjs"),
    Bad("HO-N2: a root directory left open", "prod", "hosting.build.rootDirectory", "", "match"),
    Bad("HO-1: an old Node.js", "prod", "hosting.build.nodeVersion", "18.x", "22.x"),
    Bad("HO-1: functions abroad", "prod", "hosting.functions.region", "iad1", "yul1"),
    Bad("HO-7: an endless function", "prod", "hosting.functions.defaultTimeoutSeconds", 900, "at most 300"),
    between(
        "HO-7: heavy routes cut short", "prod", "hosting.functions.heavyTimeoutSeconds", 10, "must be longer"
    ),
    Bad("HO-7: a page as heavy route", "prod", "hosting.functions.heavyRoutes.0", "app/page.tsx", "app/api/"),
    between(
        "HO-3: a host twice",
        "prod",
        "hosting.hosts",
        {"serve": ["api", "www"]},
        "once",
        at="hosting.hosts.serve[1]",
    ),
    Bad("HO-4: deployments for ever", "prod", "hosting.retention.preview", "unlimited", "1m"),
    between(
        "HO-2: a variable in lower case",
        "prod",
        "hosting.variables",
        {"log-level": "info"},
        "capitals",
        at="hosting.variables.log-level.[key]",
    ),
    between(
        "HO-N1: a secret in a stack file",
        "prod",
        "hosting.variables",
        {"STRIPE_API_KEY": "x"},
        "must not name a secret",
        at="hosting.variables",
    ),
    between(
        "HO-6: a key of four months",
        "prod",
        "hosting.staticKey",
        {**KEY, "createdOn": "2026-07-20"},
        "last 90 days",
        at="hosting.staticKey.createdOn",
    ),
]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.hosting.today", lambda: date(2026, 11, 22))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_its_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(("key", "value"), [("hosting.git", LINK), ("hosting.staticKey", KEY)])
def test_a_good_value_is_taken(key: str, value: object) -> None:
    taken("prod", key, value)
