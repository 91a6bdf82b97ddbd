"""DL-N4: no prod before dev and staging saw the same commit."""

import pytest

from ops.promotion import PromotionRefusedError, Update, predecessors, read_history, require_seen

COMMIT = "1" * 40
OTHER = "2" * 40


def entry(
    commit: str = COMMIT, *, kind: str = "update", result: str = "succeeded", dirty: str = "false"
) -> Update:
    """One entry of `pulumi stack history --json`, through the reader."""
    environment = {"git.head": commit, "git.dirty": dirty, "exec.kind": "cli"}
    (update,) = read_history([{"kind": kind, "result": result, "environment": environment, "config": {}}])
    return update


def test_each_stack_waits_for_all_those_before_it() -> None:
    assert predecessors("dev") == ()
    assert predecessors("staging") == ("dev",)
    assert predecessors("prod") == ("dev", "staging")


def test_a_commit_that_the_stack_was_updated_to_may_go_on() -> None:
    require_seen("staging", COMMIT, [entry(OTHER), entry()])


def test_a_commit_may_go_on_although_a_later_attempt_failed() -> None:
    require_seen("staging", COMMIT, [entry(result="failed"), entry()])


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([], "never been updated"),
        ([entry(OTHER)], "never been updated"),
        ([entry(result="failed")], "failed"),
        ([entry(result="in-progress")], "failed"),
        ([entry(dirty="true")], "files that differ"),
        ([entry(kind="preview")], "never been updated"),
        ([entry(kind="refresh")], "never been updated"),
        ([entry(kind="destroy"), entry()], "never been updated"),
    ],
)
def test_a_commit_that_staging_has_not_seen_is_refused(history: list[Update], reason: str) -> None:
    with pytest.raises(PromotionRefusedError, match=reason) as refused:
        require_seen("staging", COMMIT, history)
    assert "DL-N4" in str(refused.value)
    assert COMMIT[:12] in str(refused.value)
    assert "promote again" in str(refused.value), "the message says the way out"


def test_an_entry_without_git_facts_proves_nothing() -> None:
    history = read_history([{"kind": "update", "result": "succeeded", "environment": {}}])
    with pytest.raises(PromotionRefusedError):
        require_seen("dev", COMMIT, history)


@pytest.mark.parametrize("moving", ["main", "HEAD", COMMIT[:12], "", f"{COMMIT}\n", COMMIT.replace("1", "G")])
def test_only_a_full_commit_id_can_be_promoted(moving: str) -> None:
    with pytest.raises(PromotionRefusedError, match="no full commit id"):
        require_seen("dev", moving, [entry(moving.strip())])
