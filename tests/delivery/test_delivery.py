"""DL-1, DL-N1, DL-N4: what the workflows run, with the real engine on a real backend and a real git history."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.conftest import Run
from tests.delivery.rehearsal import copy_checkout
from tests.delivery.servers import serving
from tests.delivery.workflows import ROOT, steps

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi

class Part(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("jtld:platform:Part", name)
        self.register_outputs({})

for name in %s:
    Part(name)
pulumi.export("token", pulumi.Output.secret("canary-4711"))
"""
STEPS = steps()
Step = Callable[..., subprocess.CompletedProcess[str]]


class Project:
    """A small Pulumi project in a git repository, whose `main` is what its remote has."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self._run = run
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
        (folder / ".gitignore").write_text("Pulumi.*.yaml\n__pycache__/\n")
        self.git("init", "--quiet", "--initial-branch=main")
        for stack in ("dev", "staging"):
            assert run("pulumi", "stack", "init", stack, cwd=folder).returncode == 0

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        done = self._run("git", *identity, *arguments, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, *parts: str, merged: bool = True) -> str:
        """Commit a program with these parts; a merged commit is on the remote's main."""
        (self.folder / "__main__.py").write_text(PROGRAM % repr(parts))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")
        if merged:
            self.git("update-ref", "refs/remotes/origin/main", "HEAD")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Project:
    return Project(tmp_path / "project", run)


@pytest.fixture
def step(project: Project, clean_environment: dict[str, str], tmp_path: Path) -> Step:
    """Run one workflow step on the project; `github` are the variables that GitHub itself provides."""

    def _step(key: str, **values: str) -> subprocess.CompletedProcess[str]:
        given = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
        given |= {"GITHUB_REPOSITORY": "jtld-consulting/jtld-platform", "JTLD_PROJECT": str(project.folder)}
        github = {name: values.pop(name) for name in list(values) if name == "GITHUB_API_URL"}
        defaults = dict.fromkeys(STEPS[key].variables, "") | {"STACK": "dev"}
        env = {name: value for name, value in defaults.items() if not name.startswith("PULUMI_")} | values
        provided = given | github
        return STEPS[key].execute(
            clean_environment | provided | env, cwd=ROOT, github=(*provided, *clean_environment)
        )

    return _step


def output(tmp_path: Path) -> str:
    return (tmp_path / "output").read_text().splitlines()[-1].removeprefix("plan=")


def test_a_commit_goes_from_plan_to_apply_and_is_then_seen(
    project: Project, step: Step, tmp_path: Path
) -> None:
    commit = project.commit("first")

    unseen = step("promote/seen/Refuse a commit that this stack has not seen", COMMIT=commit)
    assert unseen.returncode == 3
    assert "dev has not seen" in unseen.stderr

    planned = step("promote/plan/Plan for the approver", COMMIT=commit)
    assert planned.returncode == 0, planned.stderr
    summary = (tmp_path / "summary").read_text()
    assert summary.startswith("### 📋 dev: ")
    assert "`first`" in summary
    assert "canary-4711" not in planned.stdout + planned.stderr + summary

    applied = step("promote/apply/Apply the reviewed plan", COMMIT=commit, REVIEWED=output(tmp_path))
    assert applied.returncode == 0, applied.stderr
    assert "canary-4711" not in applied.stdout + applied.stderr

    seen = step("promote/seen/Refuse a commit that this stack has not seen", COMMIT=commit)
    assert seen.returncode == 0, seen.stderr
    other = step("promote/seen/Refuse a commit that this stack has not seen", COMMIT=commit, STACK="staging")
    assert other.returncode == 3, "each stack speaks for itself"


def test_an_apply_refuses_a_plan_other_than_the_reviewed_one(
    project: Project, step: Step, tmp_path: Path, run: Run
) -> None:
    """DL-N1: between review and apply somebody changed the stack."""
    commit = project.commit("first", "second")
    assert step("promote/plan/Plan for the approver", COMMIT=commit).returncode == 0
    reviewed = output(tmp_path)
    assert (
        run("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=project.folder).returncode == 0
    )
    refused = step("promote/apply/Apply the reviewed plan", COMMIT=commit, REVIEWED=reviewed)
    assert refused.returncode == 3
    assert "review the new plan" in refused.stderr


@pytest.mark.parametrize("flaw", ["other commit", "changed file", "not merged"])
def test_only_a_reviewed_commit_as_it_is_can_be_applied(flaw: str, project: Project, step: Step) -> None:
    """DL-N7: what is not on main went through no review."""
    commit = project.commit("first")
    if flaw == "other commit":
        project.commit("second")
    elif flaw == "changed file":
        (project.folder / "__main__.py").write_text("")
    else:
        commit = project.commit("third", merged=False)
    for key in ("Apply the reviewed plan", "Let Pulumi Deployments apply the commit"):
        values = {"COMMIT": commit} | ({"REVIEWED": "x"} if "reviewed" in key else {})
        refused = step(f"promote/apply/{key}", **values)
        assert refused.returncode == 3
        assert "only a reviewed commit is delivered" in refused.stderr


def test_a_pull_requests_plan_is_written_under_it(project: Project, step: Step) -> None:
    """DL-1."""
    project.commit("first")
    with serving(lambda method, *_: (200, [] if method == "GET" else {})) as github:
        done = step(
            "preview/plan/Plan and comment", PULL_REQUEST="7", GITHUB_TOKEN="t", GITHUB_API_URL=github.url
        )
    assert done.returncode == 0, done.stderr
    ((path, body),) = github.sent("POST")
    assert path == "/repos/jtld-consulting/jtld-platform/issues/7/comments"
    assert body["body"].startswith("### 📋 dev: ")
    assert "<!-- jtld-plan:dev -->" in body["body"]


def test_a_preview_that_fails_fails_the_check_and_says_so_under_the_pull_request(
    project: Project, step: Step
) -> None:
    project.commit("first")
    (project.folder / "__main__.py").write_text("raise RuntimeError('canary-4711')")
    with serving(lambda method, *_: (200, [] if method == "GET" else {})) as github:
        done = step(
            "preview/plan/Plan and comment", PULL_REQUEST="7", GITHUB_TOKEN="t", GITHUB_API_URL=github.url
        )
    assert done.returncode == 1
    ((_, body),) = github.sent("POST")
    assert body["body"].startswith("### ❌ dev: the preview failed")
    assert "canary" not in body["body"]


def test_a_stack_that_did_not_drift_closes_its_issue(project: Project, step: Step, run: Run) -> None:
    """DL-1."""
    project.commit("first")
    assert (
        run("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=project.folder).returncode == 0
    )
    issue = {"number": 3, "body": "<!-- jtld-drift:dev -->", "user": {"type": "Bot"}}
    with serving(lambda method, *_: (200, [issue] if method == "GET" else {})) as github:
        done = step("drift/drift/Compare and report", GITHUB_TOKEN="t", GITHUB_API_URL=github.url)
    assert done.returncode == 0, done.stderr
    assert [body for _, body in github.sent("PATCH")] == [{"state": "closed", "state_reason": "completed"}]


def test_a_comparison_that_fails_is_no_clean_bill(project: Project, step: Step) -> None:
    project.commit("first")
    (project.folder / "Pulumi.yaml").write_text("name: tiny\nruntime: nonsense\n")
    done = step("drift/drift/Compare and report", GITHUB_TOKEN="t")
    assert done.returncode == 1


def test_pulumi_deployments_is_handed_exactly_the_commit(
    project: Project, step: Step, clean_environment: dict[str, str]
) -> None:
    """DL-1, DL-N4."""
    commit = project.commit("first")

    def cloud(method: str, path: str, _body: Any) -> tuple[int, Any]:
        if path.startswith("/api/user"):
            return 200, {"githubLogin": "jtld", "name": "jtld", "organizations": [{"githubLogin": "jtld"}]}
        if path.endswith("/deployments") and method == "POST":
            return 201, {"id": "d-1", "consoleUrl": "https://console"}
        if "/deployments/" in path:
            return 200, {"status": "succeeded", "lines": []}
        return 200, {
            "orgName": "jtld",
            "projectName": "tiny",
            "stackName": "staging",
            "version": 1,
            "tags": {},
        }

    with serving(cloud) as server:
        clean_environment |= {"PULUMI_BACKEND_URL": server.url, "PULUMI_ACCESS_TOKEN": "pul-test"}
        done = step("promote/apply/Let Pulumi Deployments apply the commit", COMMIT=commit, STACK="staging")
    assert done.returncode == 0, done.stderr
    ((path, body),) = [sent for sent in server.sent("POST") if sent[0].endswith("/deployments")]
    assert path == "/api/stacks/jtld/tiny/staging/deployments"
    assert body["operation"] == "update"
    assert body["inheritSettings"] is True
    assert body["sourceContext"]["git"]["commit"] == commit, json.dumps(body)


def test_a_forks_pull_request_is_planned_in_the_sandbox(tmp_path: Path) -> None:
    """DL-1: no account, no credentials; the plan is in the job's own summary."""
    checkout, summary = tmp_path / "checkout", tmp_path / "summary"
    copy_checkout(checkout)
    given = {"GITHUB_STEP_SUMMARY": str(summary), "STACK": "dev"}
    done = STEPS["preview/sandbox-plan/Plan in the sandbox"].execute(
        given, cwd=checkout, github=("GITHUB_STEP_SUMMARY",)
    )
    assert done.returncode == 0, done.stderr[-3000:]
    headline, *others = summary.read_text().splitlines()
    assert re.fullmatch(r"### 📋 dev: \d{3,} changes", headline), headline
    assert "<!-- jtld-plan:dev -->" in others
    assert (
        subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, check=True).stdout
        == b""
    )
