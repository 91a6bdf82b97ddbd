"""The order of the whole suite, and what it needs of the shell that starts it."""

import signal

import pytest

_LONGEST_FIRST = ("drill", "guide", "engine")


def pytest_configure() -> None:
    """Let what tests start hear interrupts, also where the suite itself runs behind `&` or under `nohup`."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Unlike ignoring, a handler is not inherited by what is started.
            signal.signal(number, lambda *_: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that two workers end together; else the order stays as collected."""

    def rank(item: pytest.Item) -> int:
        marks = (number for number, mark in enumerate(_LONGEST_FIRST) if item.get_closest_marker(mark))
        return next(marks, len(_LONGEST_FIRST))

    items.sort(key=rank)
