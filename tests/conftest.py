"""The order of the whole suite."""

import pytest

_LONGEST_FIRST = ("drill", "guide", "engine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that two workers end together; else the order stays as collected."""

    def rank(item: pytest.Item) -> int:
        marks = (number for number, mark in enumerate(_LONGEST_FIRST) if item.get_closest_marker(mark))
        return next(marks, len(_LONGEST_FIRST))

    items.sort(key=rank)
