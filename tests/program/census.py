"""What each stack consists of: a line for every resource, its type and name.

`python -m tests.program.census` writes the files anew; the difference belongs into the review.
"""

from pathlib import Path

from tests.support import STACKS, as_configured

FOLDER = Path(__file__).with_name("census")


def census(stack: str) -> str:
    """Return the sorted `type name` lines of a stack, each resource under its component's name."""
    graph = as_configured(stack).graph
    components = {node.urn: node.name for node in graph.nodes if not node.custom}
    lines = sorted(f"{node.type} {components.get(node.parent, '')}/{node.name}" for node in graph.nodes)
    return "".join(f"{line}\n" for line in lines)


def file(stack: str) -> Path:
    """Return where the census of a stack is kept."""
    return FOLDER / f"{stack}.txt"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in STACKS:
        file(one).write_text(census(one), encoding="utf-8")
