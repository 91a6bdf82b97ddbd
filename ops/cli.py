"""The commands of `./jtld`. Exit codes: 0 done, 1 failed, 2 wrong use or settings, 3 refused by policy, 4 drift."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ops import deploy, developer, dns, doctor, runbooks, state, summary
from ops.calendar import calendar
from ops.checks import Part, check
from ops.cloud import app as sandbox_app
from ops.delivery import app as deliver_app
from ops.ending import in_words, result_of
from ops.engine import Engine
from ops.interrupts import end_like_ctrl_c
from ops.outcome import Outcome, Result
from ops.sandbox import ROOT, Sandbox
from ops.steps import say, tell
from ops.toolchain import ensure
from ops.verify.command import verify
from settings import Settings, load_stack_file
from settings.day import today
from settings.schema import write as write_schema
from settings.types import EnvironmentName

app = typer.Typer(
    name="jtld",
    help="JTLD's infrastructure, in an offline sandbox: no account, no key, nothing to pay. Only `deliver`, and "
    "`verify` with a real stack's state, ask real accounts.\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong use or settings, 3 refused by policy, 4 drift.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(deliver_app, name="deliver")

_DOCUMENTED = ("up", "preview", "destroy", "drift", "recover")
"""The commands that with `--json` print one document, whatever happens."""

Stack = Annotated[EnvironmentName, typer.Argument(help="dev, staging or prod.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command()
def up(stack: Stack = "dev", *, as_json: AsJson = False) -> None:
    """Deploy STACK into the sandbox with the policy pack enforced."""
    _carry_out(
        stack,
        deploy.up,
        as_json=as_json,
        next_steps=(
            f"./jtld sandbox list {stack}      everything that now exists in the offline cloud",
            f"./jtld outputs {stack}           the outputs alone",
            f"./jtld drift {stack}             is the cloud still what the state says?",
            f"./jtld verify {stack} --alerts   would people hear of an incident?",
            f"./jtld destroy {stack}           delete it again",
        ),
    )


@app.command()
def preview(
    stack: Stack = "dev",
    *,
    as_json: AsJson = False,
    comment: Annotated[
        bool, typer.Option("--comment", help="Print the plan as a pull-request comment.")
    ] = False,
) -> None:
    """Show what `up` would change, and whether policies allow it."""
    _carry_out(stack, deploy.preview, as_json=as_json, as_comment=comment, next_steps=(f"./jtld up {stack}",))


@app.command()
def destroy(stack: Stack = "dev", *, as_json: AsJson = False) -> None:
    """Delete STACK's resources; in prod everything that holds data stays."""
    _carry_out(
        stack,
        deploy.destroy,
        as_json=as_json,
        destroyed=True,
        next_steps=(f"./jtld sandbox reset {stack}     forget the sandbox altogether",),
    )


@app.command()
def drift(stack: Stack = "dev", *, as_json: AsJson = False) -> None:
    """Compare the cloud with the state; exit 4 when something moved."""
    _carry_out(
        stack, deploy.drift, as_json=as_json, next_steps=(f"./jtld up {stack}           puts it right",)
    )


@app.command()
def recover(stack: Stack = "dev", *, as_json: AsJson = False) -> None:
    """Repair what a crash left behind: dead locks, interrupted operations, resources the state does not know."""
    _carry_out(stack, deploy.recover, as_json=as_json, next_steps=(f"./jtld up {stack}",))


@app.command()
def bootstrap(stack: Stack = "dev", *, as_json: AsJson = False) -> None:
    """Deploy what an account needs once, before the first real `up`: state bucket, key, roles."""
    _carry_out(stack, deploy.up, as_json=as_json, project=ROOT / "bootstrap")


@app.command()
def outputs(stack: Stack = "dev") -> None:
    """Print STACK's outputs as JSON, secrets masked."""
    _print(state.read(_deployed(stack)).outputs)


@app.command()
def export(stack: Stack = "dev") -> None:
    """Print STACK's state as the engine exports it, secrets encrypted."""
    engine = Engine(sandbox=_deployed(stack), toolchain=ensure())
    tell(engine.ask("stack", "export", "--stack", stack))


@app.command("calendar")
def calendar_command(stack: Stack = "prod") -> None:
    """Print STACK's reviews, drills and due keys as a calendar file (.ics)."""
    tell(calendar(_settings(stack), today=today()))


@app.command("runbook")
def runbook_command(
    stack: Stack = "dev",
    page: Annotated[str, typer.Argument(help="Name of a page in docs/runbooks.")] = "README",
    *,
    exported: Annotated[
        Path | None,
        typer.Option("--state", help="Read a state made by `pulumi stack export` instead of the sandbox's."),
    ] = None,
) -> None:
    """Print a runbook with STACK's real names in it."""
    resources = dns.exported(exported) if exported else state.read(Sandbox(stack=stack)).resources
    tell(runbooks.render(page, _settings(stack), resources))


@app.command("dns")
def dns_command(
    stack: Stack = "dev",
    *,
    zonefile: Annotated[
        bool, typer.Option("--zonefile", help="Print a zone file instead of the table.")
    ] = False,
    exported: Annotated[
        Path | None,
        typer.Option("--state", help="Read a state made by `pulumi stack export` instead of the sandbox's."),
    ] = None,
) -> None:
    """Print every DNS record of STACK with its purpose."""
    registration = _settings(stack).edge.registration
    resources = dns.exported(exported) if exported else state.read(_deployed(stack)).resources
    zone = dns.zone_of(resources)
    tell(dns.zone_file(zone) if zonefile else dns.table(zone))
    if registration.expires_soon:
        say(f"• {zone.name} is paid until {registration.expires_on}: see that it renews (ED-8)")


@app.command("firewall")
def firewall_command(stack: Stack = "dev") -> None:
    """Print who may talk to whom in STACK, from its settings alone."""
    from ops import firewall  # noqa: PLC0415  the network's component brings the SDKs: a second of every command

    tell(firewall.shown(_settings(stack)))


app.command("verify")(verify)


@app.command()
def env(
    stack: Stack = "dev",
    *,
    file: Annotated[Path, typer.Option(help="File to write, readable by you alone.")] = Path(".env.local"),
    given: Annotated[
        typer.FileText | None,
        typer.Option(
            "--outputs",
            help="Read a real stack's outputs (`pulumi stack output --json --show-secrets`) "
            "instead of the sandbox's; - is stdin.",
        ),
    ] = None,
    functions: Annotated[
        bool, typer.Option("--functions", help="Print the functions' limits for vercel.json instead.")
    ] = False,
) -> None:
    """Write a developer's .env.local from STACK."""
    if functions:
        tell(developer.functions_fragment(_settings(stack).hosting.functions))
        return
    developer.check_stack(stack)
    values = developer.variables(_read(given) if given else _all_outputs(stack))
    developer.write(file, values)
    say(f"• {file}: {len(values)} variables, readable by you alone; keep it out of git")


@app.command("doctor")
def doctor_command() -> None:
    """Say what is installed, what is missing, and how to get it."""
    raise typer.Exit(doctor.report().exit_code)


@app.command()
def schema() -> None:
    """Write the settings' JSON Schema, which completes the stack files in an editor."""
    write_schema()
    say("• schema/stack.schema.json is up to date")


@app.command("test")
def check_command(
    *,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out what runs the real engine.")] = False,
    part: Annotated[
        Part | None, typer.Option("--part", help="Run one machine's share of the checks, as CI does.")
    ] = None,
) -> None:
    """Run every check: lint, format, types, generated files, tests."""
    raise typer.Exit(check(Part.FAST if fast else part))


def main() -> None:
    """Run the command line."""
    with in_words():
        end_like_ctrl_c()
        try:
            app(prog_name="./jtld")
        except SystemExit as end:
            command, *stack = [word for word in sys.argv[1:] if not word.startswith("-")] or [""]
            if end.code == Result.MISUSED.exit_code and command in _DOCUMENTED and "--json" in sys.argv:
                _print(Outcome(stack="".join(stack[:1]), result=Result.MISUSED).document())
            raise


def _carry_out(
    stack: str,
    command: Callable[[Engine], Outcome],
    *,
    as_json: bool,
    as_comment: bool = False,
    destroyed: bool = False,
    next_steps: tuple[str, ...] = (),
    project: Path = ROOT,
) -> NoReturn:
    try:
        with deploy.opened(stack, project) as engine:
            outcome = command(engine)
            summary.show(
                outcome,
                state.read(engine.sandbox),
                destroyed=destroyed,
                next_steps=next_steps if outcome.result in {Result.DONE, Result.DRIFTED} else (),
            )
    except BaseException as error:
        if as_json:
            _print(Outcome(stack=stack, result=result_of(error)).document())
        raise
    if as_json:
        _print(outcome.document())
    if as_comment and outcome.plan:
        from ops import comment  # noqa: PLC0415 only this needs it

        tell(comment.render(outcome.plan, stack))
    raise typer.Exit(outcome.result.exit_code)


def _settings(stack: str) -> Settings:
    return load_stack_file(ROOT / f"Pulumi.{stack}.yaml")


def _read(given: typer.FileText) -> str:
    try:
        return given.read()
    except UnicodeDecodeError:
        return ""  # said like every other file that holds no outputs


def _all_outputs(stack: str) -> str:
    engine = Engine(sandbox=_deployed(stack), toolchain=ensure())
    return engine.ask("stack", "output", "--stack", stack, "--json", "--show-secrets")


def _deployed(stack: str) -> Sandbox:
    sandbox = Sandbox(stack=stack)
    if not sandbox.state.exists():
        say(f"error: {stack} is not deployed in the sandbox: `./jtld up {stack}` does it")
        raise typer.Exit(Result.FAILED.exit_code)
    return sandbox


def _print(document: dict[str, Any]) -> None:
    tell(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
