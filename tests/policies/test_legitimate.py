"""What a colleague may well add: it passes without a word, or it is told how."""

from dataclasses import replace
from pathlib import Path

import pytest

from policies import tokens as t
from policies.strangers import partners
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, node, platform, violations

# What belongs to the bucket that users upload to, and would belong to another one like it.
PARTS = (
    t.BUCKET,
    t.BUCKET_ENCRYPTION,
    t.BUCKET_LIFECYCLE,
    t.BUCKET_LOGGING,
    t.BUCKET_OWNERSHIP,
    t.BUCKET_POLICY,
    t.BUCKET_PUBLIC_ACCESS,
    t.BUCKET_VERSIONING,
)


def _said(draft: Draft) -> list[tuple[str, str]]:
    return [(one.policy, one.message) for one in Pack("prod").check(draft.nodes)]


def test_another_bucket_that_obeys_every_rule_passes() -> None:
    """ST-1: a second region's worth of dumps, say; its own copies would be asked for, so it stands in the replica's."""
    draft = Draft(platform().nodes)
    for type_ in PARTS:
        one = draft.find(type_, "replica")
        text = {
            key: value.replace("jtld-platform-replica-prod", "jtld-platform-reports-prod")
            if isinstance(value, str)
            else value
            for key, value in one.inputs.items()
        }
        draft.add(replace(one, urn=f"{one.urn}-more", name="reports", inputs=text, property_dependencies={}))
    assert _said(draft) == []


def test_a_rule_between_two_groups_passes() -> None:
    """NW-2."""
    draft = Draft(platform().nodes)
    draft.add(
        node(
            t.INGRESS_RULE,
            "more",
            {
                "securityGroupId": "sg-one",
                "referencedSecurityGroupId": "sg-other",
                "ipProtocol": "tcp",
                "fromPort": 5432,
                "toPort": 5432,
                "description": "Reports read the replica",
            },
        )
    )
    assert _said(draft) == []


@pytest.mark.parametrize(("type_", "name"), [(t.METRIC_ALARM, "storage-size"), (t.SERVICE, "ml")])
def test_another_one_like_it_passes(type_: str, name: str) -> None:
    """MO-3, CT-1: a further alarm on the same topic, a further service in the same cluster."""
    draft = Draft(platform().nodes)
    one = draft.find(type_, name)
    draft.add(replace(one, urn=f"{one.urn}-more", name=f"{name}-more"))
    assert _said(draft) == []


def test_a_queue_with_its_dead_letters_passes() -> None:
    """JB-4."""
    draft = Draft(platform().nodes)
    for type_, name in (
        (t.QUEUE, "email"),
        (t.QUEUE, "email-dead-letters"),
        (t.REDRIVE_ALLOW_POLICY, "email"),
        (t.METRIC_ALARM, None),
    ):
        for one in [one for one in draft.nodes if one.type == type_ and one.name == name]:
            text = {
                key: value.replace("jtld-prod-email", "jtld-prod-reports")
                if isinstance(value, str)
                else value
                for key, value in one.inputs.items()
            }
            draft.add(
                replace(
                    one, urn=f"{one.urn}-more", name=f"{name}-more", inputs=text, property_dependencies={}
                )
            )
    assert violations(Pack("prod").check(draft.nodes)) <= {"queues-dead-letters-told"}


def test_a_type_that_nobody_has_thought_of_is_refused_with_the_way_to_think_of_it() -> None:
    """DL-N1."""
    said = Pack("dev").resources([node("aws:dynamodb/table:Table", "sessions")])
    assert violations(said) == {"stack-types-judged"}
    assert "policies/unwatched.yaml" in said[0].message


def test_the_account_that_a_stack_file_names_is_no_stranger(tmp_path: Path) -> None:
    """BK-1: the one that keeps second copies."""
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  jtld-platform:backup:\n    secondAccount: {accountId: '555555555555', keyArn: "
        "'arn:aws:kms:ca-west-1:555555555555:key/1'}\n"
    )
    assert partners("prod", root=tmp_path) == {"555555555555"}
    assert partners("qa", root=tmp_path) == frozenset()
    assert partners("prod") >= {"333333333333"}
