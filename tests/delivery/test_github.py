"""DL-1: one comment per stack and one issue per drifting stack, updated in place."""

from typing import Any

import pytest

from ops.github import GitHub, GitHubError
from tests.delivery.servers import Recorder, serving

MARKER = "<!-- jtld-plan:dev -->"


def by_bot(body: str | None, **fields: Any) -> dict[str, Any]:
    return {"body": body, "user": {"type": "Bot"}, **fields}


def github(server: Recorder) -> GitHub:
    return GitHub(repository="jtld-consulting/jtld-platform", token="t0ken", api=server.url)


def answering(*pages: list[dict[str, Any]]) -> Any:
    """Answer listings page by page, and everything else with an empty object."""

    def answer(method: str, path: str, _body: Any) -> tuple[int, Any]:
        if method != "GET":
            return 200, {}
        page = int(path.rsplit("page=", 1)[1])
        return 200, pages[page - 1] if page <= len(pages) else []

    return answer


def test_the_first_plan_becomes_a_new_comment() -> None:
    with serving(answering([by_bot("something else", id=1)])) as server:
        github(server).comment(7, f"plan {MARKER}", MARKER)
    path = "/repos/jtld-consulting/jtld-platform/issues/7/comments"
    assert server.sent("POST") == [(path, {"body": f"plan {MARKER}"})]
    assert server.headers[0]["Authorization"] == "Bearer t0ken"


def test_the_next_plan_replaces_it_even_behind_a_hundred_other_comments() -> None:
    full = [by_bot(None, id=n) for n in range(100)]
    with serving(answering(full, [by_bot(f"old {MARKER}", id=4711)])) as server:
        github(server).comment(7, f"new {MARKER}", MARKER)
    path = "/repos/jtld-consulting/jtld-platform/issues/comments/4711"
    assert server.sent("PATCH") == [(path, {"body": f"new {MARKER}"})]
    assert server.sent("POST") == []


def test_a_persons_comment_that_quotes_the_marker_is_left_alone() -> None:
    with serving(answering([{"id": 5, "body": f"> {MARKER}", "user": {"type": "User"}}])) as server:
        github(server).comment(7, MARKER, MARKER)
    assert server.sent("PATCH") == []
    assert len(server.sent("POST")) == 1


def test_drift_keeps_one_issue_open_and_closes_it_when_it_is_gone() -> None:
    with serving(answering([])) as server:
        github(server).report("prod has drifted", f"body {MARKER}", MARKER)
        github(server).resolve(MARKER, "gone")
    assert [path.rsplit("/", 1)[1] for path, _ in server.sent("POST")] == ["issues"], "nothing to close"

    with serving(answering([by_bot(f"old {MARKER}", number=12)])) as server:
        github(server).report("prod has drifted", f"body {MARKER}", MARKER)
        github(server).resolve(MARKER, "gone")
    update, close = server.sent("PATCH")
    assert update[0].endswith("/issues/12")
    assert update[1]["body"] == f"body {MARKER}"
    assert close[1]["state"] == "closed"


def test_outside_a_workflow_it_says_what_is_missing_and_never_shows_the_token() -> None:
    with pytest.raises(GitHubError, match="GITHUB_TOKEN is not set"):
        GitHub.from_environment({"GITHUB_REPOSITORY": "a/b"})
    whole = GitHub.from_environment({"GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "t0ken"})
    assert "t0ken" not in repr(whole)
