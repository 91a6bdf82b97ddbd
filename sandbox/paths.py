"""Property paths: `rules[*].status`, `tags["jtld:owner"]`, `subnetIds[0]`."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sandbox.values import UNKNOWN, Secret

EVERY: Final = "[*]"
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_STEP = re.compile(
    r"""\.?(?P<name>[A-Za-z_$][A-Za-z0-9_$-]*)|\[(?P<index>\d+)\]|\[(?P<every>\*)\]|\["(?P<key>[^"]*)"\]"""
)

Step = str | int
Path = tuple[Step, ...]


@cache
def parse(text: str) -> Path:
    """Return the steps of a path; `[*]` becomes `EVERY`."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a property path")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["every"]:
            steps.append(EVERY)
        else:
            steps.append(match["name"] if match["name"] is not None else match["key"])
        position = match.end()
    return tuple(steps)


def render(path: Sequence[Step]) -> str:
    """Return the text of a path, quoted the way the engine quotes it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step == EVERY:
            text += EVERY
        elif _IDENTIFIER.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def pattern(path: Sequence[Step]) -> Path:
    """Return the path with every index replaced by `EVERY`, as contracts write it."""
    return tuple(EVERY if isinstance(step, int) else step for step in path)


def covers(declared: Sequence[Step], path: Sequence[Step]) -> bool:
    """Tell whether `path` lies at or below `declared` (a contract's path)."""
    return len(path) >= len(declared) and all(
        a == b or (a == EVERY and isinstance(b, int)) for a, b in zip(declared, path, strict=False)
    )


def select(value: Any, path: Sequence[Step], at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every existing value at `path` with its concrete path.

    What is inside a secret is secret, and what is inside an unknown is unknown.
    """
    if not path or value is UNKNOWN:
        yield at, value
    elif isinstance(value, Secret):
        for place, found in select(value.value, path, at):
            yield place, found if isinstance(found, Secret) else Secret(found)
    else:
        for step, item in _items(value, path[0]):
            yield from select(item, path[1:], (*at, step))


def _items(value: Any, step: Step) -> Iterator[tuple[Step, Any]]:
    if isinstance(value, list | tuple):
        if step == EVERY:
            yield from enumerate(value)
        elif isinstance(step, int) and step < len(value):
            yield step, value[step]
    elif isinstance(value, Mapping):
        if step == EVERY:
            yield from value.items()
        elif step in value:
            yield step, value[step]


def first(value: Any, path: str) -> Any:
    """Return the first value at a path, or None."""
    return next((found for _, found in select(value, parse(path)) if found is not None), None)


def _inside(node: Any) -> Any:
    return node.value if isinstance(node, Secret) else node


def assign(target: dict[str, Any], path: Sequence[Step], value: Any) -> None:
    """Set the value at a concrete path, making the objects on the way."""
    node: Any = target
    for step, following in itertools.pairwise(path):
        if isinstance(node, list):
            node = _inside(node[int(step)])
            continue
        if node.get(step) is None:
            node[step] = [] if isinstance(following, int) else {}
        node = _inside(node[step])
    if isinstance(node, list):
        index = int(path[-1])
        node[index : index + 1] = [value]
    else:
        node[path[-1]] = value


def remove(target: dict[str, Any], path: Sequence[Step]) -> None:
    """Remove the value at a concrete path, if there is one."""
    node: Any = target
    for step in path[:-1]:
        try:
            node = _inside(node[step])
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(node, list) and isinstance(path[-1], int):
        del node[path[-1] : path[-1] + 1]
    elif isinstance(node, dict):
        node.pop(path[-1], None)
