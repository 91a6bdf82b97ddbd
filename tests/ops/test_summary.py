"""What a person reads after a destroy (SC-3)."""

import pytest

from ops import summary
from ops.outcome import Outcome, Result
from ops.state import State

BUCKET = {"urn": "urn:pulumi:prod::p::aws:s3/bucket:Bucket::files", "type": "aws:s3/bucket:Bucket"}


def told(capsys: pytest.CaptureFixture[str], *resources: dict[str, object]) -> str:
    outcome = Outcome(stack="prod", result=Result.DONE, outputs={"filesDomain": "gone.example.com"})
    summary.show(outcome, State(resources=resources, pending=()), destroyed=True)
    return capsys.readouterr().err


def test_what_stays_is_counted_by_what_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    key = {"urn": "urn:pulumi:prod::p::aws:kms/key:Key::data", "type": "aws:kms/key:Key", "protect": True}
    text = told(capsys, BUCKET | {"protect": True}, BUCKET | {"protect": True}, key)

    assert ["objects", "and", "their", "versions", "2"] in [line.split() for line in text.splitlines()]
    assert "everything encrypted with the key" in text
    assert "They stay protected" in text


def test_where_nothing_holds_data_nothing_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing is left" in told(capsys)


def test_outputs_of_what_is_gone_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "gone.example.com" not in told(capsys, BUCKET | {"protect": True})
