"""`./jtld test`: every check in one go, pytest's closing line last."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from ops import install
from ops.sandbox import ROOT
from ops.steps import say
from settings import schema

_DEV_LOCK = "requirements-dev.lock"


class Part(StrEnum):
    """A share of the checks; each test belongs to exactly one."""

    FAST = "fast"
    ENGINE = "engine"
    DRILL = "drill"
    GUIDE = "guide"


MARKED: Mapping[Part, str] = {
    Part.FAST: "not engine and not drill and not guide",
    Part.ENGINE: "engine and not drill and not guide",
    Part.DRILL: "drill",
    Part.GUIDE: "guide and not drill",
}
"""The tests of each part, by pytest's marks."""


def check(part: Part | None = None) -> int:
    """Run all checks, or one machine's part of them, and return the exit code.

    What is not a test belongs to the fast part.
    """
    if not install.is_installed(_DEV_LOCK):
        install.install(_DEV_LOCK)
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("ruff check", lambda: _python("ruff", "check", ".")),
        ("ruff format", lambda: _python("ruff", "format", "--check", ".")),
        ("mypy", lambda: _python("mypy", ".")),
        ("generated files", _generated_files_are_current),
    )
    failed = [name for name, run in checks if part in {None, Part.FAST} and not _timed(name, run)]
    # In the order of tests/conftest.py, not by the number of a file's tests: engine files hold few and long ones.
    tests = ["pytest", "-q", "--durations=10", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    tests += ["-m", MARKED[part]] if part else []
    if failed:
        say(f"failed: {', '.join(failed)}; the tests follow")
    passed = _python(*tests)
    return 0 if passed and not failed else 1


def _generated_files_are_current() -> bool:
    """Compare what is generated with what is committed; the tests of each generator say more."""
    if schema.PATH.read_text(encoding="utf-8") == schema.text():
        return True
    say("schema/stack.schema.json is not what the models say: run `./jtld schema`")
    return False


def _timed(name: str, run: Callable[[], bool]) -> bool:
    started = time.monotonic()
    passed = run()
    say(f"{'ok    ' if passed else 'FAILED'}  {name} ({time.monotonic() - started:.1f} s)")
    return passed


def _python(module: str, *arguments: str) -> bool:
    """Run a tool of the environment, its output as it comes."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    return not subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False
    ).returncode
