"""Makes `.venv` from a lock file: `python -m ops.install requirements.lock`.

Standard library only, because it runs before anything is installed. A set-up that was interrupted
starts from nothing the next time; two at once wait for each other; a finished one costs nothing.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.steps import say, step

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Present while packages are being written: whatever lies beside it cannot be trusted.
UNFINISHED = VENV / "unfinished"


class InstallError(Exception):
    """Set-up failed; the text says what to try next."""


def is_installed(lock: str) -> bool:
    """Return whether the packages of the lock file `lock` are what `.venv` holds."""
    stamp = VENV / lock
    return PYTHON.exists() and stamp.exists() and stamp.read_bytes() == (ROOT / lock).read_bytes()


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
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise InstallError(f"`{' '.join(map(str, command))}` failed:\n{_detail(done)}")
    return done


def _detail(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"


if __name__ == "__main__":
    try:
        install(*sys.argv[1:])
    except InstallError as error:
        say(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("Interrupted: the next run starts the set-up afresh.")
        sys.exit(130)
