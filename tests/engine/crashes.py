"""Kills an `up` again and again and recovers it each time; run inside a checkout, prints what it saw as JSON.

Cumulative: every round goes on where the last one was killed, so that each kill meets another place.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from ops import deploy, recovery, state
from ops.engine import Engine
from sandbox import inventory

STACK = "prod"
KILLS = 30
# A create takes this long, so that kills meet creates that are under way.
FAULTS = "latency: {milliseconds: 25, operation: create}\n"


def main(victim: str, seed: int) -> dict[str, object]:
    chance = random.Random(seed)  # noqa: S311 a drill must be repeatable
    rounds = []
    with deploy.opened(STACK) as engine:
        while len(rounds) < KILLS:
            faults = FAULTS
            if victim == "provider":
                # It dies at one of its next creates, before or after that took effect.
                after = str(len(rounds) % 2 == 1).lower()
                faults += f"faults: [{{kind: crash, operation: create, nth: {chance.randint(1, 4)}, after: {after}}}]\n"
            inventory.set_faults(engine.sandbox.folder, faults)
            made = killed_after(engine, victim, chance.randint(1, 2), chance.uniform(0, 0.03))
            if made is None:
                break  # the deployment was complete before the kill came
            damage = recovery.examine(engine)
            recovery.recover(engine, damage)
            rounds.append(
                {
                    "locks": len(damage.dead_locks),
                    "pending": len(damage.pending),
                    "orphans": len(damage.orphans),
                    "difference": difference(engine),
                    "resources": made,
                }
            )
    return {"rounds": rounds}


def killed_after(engine: Engine, victim: str, creates: int, delay: float) -> int | None:
    """Start an `up` and kill the engine once so many more resources are in the state; return how many there are.

    A provider dies by the fault script, and the engine ends with an error. None: the `up` was complete.
    """
    before = len(state.read(engine.sandbox).resources)
    process = subprocess.Popen(
        [
            engine.toolchain.pulumi,
            "up",
            "--yes",
            "--skip-preview",
            "--non-interactive",
            "--stack",
            STACK,
            "--parallel",
            "2",
        ],
        cwd=engine.sandbox.folder,
        env=engine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if victim == "provider":
        return len(state.read(engine.sandbox).resources) if process.wait(timeout=300) else None
    seen = None
    while process.poll() is None:
        # The engine shares two cores with this loop: a state that nobody has written is not read again.
        if (written := _written(engine.sandbox.state)) != seen:
            seen = written
            if len(state.read(engine.sandbox).resources) >= before + creates:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
                process.wait(timeout=60)
                time.sleep(0.2)  # what a provider had begun when its engine died comes to its end
                return len(state.read(engine.sandbox).resources)
        time.sleep(0.002)
    return None


def _written(path: Path) -> tuple[int, int] | None:
    """Return what tells one writing of a file from the next: each is a new file under the old name."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns
    return None


def difference(engine: Engine) -> list[list[str]]:
    """What is in the cloud and not in the state, or the other way round, or twice."""
    own = f"urn:pulumi:{STACK}::{engine.sandbox.name}::"
    cloud = Counter((one.type, one.id) for one in recovery.living(engine.sandbox) if one.urn.startswith(own))
    known = Counter(
        (one["type"], one["id"])
        for one in state.read(engine.sandbox).resources
        if one.get("custom") and not one["type"].startswith("pulumi:")
    )
    twice = [key for key, count in cloud.items() if count > 1]
    return [list(key) for key in (*(cloud - known), *(known - cloud), *twice)]


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    json.dump(main(sys.argv[1], int(sys.argv[2])), sys.stdout)
