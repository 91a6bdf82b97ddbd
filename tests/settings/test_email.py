"""One bad value for each rule of e-mail (EM)."""

from datetime import date

import pytest

from tests.settings.rules import (
    Bad,
    between,
    judged_by_the_schema_as_marked,
    refused_by_its_rule_alone,
    taken,
)

ROWS = [
    Bad("EM-7: an unknown service", "prod", "email.provider", "mailgun", "sendgrid"),
    Bad("ED-1: nowhere to receive mail", "prod", "email.mailboxes.exchanges", [], "at least 1"),
    Bad(
        "ED-1: a priority DNS cannot carry",
        "prod",
        "email.mailboxes.exchanges.0.priority",
        70000,
        "at most 65535",
    ),
    between(
        "EM-2: an SPF include nobody counted",
        "prod",
        "email.mailboxes.spfInclude",
        "spf.example.net",
        "can evaluate",
    ),
    Bad(
        "EM-2: an SPF include with its mechanism",
        "prod",
        "email.mailboxes.spfInclude",
        "include:x.net",
        "domain of an SPF include",
    ),
    between(
        "EM-N2: both streams on one domain", "prod", "email.streams.marketing.label", "notify", "must differ"
    ),
    Bad(
        "EM-7: another return path",
        "prod",
        "email.streams.marketing.sendgrid.returnPathLabel",
        "bounce",
        "em<number>",
    ),
    Bad("EM-7: a key in quotes", "prod", "email.streams.marketing.resend.dkimPublicKey", '"MIIB"', "base64"),
    Bad("EM-7: another account number", "prod", "email.sendgrid.user", "4821937", "u<number>"),
    between(
        "EM-N3: reject on day one",
        "prod",
        "email.dmarc",
        {"stage": "reject", "rejectSince": "2026-11-20"},
        "30 recorded days of quarantine; recorded: 0",
        at="email.dmarc.stage",
    ),
    between(
        "EM-2: a stage without its day",
        "prod",
        "email.dmarc",
        {"stage": "quarantine"},
        "today at the latest",
        at="email.dmarc.quarantineSince",
    ),
    between(
        "EM-N1: sending before verification",
        "dev",
        "email.sending",
        {"enabled": True},
        "authenticationVerifiedOn",
        at="email.sending.enabled",
    ),
    between(
        "EM-8: sending from the sandbox in prod",
        "prod",
        "email.sending",
        {"enabled": True, "authenticationVerifiedOn": "2026-11-10"},
        "productionAccessOn",
        at="email.sending.enabled",
    ),
    between(
        "EM-5: a rate that nobody granted",
        "prod",
        "email.sending",
        {"perSecond": 14},
        "must be 1",
        at="email.sending.perSecond",
    ),
]


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("dmarc", "email"):
        monkeypatch.setattr(f"settings.{module}.today", lambda: date(2026, 11, 22))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_a_bad_value_is_refused_by_its_rule_alone(row: Bad) -> None:
    refused_by_its_rule_alone(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
def test_the_schema_refuses_what_is_wrong_by_its_form(row: Bad) -> None:
    judged_by_the_schema_as_marked(row)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("email.provider", "resend"),
        ("email.dmarc", {"stage": "reject", "quarantineSince": "2026-10-01", "rejectSince": "2026-11-01"}),
        (
            "email.sending",
            {
                "enabled": True,
                "authenticationVerifiedOn": "2026-11-10",
                "productionAccessOn": "2026-11-12",
                "perSecond": 14,
                "perDay": 50000,
            },
        ),
    ],
)
def test_a_good_value_is_taken(key: str, value: object) -> None:
    """EM-8, EM-N1: with both proofs recorded, prod may send."""
    taken("prod", key, value)
