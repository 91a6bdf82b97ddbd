"""Times the engine in a copy of the checkout, ours and the flat program in turn; prints JSON."""

import json
import statistics
import sys
import time
from pathlib import Path

from bench import flat
from ops import deploy, toolchain
from ops.engine import Engine
from ops.sandbox import ROOT, Sandbox
from sandbox import account
from sandbox.cloud import Cloud
from settings import load_stack_file

RUNS = 3


def main(stack: str) -> None:
    settings = load_stack_file(ROOT / f"Pulumi.{stack}.yaml")
    tools = toolchain.ensure()
    times: dict[str, list[float]] = {}
    flat_project = ROOT / flat.PROJECT
    resources = 0

    def fresh(project: Path) -> Engine:
        sandbox = Sandbox(stack=stack, project=project)
        if sandbox.folder.exists():
            sandbox.remove()
        engine = Engine(sandbox=sandbox, toolchain=tools)
        engine.prepare()
        account.prepare(Cloud(sandbox.cloud), settings.environment.account_id)
        return engine

    def timed(name: str, engine: Engine, operation: str, *, pack: bool = True) -> None:
        started = time.perf_counter()
        run = engine.operate(operation, pack=pack, quiet=True)
        times.setdefault(name, []).append(time.perf_counter() - started)
        if run.code:
            sys.exit(f"{name} failed")
        if operation == "preview" and run.plan.intended:
            sys.exit(f"{name} is not a no-op: {[change.urn for change in run.plan.intended]}")

    for _ in range(RUNS):
        ours = fresh(ROOT)
        timed("ours up", ours, "up")
        timed("ours preview", ours, "preview")
        timed("ours preview without pack", ours, "preview", pack=False)
        if not flat_project.exists():
            exported = json.loads(ours.ask("stack", "export", "--show-secrets", "--stack", stack))
            resources = flat.write(exported["deployment"], stack, flat_project)
        floor = fresh(flat_project)
        timed("flat up", floor, "up", pack=False)
        timed("flat preview", floor, "preview", pack=False)
    times["jtld up"] = [_jtld_up(stack)]
    medians = {name: statistics.median(runs) for name, runs in times.items()}
    json.dump(medians | {"resources": resources, "runs": RUNS}, sys.stdout)


def _jtld_up(stack: str) -> float:
    Sandbox(stack=stack).remove()
    started = time.perf_counter()
    with deploy.opened(stack) as engine:
        deploy.up(engine)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1])
