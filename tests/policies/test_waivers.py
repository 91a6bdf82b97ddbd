"""Exceptions are narrow, shown, and end by themselves."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies import tokens as t
from policies.registry import all_policies
from policies.waivers import WAIVERS_FILE, load_waivers
from tests.policies.drafts import Draft
from tests.policies.harness import TODAY, Pack, Said, node, platform, waivers

POLICY = "network-flow-logged"
ONE = [one for one in all_policies() if one.id == POLICY]
ENTRY: dict[str, Any] = {
    "id": "W-1",
    "policy": POLICY,
    "resource": "urn:pulumi:prod::jtld-platform::*$aws:ec2/vpc:Vpc::network",
    "stacks": ["prod"],
    "reason": "moving to a central log archive",
    "owner": "Ada",
    "ticket": "OPS-17",
    "expires": date(2027, 1, 31),
    "compensatingControl": "Route 53 resolver logs",
}


def _check(tmp_path: Path, *, stack: str = "prod", today: date = TODAY, **changes: Any) -> list[Said]:
    """What is said about a platform without flow logs, under the waiver with some fields changed."""
    draft = Draft(platform().nodes)
    draft.drop(t.FLOW_LOG)
    vpc = draft.find(t.VPC).urn
    entry = {**ENTRY, "resource": vpc.replace(vpc.split("::")[2].split("$")[0], "*"), **changes}
    read = waivers(
        tmp_path, {key: value for key, value in entry.items() if value is not None}, today=today, stack=stack
    )
    return Pack("prod", policies=ONE, waivers=read).check(draft.nodes)


def _policies(said: list[Said]) -> list[tuple[str, str]]:
    return [(one.policy, one.level) for one in said]


def test_a_waiver_excepts_its_resource_and_is_shown(tmp_path: Path) -> None:
    said = _check(tmp_path)
    assert _policies(said) == [("waiver-used", "advisory")]
    for told in ("W-1", POLICY, "2027-01-31", "Ada", "OPS-17", "central log archive", "resolver logs"):
        assert told in said[0].message
    assert said[0].urn.endswith(platform().of_type(t.VPC)[0].name)


def test_an_exact_urn_works_as_well(tmp_path: Path) -> None:
    assert _policies(_check(tmp_path, resource=platform().of_type(t.VPC)[0].urn)) == [
        ("waiver-used", "advisory")
    ]


def test_a_waiver_holds_on_its_last_day_and_not_on_the_next(tmp_path: Path) -> None:
    assert _policies(_check(tmp_path, today=date(2027, 1, 31))) == [("waiver-used", "advisory")]
    lapsed = _check(tmp_path, today=date(2027, 2, 1))
    assert _policies(lapsed) == [("waiver-expired", "mandatory"), (POLICY, "mandatory")]
    assert "lapsed on 2027-01-31" in lapsed[0].message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires": "soon"}, "needs a date"),
        ({"expires": None}, "needs a date"),
        ({"expires": TODAY + timedelta(days=181)}, "more than 180 days"),
        ({"owner": " "}, "owner: needs a text"),
        ({"compensatingControl": None}, "compensatingControl: needs a text"),
        ({"ticket": None}, "ticket: needs a text"),
        ({"because": "x"}, "because: no such field"),
        ({"resource": "urn:pulumi:*::*"}, "must name the resource"),
        ({"resource": "*"}, "must name the resource"),
        ({"resource": "urn:pulumi:*::*e*"}, "must name the resource"),
        ({"resource": "urn:pulumi:*::[!0]*"}, "must name the resource"),
        ({"stacks": []}, "needs a list of stack names"),
        ({"policy": "network-flow-loged"}, "did you mean network-flow-logged?"),
        ({"policy": "storage-encrypted"}, "is critical and cannot be waived"),
    ],
)
def test_a_waiver_that_breaks_a_rule_protects_nothing(tmp_path: Path, changes: dict, reason: str) -> None:
    said = _check(tmp_path, **changes)
    assert _policies(said) == [("waiver-expired", "mandatory"), (POLICY, "mandatory")]
    assert reason in said[0].message


def test_a_waiver_of_another_stack_says_and_does_nothing(tmp_path: Path) -> None:
    assert _policies(_check(tmp_path, stacks=["dev"])) == [(POLICY, "mandatory")]
    assert _policies(_check(tmp_path, stacks=["dev"], expires="soon")) == [(POLICY, "mandatory")]


def test_several_waivers_of_one_resource_are_all_shown(tmp_path: Path) -> None:
    """In one message: `./jtld` and the pull request's comment show one message of a policy about a resource."""
    group = node(t.LOG_GROUP, "stray")
    entries = [
        {**ENTRY, "id": f"W-{policy}", "policy": policy, "resource": group.urn}
        for policy in ("logs-own-key", "logs-retained")
    ]
    (said,) = Pack("prod", waivers=waivers(tmp_path, *entries)).check([group])
    assert said.policy == "waiver-used"
    assert "W-logs-own-key excepts" in said.message
    assert "W-logs-retained excepts" in said.message

    lapsed = waivers(tmp_path, *entries, today=date(2027, 2, 1))
    (expired,) = [
        one for one in Pack("prod", waivers=lapsed).check([group]) if one.policy == "waiver-expired"
    ]
    assert "W-logs-own-key: expires: lapsed" in expired.message
    assert "W-logs-retained: expires: lapsed" in expired.message

    (unused,) = Pack("prod", waivers=waivers(tmp_path, *entries)).check([])
    assert "W-logs-own-key for" in unused.message
    assert "W-logs-retained for" in unused.message


def test_a_waiver_that_nothing_needs_is_reported(tmp_path: Path) -> None:
    said = Pack("prod", waivers=waivers(tmp_path, ENTRY)).check(platform().nodes)
    assert _policies(said) == [("waiver-unused", "advisory")]
    assert "W-1" in said[0].message


def test_a_file_that_is_no_list_of_waivers_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    for text in ("- just a list", "waivers: [", "waivers: {a: 1}"):
        path.write_text(text)
        assert load_waivers("prod", all_policies(), path=path, clock=lambda: TODAY).refused


def test_the_committed_waivers_stand_today() -> None:
    for stack in ("dev", "staging", "prod"):
        assert load_waivers(stack, all_policies()).refused == ()
    assert isinstance(yaml.safe_load(WAIVERS_FILE.read_text())["waivers"], list)
