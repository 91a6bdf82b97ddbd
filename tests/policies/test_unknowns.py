"""What preview cannot know is announced, never guessed, and never hides what it can know."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policies import tokens as t
from policies.levels import Environment
from policies.pack import looks_at
from policies.registry import all_policies
from policies.relations import identities
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Truth, all_of
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, node, platform, platform_preview, violations
from tests.support.graph import Node

FILES = "jtld-platform-files-prod"


def test_the_first_preview_of_the_platform_finds_no_violation_and_says_what_it_left_open() -> None:
    said = Pack("prod").check(platform_preview().nodes)
    assert [(one.policy, one.level) for one in said] == [("not-known-yet", "advisory")]
    assert "storage-no-public-policy (" in said[0].message


@pytest.mark.parametrize("seed", range(8))
def test_a_public_bucket_is_found_at_preview_whatever_order_the_engine_sends(seed: int) -> None:
    """ST-N1. A naive stack policy missed it in 5 of 8 previews: an unknown beside it ended the policy."""
    draft = Draft(platform_preview().nodes)
    draft.drop(t.BUCKET_PUBLIC_ACCESS, "files")
    draft.set(t.BUCKET_VERSIONING, "versioningConfiguration.status", "Suspended", "files")
    pack = Pack("prod")
    pack.resources(draft.nodes)
    said = pack.stack(draft.nodes, shuffle=seed)
    assert violations(said) == {"storage-public-access-blocked", "storage-versioned"}


def test_an_unknown_property_does_not_hide_the_violation_beside_it() -> None:
    """ST-N1."""
    half_known = node(
        t.BUCKET_PUBLIC_ACCESS,
        "half",
        {"bucket": UNKNOWN, "blockPublicAcls": UNKNOWN, "blockPublicPolicy": False},
    )
    said = Pack("prod").resources([half_known])
    assert [one.policy for one in said] == ["storage-public-access-block-complete"]
    assert "blockPublicPolicy: must be true" in said[0].message
    assert "blockPublicAcls: " not in said[0].message


def test_what_was_unknown_at_preview_is_decided_by_the_update() -> None:
    """ST-N1: the same resource, first without, then with the value that the engine learnt."""
    policy = (
        '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}]}'
    )
    pack = Pack("prod")
    assert pack.resources([node(t.BUCKET_POLICY, "files", {"bucket": FILES, "policy": UNKNOWN})]) == []
    announced = pack.stack([])
    assert "storage-no-public-policy (1)" in announced[0].message
    said = pack.resources([node(t.BUCKET_POLICY, "files", {"bucket": FILES, "policy": policy})])
    assert violations(said) == {"storage-no-public-policy"}
    assert pack.stack([]) == [], "nothing is left open after the update"


def test_stack_policies_know_the_inputs_that_preview_hides_in_outputs() -> None:
    """ST-N3: a new resource's outputs are unknown at preview even where its inputs are not."""
    nodes = [
        replace(one, outputs=dict.fromkeys(one.inputs, UNKNOWN)) if one.custom else one
        for one in platform().nodes
    ]
    assert violations(Pack("prod").check(nodes)) == set()
    draft = Draft(nodes)
    draft.set(t.BUCKET_VERSIONING, "versioningConfiguration.status", "Suspended", "logs")
    assert violations(Pack("prod").check(draft.nodes)) == {"storage-versioned"}


def _views(nodes: tuple[Node, ...]) -> tuple[Resource, ...]:
    return tuple(
        Resource(
            urn=one.urn,
            type=one.type,
            name=one.name,
            inputs=one.inputs,
            protect=one.protect,
            parent=one.parent,
            property_dependencies=one.property_dependencies,
            identities=identities(one.inputs, one.outputs or {}),
        )
        for one in nodes
    )


def _paths(value: Any, path: tuple = ()) -> Iterator[tuple]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, (*path, index))


def _blanked(inputs: Any, path: tuple) -> dict[str, Any]:
    copied = copy.deepcopy(dict(inputs))
    *steps, last = path
    place: Any = copied
    for step in steps:
        place = place[step]
    place[last] = UNKNOWN
    return copied


@pytest.mark.parametrize("policy", [p for p in all_policies() if p.each], ids=lambda policy: policy.id)
def test_no_unknown_ever_turns_a_pass_into_a_violation(policy: Any) -> None:
    """Whichever single input of whichever resource is unknown: comply or wait, never refuse, never crash."""
    for one in _views(platform().nodes):
        if not looks_at(policy.types, one.type):
            continue
        for path in _paths(dict(one.inputs)):
            seen = replace(one, inputs=_blanked(one.inputs, path), limits=policy.limits)
            assert all_of(found.holds for found in policy.check(seen)) is not Truth.NO, (one.name, path)


@pytest.mark.parametrize("policy", [p for p in all_policies() if p.across], ids=lambda policy: policy.id)
def test_no_unknown_ever_turns_a_relation_into_a_violation(policy: Any) -> None:
    """The same for policies that look across resources."""
    resources = tuple(one for one in _views(platform().nodes) if looks_at(policy.types, one.type))
    for index, one in enumerate(resources):
        for path in {path[:2] for path in _paths(dict(one.inputs))}:
            seen = replace(one, inputs=_blanked(one.inputs, path))
            stack = Stack(
                environment=Environment.PROD,
                limits=policy.limits,
                resources=(*resources[:index], seen, *resources[index + 1 :]),
            )
            assert all_of(found.holds for found in policy.check(stack)) is not Truth.NO, (one.name, path)
