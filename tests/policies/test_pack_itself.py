"""The pack checks itself: what it names exists, what it leaves out is written down, what it says is safe."""

import importlib
import pkgutil
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_policy import Severity

import policies
from policies import tokens
from policies.decorator import Policy, policy
from policies.docs import PAGE, load, render, watched
from policies.registry import CONCERNS, all_policies
from policies.resources import Resource
from policies.values import Value
from sandbox.contracts.loader import contract
from sandbox.shapes import Shape, shape
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, node, platform
from tests.policies.test_mutations import CASES, PROHIBITIONS

ALL = all_policies()
ONLY_PROTECTED = "sentry:index/sentryProject:SentryProject"
# These look at the resource itself: its type, its options, or every text in it.
OF_NO_PROPERTY = {
    "identity-no-strangers",
    "stack-nothing-ignored",
    "stack-stateful-protected",
    "stack-types-judged",
}
NAMED = sorted({type_ for one in ALL for type_ in one.types if not type_.endswith("*")})


def test_ids_are_unique_and_readable() -> None:
    ids = [one.id for one in ALL]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", id_) for id_ in ids)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_every_policy_says_why_it_exists_and_what_to_do(one: Policy) -> None:
    assert one.requirements
    assert all(re.fullmatch(r"[A-Z]{2}-N?\d+", requirement) for requirement in one.requirements)
    assert one.title
    assert not one.title.endswith(".")
    assert one.remedy.endswith(".")


def test_every_module_with_policies_is_in_the_registry() -> None:
    modules = {
        name: importlib.import_module(f"policies.{name}")
        for _, name, _ in pkgutil.iter_modules(policies.__path__)
        if name != "__main__"
    }
    with_policies = {
        name
        for name, module in modules.items()
        if any(isinstance(value, Policy) for value in vars(module).values())
    }
    assert with_policies == {module.__name__.removeprefix("policies.") for module in CONCERNS.values()}


@pytest.mark.parametrize("token", NAMED)
def test_every_type_a_policy_names_exists_in_the_installed_sdk(token: str) -> None:
    assert shape(token).inputs


def test_every_token_is_used() -> None:
    written = {value for name, value in vars(tokens).items() if name.isupper()}
    assert written - set(NAMED) == set()


def _known(described: Shape, path: str) -> bool:
    spec: Any = {"object": None}
    for step in re.sub(r"\[\d+\]", "", path).split("."):
        while isinstance(spec, dict) and "list" in spec:
            spec = spec["list"]
        if spec == "any":
            # Below it the SDK names nothing (a zone setting's value): the policy's own cases must break each name.
            return True
        if isinstance(spec, dict) and "map" in spec:
            spec = spec["map"]
            continue
        if not (isinstance(spec, dict) and "object" in spec):
            return False
        properties = (
            described.inputs if spec["object"] is None else described.types[spec["object"]]["properties"]
        )
        if step not in properties:
            return False
        spec = properties[step]
    return True


def test_every_property_a_policy_reads_exists_in_the_installed_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt property is read as absent, and the policy says compliant for ever."""
    reads: dict[str, set[tuple[str, str]]] = defaultdict(set)
    judging: list[str] = []
    below = Value.__getitem__

    def noting(one: Policy) -> Policy:
        def check(view: Any) -> Any:
            judging[:] = [one.id]
            return iter(list(one.check(view)))

        return replace(one, check=check)

    def below_and_note(value: Value, step: Any) -> Value:
        found = below(value, step)
        type_, bar, path = found.path.partition("|.")
        if bar and judging:
            reads[judging[0]].add((type_, re.sub(r"\[\d+\]", "", path)))
        return found

    monkeypatch.setattr(Value, "__getitem__", below_and_note)
    monkeypatch.setattr(Resource, "whole", property(lambda one: Value(f"{one.type}|", one.inputs)))
    noted = [noting(one) for one in ALL]
    Pack("prod", policies=noted).check(platform().nodes)
    platforms = {one.urn for one in platform().nodes}
    for case in CASES:
        draft = Draft((*platform().nodes, *case.adds))
        case.breaks(draft)
        Pack("prod", policies=noted).check([one for one in draft.nodes if one.urn not in platforms])

    silent, missing = [], {}
    for one in ALL:
        if one.id in PROHIBITIONS | OF_NO_PROPERTY:
            continue
        paths = {path for _, path in reads[one.id]}
        if not paths and not one.across:
            silent.append(one.id)
        types = {type_ for type_ in one.types if not type_.endswith("*")} | {
            type_ for type_, _ in reads[one.id]
        }
        unknown = {path for path in paths if not any(_known(shape(type_), path) for type_ in types)}
        if unknown:
            missing[one.id] = unknown
    assert silent == [], "these read nothing"
    assert missing == {}, "these read properties that no type of their own has"


def test_every_type_of_the_platform_is_watched_or_excused() -> None:
    """What a stack file may ask for beside the three stacks' types is excused too, as long as the sandbox knows it."""
    excused = set(load("unwatched.yaml"))
    types = {
        one.type
        for stack in ("dev", "staging", "prod")
        for one in platform(stack).nodes
        if one.custom and not one.type.startswith("pulumi:")
    }
    assert {type_ for type_ in types if not watched(type_)} <= excused
    assert [type_ for type_ in excused if watched(type_)] == [ONLY_PROTECTED]
    assert all(contract(type_) for type_ in excused)
    assert all(str(why).endswith(".") for why in load("unwatched.yaml").values())


def test_a_control_is_enforced_or_excused_but_not_both() -> None:
    enforced = {control for one in ALL for control in one.controls}
    excused = [id_ for row in load("not_applicable.yaml") for id_ in row["ids"]]
    assert enforced.isdisjoint(excused)
    assert len(excused) == len(set(excused))


def test_every_control_of_our_concerns_is_enforced_or_excused() -> None:
    """S3, CloudFront, VPC, KMS, IAM and Secrets Manager: no row of the list is forgotten."""
    rows = (Path(__file__).parent / "controls.txt").read_text().split("\n")
    listed = {id_.strip() for row in rows if not row.startswith("#") for id_ in row.split(",") if id_.strip()}
    enforced = {control for one in ALL for control in one.controls}
    excused = {id_ for row in load("not_applicable.yaml") for id_ in row["ids"]}
    assert listed - enforced - excused == set()


def test_messages_never_quote_values() -> None:
    """Validators see secrets in the clear, and the engine prints what they say."""
    canary = "canary-value-nobody-may-see"

    def spoiled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoiled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [spoiled(item) for item in value]
        return canary if isinstance(value, str) else value

    nodes = [node(one.type, one.name, spoiled(dict(one.inputs)), protect=False) for one in platform().nodes]
    said = Pack("prod").check(nodes)
    assert len({one.policy for one in said}) > 15
    assert not [one for one in said if canary in one.message]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run python -m policies.docs"


def test_a_policy_names_its_types_in_one_way() -> None:
    fields: dict[str, Any] = {"id": "a-b", "title": "t", "severity": Severity.LOW, "remedy": "r."}
    for types in ({}, {"each": ("a",), "across": ("b",)}):
        with pytest.raises(ValueError, match="exactly one"):
            policy(**fields, **types)
