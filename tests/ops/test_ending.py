"""Whatever happens, a command ends in words and with a documented exit code; never in a traceback."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ops import cli, deploy
from ops.ending import explained, in_words, result_of
from ops.outcome import Result
from ops.sandbox import BusyError, ProjectError
from ops.state import StateError
from settings import SettingsError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied", ".sandbox"), "(.sandbox). What is deployed"),
        (OSError(errno.ENOSPC, "No space left on device"), "Free some space"),
        (OSError(errno.EIO, "Input/output error"), "run the same command again"),
        (sqlite3.DatabaseError("file is not a database"), "./jtld sandbox reset STACK"),
        (BusyError("dev is being changed"), "dev is being changed"),
        (KeyError("urn"), "report it"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_says_what_happened_and_the_way_out(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end, in_words():
        raise error
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert told in said


@pytest.mark.parametrize("error", [SettingsError(()), ProjectError("no name")])
def test_wrong_settings_and_wrong_use_end_with_2(error: Exception) -> None:
    assert result_of(error) is Result.MISUSED


def test_a_mistake_of_ours_names_its_place() -> None:
    with pytest.raises(KeyError) as caught:
        {}["urn"]
    assert "test_ending.py:" in explained(caught.value)


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(130)], ids=["raised", "made by typer"])
def test_an_interrupt_ends_with_1_and_says_how_to_go_on(
    end: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, in_words():
        raise end
    assert ended.value.code == 1
    assert "Run the same command again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), StateError("damaged"), KeyboardInterrupt()]
)
def test_with_json_there_is_one_document_whatever_happens(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(deploy, "opened", fails)
    monkeypatch.setattr(sys, "argv", ["jtld", "up", "dev", "--json"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert json.loads(capsys.readouterr().out)["result"] == "failed"


@pytest.mark.parametrize(
    "arguments", [("up", "nope"), ("preview", "dev", "prod"), ("drift", "--no-such-flag")]
)
def test_wrong_use_prints_a_document_too(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["jtld", *arguments, "--json"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert json.loads(capsys.readouterr().out)["result"] == "misused"


def jtld(*arguments: str, cwd: Path = ROOT, **options: object) -> "subprocess.Popen[str]":
    """The command line as the script starts it, its caller standing in `cwd`."""
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=ROOT,
        env=os.environ | {"JTLD_CALLED_FROM": str(cwd)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def test_a_reader_who_leaves_early_is_no_error() -> None:
    """`./jtld firewall dev | head -1`."""
    with jtld("firewall", "dev") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_progress_that_nobody_reads_does_not_stop_the_work() -> None:
    """`2>&1 | head`, or a terminal that was closed: the engine behind it must not be cut short."""
    with jtld("runbook", "dev", "nothing-of-this-name") as process:
        assert process.stderr
        process.stderr.close()
    assert process.returncode == 2, "the code of its own end, not 120"


def test_paths_start_where_the_caller_stands(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    process = jtld("dns", "dev", "--state", "state.json", cwd=tmp_path)
    _, err = process.communicate(timeout=60)
    assert "state.json is no exported state" in err


def test_outputs_that_are_no_text_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_bytes(b"\xff\xfe")
    process = jtld("env", "dev", "--outputs", "outputs", cwd=tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "no developmentVariables in these outputs" in err


def test_an_interrupt_while_the_commands_are_loaded_shows_no_traceback() -> None:
    for _ in range(3):
        process = jtld("firewall", "dev")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.25)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode in {-signal.SIGINT, 1}
        assert "Traceback" not in err


def test_a_package_that_is_missing_is_installed_by_the_next_run(tmp_path: Path) -> None:
    """A venv whose Python was upgraded by the system, or from which somebody took a package."""
    code = (
        "import sys, runpy; from pathlib import Path; from ops import install\n"
        f"install.VENV = Path({str(tmp_path)!r}); install.UNFINISHED = install.VENV / 'unfinished'\n"
        "sys.modules['typer'] = None\n"
        "runpy.run_module('ops', run_name='__main__')"
    )
    (tmp_path / "requirements.lock").touch()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "requirements.lock").exists()
    assert (tmp_path / "unfinished").exists()
