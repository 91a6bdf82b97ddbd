"""MO-5: what visitors are told follows from the alarms, and from nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.status.page import SHOWN, render
from services.status.report import Check, Incident, Part, State, dump, follow, judge, parse, worst

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
SITE = "jtldconsulting.com"


def check(name: str, *, decisive: bool = False) -> Check:
    return Check(arn=f"arn:aws:cloudwatch:ca-central-1:111111111111:alarm:{name}", decisive=decisive)


DOWN, SLOW = check("down", decisive=True), check("slow")


@pytest.mark.parametrize(
    ("down", "slow", "state"),
    [
        ("OK", "OK", State.OPERATIONAL),
        ("OK", "ALARM", State.DEGRADED),
        ("ALARM", "OK", State.OUTAGE),
        ("ALARM", "ALARM", State.OUTAGE),
        ("OK", "INSUFFICIENT_DATA", State.OPERATIONAL),
        ("OK", None, State.OPERATIONAL),
        ("INSUFFICIENT_DATA", "OK", State.UNKNOWN),
        (None, "OK", State.UNKNOWN),
        (None, None, State.UNKNOWN),
        ("INSUFFICIENT_DATA", "ALARM", State.DEGRADED),
    ],
)
def test_a_part_is_what_its_alarms_say(down: str | None, slow: str | None, state: State) -> None:
    answers = {DOWN.arn: down, SLOW.arn: slow}
    assert judge([DOWN, SLOW], {arn: answer for arn, answer in answers.items() if answer}) is state


def test_a_part_nobody_checks_is_unknown() -> None:
    assert judge([], {}) is State.UNKNOWN


def test_a_part_without_decisive_checks_is_unknown_when_all_are_silent() -> None:
    assert judge([SLOW], {}) is State.UNKNOWN
    assert judge([SLOW], {SLOW.arn: "OK"}) is State.OPERATIONAL


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA", "NEW", None])),
        max_size=6,
    )
)
def test_no_silence_is_ever_shown_as_operational(given_checks: list[tuple[bool, str | None]]) -> None:
    checks = [check(str(number), decisive=decisive) for number, (decisive, _) in enumerate(given_checks)]
    answers = {
        one.arn: answer for one, (_, answer) in zip(checks, given_checks, strict=True) if answer is not None
    }
    if judge(checks, answers) is State.OPERATIONAL:
        assert "OK" in answers.values()
        assert "ALARM" not in answers.values()
        assert all(answers.get(one.arn) == "OK" for one in checks if one.decisive)


def test_the_worst_part_speaks_for_the_whole() -> None:
    parts = [Part(name=state, state=state) for state in State]
    assert worst(parts) is State.OUTAGE
    assert worst(parts[:2]) is State.UNKNOWN
    assert worst([]) is State.UNKNOWN


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def days(*states: State, part: str = "API") -> list[Incident]:
    incidents: list[Incident] = []
    for minute, state in enumerate(states):
        incidents = follow(incidents, [Part(name=part, state=state)], at(minute))
    return incidents


def test_an_incident_begins_grows_worse_and_ends() -> None:
    assert days(State.DEGRADED, State.OUTAGE, State.DEGRADED, State.OPERATIONAL) == [
        Incident(
            part="API",
            state=State.OUTAGE,
            began="2026-11-22T16:00:00+00:00",
            ended="2026-11-22T16:03:00+00:00",
        )
    ]


def test_silence_neither_begins_nor_ends_an_incident() -> None:
    assert days(State.UNKNOWN) == []
    (running,) = days(State.OUTAGE, State.UNKNOWN)
    assert running.ended is None


def test_two_incidents_of_a_part_stay_two_and_the_newest_stands_first() -> None:
    found = days(State.OUTAGE, State.OPERATIONAL, State.DEGRADED)
    assert [(incident.state, incident.ended is None) for incident in found] == [
        (State.DEGRADED, True),
        (State.OUTAGE, False),
    ]


def test_the_incident_of_a_part_that_is_gone_ends() -> None:
    assert follow(days(State.OUTAGE), [], at(9))[0].ended == "2026-11-22T16:09:00+00:00"


def test_an_incident_is_forgotten_90_days_after_its_end_and_never_before() -> None:
    ended = days(State.OUTAGE, State.OPERATIONAL)
    assert follow(ended, [], at(1) + timedelta(days=90)) == ended
    assert follow(ended, [], at(2) + timedelta(days=90)) == []
    running = days(State.OUTAGE)
    assert len(follow(running, [Part(name="API", state=State.OUTAGE)], NOW + timedelta(days=400))) == 1


def test_the_history_survives_from_one_update_to_the_next() -> None:
    history = days(State.OUTAGE, State.OPERATIONAL, State.DEGRADED)
    assert parse(dump(history)) == history


@pytest.mark.parametrize("broken", [b"", b"{}x", b"[1]", b'[{"part": "API"}]', b'[{"state": "fine"}]', b"7"])
def test_a_history_that_cannot_be_read_does_not_stop_the_page(broken: bytes) -> None:
    assert parse(broken) == []


def test_the_page_escapes_what_it_is_given() -> None:
    html = render("<b>&", [Part(name="<i>", state=State.OUTAGE)], days(State.OUTAGE, part="<u>"), NOW)
    assert not {"<b>", "<i>", "<u>"} & {html[i : i + 3] for i in range(len(html))}


def test_the_page_stays_below_50_kilobytes_after_a_bad_quarter() -> None:
    parts = [Part(name=f"Part {number}", state=State.OUTAGE) for number in range(5)]
    began, ended = NOW.isoformat(), at(125).isoformat()
    incidents = [Incident(part="File Storage", state=State.OUTAGE, began=began, ended=ended)] * 5000
    html = render(SITE, parts, incidents, NOW)
    assert len(html.encode()) < 50_000
    assert html.count("(2 h 5 min)") == SHOWN


def test_the_page_loads_nothing() -> None:
    html = render(SITE, [], [], NOW)
    assert "http" not in html.replace(SITE, "")
    assert "src=" not in html
    assert html.count("<link") == 1
