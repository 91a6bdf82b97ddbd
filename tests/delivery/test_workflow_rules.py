"""DL-1, DL-2: the workflows are sound, pinned, and hold no more rights than they need."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.toolchain import cache_folder
from tests.delivery.workflows import FOLDER, ROOT, expressions, steps, workflows
from tests.support import STACKS

ACTIONLINT = "v1.7.12"
PINNED = re.compile(r"uses: (?P<action>[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")
JOBS = [
    pytest.param(document, job, id=f"{name}/{job_name}")
    for name, document in workflows().items()
    for job_name, job in document["jobs"].items()
]


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """The linter: on PATH, or built once from its pinned Go module (its Python package only downloads)."""
    if found := shutil.which("actionlint"):
        return Path(found)
    folder = cache_folder() / f"actionlint-{ACTIONLINT}"
    if not (folder / "actionlint").exists():
        go = shutil.which("go")
        assert go, "Neither actionlint nor Go is on PATH: install one of them."
        module = f"github.com/rhysd/actionlint/cmd/actionlint@{ACTIONLINT}"
        environment = os.environ | {"GOBIN": str(folder), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "auto"}
        subprocess.run([go, "install", module], env=environment, check=True, timeout=600)
    return folder / "actionlint"


def test_actionlint_finds_nothing(actionlint: Path) -> None:
    files = sorted(map(str, FOLDER.glob("*.yml")))
    done = subprocess.run([actionlint, *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(files) >= 6


def test_actionlint_would_find_something(actionlint: Path, tmp_path: Path) -> None:
    broken = (FOLDER / "ci.yml").read_text().replace("github.ref }}", "github.reff }}")
    (tmp_path / "ci.yml").write_text(broken)
    done = subprocess.run(
        [actionlint, tmp_path / "ci.yml"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "reff" in done.stdout


def test_zizmor_finds_nothing_even_at_its_most_pedantic() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    command = [zizmor, "--offline", "--no-progress", "--no-config", "--persona=pedantic", ".github"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No findings" in done.stdout + done.stderr
    assert not any("zizmor: ignore" in path.read_text() for path in FOLDER.glob("*.yml"))


def test_every_action_is_pinned_by_its_commit_and_says_which_version_that_is() -> None:
    """DL-1."""
    seen: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.yml"):
        for line in path.read_text().splitlines():
            if "uses:" in line and not line.lstrip().startswith("#"):
                match = PINNED.search(line)
                assert match, f"{path.name}: {line.strip()}"
                seen.setdefault(match["action"], set()).add(f"{match['commit']} {match['version']}")
    assert len(seen) > 10
    assert [action for action, pins in seen.items() if len(pins) > 1] == []
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    assert "github-actions" in {update["package-ecosystem"] for update in updates}


@pytest.mark.parametrize(("document", "job"), JOBS)
def test_a_job_has_its_own_rights_a_time_limit_and_a_fixed_machine(
    document: dict[str, Any], job: dict[str, Any]
) -> None:
    assert document["permissions"] == {}
    assert "permissions" in job
    assert "write-all" not in str(job["permissions"])
    assert job["timeout-minutes"] <= 60
    assert "latest" not in str(job["runs-on"])


def test_the_checks_of_every_push_end_within_ten_minutes() -> None:
    """DL-1, DL-2: < 10 min, or the job is stopped and somebody makes it faster."""
    assert {job["timeout-minutes"] for job in workflows()["ci"]["jobs"].values()} <= {1, 10}
    app = workflows()["app-ci"]["jobs"]
    assert all(app[job]["timeout-minutes"] <= 10 for job in ("test", "security", "preview"))


@pytest.mark.parametrize("job", [parameter.values[1] for parameter in JOBS])
def test_whoever_takes_a_role_does_so_in_an_environment_that_the_role_trusts(job: dict[str, Any]) -> None:
    """DL-1: a role bound to the repository alone lets any pull request decrypt the state (marin#7532)."""
    takes_role = "configure-aws-credentials" in str(job)
    assert takes_role == (job["permissions"].get("id-token") == "write")
    if takes_role:
        assert "environment" in job
    assert "aws-access-key-id" not in str(job)
    assert "AWS_SECRET_ACCESS_KEY" not in str(job)


def test_no_workflow_of_this_repository_holds_a_long_lived_credential() -> None:
    """DL-N3. The application's pipeline gets its tokens from its caller."""
    ours = {name: path for path in FOLDER.glob("*.yml") if (name := path.stem) != "app-ci"}
    assert [name for name, path in ours.items() if re.search(r"secrets\s*[.\[]", path.read_text())] == []


def test_a_forks_pull_request_gets_neither_credentials_nor_a_comment() -> None:
    """DL-1: its code is a stranger's. It plans against the sandbox, into the job's own summary."""
    preview = workflows()["preview"]
    assert set(preview[True]) == {"pull_request"}, "pull_request_target would run with the base's rights"
    fork = preview["jobs"]["sandbox-plan"]
    assert fork["if"] == "${{ github.event.pull_request.head.repo.fork }}"
    assert fork["permissions"] == {"contents": "read"}
    assert "environment" not in fork
    assert "vars." not in str(fork)
    assert preview["jobs"]["plan"]["if"] == "${{ !github.event.pull_request.head.repo.fork }}"


def test_one_run_a_stack_at_a_time_and_none_is_cut_off() -> None:
    """DL-N5."""
    promote = workflows()["promote"]["concurrency"]
    assert promote == {"group": "stack-${{ inputs.stack || 'dev' }}", "cancel-in-progress": False}
    app = workflows()["app-ci"]["jobs"]
    assert app["migrate"]["concurrency"]["cancel-in-progress"] is False


def test_nothing_is_applied_that_was_not_planned_and_seen_before() -> None:
    """DL-N1, DL-N4: apply needs the plan, the plan needs every earlier stack's word."""
    jobs = workflows()["promote"]["jobs"]
    assert jobs["apply"]["needs"] == "plan"
    assert set(jobs["plan"]["needs"]) == {"reviewed", "seen"}
    assert "needs.reviewed.result == 'success'" in jobs["plan"]["if"]
    assert "needs.plan.result == 'success'" in jobs["apply"]["if"]
    assert "needs.seen.result == 'success'" in jobs["plan"]["if"]
    assert "== 'dev'" in jobs["plan"]["if"].split("skipped")[1], "only dev may go without"
    assert '\'["dev", "staging"]\'' in jobs["seen"]["strategy"]["matrix"]["stack"]
    assert jobs["apply"]["environment"] == "${{ inputs.stack || 'dev' }}", "the one with the reviewers"
    assert "pulumi up" not in (FOLDER / "promote.yml").read_text()


def test_no_code_of_a_commit_runs_with_a_role_before_main_itself_found_the_commit() -> None:
    """DL-N7: a check that lives in the commit it checks could be taken out there."""
    jobs = workflows()["promote"]["jobs"]
    assert jobs["reviewed"]["permissions"] == {"contents": "read"}
    (checkout,) = (step["with"] for step in jobs["reviewed"]["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["ref"] == "main"
    assert jobs["seen"]["needs"] == "reviewed"
    for name, job in jobs.items():
        asks_for_a_commit = "inputs.commit" in str(job["steps"])
        assert asks_for_a_commit == (name in {"plan", "apply"}), "seen runs main's own code"


def test_a_push_to_main_of_the_app_is_tested_migrated_deployed_checked_and_announced() -> None:
    """DL-2."""
    jobs = workflows()["app-ci"]["jobs"]
    assert set(jobs["migrate"]["needs"]) == {"test", "security"}
    assert jobs["deploy"]["needs"] == "migrate"
    assert set(jobs["preview"]["needs"]) == {"test", "security"}
    assert jobs["notify"]["if"].startswith("${{ always()")
    order = [step.name for step in steps().values() if step.key.startswith("app-ci/deploy")]
    assert order.index("Build and deploy to production") < order.index("Wait until the site answers 200")
    caches = str([jobs[job]["steps"] for job in ("preview", "deploy")])
    assert caches.count(".next/cache") == 2
    assert str(jobs).count("'cache': 'npm'") == 5


def test_an_image_is_scanned_before_it_is_handed_over_and_never_called_latest() -> None:
    """CT-3, CT-4, CT-N3."""
    jobs = workflows()["release-image"]["jobs"]
    build = jobs["build"]
    names = [str(step.get("name", "")) for step in build["steps"]]
    assert names.index("Refuse known vulnerabilities that have a fix") < names.index(
        "Hand over what was scanned"
    )
    assert build["permissions"] == {"contents": "read"}
    assert "build" in jobs["push"]["needs"]
    assert jobs["push"]["strategy"]["matrix"]["stack"] == list(STACKS), "each account has a registry"
    script = (ROOT / ".github" / "scripts" / "release-image.sh").read_text()
    assert "latest" not in script


@pytest.mark.parametrize("step", steps().values(), ids=lambda step: step.key)
def test_no_expression_is_pasted_into_a_script(step: Any) -> None:
    """An expression's text would become part of the program; variables stay data."""
    assert expressions(step.script) == []
