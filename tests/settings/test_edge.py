"""One bad value for each rule of the zone (ED): what the plan cannot do names the plan that can."""

from datetime import date

import pytest

from ops.calendar import events
from settings import load_stack_file
from settings.cloudflare_plan import Plan
from settings.registration import Registration
from tests.settings.documents import changed, problems, stack_values
from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)
from tests.support.run import ROOT

MANAGED_RULE = "0123456789abcdef0123456789abcdef"
EXCEPTION = {"ruleset": "owasp", "ruleId": MANAGED_RULE, "action": "log", "reason": "Stops resumes in French"}

ROWS = [
    Bad("ED-5: an unknown plan", "prod", "edge.plan", "premium", "business"),
    Bad("ED-1: an account id with capitals", "prod", "edge.accountId", "A" * 32, "32 hexadecimal digits"),
    Bad("ED-1: a zone by its name", "prod", "edge.zoneId", "jtldconsulting.com", "32 hexadecimal digits"),
    Bad("ED-2: HSTS of a month", "dev", "edge.hsts.maxAgeDays", 30, "at least 183"),
    between(
        "ED-2: half a year of HSTS in prod", "prod", "edge.hsts.maxAgeDays", 183, "365 days", at="edge.hsts"
    ),
    between(
        "ED-2: preload for half a year",
        "dev",
        "edge.hsts",
        {"maxAgeDays": 183, "preload": True},
        "unless",
        at="edge.hsts.preload",
    ),
    Bad("ED-4: a limit of nothing", "prod", "edge.rateLimit.requests", 0, "at least 1"),
    Bad("ED-4: a period Cloudflare does not count", "prod", "edge.rateLimit.periodSeconds", 45, "60"),
    between(
        "ED-5: a minute on the free plan",
        "dev",
        "edge.rateLimit.periodSeconds",
        60,
        "Cloudflare's pro plan can",
    ),
    between(
        "ED-5: ten minutes on pro",
        "prod",
        "edge.rateLimit.periodSeconds",
        600,
        "Cloudflare's business plan can",
    ),
    between("ED-5: a long block on the free plan", "dev", "edge.rateLimit.blockSeconds", 60, "pro plan can"),
    between("ED-5: managed rules on the free plan", "dev", "edge.waf.managed", True, "pro plan can"),
    between("ED-4: no managed rules in prod", "prod", "edge.waf.managed", False, "must be true in prod"),
    between("ED-4: an exception without rules", "dev", "edge.waf.exceptions", [EXCEPTION], "must be empty"),
    Bad(
        "ED-4: an exception without a reason",
        "prod",
        "edge.waf.exceptions",
        [{**EXCEPTION, "reason": ""}],
        "1 to 128",
        at="edge.waf.exceptions[0].reason",
    ),
    Bad("ED-4: a paranoia level of nine", "prod", "edge.waf.owasp.paranoiaLevel", 9, "at most 4"),
    between("ED-5: Super Bot Fight on the free plan", "dev", "edge.bots", "superFight", "pro plan can"),
    between("ED-4: Bot Fight Mode before webhooks", "dev", "edge.bots", "fight", "must not be fight"),
    between(
        "ED-5: image compression on the free plan", "dev", "edge.imageOptimisation", True, "pro plan can"
    ),
    between(
        "ED-5: a sub-domain as a zone",
        "dev",
        "environment.domain",
        "dev.jtldconsulting.com",
        "Cloudflare's enterprise plan can",
        at="edge.plan",
    ),
    Bad("ED-1: no authority at all", "prod", "edge.certificateAuthorities", [], "at least 1"),
    Bad("ED-6: half a fail-over", "prod", "edge.webTraffic", "both", "failOver"),
    Bad("ED-8: a registration that lapses", "prod", "edge.registration.autoRenew", False, "must be True"),
    Bad("ED-8: an owner in public", "prod", "edge.registration.whoisPrivacy", False, "must be True"),
    between(
        "ED-8: a date in another form", "prod", "edge.registration.expiresOn", "02/03/2028", "YYYY-MM-DD"
    ),
    Bad("ED-N6: a TXT record without purpose", "prod", "edge.txtRecords.0.purpose", "", "1 to 128"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_its_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("edge.webTraffic", "failOver"),
        ("edge.underAttack", True),
        ("edge.rateLimit.requests", 60),
        ("edge.waf.exceptions", [EXCEPTION]),
    ],
)
def test_a_good_value_is_taken(key: str, value: object) -> None:
    taken("prod", key, value)


def test_what_a_plan_cannot_do_names_a_lesser_rule_too() -> None:
    """ED-5: the way out is either a plan or a rule that the plan has."""
    values = changed(
        stack_values("dev"), "edge.rateLimit", {"requests": 100, "periodSeconds": 60, "blockSeconds": 10}
    )
    (found,) = problems("dev", values)
    assert "periodSeconds: 10 with requests: 16" in found.remedy
    assert "move the zone to pro" in found.remedy


def test_every_plan_can_do_at_least_what_a_cheaper_one_can() -> None:
    """ED-5: a table typed by hand must not send anybody to a plan that can do less."""
    for cheaper, dearer in zip(list(Plan), list(Plan)[1:], strict=False):
        less, more = cheaper.abilities, dearer.abilities
        assert more.custom_rules >= less.custom_rules
        assert more.rate_limit_rules >= less.rate_limit_rules
        assert set(more.rate_limit_periods_seconds) >= set(less.rate_limit_periods_seconds)
        assert more.rate_limit_longest_block_seconds >= less.rate_limit_longest_block_seconds
        assert more.managed_rules >= less.managed_rules
        assert more.shortest_ttl_seconds <= less.shortest_ttl_seconds


def test_a_domain_that_expires_within_thirty_days_needs_looking_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ED-8."""
    registration = Registration(registrar="Cloudflare Registrar", expires_on=date(2027, 1, 31))
    for day, soon in ((date(2026, 12, 31), False), (date(2027, 1, 1), True), (date(2027, 2, 1), True)):
        monkeypatch.setattr("settings.registration.today", lambda day=day: day)
        assert registration.expires_soon is soon


def test_the_calendar_reminds_of_the_domain_thirty_days_before() -> None:
    """ED-8."""
    prod = load_stack_file(ROOT / "Pulumi.prod.yaml")
    (reminder,) = [one for one in events(prod, today=date(2026, 11, 22)) if one.key == "domain"]
    assert reminder.day == date(2028, 2, 1)
    assert "jtldconsulting.com is paid for 30 more days" in reminder.title
