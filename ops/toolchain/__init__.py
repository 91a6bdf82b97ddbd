"""Finds the Pulumi CLI or gets it: PATH, an earlier run's cache, the SDK's installer, a build from Go modules."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.install import ROOT
from ops.steps import say
from ops.toolchain import build, official

MINIMUM = (3, 220, 0)
LANGUAGE_HOST = "pulumi-language-python"
_CONTENTS = "contents.json"


class ToolchainError(Exception):
    """No Pulumi CLI could be had; the text says what was tried and what to try next."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """A Pulumi CLI with the Python language host that belongs to it."""

    pulumi: Path
    version: tuple[int, int, int]
    origin: str

    @property
    def search_path(self) -> str:
        """The folders that belong on PATH, the CLI's own first, since a language host must fit its CLI."""
        host = _language_host(self.pulumi)
        folders = [self.pulumi.parent, *([host.parent] if host else [])]
        return os.pathsep.join(dict.fromkeys(str(folder) for folder in folders))


def ensure(cache: Path | None = None) -> Toolchain:
    """Return a working CLI, fetching or building it into `cache` when the machine has none.

    Raises:
        ToolchainError: Nothing worked.
    """
    cache = cache or cache_folder()
    if found := find(cache):
        return found
    attempts: list[tuple[str, Path, Callable[[Path], None]]] = [
        ("Pulumi's installer", _official_home(cache), official.install),
        ("the build from Go modules", _built_home(cache), build.build),
    ]
    failures: list[str] = []
    with _alone(cache):
        for name, home, make in attempts:
            if found := find(cache):  # made by another process while this one waited
                return found
            try:
                _make_aside(home, make)
            except (official.OfficialError, build.BuildError) as error:
                problem = str(error)
            else:
                if found := find(cache):
                    return found
                problem = f"what it made does not run: does the disk of {cache} forbid programs (noexec)?"
            say(f"  {name} did not work here: {problem}")
            failures.append(f"{name}: {problem}")
    raise ToolchainError(
        f"No Pulumi CLI ≥ {_text(MINIMUM)} on PATH, and none could be made:\n"
        + "\n".join(f"  - {failure}" for failure in failures)
        + "\nTry: install Pulumi by hand (brew install pulumi, or a release archive unpacked onto PATH), or give "
        "this machine a Go module proxy (GOPROXY), 4 GB of disk, and a cache from which programs may be run "
        "(XDG_CACHE_HOME). Then run the same command again: it goes on where it stopped."
    )


def find(cache: Path | None = None) -> Toolchain | None:
    """Return the CLI that is already here, or None: nothing is fetched."""
    cache = cache or cache_folder()
    on_path = shutil.which("pulumi")
    if on_path and (found := _inspect(Path(on_path), "PATH")):
        return found
    cached = (
        (_official_home(cache), "Pulumi's installer, cached"),
        (_built_home(cache), "built from Go modules, cached"),
    )
    whole = ((home / "bin" / "pulumi", origin) for home, origin in cached if _whole(home))
    return next(filter(None, (_inspect(*one) for one in whole)), None)


def cache_folder() -> Path:
    """Return where this project keeps what is expensive to make: outside the checkout, if the user has a home."""
    return next((folder for folder in _caches() if _is_ours(folder)), ROOT / ".sandbox" / "cache")


def _caches() -> Iterator[Path]:
    given = Path(os.environ.get("XDG_CACHE_HOME") or "")
    if given.is_absolute():  # the XDG specification: a relative one is invalid
        yield given / "jtld-platform"
    with suppress(RuntimeError):  # a container's made-up user has no home
        yield Path.home() / ".cache" / "jtld-platform"


def _is_ours(folder: Path) -> bool:
    """Tell whether we may write to a folder, or make it."""
    # `Path.exists` raises where somebody else's home may not even be looked into.
    nearest = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    return os.access(nearest, os.W_OK | os.X_OK)


def _official_home(cache: Path) -> Path:
    return cache / f"pulumi-{official.version()}"


def _built_home(cache: Path) -> Path:
    return cache / f"pulumi-built-{build.fingerprint()}"


def _inspect(pulumi: Path, origin: str) -> Toolchain | None:
    if not os.access(pulumi, os.X_OK) or not _language_host(pulumi):
        return None
    try:
        answer = subprocess.run(
            [pulumi, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = re.search(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout)
    if answer.returncode or not numbers:
        return None
    version = (int(numbers[1]), int(numbers[2]), int(numbers[3]))
    if version < MINIMUM:
        say(f"• {pulumi} is {_text(version)}, older than {_text(MINIMUM)}: not used")
        return None
    return Toolchain(pulumi=pulumi, version=version, origin=origin)


def _language_host(pulumi: Path) -> Path | None:
    # A package manager links the CLI onto PATH and may leave the rest beside the real file.
    for folder in (pulumi.parent, pulumi.resolve().parent):
        if os.access(folder / LANGUAGE_HOST, os.X_OK):
            return folder / LANGUAGE_HOST
    on_path = shutil.which(LANGUAGE_HOST)
    return Path(on_path) if on_path else None


def _make_aside(home: Path, make: Callable[[Path], None]) -> None:
    """Let `make` fill a folder beside `home`, which then takes its name in one step or not at all."""
    aside = home.with_name(f"{home.name}.unfinished")
    aside.mkdir(parents=True, exist_ok=True)
    make(aside)
    (aside / _CONTENTS).write_text(json.dumps(_sizes(aside)), encoding="utf-8")
    shutil.rmtree(home, ignore_errors=True)
    aside.rename(home)


def _sizes(home: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (home / "bin").iterdir()}


def _whole(home: Path) -> bool:
    """Tell whether a cached CLI is still what was made: a full disk or a tidy hand may have taken a part of it."""
    try:
        return bool(_sizes(home) == json.loads((home / _CONTENTS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return True  # nothing there, or made before this was written down: running it will tell
    except (OSError, ValueError):
        return False


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("• Another jtld is getting the Pulumi CLI: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _text(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
