"""What a command says about the policies, from what the plan and the update said."""

from types import SimpleNamespace
from typing import Any

import pytest

from ops import deploy, recovery, state, summary
from ops.engine import EngineError, Run
from ops.outcome import Outcome, Result
from ops.plan import Plan, Violation, parse

OPEN = Violation(policy="not-known-yet", level="advisory", urn="", message="decided during the update: a (3)")
ADVICE = Violation(policy="edge-hygiene", level="advisory", urn="urn:pulumi:dev::p::t::zone")
REFUSAL = Violation(policy="storage-versioned", level="mandatory", urn="urn:pulumi:dev::p::t::files")


def _ran(
    *violations: Violation,
    code: int = 0,
    failures: int = 0,
    interrupted: bool = False,
    complete: bool = True,
) -> Run:
    plan = Plan(
        changes=(),
        violations=violations,
        policies_passed=1,
        packs=("jtld-platform",),
        errors=0,
        complete=complete,
        failures=failures,
    )
    return Run(code=code, plan=plan, said="", interrupted=interrupted)


def _up(monkeypatch: pytest.MonkeyPatch, **runs: Run) -> Outcome:
    monkeypatch.setattr(recovery, "examine", lambda _: None)
    monkeypatch.setattr(state, "read", lambda _: SimpleNamespace(outputs={}))
    engine: Any = SimpleNamespace(
        sandbox=SimpleNamespace(stack="dev"), operate=lambda operation, *_, **__: runs[operation]
    )
    return deploy.up(engine)


def test_a_finished_update_has_nothing_left_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _up(monkeypatch, preview=_ran(OPEN, ADVICE), up=_ran(ADVICE))
    assert outcome.result is Result.DONE
    assert outcome.policies == (ADVICE,)
    assert [one["policy"] for one in outcome.document()["policies"]] == ["edge-hygiene"]


def test_advice_that_the_update_answered_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _up(monkeypatch, preview=_ran(OPEN, ADVICE), up=_ran()).policies == ()


@pytest.mark.parametrize("broken", [{"failures": 1}, {"interrupted": True}])
def test_an_update_that_stopped_half_way_leaves_the_plans_verdict_standing(
    monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any]
) -> None:
    """Its stack policies judged half a stack: what they miss in it says nothing."""
    outcome = _up(monkeypatch, preview=_ran(OPEN, ADVICE), up=_ran(REFUSAL, code=1, **broken))
    assert outcome.result is Result.FAILED
    assert set(outcome.policies) == {OPEN, ADVICE}


def test_an_interrupt_during_the_check_of_the_plan_stops_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also one that came so late that the check ended well."""
    assert _up(monkeypatch, preview=_ran(interrupted=True)).result is Result.FAILED


def test_half_a_plan_is_never_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the engine's events break off, and with them what the pack said of the rest."""
    half = parse(['{"policyEvent": {"policyName": "a", "enforcementLevel": "advisory"}}\n', '{"summaryEv'])
    assert (len(half.violations), half.complete) == (1, False)
    with pytest.raises(EngineError, match="Nothing was changed"):
        _up(monkeypatch, preview=_ran(complete=False))


def test_what_only_the_update_can_see_is_refused_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _up(monkeypatch, preview=_ran(OPEN), up=_ran(REFUSAL, code=1))
    assert outcome.result is Result.REFUSED
    assert outcome.policies[0] == REFUSAL
    assert "nothing was changed" not in _told(outcome, capsys)


def test_a_refused_plan_is_not_carried_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _up(monkeypatch, preview=_ran(OPEN, REFUSAL))
    assert outcome.result is Result.REFUSED
    assert set(outcome.policies) == {OPEN, REFUSAL}
    assert "nothing was changed" in _told(outcome, capsys)


def _told(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> str:
    summary.show(outcome, state.State(resources=(), pending=()))
    return " ".join(capsys.readouterr().err.split())
