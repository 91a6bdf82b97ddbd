"""`./jtld verify`: puts the checks together and says what they found."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops import dns, recovery
from ops.outcome import Result
from ops.sandbox import ROOT, Sandbox
from ops.steps import say, step, tell
from ops.verify import check
from ops.verify.account import AccountError, AccountSender, opened
from ops.verify.alerts import Alerts, SandboxSender, Sender
from ops.verify.channels import Channels, NobodyElse, channels
from ops.verify.routing import Publishers, Routing
from ops.verify.world import World, world_of
from sandbox.values import reveal
from settings import Settings, SettingsError, load_stack_file
from settings.types import EnvironmentName

_WIDE = 200


def verify(
    stack: Annotated[EnvironmentName, typer.Argument(help="dev, staging or prod.")] = "dev",
    *,
    alerts: Annotated[
        bool,
        typer.Option("--alerts", help="Also send a test alert through every channel; it calls the pager."),
    ] = False,
    exported: Annotated[
        Path | None,
        typer.Option(
            "--state",
            help="Ask the real account about a state made by `pulumi stack export` instead of the sandbox.",
        ),
    ] = None,
    minutes: Annotated[
        int, typer.Option(min=1, max=60, help="How long to wait for a real account's counts.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the findings as JUnit, too.")] = None,
) -> None:
    """Check that what is deployed does what was promised; exit 1 where it does not."""
    started = time.monotonic()
    done: tuple[check.Done, ...] = ()
    result = Result.FAILED
    try:
        settings = load_stack_file(ROOT / f"Pulumi.{stack}.yaml")
        world, sender = _real(settings, exported, minutes) if exported else _sandbox(settings)
        with step(f"Checking {stack}" + (", and sending test alerts" if alerts else "")):
            done = check.carry_out(_checks(settings, world, sender if alerts else None))
        result = Result.DONE if all(one.holds for one in done) else Result.FAILED
    except (SettingsError, dns.NoZoneError) as error:
        say(f"error: {error}")
        result = Result.MISUSED
    except (AccountError, NotDeployedError) as error:
        say(f"error: {error}")
    if junit:
        check.write_junit(done, junit)
    if as_json:
        document = {
            "stack": stack,
            "result": result.value,
            "checks": [one.document() for one in done],
            "seconds": round(time.monotonic() - started, 2),
        }
        tell(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
        with console.capture() as printed:
            check.show(done, console)
        tell(printed.get())
    raise typer.Exit(result.exit_code)


class NotDeployedError(Exception):
    """There is nothing to verify; the message says how to get it."""


def _checks(settings: Settings, world: World, sender: Sender | None) -> Iterator[check.Check]:
    """Yield the checks that change nothing, then those that somebody will notice."""
    wanted = channels(settings.alerting)
    yield Routing(world=world)
    yield Publishers(world=world)
    yield Channels(world=world, wanted=wanted)
    yield NobodyElse(world=world, wanted=wanted)
    if sender:
        yield Alerts(world=world, wanted=wanted, sender=sender)


def _sandbox(settings: Settings) -> tuple[World, Sender]:
    stack = settings.environment.name
    sandbox = Sandbox(stack=stack)
    found = [
        (row.type, reveal(row.outputs))
        for row in recovery.living(sandbox)
        if f"::{sandbox.name}::" in row.urn
    ]
    if not found:
        raise NotDeployedError(f"{stack} is not deployed in the sandbox: `./jtld up {stack}` does it")
    world = world_of(found, settings.environment.account_id)
    return world, SandboxSender(world=world)


def _real(settings: Settings, exported: Path, minutes: int) -> tuple[World, Sender]:
    stated = [(one["type"], one["outputs"]) for one in dns.exported(exported) if one.get("outputs")]
    account = opened(settings.environment.account_id)
    world = account.observe(world_of(stated, account.id))
    return world, AccountSender(account=account, patience_seconds=minutes * 60)
