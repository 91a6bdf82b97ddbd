"""`./jtld`, the script: it finds itself and Python, prepares once, and survives interruption and company."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = "requirements.lock"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose path has a space, whose lock is empty and whose ops only says what it was given."""
    folder = tmp_path / "a checkout"
    (folder / "ops").mkdir(parents=True)
    shutil.copy(ROOT / "jtld", folder)
    for name in ("__init__.py", "install.py", "steps.py"):
        shutil.copy(ROOT / "ops" / name, folder / "ops")
    (folder / "ops" / "__main__.py").write_text(
        "import os, sys\nprint(os.getcwd(), *sys.argv[1:], sep='|')\n"
    )
    (folder / LOCK).touch()
    (folder / "requirements-dev.lock").touch()
    return folder


def environment(path: str | None = None) -> dict[str, str]:
    """What `env -i PATH=… HOME=…` leaves."""
    return {"PATH": path or os.environ["PATH"], "HOME": os.environ["HOME"]}


def run(
    script: Path | str, *arguments: str, cwd: Path | None = None, path: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(script), *arguments],
        cwd=cwd,
        env=environment(path) | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_from_anywhere_with_only_path_and_home(checkout: Path) -> None:
    first = run(checkout / "jtld", "up", "two words", cwd=Path("/"))
    assert first.stdout == f"{checkout}|up|two words\n", first.stderr
    assert "Installing Python packages" in first.stderr
    assert "done in" in first.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONHOME": "/nonexistent"},
        {"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2"},
        {"PYTHONPATH": "shadow", "VIRTUAL_ENV": "/nonexistent"},
        {"PIP_TARGET": "/nonexistent", "PIP_USER": "1", "PIP_PREFIX": "/nonexistent"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    ],
    ids="+".join,
)
def test_what_a_user_set_for_other_programs_is_no_obstacle(checkout: Path, variables: dict[str, str]) -> None:
    (checkout / "shadow").mkdir()
    (checkout / "shadow" / "typing.py").write_text("raise SystemExit('shadowed')")
    (checkout / LOCK).write_text("# changed\n")
    assert run(checkout / "jtld", "up", "→", **variables).stdout == f"{checkout}|up|→\n"


def test_it_says_where_it_was_called_from(checkout: Path, tmp_path: Path) -> None:
    """Paths on the command line start there, not in the checkout."""
    (checkout / "ops" / "__main__.py").write_text("import os\nprint(os.environ['JTLD_CALLED_FROM'])\n")
    assert run(checkout / "jtld", cwd=tmp_path).stdout == f"{tmp_path}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_set_up_takes_its_installer_along(checkout: Path, tmp_path: Path, number: int) -> None:
    """An installer left alone would write on into what the next run makes afresh."""
    (tmp_path / "uv").write_text(
        f'#!/bin/sh\ntouch "{tmp_path}/installer"\nsleep 2\ntouch "{tmp_path}/late"\n'
    )
    (tmp_path / "uv").chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.install", LOCK],
        cwd=checkout,
        env=environment(f"{tmp_path}:{os.environ['PATH']}"),
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "installer").exists():
        time.sleep(0.05)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "the next run starts the set-up afresh" in err
    time.sleep(2.5)
    assert not (tmp_path / "late").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_of_somebody_else_is_said_to_be_one(checkout: Path) -> None:
    checkout.chmod(0o555)
    done = run(checkout / "jtld", "up")
    checkout.chmod(0o755)
    assert done.returncode == 1
    assert "must be yours to write" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_written_is_said_in_words(checkout: Path) -> None:
    (checkout / ".venv").write_text("a file where the environment belongs")
    done = run(checkout / "jtld", "up")
    assert done.returncode == 1
    assert "cannot be made in" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_second_run_prepares_nothing(checkout: Path) -> None:
    run(checkout / "jtld")
    second = run(checkout / "jtld", "up")
    assert second.stderr == ""
    assert second.stdout == f"{checkout}|up\n"


def test_a_changed_lock_is_installed(checkout: Path) -> None:
    run(checkout / "jtld")
    (checkout / LOCK).write_text("# changed\n")
    assert "Installing Python packages" in run(checkout / "jtld").stderr


@pytest.mark.parametrize("absolute", [True, False])
def test_it_finds_its_checkout_through_symbolic_links(
    checkout: Path, tmp_path: Path, *, absolute: bool
) -> None:
    (tmp_path / "link").symlink_to(checkout / "jtld" if absolute else Path("a checkout/jtld"))
    (tmp_path / "second").symlink_to("link")
    assert run("second", "x", cwd=tmp_path).stdout == f"{checkout}|x\n"


def test_an_interrupted_set_up_starts_afresh(checkout: Path) -> None:
    run(checkout / "jtld")
    (checkout / ".venv" / "unfinished").touch()
    (checkout / ".venv" / "requirements.lock").unlink()
    (checkout / ".venv" / "half-written").touch()
    again = run(checkout / "jtld", "up")
    assert again.stdout == f"{checkout}|up\n", again.stderr
    assert not (checkout / ".venv" / "half-written").exists()


def test_a_set_up_killed_at_any_moment_is_no_obstacle(checkout: Path) -> None:
    for seconds in (0.1, 0.4, 1.0):
        process = subprocess.Popen(
            [checkout / "jtld"], env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(seconds)
        os.killpg(process.pid, 9)
        process.wait()
    assert run(checkout / "jtld", "up").stdout == f"{checkout}|up\n"


def test_two_at_once_set_up_once(checkout: Path) -> None:
    both = [
        subprocess.Popen(
            [checkout / "jtld"], env=environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Installing Python packages" in stderr for _, stderr in said) == 1, said


def test_without_a_python_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run(checkout / "jtld", "up", path=str(old.parent))
    assert done.returncode == 2
    assert "Python 3.11" in done.stderr
    assert "JTLD_PYTHON" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failing_installation_says_what_to_try_and_leaves_no_stamp(checkout: Path) -> None:
    (checkout / LOCK).write_text("no-such-package-of-jtld==1.0 --hash=sha256:" + "0" * 64 + "\n")
    environment_without_index = environment() | {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    done = subprocess.run(
        [checkout / "jtld"], env=environment_without_index, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Try:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv" / LOCK).exists()


def test_the_script_is_posix_shell() -> None:
    shell = shutil.which("dash")
    if shell is None:
        pytest.skip("dash, the strictest common shell, is not on this machine")
    assert subprocess.run([shell, "-n", ROOT / "jtld"], check=False).returncode == 0
