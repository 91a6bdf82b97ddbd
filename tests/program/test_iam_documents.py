"""Every IAM document passes a linter, and reaches everything only where AWS lets it name nothing (issue 7)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from bootstrap.services import SHARED
from tests.delivery.reference import nameless
from tests.program.iam_linter import Document, Finding, Found, documents, judge
from tests.support import STACKS
from tests.support.documents import listed

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_UNKNOWN_ACTION = re.compile(r"'([a-z]+\*)' is not one of")

# Statements on every resource although AWS could name some: by Sid, each with its reason beside the code too.
REACH_EVERYTHING = {
    # components/status/renewal.py: composite alarms are shown only to whom all are.
    "ReadAlarms": {"cloudwatch:describealarms"},
    # components/status/renewal.py: a condition holds it to one namespace, which is no resource.
    "Heartbeat": {"cloudwatch:putmetricdata"},
}


@cache
def everything() -> tuple[Found, ...]:
    return tuple(documents())


def excepted(finding: Finding) -> bool:
    """Tell whether a finding is a verb of the list that `bootstrap/services.py` shares between services."""
    unknown = _UNKNOWN_ACTION.match(finding.message)
    return (
        finding.rule == "W3037"
        and finding.about.origin.startswith("bootstrap")
        and unknown is not None
        and unknown[1] in {verb.lower() for verb in SHARED}
    )


def test_every_document_passes_the_linter() -> None:
    """DL-1, ST-4: identity, trust, bucket, key, topic, queue, vault and endpoint policies of all six programs."""
    found = everything()

    assert len({one.type for one in found}) >= 9, "documents of every kind were really read"
    assert {one.origin for one in found} == {*STACKS, *(f"bootstrap {stack}" for stack in STACKS)}
    assert [finding for finding in judge(found) if not excepted(finding)] == []


def _document(**changes: Any) -> Document:
    statement = {
        "Sid": "One",
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:ca-central-1:111111111111:jtld-dev-email",
    }
    merged = {key: value for key, value in (statement | changes).items() if value is not None}
    return {"Version": "2012-10-17", "Statement": [merged]}


@pytest.mark.parametrize(
    ("kind", "document", "rule"),
    [
        pytest.param(
            "aws:iam/rolePolicy:RolePolicy", _document(Action="sqs:SentMessage"), "W3037", id="typo"
        ),
        pytest.param(
            "aws:iam/rolePolicy:RolePolicy",
            _document(Resource="arn:aws:sns:ca-central-1:111111111111:jtld-dev-email"),
            "I3510",
            id="another service's resource",
        ),
        pytest.param("aws:iam/rolePolicy:RolePolicy", _document(Resource=None), "E3510", id="no resource"),
        pytest.param(
            "aws:iam/rolePolicy:RolePolicy", _document(Principal={"AWS": "*"}), "E3510", id="principal"
        ),
        pytest.param("aws:iam/role:Role", _document(Action="sts:AssumeRole"), "E3530", id="trust"),
        pytest.param("aws:sqs/queuePolicy:QueuePolicy", _document(), "E3512", id="nobody is let in"),
        pytest.param("aws:iam/rolePolicy:RolePolicy", _document(Effect="Permit"), "E3510", id="effect"),
    ],
)
def test_the_linter_finds_what_is_broken(kind: str, document: Document, rule: str) -> None:
    """The pass above is worth something only if each of these fails."""
    said = judge([Found(type=kind, origin="dev", urn="broken", document=document)])

    assert rule in {finding.rule for finding in said}, said


def on_every_resource(found: Found) -> Iterator[tuple[str, str]]:
    """Yield the Sid and each action that a document's statements allow on `*`."""
    for statement in found.document["Statement"]:
        if statement["Effect"] == "Allow" and "*" in listed(statement.get("Resource", [])):
            for action in listed(statement["Action"]):
                yield statement["Sid"], action


def test_no_role_reaches_every_resource_by_an_action_that_could_name_its_own() -> None:
    """ST-N7, CT-1: the roles of containers, functions and services in all three stacks."""
    granted = {
        (sid, one, alone)
        for found in everything()
        if found.type == ROLE_POLICY
        for sid, action in on_every_resource(found)
        for one, alone in nameless(action)
    }

    assert {one for _, one, _ in granted} >= {"ecr:getauthorizationtoken"}, "grants were really read"
    wide = {(sid, one) for sid, one, alone in granted if not alone}
    assert {pair for pair in wide if pair[1] not in REACH_EVERYTHING.get(pair[0], set())} == set()
    assert {sid for sid, _ in wide} == set(REACH_EVERYTHING), "an exception that nobody needs any more"
