"""Levels and limits per stack, from one linted file."""

from dataclasses import replace
from pathlib import Path

import pytest

from policies import tokens as t
from policies.levels import Environment, Level, Levels, LevelsError, load_overrides
from policies.registry import all_policies
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, node, platform, violations

POLICIES = all_policies()


def _load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "levels.yaml"
    path.write_text(text)
    return load_overrides(POLICIES, path)


def test_dev_may_be_taken_less_strictly_with_a_reason(tmp_path: Path) -> None:
    overrides = _load(
        tmp_path,
        "dev: {keys-deletion-slow: {days: 7, reason: dev keys hold nothing}, "
        "network-flow-logged: {level: advisory, reason: dev is cheap}}",
    )
    dev = Levels(Environment.DEV, POLICIES, overrides)
    assert dev["keys-deletion-slow"].limits == {"days": 7}
    assert dev["network-flow-logged"].level is Level.ADVISORY
    assert Levels(Environment.PROD, POLICIES, overrides)["keys-deletion-slow"].limits == {"days": 30}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "dev: {keys-rotatd: {level: advisory, reason: x}}",
            "dev.keys-rotatd: no such policy; did you mean keys-rotated?",
        ),
        (
            "dev: {keys-rotated: {dais: 3, reason: x}}",
            "dev.keys-rotated.dais: no such property; did you mean days?",
        ),
        ("dev: {keys-rotated: {days: many, reason: x}}", "days: must be a int"),
        ("dev: {keys-rotated: {level: advisry, reason: x}}", "advisry is no level; did you mean advisory?"),
        ("dev: {keys-rotated: {level: advisory}}", "needs a reason"),
        ("dev: {keys-rotated: advisory}", "must be an object"),
        ("dev: [keys-rotated]", "must map policy ids"),
        ("prd: {}", "prd: no such environment; did you mean prod?"),
        ("prod: {keys-rotated: {level: advisory, reason: x}}", "prod cannot be weakened"),
        ("prod: {storage-replicated: {level: disabled, reason: x}}", "prod cannot be weakened"),
        ("prod: {keys-rotated: {days: 3650, reason: x}}", "prod takes the limits written in the code"),
        ("dev: {residency-in-canada: {regions: [us-east-1], reason: x}}", "a critical policy is as strict"),
        ("staging: {storage-encrypted: {level: advisory, reason: x}}", "a critical policy is as strict"),
        ("nonsense", "must map environments"),
    ],
)
def test_a_wrong_levels_file_is_refused_with_what_was_probably_meant(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(LevelsError) as refused:
        _load(tmp_path, text)
    assert any(problem in one for one in refused.value.problems), refused.value.problems


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(LevelsError) as refused:
        _load(
            tmp_path, "dev: {a: {}, keys-rotated: {b: 1}}\nprod: {keys-rotated: {level: advisory, reason: x}}"
        )
    assert len(refused.value.problems) == 4


def test_no_levels_file_shortens_backups_below_a_week() -> None:
    """DB-N3: the limit may be set for a stack, the floor may not."""
    instance = platform("dev").of_type(t.DB_INSTANCE)[0]
    short = replace(instance, inputs={**instance.inputs, "backupRetentionPeriod": 6})
    (backed_up,) = [one for one in POLICIES if one.id == "database-backed-up"]
    lax = replace(backed_up, limits={"days": 1})
    assert violations(Pack("prod", policies=[lax]).resources([short])) == {"database-backed-up"}


def test_prod_may_be_made_stricter(tmp_path: Path) -> None:
    overrides = _load(tmp_path, "prod: {delivery-read-only: {level: mandatory, reason: no firewall yet}}")
    assert Levels(Environment.PROD, POLICIES, overrides)["delivery-read-only"].level is Level.MANDATORY


def test_the_committed_file_is_clean_and_leaves_prod_alone() -> None:
    assert "prod" not in load_overrides(POLICIES)


@pytest.mark.parametrize("stack", ["", "prod", "production", "qa", "Dev"])
def test_a_stack_nobody_knows_is_taken_as_strictly_as_prod(stack: str) -> None:
    assert Environment.of(stack) is Environment.PROD


def test_prod_only_policies_are_silent_in_dev() -> None:
    """SC-3: dev may be thrown away."""
    draft = Draft(platform().nodes)
    draft.set(t.BUCKET, "forceDestroy", True, "files")
    draft.unprotect(t.KEY, "data")
    assert violations(Pack("dev").check(draft.nodes)) == set()
    assert violations(Pack("prod").check(draft.nodes)) == {
        "storage-no-force-destroy",
        "stack-stateful-protected",
    }


def test_an_unknown_stack_is_judged_like_prod() -> None:
    unprotected = node(t.KEY, "data", platform().of_type(t.KEY)[0].inputs, protect=False)
    assert violations(Pack("").resources([unprotected])) == {"stack-stateful-protected"}
