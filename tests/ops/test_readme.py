"""The README is true: its picture, commands, exit codes and links are those of the code."""

import ast
import re
from pathlib import Path

import typer.main

from ops.cli import app
from ops.outcome import Result

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def composed() -> set[str]:
    """The components that the program makes: imported from `components` and called with their name."""
    tree = ast.parse((ROOT / "__main__.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("components.")
        for alias in node.names
    }
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported
        if any(keyword.arg == "platform" for keyword in node.keywords)
    }


def test_the_picture_shows_exactly_the_components_of_the_program() -> None:
    picture = README.split("```mermaid")[1].split("```")[0]
    drawn = set(re.findall(r"\b[A-Z][A-Za-z]+\b", re.sub(r"\|[^|]*\||\[[^\]]*\]|\bLR\b", "", picture)))
    assert drawn == composed()


def test_every_command_in_the_readme_exists_and_every_command_is_in_it() -> None:
    root = typer.main.get_command(app)
    known = set(root.commands) | {f"sandbox {name}" for name in root.commands["sandbox"].commands}
    told = {
        " ".join(words if words[0] == "sandbox" else words[:1])
        for words in (match.split() for match in re.findall(r"`?\./jtld ((?:sandbox )?[a-z]+)", README))
    }
    assert told <= known
    # `deliver` belongs to the workflows; `sandbox show` and `reset` stand in their own help.
    assert known - told == {"deliver", "sandbox", "sandbox show", "sandbox reset"}


def test_the_exit_codes_are_those_of_the_code() -> None:
    told = re.findall(r"^\| (\d) \| `(\w+)` \|", README, flags=re.MULTILINE)
    assert told == [(str(result.exit_code), result.value) for result in Result]


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / link).exists()] == []
