"""Checkouts to try the real engine on: each test may break its own."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# What `./jtld up` does not need.
LEFT_BEHIND = {"bench", "tests", "__pycache__"}
STACKS = ("dev", "staging", "prod")
PATIENCE_SECONDS = 600


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass(frozen=True)
class Checkout:
    """A copy of this checkout with a sandbox of its own.

    A `careful` one writes its state around every step, as it is by default; the others save the time.
    """

    root: Path
    careful: bool = False

    def jtld(self, *arguments: str, expect: int | None = 0) -> Done:
        """Run `./jtld` with next to nothing in the environment and wait for it."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        if expect is not None:
            assert process.returncode == expect, f"{arguments} ended with {process.returncode}\n{out}\n{err}"
        return Done(process.returncode, out, err)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `./jtld` and return at once; it leads its own process group, as in a terminal."""
        environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ
        }
        return subprocess.Popen(
            [self.root / "jtld", *arguments],
            cwd="/",
            env=environment if self.careful else environment | {"JTLD_CHECKPOINTS": "end"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one occurrence of `old` in a file of the checkout."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def sandbox(self, stack: str) -> Path:
        return self.root / ".sandbox" / stack

    def inventory(self, stack: str) -> list[dict[str, str]]:
        """What the platform has in the cloud, as `./jtld sandbox list --json` tells it."""
        rows: list[dict[str, str]] = json.loads(self.jtld("sandbox", "list", stack, "--json").out)
        return [row for row in rows if "::jtld-platform::" in row["urn"]]

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """The state's resources that a provider made."""
        resources = self.jtld("export", stack).json["deployment"].get("resources", [])
        return [one for one in resources if one.get("custom") and not one["type"].startswith("pulumi:")]

    def files(self) -> dict[Path, bytes]:
        """Every file that could be committed."""
        return {
            path: path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
            and not {".sandbox", ".venv", "__pycache__"} & set(path.relative_to(self.root).parts)
        }


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C: the terminal interrupts the whole foreground process group."""
    os.killpg(process.pid, signal.SIGINT)


def copy_of(source: Path, target: Path, *, foundation: bool = True) -> Checkout:
    """Copy a checkout; with the `foundation` as its program, unless the whole platform is what is tried."""
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.name.startswith(".") or path.name in LEFT_BEHIND:
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)
    if foundation:
        shutil.copy2(Path(__file__).with_name("foundation.py"), target / "__main__.py")
        (target / "policies/waivers.yaml").write_text(_without_operations(), encoding="utf-8")
    (target / ".venv").symlink_to(ROOT / ".venv")
    if (source / ".sandbox").exists() and source != ROOT:
        shutil.copytree(source / ".sandbox", target / ".sandbox")
    return Checkout(target)


def _without_operations() -> str:
    """Return the waivers of a part of the platform: alarms, their targets and backups are other components' work."""
    without = {
        "stores-complete": "$aws:s3/bucket:Bucket::files",
        "event-goes-somewhere": "::oversize-upload",
        "queues-dead-letters-told": "::mail-event-dead-letters",
    }
    only_prod = ("prod", ("stores-tried", without["stores-complete"]))
    return yaml.safe_dump(
        {
            "waivers": [
                {
                    "id": f"W-2026-{number}",
                    "policy": policy,
                    "resource": f"urn:pulumi:{stack}::jtld-platform::*{resource}",
                    "stacks": [stack],
                    "reason": "a part of the platform is deployed here, without Backup and Monitoring",
                    "owner": "tests",
                    "ticket": "tests/engine",
                    "expires": datetime.now(UTC).date() + timedelta(days=30),
                    "compensatingControl": "nothing real is stored in a sandbox",
                }
                for number, (stack, (policy, resource)) in enumerate(
                    (*product(STACKS, without.items()), only_prod), start=901
                )
            ]
        }
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in which nothing was ever deployed, in a path with a space."""
    return copy_of(ROOT, tmp_path / "a checkout")


@pytest.fixture
def platform(tmp_path: Path) -> Checkout:
    """A checkout with the whole program."""
    return copy_of(ROOT, tmp_path / "a checkout", foundation=False)


@pytest.fixture
def careful(checkout: Checkout) -> Checkout:
    """A checkout in which nothing was ever deployed, run with PATH and HOME alone, as a newcomer does."""
    return replace(checkout, careful=True)


@pytest.fixture(scope="session")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Checkout]:
    made: dict[str, Checkout] = {}

    def deploy(stack: str) -> Checkout:
        if stack not in made:
            made[stack] = copy_of(ROOT, tmp_path_factory.mktemp(stack) / "checkout")
            made[stack].jtld("up", stack)
        return made[stack]

    return deploy


@pytest.fixture
def deployed(deployed_once: Callable[[str], Checkout], tmp_path: Path) -> Callable[[str], Checkout]:
    """Return a function that gives a checkout of one's own in which a stack is deployed."""
    return lambda stack: copy_of(deployed_once(stack).root, tmp_path / "a checkout")


@pytest.fixture
def deployed_dev(deployed: Callable[[str], Checkout]) -> Checkout:
    """A checkout of one's own in which dev is deployed."""
    return deployed("dev")
