"""DL-1: the Pulumi Deployments files say what the CLI's own loader understands, and nothing it would drop."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings.types import ENVIRONMENTS
from tests.delivery.conftest import Run
from tests.delivery.servers import serving

ROOT = Path(__file__).resolve().parents[2]
DURATION = re.compile(r"(\d+h)?(\d+m)?(\d+s)?")


def settings_of(stack: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.deploy.yaml").read_text())["settings"]


def pushed(stack: str, folder: Path, run: Run) -> dict[str, Any]:
    """What the real CLI sends to Pulumi Cloud for a stack's deploy file: its structs decide what survives."""

    def cloud(method: str, path: str, _body: Any) -> tuple[int, Any]:
        if path.startswith("/api/user"):
            return 200, {"githubLogin": "jtld", "name": "jtld", "organizations": [{"githubLogin": "jtld"}]}
        if method == "GET" and path.startswith("/api/stacks/"):
            names = {"orgName": "jtld", "projectName": "jtld-platform", "stackName": stack}
            return 200, names | {"activeUpdate": "", "tags": {}, "version": 1}
        return 200, {}

    shutil.copy(ROOT / "Pulumi.yaml", folder)
    with serving(cloud) as server:
        done = run(
            *(
                "pulumi",
                "deployment",
                "settings",
                "push",
                "--yes",
                "--stack",
                f"jtld/{stack}",
                "--non-interactive",
            ),
            cwd=folder,
            env={"PULUMI_BACKEND_URL": server.url, "PULUMI_ACCESS_TOKEN": "pul-test"},
        )
        puts = server.sent("PUT")
    assert done.returncode == 0, done.stderr
    (path, body), *others = puts
    assert path == f"/api/stacks/jtld/jtld-platform/{stack}/deployments/settings"
    assert not others
    return body


def lost(said: Any, arrived: Any, path: str = "") -> Iterator[str]:
    """Name every key of the file that did not arrive with its value; Go itself leaves out `false`."""
    if isinstance(said, dict):
        for key, value in said.items():
            there = (arrived or {}).get(key) if isinstance(arrived, dict) else None
            yield from lost(value, there, f"{path}.{key}")
    elif said != arrived and not (said is False and arrived is None):
        yield f"{path}: {said!r} arrived as {arrived!r}"


@pytest.mark.engine
@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_the_cli_sends_everything_that_the_deploy_file_says(stack: str, tmp_path: Path, run: Run) -> None:
    shutil.copy(ROOT / f"Pulumi.{stack}.deploy.yaml", tmp_path)
    assert list(lost(settings_of(stack), pushed(stack, tmp_path, run))) == []


@pytest.mark.engine
def test_a_key_that_the_cli_does_not_know_would_be_noticed(tmp_path: Path, run: Run) -> None:
    document = {"settings": settings_of("dev")}
    document["settings"]["gitHub"]["deployOnMerge"] = True
    (tmp_path / "Pulumi.dev.deploy.yaml").write_text(yaml.safe_dump(document))
    missing = list(lost(document["settings"], pushed("dev", tmp_path, run)))
    assert missing == [".gitHub.deployOnMerge: True arrived as None"]


def test_a_merge_reaches_dev_only_and_the_others_wait_for_a_promotion() -> None:
    """DL-N4: staging and prod get a commit from the promote workflow only, behind an approval."""
    deploys = {stack: settings_of(stack)["gitHub"]["deployCommits"] for stack in ENVIRONMENTS}
    assert deploys == {"dev": True, "staging": False, "prod": False}
    assert {settings_of(stack)["sourceContext"]["git"]["branch"] for stack in ENVIRONMENTS} == {"main"}


def test_a_pull_requests_code_never_holds_the_role_that_changes_staging_or_prod() -> None:
    """DL-1: Pulumi Deployments previews with the very role that deploys (pitfall: marin#7532)."""
    previews = {stack: settings_of(stack)["gitHub"]["previewPullRequests"] for stack in ENVIRONMENTS}
    assert previews == {"dev": True, "staging": False, "prod": False}


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_credentials_come_from_oidc_for_the_stacks_own_account(stack: str) -> None:
    """DL-1, DL-N3: no key stands in the file, and the role is in the account of the stack's settings."""
    operation = settings_of(stack)["operationContext"]
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    account = config["jtld-platform:environment"]["accountId"]
    assert operation["oidc"]["aws"]["roleArn"] == f"arn:aws:iam::{account}:role/delivery/jtld-{stack}-deploy"
    assert DURATION.fullmatch(operation["oidc"]["aws"]["duration"])
    assert set(operation["environmentVariables"]) == {"PULUMI_OPTION_POLICY_PACK"}


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_the_pack_is_enforced_and_nothing_repairs_or_deletes_by_itself(stack: str) -> None:
    """DL-1, DL-N1: drift is reported and repaired by a reviewed deployment, never silently."""
    operation = settings_of(stack)["operationContext"]
    assert (
        ROOT / operation["environmentVariables"]["PULUMI_OPTION_POLICY_PACK"] / "PulumiPolicy.yaml"
    ).is_file()
    assert operation["options"]["remediateIfDriftDetected"] is False
    assert operation["options"]["deleteAfterDestroy"] is False


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_whatever_the_program_reads_is_in_the_path_filter(stack: str) -> None:
    paths = set(settings_of(stack)["gitHub"]["paths"])
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    program = folders & {"components", "policies", "settings"}
    expected = {f"{folder}/**" for folder in program} | {"Pulumi.yaml", f"Pulumi.{stack}.yaml", "__main__.py"}
    assert expected <= paths
    assert all((ROOT / path.removesuffix("/**")).exists() for path in paths)


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_the_commands_before_a_run_work(stack: str, run: Run) -> None:
    operation = settings_of(stack)["operationContext"]
    assert operation["options"]["skipInstallDependencies"] is True
    for command in operation["preRunCommands"]:
        done = run("sh", "-ec", command, cwd=ROOT)
        assert done.returncode == 0, done.stderr
