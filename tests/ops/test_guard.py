"""What would lose data in prod is refused with the way out (SC-3)."""

import pytest

from ops import guard
from ops.plan import Change, Effect, Plan

BUCKET = "urn:pulumi:prod::jtld-platform::jtld:platform:Storage$aws:s3/bucket:Bucket::files"


def plan(effect: Effect, type_: str = "aws:s3/bucket:Bucket") -> Plan:
    change = Change(urn=BUCKET, type=type_, effect=effect)
    return Plan(changes=(change,), violations=(), policies_passed=0, packs=(), errors=0, complete=True)


@pytest.mark.parametrize(("effect", "word"), [(Effect.REPLACE, "replaced"), (Effect.DELETE, "deleted")])
def test_losing_a_stateful_resource_of_prod_is_refused(effect: Effect, word: str) -> None:
    (refusal,) = guard.refusals(plan(effect), "prod")
    assert refusal.urn == BUCKET
    assert refusal.level == "mandatory"
    assert f"files would be {word}, which loses objects and their versions" in refusal.message
    assert "Way out" in refusal.message


@pytest.mark.parametrize("stack", ["dev", "staging"])
def test_other_stacks_may_lose_theirs(stack: str) -> None:
    assert guard.refusals(plan(Effect.REPLACE), stack) == ()


@pytest.mark.parametrize("effect", [Effect.CREATE, Effect.UPDATE, Effect.SAME])
def test_what_keeps_the_resource_is_no_concern(effect: Effect) -> None:
    assert guard.refusals(plan(effect), "prod") == ()


def test_a_resource_without_data_may_be_replaced() -> None:
    assert guard.refusals(plan(Effect.REPLACE, "aws:ec2/securityGroup:SecurityGroup"), "prod") == ()


@pytest.mark.parametrize(
    "said",
    [
        f'error: unable to replace resource "{BUCKET}"\nas it is currently marked for protection. To unprotect',
        f'error: resource "{BUCKET}" cannot be deleted\nbecause it is protected. To unprotect the resource',
    ],
)
def test_what_the_engine_itself_refuses_is_explained_too(said: str) -> None:
    empty = Plan(changes=(), violations=(), policies_passed=0, packs=(), errors=1, complete=False)
    (refusal,) = guard.refusals(empty, "prod", said)
    assert refusal.urn == BUCKET
    assert "files is protected" in refusal.message
