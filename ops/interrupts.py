"""Ctrl-C, a closing terminal and `kill`: each asks to stop, and nothing that must not be cut short is.

Outside `held_back` they end the command like Ctrl-C. What runs under `nohup` goes on when its terminal closes. SIGINT
is heard also behind a script's `&`, where it is ignored by inheritance: the engine hears it there too, ends its plugins
by it, and waits five seconds for each that does not.
"""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ops.steps import say

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_like_ctrl_c() -> None:
    """Let every signal that asks to stop raise `KeyboardInterrupt`, except where `nohup` has it ignored."""
    for number in _SIGNALS:
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


class HeldBack:
    """Interrupts that wait for the work at hand; a process that is `watch`ed is asked to stop, once."""

    def __init__(self) -> None:
        self.seen = False
        self._process: subprocess.Popen[str] | None = None

    def watch(self, process: subprocess.Popen[str]) -> None:
        """Pass an interrupt on to this process, also one that came before it was started."""
        self._process = process
        if self.seen:
            process.send_signal(signal.SIGINT)

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """Take one signal."""
        if self.seen:
            say("Already stopping: waiting for what is in flight, so that nothing is lost or left locked.")
            return
        self.seen = True
        if self._process:
            self._process.send_signal(signal.SIGINT)
        say("Stopping: the engine finishes what is in flight, then unlocks the stack.")


@contextmanager
def held_back() -> Iterator[HeldBack]:
    """Hold interrupts back while the block runs; it asks the result whether there was one."""
    held = HeldBack()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, previous in before.items():
        # A handler, even one that does nothing, is not inherited by what is started; an ignored signal is.
        signal.signal(number, _ignore if previous is signal.SIG_IGN else held.hear)
    try:
        yield held
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    pass
