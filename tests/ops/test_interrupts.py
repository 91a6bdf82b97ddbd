"""Ctrl-C, a closed terminal and `kill` reach the engine once, and nothing that must not be cut short is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.engine import Engine
from ops.interrupts import held_back
from ops.sandbox import Sandbox
from ops.toolchain import Toolchain

ROOT = Path(__file__).parents[2]
# What runs under `nohup`, or behind `&` in a script, and starts an engine that says what it ignores itself.
IGNORING = """
import os, signal, subprocess, sys
from ops.interrupts import end_like_ctrl_c, held_back
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
end_like_ctrl_c()
ignored = "import signal; print(*(signal.getsignal(n) is signal.SIG_IGN for n in (signal.SIGINT, signal.SIGHUP)))"
with held_back() as held:
    print(subprocess.run([sys.executable, "-c", ignored], capture_output=True, text=True).stdout.strip())
    os.kill(os.getpid(), signal.SIGHUP)
    print(held.seen)
    os.kill(os.getpid(), signal.SIGINT)
    print(held.seen)
print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


def test_under_nohup_and_behind_an_ampersand_nothing_is_deaf_but_to_the_terminal_s_end() -> None:
    """The engine ends its plugins by SIGINT: one that inherited the ignoring would cost it five seconds each."""
    done = subprocess.run(
        [sys.executable, "-c", IGNORING], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["False False", "False", "True", "True"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_is_passed_on_once(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    counts = (
        "import signal, time; heard = []\nsignal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "print('ready', flush=True)\nend = time.monotonic() + 1\n"
        "while time.monotonic() < end: time.sleep(0.05)\nprint(len(heard))"
    )
    with (
        held_back() as held,
        subprocess.Popen([sys.executable, "-c", counts], stdout=subprocess.PIPE, text=True) as process,
    ):
        held.watch(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert process.stdout.readline() == "1\n"
    assert held.seen
    assert "Already stopping" in capsys.readouterr().err


def test_an_interrupt_before_the_engine_has_started_reaches_it_as_well() -> None:
    with held_back() as held:
        os.kill(os.getpid(), signal.SIGINT)
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True) as process:
            held.watch(process)
            assert process.wait(30) == -signal.SIGINT


def test_what_writes_the_stack_is_never_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a stack file, or half an imported state, is what the next run would have to start from."""
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f'#!/bin/sh\nkill -INT $PPID\nsleep 0.7\necho written > "{tmp_path}/file"\n')
    pulumi.chmod(0o755)
    engine = Engine(
        sandbox=Sandbox(stack="dev"), toolchain=Toolchain(pulumi=pulumi, version=(4, 0, 0), origin="a test")
    )
    monkeypatch.setattr(Sandbox, "folder", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        engine.ask("config", "set-all")
    assert (tmp_path / "file").read_text() == "written\n"
