"""The commands on a sandbox stack: up, preview, destroy, drift and recover, each ending in an `Outcome`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ops import guard, recovery, state, toolchain
from ops.engine import Engine, EngineError, Run
from ops.outcome import Outcome, Result, merged
from ops.plan import Violation
from ops.recovery import Damage
from ops.sandbox import ROOT, Sandbox
from ops.steps import say, step
from sandbox import account, inventory
from sandbox.cloud import Cloud
from settings import load_stack_file


@contextmanager
def opened(stack: str, project: Path = ROOT) -> Iterator[Engine]:
    """Check the settings, get the CLI, hold the stack and prepare its folder.

    Raises:
        SettingsError: The stack file is wrong; nothing was started.
        ToolchainError: There is no CLI and none could be made.
        BusyError: Another command is changing this stack.
    """
    sandbox = Sandbox(stack=stack, project=project)
    settings = load_stack_file(sandbox.source) if project == ROOT else None
    engine = Engine(sandbox=sandbox, toolchain=toolchain.ensure())
    with sandbox.alone():
        engine.prepare()
        if inventory.is_cold():
            with step("Reading the resource types of the installed providers"):
                inventory.warm()
        if settings:
            account.prepare(Cloud(sandbox.cloud), settings.environment.account_id)
        yield engine


def up(engine: Engine) -> Outcome:
    """Deploy: preview with the pack and the guard, and only then create, update, replace and delete.

    What a killed run left behind is recovered first: in the sandbox that can lose nothing.
    """
    started = time.monotonic()
    if damage := recovery.examine(engine):
        _repair(engine, damage)
    with step(f"Checking the plan for {engine.sandbox.stack} against the policy pack"):
        gate = engine.operate("preview", "--refresh", quiet=True)
    refused = _refusals(engine, gate)
    if gate.code or gate.interrupted or refused:
        return _outcome(engine, gate, started, refused)
    if not gate.plan.complete:
        raise EngineError(
            "the engine's account of the plan breaks off, so that nobody can say what it would do. "
            "Nothing was changed. Is the disk full? Then free some space and run the same command again."
        )
    say(f"• Deploying {engine.sandbox.stack} into the sandbox")
    run = engine.operate("up", "--refresh", "--skip-preview")
    if run.interrupted or run.plan.failures:
        # Stack policies have then judged half a stack: what they miss in it says nothing.
        run = replace(run, plan=replace(run.plan, violations=()))
    # An update that ended well has judged everything again, with the values that the plan could not know.
    planned = gate.plan.violations if run.code or run.interrupted else ()
    return replace(_outcome(engine, run, started, planned), begun=True)


def preview(engine: Engine) -> Outcome:
    """Show what `up` would do; the same refusals, nothing changed."""
    started = time.monotonic()
    run = engine.operate("preview", "--refresh")
    return _outcome(engine, run, started, _refusals(engine, run))


def destroy(engine: Engine) -> Outcome:
    """Delete the stack's resources. In prod the protected ones stay, with what they depend on (SC-3)."""
    started = time.monotonic()
    if damage := recovery.examine(engine):
        _repair(engine, damage)
    keep = ("--exclude-protected",) if engine.sandbox.stack == "prod" else ()
    run = engine.operate("destroy", "--skip-preview", *keep, pack=False)
    return _outcome(engine, run, started)


def drift(engine: Engine) -> Outcome:
    """Compare the cloud with the state; changes nothing."""
    started = time.monotonic()
    run = engine.operate("refresh", "--preview-only", pack=False, quiet=True)
    outcome = _outcome(engine, run, started)
    if outcome.result is Result.DONE and run.plan.intended:
        return replace(outcome, result=Result.DRIFTED)
    return outcome


def recover(engine: Engine) -> Outcome:
    """Repair what a crash left behind."""
    started = time.monotonic()
    damage = recovery.examine(engine)
    if damage:
        _repair(engine, damage)
    else:
        say(f"{engine.sandbox.stack} needs no recovery: no lock, nothing interrupted, cloud and state agree.")
    return Outcome(
        stack=engine.sandbox.stack,
        result=Result.DONE,
        outputs=state.read(engine.sandbox).outputs,
        seconds=time.monotonic() - started,
    )


def _repair(engine: Engine, damage: Damage) -> None:
    say(f"• An earlier run on {engine.sandbox.stack} was killed:")
    for line in damage.lines():
        say(f"    {line}")
    with step("Recovering"):
        recovery.recover(engine, damage)


def _refusals(engine: Engine, run: Run) -> tuple[Violation, ...]:
    """Return why a plan may not be carried out: mandatory policies, or data that prod would lose."""
    return tuple(one for one in run.plan.violations if one.level == "mandatory") + guard.refusals(
        run.plan, engine.sandbox.stack, run.said
    )


def _outcome(engine: Engine, run: Run, started: float, policies: tuple[Violation, ...] = ()) -> Outcome:
    policies = merged(policies, run.plan.violations)
    refused = any(one.level == "mandatory" for one in policies)
    return Outcome(
        stack=engine.sandbox.stack,
        result=Result.REFUSED if refused else Result.FAILED if run.code or run.interrupted else Result.DONE,
        plan=run.plan,
        policies=policies,
        outputs=state.read(engine.sandbox).outputs,
        seconds=time.monotonic() - started,
    )
