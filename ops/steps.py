"""Says on stderr what is being done and how long it took. Standard library only: set-up uses it too."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

_HEARTBEAT_SECONDS = 30


class _Unheard:
    """A stream for progress that outlives its reader: what nobody can hear any more goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._stream = self._nowhere()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._stream = self._nowhere()

    @staticmethod
    def _nowhere() -> TextIO:
        return Path(os.devnull).open("w", encoding="utf-8")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def outlive_reader() -> None:
    """Let progress never stop the work: a closed terminal or `2>&1 | head` would else cut an update short."""
    sys.stderr = cast("TextIO", _Unheard(sys.stderr))


def say(text: str) -> None:
    """Write one line to stderr, where all progress goes."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def tell(text: str) -> None:
    """Write to stdout, where answers go. A reader who leaves early (`| head -1`) has had enough: no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce `text`, give a sign of life while it lasts, and close with the seconds it took."""
    started = time.monotonic()
    finished = threading.Event()

    def elapsed() -> str:
        return f"{time.monotonic() - started:.1f} s"

    def beat() -> None:
        while not finished.wait(_HEARTBEAT_SECONDS):
            say(f"  … {elapsed()} so far")

    say(f"• {text}")
    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield
    except BaseException:
        say(f"  stopped after {elapsed()}")
        raise
    else:
        say(f"  done in {elapsed()}")
    finally:
        finished.set()
