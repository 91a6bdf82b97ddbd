"""The compliant platform, broken once per policy: exactly that policy speaks (design: Policies)."""

import functools
import importlib
import pkgutil

import pytest

from policies.levels import Level
from policies.registry import all_policies
from tests.policies import cases
from tests.policies.drafts import Case, Draft
from tests.policies.harness import Judged, Pack, Said, platform, platform_preview, violations

POLICIES = {policy.id: policy for policy in all_policies()}
MODULES = [
    importlib.import_module(f"{cases.__name__}.{module.name}")
    for module in pkgutil.iter_modules(cases.__path__)
]
CASES = [case for module in MODULES for case in module.CASES]
NAMES = [f"{case.policy}-{index}" for index, case in enumerate(CASES)]
# Nothing complies with these: the resource itself is what they refuse.
PROHIBITIONS = {"grafana-not-public", "identity-no-users"}


def _broken(case: Case, nodes: object) -> list:
    draft = Draft((*nodes, *case.adds))
    case.breaks(draft)
    return draft.nodes


@functools.cache
def _deployed() -> Judged:
    return Judged(platform().nodes)


@functools.cache
def _previewed() -> Judged:
    return Judged(platform_preview().nodes)


_verdicts: dict[tuple, tuple] = {}


def _untouched(adds: tuple) -> tuple[list[Said], frozenset[str]]:
    """What is said about the platform with additions, and which policies accepted something in it."""
    key = tuple(one.urn for one in adds)
    if key not in _verdicts:
        said, pack = _deployed().differing([*platform().nodes, *adds])
        _verdicts[key] = said, frozenset({*_deployed().pack.run.held, *pack.run.held})
    return _verdicts[key]


def test_every_policy_has_a_case() -> None:
    assert {case.policy for case in CASES} == set(POLICIES)


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_nothing_is_said_about_the_platform_itself(stack: str) -> None:
    assert Pack(stack).check(platform(stack).nodes) == []


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_one_break_makes_exactly_one_policy_speak(case: Case) -> None:
    said, held = _untouched(case.adds)
    assert said == [], "the addition itself must comply"
    if case.policy not in PROHIBITIONS:
        assert case.policy in held, "the policy accepted nothing: it never looked"
    said, _ = _deployed().differing(_broken(case, platform().nodes))
    assert violations(said) == {case.policy}
    policy = POLICIES[case.policy]
    for one in said:
        assert one.level == Level(policy.level)
        assert one.urn, "a violation names its resource"
        assert policy.remedy in one.message
        assert all(cited in one.message for cited in (*policy.requirements, *policy.controls))


def test_judging_the_difference_says_what_judging_the_whole_says() -> None:
    """The tests of this file break one thing in hundreds of resources and look at what that concerns."""
    for case in CASES[::60]:
        nodes = _broken(case, platform().nodes)
        said, _ = _deployed().differing(nodes)
        assert sorted(said, key=str) == sorted(Pack("prod").check(nodes), key=str), case.policy


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_break_is_never_silent_at_preview(case: Case) -> None:
    """What preview cannot know must be announced as such, so that the update's verdict surprises nobody."""
    said, _ = _previewed().differing(_broken(case, platform_preview().nodes))
    announced = " ".join(one.message for one in said if one.policy == "not-known-yet")
    assert case.policy in violations(said) or f"{case.policy} (" in announced
