"""Makes `.venv` from a lock file: `python -m ops.install requirements.lock`.

Standard library only, because it runs before anything is installed. A set-up that was interrupted
starts from nothing the next time; two at once wait for each other; a finished one costs nothing.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.steps import outlive_reader, say, step

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Present while packages are being written: whatever lies beside it cannot be trusted.
UNFINISHED = VENV / "unfinished"
_PLACES = ("PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "UV_SYSTEM_PYTHON", "VIRTUAL_ENV")


class InstallError(Exception):
    """Set-up failed; the text says what to try next."""


def is_installed(lock: str) -> bool:
    """Return whether the packages of the lock file `lock` are what `.venv` holds."""
    stamp = VENV / lock
    return PYTHON.exists() and stamp.exists() and stamp.read_bytes() == (ROOT / lock).read_bytes()


def distrust() -> None:
    """Let the next run make `.venv` afresh, whatever its stamps say."""
    for stamp in VENV.glob("requirements*.lock"):
        stamp.unlink()
    UNFINISHED.touch()


def install(lock: str) -> None:
    """Bring `.venv` to what `lock` says, or raise `InstallError`."""
    with _alone():
        if is_installed(lock):
            return
        if UNFINISHED.exists() or not _runs():
            shutil.rmtree(VENV, ignore_errors=True)
        with step(f"Installing Python packages from {lock} (a minute or two, the first time only)"):
            _make_environment()
            install_packages(PYTHON, "--require-hashes", "-r", ROOT / lock)
        with step("Compiling bytecode, so that every later start is fast"):
            # A package may carry templates that are not Python: not a reason to stop.
            _run(PYTHON, "-m", "compileall", "-q", "-j", "0", VENV / "lib", check=False)
        shutil.copyfile(ROOT / lock, VENV / lock)
        if lock == "requirements-dev.lock":  # a superset, made from the same package list
            shutil.copyfile(ROOT / "requirements.lock", VENV / "requirements.lock")
        UNFINISHED.unlink()


def package_installers(python: Path) -> Iterator[list[str]]:
    """Yield the commands that install packages for `python`: uv where the machine has it, then pip."""
    if uv := shutil.which("uv"):
        yield [uv, "pip", "install", "--quiet", "--python", str(python)]
    if _run(python, "-m", "pip", "--version", check=False).returncode:
        _run(python, "-m", "ensurepip")  # an environment that uv made has no pip of its own
    yield [str(python), "-m", "pip", "install", "--quiet", "--no-compile", "--progress-bar", "off"]


def install_packages(python: Path, *what: str | Path) -> None:
    """Install with the first installer that can: a mirror may be configured for pip and not for uv."""
    for installer in package_installers(python):
        done = _run(*installer, *what, check=False)
        if done.returncode == 0:
            return
        say(f"  {Path(installer[0]).name} could not: {_detail(done).splitlines()[0]}")
    raise InstallError(
        f"Packages could not be installed:\n{_detail(done)}\n"
        "Try: is the package index reachable (`pip config list`, `pip download six`)? Has the disk 1 GB free?\n"
        "Then run the same command again: it starts afresh."
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the set-up lock. The kernel lets go of it when its owner dies, however it dies."""
    with (ROOT / ".venv.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("• Another jtld is setting up this checkout: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _runs() -> bool:
    return (
        PYTHON.exists()
        and not _run(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))", check=False).returncode
    )


def _make_environment() -> None:
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    if PYTHON.exists():
        return
    if (uv := shutil.which("uv")) and not _run(
        uv, "venv", "--quiet", "--seed", "--allow-existing", "--python", sys.executable, VENV, check=False
    ).returncode:
        return
    _run(sys.executable, "-m", "venv", VENV)


def _run(*command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    # The index and mirror that a person's pip knows are right; where it installs (`user = true`) is not.
    environment = {key: value for key, value in os.environ.items() if key not in _PLACES} | {"PIP_USER": "0"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise InstallError(f"`{' '.join(map(str, command))}` failed:\n{_detail(done)}")
    return done


def _detail(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"


def main() -> int:
    """Install the lock file named on the command line; return the exit code."""
    outlive_reader()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            # Like Ctrl-C: an installer left alone would write on into what the next run makes afresh.
            signal.signal(number, signal.default_int_handler)
    try:
        install(*sys.argv[1:])
    except InstallError as error:
        say(f"error: {error}")
    except OSError as error:
        say(
            f"error: the environment cannot be made in {VENV}: {error.strerror} ({error.filename}).\n"
            "This checkout must be yours to write and have 1 GB free: work in a clone of your own, or free some space."
        )
    except KeyboardInterrupt:
        say("Interrupted: the next run starts the set-up afresh.")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
