"""`./jtld sandbox`: look into the offline cloud, change it behind the engine's back, make it fail, forget it."""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from ops import deploy, recovery, state
from ops.outcome import Result
from ops.sandbox import Sandbox
from ops.steps import say, tell
from sandbox import inventory
from sandbox.inventory import Row
from sandbox.values import Secret, transform
from settings.types import EnvironmentName

app = typer.Typer(help="The offline cloud of a stack.", no_args_is_help=True)

Stack = Annotated[EnvironmentName, typer.Argument(help="dev, staging or prod.")]
Which = Annotated[
    str,
    typer.Argument(help="A URN, an id, or a logical name if only one resource has it.", show_default=False),
]


@app.command("list")
def list_command(
    stack: Stack = "dev",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """List everything that exists in the cloud."""
    rows = recovery.living(Sandbox(stack=stack))
    if as_json:
        _print(
            [{key: getattr(row, key) for key in ("urn", "type", "id", "account", "region")} for row in rows]
        )
        return
    table = Table("type", "name", "id", "region", box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(row.type, _name(row), row.id, row.region)
    console = Console(width=None if sys.stdout.isatty() else 240)
    with console.capture() as printed:
        console.print(table)
    tell(printed.get())
    kinds = Counter(row.provider for row in rows)
    say(
        f"{len(rows)} resources: "
        + (", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none")
    )


@app.command()
def show(stack: Stack, resource: Which) -> None:
    """Show one resource as the cloud holds it, secrets masked."""
    row = _one(stack, resource)
    _print(
        {
            "urn": row.urn,
            "type": row.type,
            "id": row.id,
            "region": row.region,
            "properties": _masked(row.outputs),
        }
    )


@app.command()
def tamper(
    stack: Stack,
    resource: Which,
    path: Annotated[
        str, typer.Argument(help="The property, for instance tags.owner.", show_default=False)
    ] = "",
    value: Annotated[
        str,
        typer.Argument(
            help="The new value, as JSON or plain text; without one the property goes.", show_default=False
        ),
    ] = "null",
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the whole resource instead.")] = False,
) -> None:
    """Change or delete a resource as someone with a console would: the engine does not know."""
    folder = Sandbox(stack=stack).folder
    row = _one(stack, resource)
    told = f"`./jtld drift {stack}` sees it, `./jtld up {stack}` puts it right."
    if delete:
        inventory.remove(folder, row.urn)
        say(f"• {_name(row)} is gone. {told}")
        return
    if not path:
        _stop("say which property to change, or --delete")
    try:
        before, after = inventory.tamper(folder, row.urn, path, _value(value))
    except ValueError as error:  # of a path that is none
        _stop(str(error))
    say(f"• {path} of {_name(row)}: {_masked(before)} is now {_masked(after)}. {told}")


@app.command()
def confirm(stack: Stack = "dev") -> None:
    """Confirm the subscriptions that wait for a person, as whoever reads the mailbox would."""
    folder = Sandbox(stack=stack).folder
    waiting = [
        row
        for row in recovery.living(Sandbox(stack=stack))
        if row.type == "aws:sns/topicSubscription:TopicSubscription"
        and row.outputs.get("pendingConfirmation")
    ]
    for row in waiting:
        inventory.tamper(folder, row.urn, "pendingConfirmation", value=False)
    say(f"• {len(waiting)} subscriptions confirmed in {stack}")


@app.command()
def faults(
    stack: Stack = "dev",
    script: Annotated[
        Path | None, typer.Argument(help="A fault script (sandbox/faults.py); without one, show.")
    ] = None,
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Let everything work again.")] = False,
) -> None:
    """Show, set or clear what goes wrong in the cloud: throttles, errors, crashes, latency."""
    folder = Sandbox(stack=stack).folder
    if clear:
        inventory.clear_faults(folder)
        say(f"• No faults in {stack}")
        return
    if not script:
        _print(inventory.faults(folder).model_dump(exclude_none=True))
        return
    try:
        text = script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _stop(
            f"{script} cannot be read as text ({error}): name a fault script, as sandbox/faults.py shows one"
        )
    inventory.set_faults(folder, text)
    say(f"• {stack} now fails as {script} says; `./jtld sandbox faults {stack} --clear` ends it")


@app.command()
def reset(stack: Stack = "dev") -> None:
    """Forget the stack: cloud, state, faults and keys. Nothing committed is touched."""
    sandbox = Sandbox(stack=stack)
    with sandbox.alone():
        sandbox.remove()
    say(f"• {stack} is forgotten; `./jtld up {stack}` starts from nothing")


@app.command()
def shell(stack: Stack = "dev") -> None:
    """Open a shell in which plain `pulumi` commands act on the sandbox."""
    with deploy.opened(stack) as engine:
        environment = engine.environment()
        folder = engine.sandbox.folder
    say(f"• `pulumi` now acts on {stack} in the sandbox; `exit` leaves")
    os.chdir(folder)
    program = os.environ.get("SHELL") or "/bin/sh"
    os.execve(program, [program], environment | {"PULUMI_STACK": stack})  # noqa: S606 the user's own shell


def _one(stack: str, wanted: str) -> Row:
    rows = recovery.living(Sandbox(stack=stack))
    found = (
        [row for row in rows if row.urn == wanted]
        or [row for row in rows if row.id == wanted]
        or [row for row in rows if _name(row) == wanted]
    )
    if not found:
        _stop(f"{wanted} is no resource of {stack}; `./jtld sandbox list {stack}` names them all")
    if len(found) > 1:
        _stop(
            f"{wanted} is {len(found)} resources; give a URN:\n" + "\n".join(f"  {row.urn}" for row in found)
        )
    return found[0]


def _name(row: Row) -> str:
    return row.urn.rsplit("::", 1)[-1]


def _masked(values: Any) -> Any:
    return transform(values, lambda leaf: state.MASK if isinstance(leaf, Secret) else leaf)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _print(document: Any) -> None:
    tell(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def _stop(message: str) -> NoReturn:
    say(f"error: {message}")
    raise typer.Exit(Result.MISUSED.exit_code)
