"""A plan that loses data stops the delivery until exactly that plan is accepted (SC-3, DL-N1)."""

import pytest
from typer.testing import CliRunner, Result

from ops import delivery
from ops.plan import Plan, parse
from tests.delivery import events
from tests.delivery.events import DATABASE, RULE

LOSING = parse([*events.replacement(DATABASE, "primary", keys=("engine",)), events.summary(replace=1)])
OTHER = parse([events.step("delete", DATABASE, "primary"), events.summary(delete=1)])
HARMLESS = parse([events.step("create", RULE, "rule"), events.summary(create=1)])
REFUSED = parse([events.violation("p", events.urn(RULE, "rule")), events.summary()])
BROKEN = parse([events.error()])


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch):
    """Run `plan` as if the engine had this in mind."""

    def run(preview: Plan, accepted: str = "") -> Result:
        monkeypatch.setattr(delivery, "_preview", lambda _stack: preview)
        return CliRunner().invoke(delivery.app, ["plan", "prod"], env={"JTLD_ACCEPTED": accepted})

    return run


def test_a_harmless_plan_needs_no_acceptance(planned) -> None:
    assert planned(HARMLESS).exit_code == 0


def test_a_plan_that_replaces_the_database_stops_and_says_how_to_accept_it(planned) -> None:
    result = planned(LOSING)
    assert result.exit_code == 3
    assert "replace primary (database)" in result.stderr
    assert f"accept-loss:{LOSING.fingerprint}" in result.stderr
    assert "backup" in result.stderr


def test_the_acceptance_of_exactly_this_plan_among_other_labels_lets_it_through(planned) -> None:
    assert planned(LOSING, f"bug accept-loss:{LOSING.fingerprint} dev").exit_code == 0


@pytest.mark.parametrize(
    "accepted", ["accept-loss", "accept-loss:", f"accept-loss:{OTHER.fingerprint}", "yes"]
)
def test_the_acceptance_of_anything_else_does_not(planned, accepted: str) -> None:
    assert planned(LOSING, accepted).exit_code == 3


def test_no_acceptance_overrules_the_pack(planned) -> None:
    result = planned(REFUSED, f"accept-loss:{REFUSED.fingerprint}")
    assert result.exit_code == 3
    assert "policy pack refuses" in result.stderr


def test_a_preview_that_fails_is_not_passed_on(planned) -> None:
    assert planned(BROKEN).exit_code == 1
