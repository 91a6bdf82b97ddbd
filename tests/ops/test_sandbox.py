"""A sandbox run's folder: generated from committed files, which stay as they are; nothing of the user's leaks in."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from ops import sandbox
from ops.sandbox import BusyError, ProjectError, Sandbox
from settings import SettingsError
from settings.secrets import SECRETS


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    root = tmp_path / "a checkout"
    root.mkdir()
    monkeypatch.setattr(sandbox, "ROOT", root)
    monkeypatch.setattr(sandbox, "SECRETS", {"filesSigningPrivateKey": SECRETS["filesSigningPrivateKey"]})
    (root / "Pulumi.yaml").write_text(
        "name: jtld-platform\nruntime: {name: python, options: {virtualenv: .venv}}\nmain: .\n"
    )
    (root / "Pulumi.dev.yaml").write_text(
        "secretsprovider: awskms://alias/real\nencryptedkey: abc\n"
        "config:\n  jtld-platform:network: {cidr: 10.0.0.0/16}\n"
        "  jtld-platform:filesSigningPrivateKey: {secure: real}\n"
    )
    return Sandbox(stack="dev", project=root)


def test_the_project_file_runs_the_committed_program_from_its_own_folder(stack: Sandbox) -> None:
    stack.write_project()
    written = yaml.safe_load((stack.folder / "Pulumi.yaml").read_text())
    assert written["main"] == "../../"
    assert Path(written["runtime"]["options"]["virtualenv"]).is_absolute()
    assert (stack.folder / written["main"]).resolve() == stack.project


def test_the_stack_file_takes_settings_but_no_real_key_or_secret(stack: Sandbox) -> None:
    stack.write_project()
    missing = stack.write_stack_file()
    written = yaml.safe_load(stack.stack_file.read_text())
    assert written == {"config": {"jtld-platform:network": {"cidr": "10.0.0.0/16"}}}
    assert "PRIVATE KEY" in missing["jtld-platform:filesSigningPrivateKey"]


def test_what_is_encrypted_already_is_kept_so_that_a_second_run_changes_nothing(stack: Sandbox) -> None:
    stack.write_project()
    stack.write_stack_file()
    document = yaml.safe_load(stack.stack_file.read_text())
    document["encryptionsalt"] = "v1:salt"
    document["config"]["jtld-platform:filesSigningPrivateKey"] = {"secure": "stand-in"}
    stack.stack_file.write_text(yaml.safe_dump(document, sort_keys=False))
    before = stack.stack_file.stat().st_mtime_ns
    assert stack.write_stack_file() == {}
    assert stack.stack_file.stat().st_mtime_ns == before


def test_committed_files_are_never_written(stack: Sandbox) -> None:
    before = {path: path.read_bytes() for path in stack.project.glob("Pulumi*.yaml")}
    stack.write_project()
    stack.write_stack_file()
    assert {path: path.read_bytes() for path in stack.project.glob("Pulumi*.yaml")} == before


def test_nothing_of_the_users_environment_reaches_a_run(
    stack: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_STACK",
        "CLOUDFLARE_API_TOKEN",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "canary")
    environment = stack.environment("/tools")
    assert "canary" not in environment.values()
    assert environment["HOME"].startswith(str(stack.folder)), "no ~/.aws, no ~/.pulumi"
    assert environment["PATH"].split(os.pathsep)[0] == str(sandbox.ROOT / "sandbox" / "bin"), (
        "our providers come first"
    )


def test_the_state_is_found_in_a_folder_whose_name_a_url_would_misread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~/C#/100%41/` is a fine place for a checkout."""
    monkeypatch.setattr(sandbox, "ROOT", tmp_path / "né #1 100%41?")
    made = Sandbox(stack="dev")
    url = urlsplit(made.environment("/tools")["PULUMI_BACKEND_URL"])
    assert (url.scheme, url.query, url.fragment) == ("file", "metadata=skip", "")
    assert Path(unquote(url.path)) == made.folder / "state"


def test_a_stack_is_held_by_one_command_at_a_time(stack: Sandbox) -> None:
    with stack.alone(), pytest.raises(BusyError, match=f"process {os.getpid()}"), stack.alone():
        pass
    with stack.alone():
        pass


@pytest.mark.parametrize("text", ["", "config: {a", "- a list", "config: [1]", "\0\1"])
def test_a_broken_file_of_an_earlier_run_is_written_anew(stack: Sandbox, text: str) -> None:
    """A full disk or a power cut may leave one: it holds nothing that cannot be made again."""
    stack.write_project()
    stack.stack_file.write_text(text)
    assert set(stack.write_stack_file()) == {"jtld-platform:filesSigningPrivateKey"}
    assert "jtld-platform:network" in yaml.safe_load(stack.stack_file.read_text())["config"]


@pytest.mark.parametrize("text", ["\tname: x\n", "\udcff"])
def test_a_project_file_with_a_slip_is_refused_like_settings(stack: Sandbox, text: str) -> None:
    (stack.project / "Pulumi.yaml").write_text(text, errors="surrogateescape")
    with pytest.raises(SettingsError, match=r"Pulumi\.yaml:1 "):
        stack.write_project()


def test_a_project_without_a_name_is_refused(stack: Sandbox) -> None:
    (stack.project / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ProjectError, match="name"):
        stack.write_project()


def test_the_short_form_of_the_runtime_is_understood(stack: Sandbox) -> None:
    (stack.project / "Pulumi.yaml").write_text("name: jtld-platform\nruntime: python\n")
    stack.write_project()
    assert yaml.safe_load((stack.folder / "Pulumi.yaml").read_text())["runtime"]["name"] == "python"


@pytest.mark.parametrize("text", ["config:\n", ""])
def test_a_stack_file_that_says_nothing_is_no_crash(stack: Sandbox, text: str) -> None:
    stack.source.write_text(text)
    stack.write_project()
    stack.write_stack_file()
    assert yaml.safe_load(stack.stack_file.read_text()) == {"config": {}}


def test_a_stack_file_whose_config_is_no_mapping_is_refused(stack: Sandbox) -> None:
    stack.source.write_text("config: [1]\n")
    stack.write_project()
    with pytest.raises(ProjectError, match="must be a mapping"):
        stack.write_stack_file()


def test_what_cannot_be_forgotten_is_not_said_to_be(stack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.write_project()

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sandbox.os, "rmdir", denied)
    with pytest.raises(PermissionError):
        stack.remove()
