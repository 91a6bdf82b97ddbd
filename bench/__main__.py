"""`.venv/bin/python -m bench`: what the platform's structure costs, measured against floors in one run."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
STACK = "prod"
LEFT_BEHIND = {"tests", "__pycache__"}
START_RUNS = 5

_MEASURED = """
import json, resource, sys
{work}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([peak, sorted(sys.modules)]))
"""
_PROGRAM = """
import ast, pathlib
source = ast.parse(pathlib.Path("__main__.py").read_text())
last = max(i for i, node in enumerate(source.body) if isinstance(node, ast.Import | ast.ImportFrom))
del source.body[last + 1:]
exec(compile(source, "__main__.py", "exec"))
from settings import load_stack_file
load_stack_file(pathlib.Path("Pulumi.prod.yaml"))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "checkout"
        copy.mkdir()
        for path in ROOT.iterdir():
            if not path.name.startswith(".") and path.name not in LEFT_BEHIND:
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, copy / path.name)
        (copy / ".venv").symlink_to(sys.prefix)
        measured = subprocess.run(
            [sys.executable, "-m", "bench.engine", STACK], cwd=copy, stdout=subprocess.PIPE, check=True
        )
        engine = json.loads(measured.stdout)
    start = program_start()
    report(engine, start)


def program_start() -> dict[str, tuple[float, float]]:
    """Seconds and megabytes of the program up to its first resource, and of the SDK modules it needs alone."""
    _, _, modules = once(_PROGRAM)
    sdk = [name for name in modules if name.startswith("pulumi")]
    # An attribute makes a module that the SDK loads on first use load now.
    floor = f"import gc, importlib\ngc.disable()\nfor name in {sdk}: dir(importlib.import_module(name))"
    return {"bare interpreter": best("pass"), "floor": best(floor), "program": best(_PROGRAM)}


def best(work: str) -> tuple[float, float]:
    runs = [once(work) for _ in range(START_RUNS)]
    return min(seconds for seconds, _, _ in runs), statistics.median(megabytes for _, megabytes, _ in runs)


def once(work: str) -> tuple[float, float, list[str]]:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(work=work)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    peak, modules = json.loads(done.stdout)
    return seconds, peak / (2**20 if sys.platform == "darwin" else 2**10), modules


def report(engine: dict[str, float], start: dict[str, tuple[float, float]]) -> None:
    table = Table("measure", "ours", "floor", "ratio", box=None, header_style="bold", pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, label in (
        ("up", f"up of {STACK} from nothing, s"),
        ("preview", f"no-op preview of {STACK}, s"),
    ):
        ours, floor = engine[f"ours {name}"], engine[f"flat {name}"]
        table.add_row(label, f"{ours:.2f}", f"{floor:.2f}", f"{ours / floor:.2f}")
    for index, label in ((0, "program start, s"), (1, "program start, MB")):
        ours, floor = start["program"][index], start["floor"][index]
        table.add_row(label, f"{ours:.2f}", f"{floor:.2f}", f"{ours / floor:.2f}")
    console = Console(highlight=False)
    console.print(table)
    bare = start["bare interpreter"]
    policy = (engine["ours preview"] - engine["ours preview without pack"]) / engine["resources"] * 1000
    jtld = engine["jtld up"]
    console.print(
        f"\n{engine['resources']:.0f} resources; bare interpreter {bare[0]:.2f} s, {bare[1]:.0f} MB; "
        f"the pack costs {policy:.1f} ms a resource in a preview, its start included;\n"
        f"`./jtld up {STACK}` from nothing (preview, gate, update, summary) takes {jtld:.1f} s; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Medians of {engine['runs']:.0f} alternating runs."
    )


if __name__ == "__main__":
    main()
