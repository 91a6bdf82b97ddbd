"""SPF arithmetic and the DMARC state machine (EM-2, EM-N3)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from settings import dmarc, spf
from settings.dmarc import DmarcSettings, DmarcStage

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dmarc, "today", lambda: TODAY)


def test_one_record_covers_every_provider_once() -> None:
    """EM-2: SES and Resend both send through amazonses.com, which must not be counted twice."""
    assert spf.merged_record(["amazonses.com", "sendgrid.net", "amazonses.com"]) == (
        "v=spf1 include:amazonses.com include:sendgrid.net ~all"
    )
    assert spf.lookups(["amazonses.com", "sendgrid.net", "amazonses.com"]) == 3


def test_an_include_costs_itself_and_what_is_below_it() -> None:
    assert spf.lookups(["_spf.google.com"]) == 4


def test_more_than_ten_lookups_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """EM-2: from the eleventh look-up on, receivers answer permerror and ignore the whole record."""
    monkeypatch.setitem(spf.KNOWN_INCLUDES, "ten.example", spf.Include(nested_lookups=9))
    spf.merged_record(["ten.example"])
    with pytest.raises(spf.SpfError, match="11 DNS look-ups"):
        spf.merged_record(["ten.example", "amazonses.com"])


def test_more_than_two_void_lookups_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(spf.KNOWN_INCLUDES, "gone.example", spf.Include(nested_lookups=3, void_lookups=3))
    with pytest.raises(spf.SpfError, match="find nothing"):
        spf.merged_record(["gone.example"])


def test_an_include_that_nobody_counted_is_refused_with_the_way_to_count_it() -> None:
    with pytest.raises(spf.SpfError, match=r"dig TXT mail\.example"):
        spf.merged_record(["mail.example"])


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=1200))
def test_long_values_are_cut_into_strings_that_join_to_the_same_value(text: str) -> None:
    strings = spf.txt_strings(text)
    assert "".join(strings) == text
    assert strings
    assert all(len(part) <= 255 for part in strings)


def test_a_domain_starts_at_quarantine() -> None:
    """EM-2: start: quarantine."""
    settings = DmarcSettings(quarantine_since=TODAY)
    assert settings.stage is DmarcStage.QUARANTINE
    assert settings.record("jtldconsulting.com") == (
        "v=DMARC1; p=quarantine; sp=quarantine; adkim=r; aspf=r; rua=mailto:dmarc@jtldconsulting.com"
    )


def test_monitoring_publishes_no_policy() -> None:
    record = DmarcSettings(stage=DmarcStage.MONITOR, monitor_since=TODAY).record("jtldconsulting.com")
    assert "p=none; sp=none" in record


def test_reject_is_possible_after_thirty_recorded_days_of_quarantine() -> None:
    """EM-N3."""
    settings = DmarcSettings(
        stage=DmarcStage.REJECT, quarantine_since=TODAY - timedelta(days=30), reject_since=TODAY
    )
    assert "p=reject; sp=reject" in settings.record("jtldconsulting.com")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"stage": "reject", "reject_since": TODAY}, "30 recorded days of quarantine; recorded: 0"),
        (
            {"stage": "reject", "quarantine_since": TODAY - timedelta(days=29), "reject_since": TODAY},
            "recorded: 29",
        ),
        (
            {"stage": "reject", "quarantine_since": TODAY, "reject_since": TODAY + timedelta(days=30)},
            "today at the latest",
        ),
        ({"stage": "reject", "quarantine_since": TODAY - timedelta(days=60)}, "today at the latest"),
        ({"stage": "quarantine"}, "today at the latest"),
        ({"stage": "quarantine", "quarantine_since": TODAY + timedelta(days=1)}, "today at the latest"),
        (
            {"stage": "monitor", "monitor_since": TODAY - timedelta(days=9), "quarantine_since": TODAY},
            "must not fall back from quarantine",
        ),
        (
            {"stage": "quarantine", "monitor_since": TODAY, "quarantine_since": TODAY},
            "must be later than the day of monitor",
        ),
        ({"stage": "quarantine", "quarantine_since": "22/11/2026"}, "written YYYY-MM-DD"),
        ({"stage": "none", "quarantine_since": TODAY}, "quarantine"),
    ],
)
def test_a_stage_without_its_record_is_refused(values: dict[str, Any], complaint: str) -> None:
    """EM-2, EM-N3."""
    with pytest.raises(ValidationError, match=complaint):
        DmarcSettings(**values)


def test_a_stack_files_text_is_read_as_a_date() -> None:
    assert DmarcSettings.model_validate({"quarantineSince": "2026-10-01"}).quarantine_since == date(
        2026, 10, 1
    )
