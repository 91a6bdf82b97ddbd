"""Every `run:` step of every workflow is run here as GitHub would, with only the far side replaced."""

import itertools
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression

from components.compute.registry import IMAGES
from ops.checks import MARKED, Part
from tests.delivery.servers import Recorder, serving
from tests.delivery.workflows import ROOT, Step, calls, steps, stub, workflows

STEPS = steps()
# Run by .ci/run itself, or by test_delivery.py with a real engine and a real backend.
ELSEWHERE = {
    "ci/part/Install the servers that the tests start",
    "ci/test/Require every part",
    "ci/part/Check",
    "preview/plan/Plan and comment",
    "preview/sandbox-plan/Plan in the sandbox",
    "promote/seen/Refuse a commit that this stack has not seen",
    "promote/plan/Plan for the approver",
    "promote/apply/Apply the reviewed plan",
    "promote/apply/Let Pulumi Deployments apply the commit",
    "drift/drift/Compare and report",
}
PLAIN = {
    "app-ci/test/Install exactly what the lock file says": "npm ci",
    "app-ci/test/Lint": "npm run lint",
    "app-ci/test/Check types": "npm run type-check",
    "app-ci/test/Test with coverage": "npm run test -- --ci --coverage",
    "app-ci/security/Refuse high and critical vulnerabilities": "npm audit --audit-level=high",
    "app-ci/migrate/Install exactly what the lock file says": "npm ci",
}
HERE = {
    "ci/part/Install the servers that the tests start",
    "ci/test/Require every part",
    "app-ci/preview/Install exactly what the lock file says",
    "app-ci/preview/Build and deploy the preview",
    "app-ci/preview/Refuse end-to-end tests against production",
    "app-ci/preview/Test end to end on the preview",
    "app-ci/migrate/Bring the database to the new schema",
    "app-ci/deploy/Install exactly what the lock file says",
    "app-ci/deploy/Build and deploy to production",
    "app-ci/deploy/Wait until the site answers 200",
    "app-ci/notify/Tell the team",
    "promote/reviewed/Refuse a commit that is not part of main",
    "release-image/find/Find what has a Dockerfile",
    "release-image/push/Push under the commit, attach the SBOM, sign",
}
VERCEL = {"VERCEL_ORG_ID": "team_x", "VERCEL_PROJECT_ID": "prj_x", "VERCEL": "vercel@1.2.3"}
TOKENS = {"SENTRY_AUTH_TOKEN": "s3ntry", "VERCEL_TOKEN": "v3rcel"}


def test_no_step_is_forgotten() -> None:
    assert set(STEPS) == ELSEWHERE | set(PLAIN) | HERE


def test_this_repositorys_own_checks_are_those_that_run_here() -> None:
    """DL-1: machines share what one `./jtld test` does; together they leave nothing out and do nothing twice."""
    assert STEPS["ci/part/Check"].script == './jtld test --part "$PART"'
    assert "./jtld test" in (ROOT / ".ci" / "run").read_text()
    assert set(workflows()["ci"]["jobs"]["part"]["strategy"]["matrix"]["part"]) == set(Part)
    for marks in itertools.product((True, False), repeat=3):
        given = dict(zip(("engine", "drill", "guide"), marks, strict=True))
        claimed = [part for part in Part if Expression.compile(MARKED[part]).evaluate(given.__getitem__)]
        assert len(claimed) == 1, (given, claimed)


@pytest.mark.parametrize(
    ("result", "code"), [("success", 0), ("failure", 1), ("cancelled", 1), ("skipped", 1)]
)
def test_the_required_check_succeeds_only_when_every_part_did(result: str, code: int, tmp_path: Path) -> None:
    """DL-3: a part that was skipped has checked nothing."""
    assert STEPS["ci/test/Require every part"].execute({"RESULT": result}, cwd=tmp_path).returncode == code


def test_the_servers_of_the_package_list_are_installed(tmp_path: Path) -> None:
    """DL-1: on a machine of GitHub's as in .ci/run."""
    stub(tmp_path, "sudo")
    env = path_with(tmp_path)
    assert STEPS["ci/part/Install the servers that the tests start"].execute(env, cwd=ROOT).returncode == 0
    update, install = calls(tmp_path)
    assert update.startswith("sudo apt-get update")
    assert set((ROOT / ".ci" / "packages.txt").read_text().split()) <= set(install.split())


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Stand-ins for npm and npx, first on PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    stub(folder, "npm")
    stub(folder, "npx", 'case "$*" in *" deploy "*) echo https://jtld-git-x.vercel.app ;; esac')
    return folder


def path_with(tools: Path) -> dict[str, str]:
    return {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(("key", "command"), PLAIN.items())
def test_the_apps_own_scripts_are_called(key: str, command: str, tools: Path, tmp_path: Path) -> None:
    """DL-2: lint, type-check, tests with coverage, audit; a failing script fails the job."""
    assert STEPS[key].execute(path_with(tools), cwd=tmp_path).returncode == 0
    assert calls(tools) == [command]
    stub(tools, "npm", "exit 1")
    assert STEPS[key].execute(path_with(tools), cwd=tmp_path).returncode == 1


@pytest.mark.parametrize("job", ["preview", "deploy"])
def test_packages_come_from_the_lock_file(job: str, tools: Path, tmp_path: Path) -> None:
    step = STEPS[f"app-ci/{job}/Install exactly what the lock file says"]
    assert step.execute(path_with(tools) | VERCEL, cwd=tmp_path).returncode == 0
    assert calls(tools) == ["npm ci"]


def test_a_preview_is_built_deployed_and_its_address_handed_on(tools: Path, tmp_path: Path) -> None:
    """DL-2."""
    output = tmp_path / "output"
    env = path_with(tools) | VERCEL | TOKENS | {"GITHUB_OUTPUT": str(output)}
    done = STEPS["app-ci/preview/Build and deploy the preview"].execute(
        env, cwd=tmp_path, github=("GITHUB_OUTPUT",)
    )
    assert done.returncode == 0
    assert output.read_text() == "url=https://jtld-git-x.vercel.app\n"
    assert [call.split()[3] for call in calls(tools)] == ["pull", "build", "deploy"]
    assert all("vercel@1.2.3" in call for call in calls(tools))
    assert "--prod" not in str(calls(tools))
    assert "v3rcel" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://jtld-git-x.vercel.app", True),
        ("https://notjtldconsulting.com", True),
        ("https://jtldconsulting.com", False),
        ("https://jtldconsulting.com/", False),
        ("https://jtldconsulting.com:443/jobs", False),
        ("https://www.jtldconsulting.com?x=1", False),
        ("https://portal.jtldconsulting.com#top", False),
        ("", False),
    ],
)
def test_end_to_end_tests_never_run_against_production(
    address: str, *, allowed: bool, tmp_path: Path
) -> None:
    """DL-N6."""
    step = STEPS["app-ci/preview/Refuse end-to-end tests against production"]
    env = VERCEL | {"BASE_URL": address, "PRODUCTION_HOST": "jtldconsulting.com"}
    done = step.execute(env, cwd=tmp_path)
    assert (done.returncode == 0) == allowed, done.stdout
    assert ("::error::" in done.stdout) != allowed


def test_end_to_end_tests_run_on_the_preview(tools: Path, tmp_path: Path) -> None:
    """DL-2."""
    stub(tools, "npm", 'echo "at $BASE_URL"')
    step = STEPS["app-ci/preview/Test end to end on the preview"]
    done = step.execute(path_with(tools) | VERCEL | {"BASE_URL": "https://p.vercel.app"}, cwd=tmp_path)
    assert calls(tools) == ["npm run test:e2e"]
    assert done.stdout == "at https://p.vercel.app\n"


def test_migrations_are_deployed_over_the_direct_address_and_never_made(tools: Path, tmp_path: Path) -> None:
    """DL-2, DB-N6."""
    stub(tools, "npx", '[ "$DATABASE_URL" = "$DIRECT_URL" ]')
    env = path_with(tools) | {"DATABASE_URL": "postgres://d", "DIRECT_URL": "postgres://d"}
    assert (
        STEPS["app-ci/migrate/Bring the database to the new schema"].execute(env, cwd=tmp_path).returncode
        == 0
    )
    assert calls(tools) == ["npx --no-install prisma migrate deploy"]


def test_production_gets_what_was_built_for_production(tools: Path, tmp_path: Path) -> None:
    """DL-2."""
    step = STEPS["app-ci/deploy/Build and deploy to production"]
    assert step.execute(path_with(tools) | VERCEL | TOKENS, cwd=tmp_path).returncode == 0
    pull, build, deploy = calls(tools)
    assert "--environment=production" in pull
    assert "build --prod" in build
    assert "deploy --prebuilt --prod" in deploy
    stub(tools, "npx", 'case "$*" in *" build "*) exit 1 ;; esac')
    assert step.execute(path_with(tools) | VERCEL | TOKENS, cwd=tmp_path).returncode == 1


def health(*statuses: int) -> Iterator[Recorder]:
    answers = iter(statuses)
    return serving(lambda *_: (next(answers, statuses[-1]), {}))  # type: ignore[return-value]


def test_a_deployment_is_done_when_the_site_answers_200(tools: Path, tmp_path: Path) -> None:
    """DL-2."""
    stub(tools, "sleep")
    step = STEPS["app-ci/deploy/Wait until the site answers 200"]
    with health(503, 404, 200) as server:
        env = path_with(tools) | VERCEL | {"HEALTH_URL": server.url, "TIMEOUT_SECONDS": "30"}
        done = step.execute(env, cwd=tmp_path)
        assert done.returncode == 0
        assert len(server.requests) == 3


def test_a_site_that_never_answers_200_fails_the_deployment(tools: Path, tmp_path: Path) -> None:
    stub(tools, "sleep")
    step = STEPS["app-ci/deploy/Wait until the site answers 200"]
    with health(302) as server:
        env = path_with(tools) | VERCEL | {"HEALTH_URL": server.url, "TIMEOUT_SECONDS": "0"}
        done = step.execute(env, cwd=tmp_path)
    assert done.returncode == 1
    assert "did not answer 200 in time" in done.stdout


@pytest.mark.parametrize("result", ["failed ❌", "succeeded ✅"])
def test_the_team_hears_of_every_result(result: str, tmp_path: Path) -> None:
    """DL-2."""
    github = {"GITHUB_REPOSITORY": "jtld-consulting/app", "GITHUB_RUN_NUMBER": "42", "GITHUB_ACTOR": "x[bot]"}
    with serving(lambda *_: (200, {})) as slack:
        env = github | {"RESULT": result, "RUN_URL": "https://run", "SLACK_WEBHOOK_URL": slack.url}
        done = STEPS["app-ci/notify/Tell the team"].execute(env, cwd=tmp_path, github=tuple(github))
    assert done.returncode == 0, done.stderr
    text = f"Deployment of jtld-consulting/app {result}: <https://run|run 42> by x[bot]"
    assert slack.sent("POST") == [("/", {"text": text})]


@pytest.fixture
def main_and_a_branch(tmp_path: Path) -> tuple[Path, str, str]:
    """A checkout of main with one commit on it, and one that is on a branch only."""

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    git("commit", "--quiet", "--allow-empty", "--message=first")
    on_main = git("rev-parse", "HEAD")
    git("commit", "--quiet", "--allow-empty", "--message=second")
    git("checkout", "--quiet", "-b", "branch")
    git("commit", "--quiet", "--allow-empty", "--message=third")
    on_branch = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "main")
    return tmp_path, on_main, on_branch


def test_only_a_full_commit_id_of_main_is_promoted(main_and_a_branch: tuple[Path, str, str]) -> None:
    """DL-N7: neither a branch's commit, nor one that does not exist, nor anything that git takes for an option."""
    folder, on_main, on_branch = main_and_a_branch
    step = STEPS["promote/reviewed/Refuse a commit that is not part of main"]

    def code(commit: str) -> int:
        return step.execute({"COMMIT": commit, "STACK": "prod"}, cwd=folder).returncode

    assert code(on_main) == 0
    for refused in (on_branch, "0" * 40, on_main[:12], "main", "HEAD", "", "--all", f"{on_main} x"):
        assert code(refused) == 1, refused


def test_what_a_step_leaves_in_its_home_is_not_left_in_the_checkout() -> None:
    """A step that builds tools once left `.cache`, `.config` and `go` here: its home was its working folder."""
    step = Step(workflow="w", job="j", name="n", script='echo "$HOME"', variables=frozenset())
    home = Path(step.execute({}, cwd=ROOT).stdout.strip())
    assert home.is_absolute()
    assert not home.is_relative_to(ROOT)
    assert not home.exists(), "gone when the step has ended"


def test_every_service_with_a_dockerfile_is_released(tmp_path: Path) -> None:
    """CT-3: an image that nobody builds is noticed by the first task that cannot start."""
    output = tmp_path / "output"
    step = STEPS["release-image/find/Find what has a Dockerfile"]
    assert step.execute({"GITHUB_OUTPUT": str(output)}, cwd=ROOT, github=("GITHUB_OUTPUT",)).returncode == 0
    found = json.loads(output.read_text().removeprefix("services="))
    assert found == sorted(path.parent.name for path in ROOT.glob("services/*/Dockerfile"))
    assert "gateway" in found
    assert set(found) <= set(IMAGES), "the platform has no repository for it"


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """Stand-ins for docker and cosign; the registry has no such image yet."""
    folder = tmp_path / "registry"
    folder.mkdir()
    answer = f"""case "$*" in
    *--format*) echo sha256:feed ;;
    *inspect*) [ -e {folder}/pushed ] ;;
    push*) touch {folder}/pushed ;;
    esac"""
    stub(folder, "docker", answer)
    stub(folder, "cosign")
    return folder


def release(registry: Path, tmp_path: Path) -> Any:
    step: Step = STEPS["release-image/push/Push under the commit, attach the SBOM, sign"]
    github = {
        "GITHUB_SHA": "0123456789abcdef" * 2 + "01234567",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    env = path_with(registry) | github | {"FOLDER": "/x", "REGISTRY": "r.example", "SERVICE": "worker"}
    return step.execute(env, cwd=ROOT, github=tuple(github))


def test_an_image_is_pushed_under_its_commit_then_signed_by_digest(registry: Path, tmp_path: Path) -> None:
    """CT-4, CT-N3."""
    done = release(registry, tmp_path)
    assert done.returncode == 0, done.stderr
    made = calls(registry)
    assert "docker push r.example/jtld/worker:0123456789ab" in made
    assert "cosign sign --yes r.example/jtld/worker@sha256:feed" in made
    assert any(call.startswith("cosign attest --yes --type spdxjson") for call in made)
    assert made.index("docker push r.example/jtld/worker:0123456789ab") < len(made) - 3
    assert json.dumps("sha256:feed")[1:-1] in (tmp_path / "summary").read_text()


def test_running_a_release_again_pushes_nothing_twice(registry: Path, tmp_path: Path) -> None:
    """CT-1: tags are immutable, so a second push would fail the run."""
    release(registry, tmp_path)
    assert release(registry, tmp_path).returncode == 0
    assert sum(call.startswith("docker push") for call in calls(registry)) == 1
