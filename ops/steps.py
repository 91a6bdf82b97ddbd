"""Says on stderr what is being done and how long it took. Standard library only: set-up uses it too."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_HEARTBEAT_SECONDS = 30


def say(text: str) -> None:
    """Write one line to stderr, where all progress goes."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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
