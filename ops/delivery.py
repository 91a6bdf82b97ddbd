"""What the workflows run against real stacks: plan, apply, seen, drift (DL-1).

Each command talks to the backend that `PULUMI_BACKEND_URL` names and to the accounts that the job's
short-lived credentials open. Nothing here knows the sandbox.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ops import comment, plan, promotion
from ops.github import GitHub, GitHubError
from ops.interrupts import held_back
from ops.steps import say, tell
from ops.toolchain import ensure
from settings.types import EnvironmentName

ROOT = Path(__file__).resolve().parent.parent
PROJECT = Path(os.environ.get("JTLD_PROJECT", ROOT)).resolve()
"""The folder of the Pulumi project to deliver: the platform's, or `bootstrap`."""

FAILED, MISUSED, REFUSED, DRIFTED = 1, 2, 3, 4

app = typer.Typer(
    help="Deliver to real accounts: what the workflows run. Exit codes as everywhere.", no_args_is_help=True
)
Stack = Annotated[EnvironmentName, typer.Argument(help="dev, staging or prod.", show_default=False)]
Commit = Annotated[str, typer.Option(help="Full id of the commit.", show_default=False)]
Accepted = Annotated[
    str,
    typer.Option(
        envvar="JTLD_ACCEPTED",
        help="Words such as a pull request's labels; `accept-loss:<plan>` accepts that one plan's losses.",
    ),
]


@app.command("plan")
def plan_command(
    stack: Stack,
    accepted: Accepted = "",
    pull_request: Annotated[
        int | None, typer.Option(help="Comment the plan under this pull request.")
    ] = None,
) -> None:
    """Preview STACK with the policy pack and publish the plan; fails where data would be lost."""
    preview = _preview(stack)
    body = comment.render(preview, stack, commit=_head(), titles=_titles())
    _publish("GITHUB_STEP_SUMMARY", body)
    _publish("GITHUB_OUTPUT", f"plan={preview.fingerprint}\n")
    if pull_request is not None:
        _github().comment(pull_request, body, comment.marker(stack))
    tell(body)
    _require_acceptable(preview, accepted)


@app.command("apply")
def apply_command(
    stack: Stack,
    commit: Commit,
    reviewed: Annotated[str, typer.Option(help="The plan that was reviewed, as `plan` named it.")],
    accepted: Accepted = "",
) -> None:
    """Bring STACK to COMMIT, provided the plan is still the one that was REVIEWED (DL-N1)."""
    _require_checkout(commit)
    preview = _preview(stack)
    _require_acceptable(preview, accepted)
    if preview.fingerprint != reviewed:
        say(
            f"error: The plan is now {preview.fingerprint}, the reviewed one was {reviewed}: something "
            "changed in between (DL-N1). Run the workflow again and review the new plan."
        )
        raise typer.Exit(REFUSED)
    done = _pulumi("up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs")
    raise typer.Exit(FAILED if done.returncode else 0)


@app.command()
def remote(stack: Stack, commit: Commit) -> None:
    """Let Pulumi Deployments bring STACK to COMMIT, with the settings of its deploy file."""
    _require_checkout(commit)
    done = _pulumi("deployment", "run", "update", "--stack", stack, "--git-commit", commit)
    raise typer.Exit(FAILED if done.returncode else 0)


@app.command()
def seen(stack: Stack, commit: Commit) -> None:
    """Fail unless STACK has been brought to exactly COMMIT (DL-N4)."""
    done = _pulumi("stack", "history", "--stack", stack, "--json", "--page-size", "1000", capture=True)
    if done.returncode:
        raise typer.Exit(FAILED)
    try:
        promotion.require_seen(stack, commit, promotion.read_history(json.loads(done.stdout)))
    except promotion.PromotionRefusedError as error:
        say(f"error: {error}")
        raise typer.Exit(REFUSED) from None
    say(f"{stack} has seen {commit[:12]}.")


@app.command()
def drift(
    stack: Stack,
    report: Annotated[bool, typer.Option(help="Keep one issue per stack open while it drifts.")] = False,
) -> None:
    """Compare STACK with the accounts, changing nothing; fails and names what moved (DL-1)."""
    found = _events("refresh", "--stack", stack, "--preview-only", "--suppress-outputs")
    body = comment.render_drift(found, stack, commit=_head())
    tell(body)
    _publish("GITHUB_STEP_SUMMARY", body)
    if found.errors or not found.complete:
        raise typer.Exit(FAILED)
    if report and found.intended:
        _github().report(f"{stack} has drifted", body, comment.drift_marker(stack))
    elif report:
        _github().resolve(comment.drift_marker(stack), "The stack is what the code says again.")
    raise typer.Exit(DRIFTED if found.intended else 0)


def _titles() -> dict[str, str]:
    from policies.registry import all_policies  # noqa: PLC0415  only a plan needs the pack's own words

    return {policy.id: policy.title for policy in all_policies()}


def _preview(stack: str) -> plan.Plan:
    return _events("preview", "--stack", stack, "--suppress-outputs")


def _events(*arguments: str) -> plan.Plan:
    """Run the engine and read its events, kept outside the checkout: they hold what a plan leaves out."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.jsonl"
        log.touch()
        _pulumi(*arguments, "--event-log", str(log))
        return plan.read(log)


def _pulumi(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the CLI on this project with the pack enforced, its progress on stderr.

    Raises:
        KeyboardInterrupt: Somebody wants to stop; the engine has finished what was in flight, and unlocked.
    """
    toolchain = ensure()
    path = os.pathsep.join(
        (str(Path(sys.executable).parent), toolchain.search_path, os.environ.get("PATH", ""))
    )
    environment = {
        **os.environ,
        "PATH": path,
        "PULUMI_DEBUG_COMMANDS": "true",
        "PULUMI_OPTION_POLICY_PACK": str(ROOT / "policies"),
        "PULUMI_OPTION_NON_INTERACTIVE": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    with (
        held_back() as interrupts,
        subprocess.Popen(
            [str(toolchain.pulumi), *arguments],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE if capture else sys.stderr,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a Ctrl-C reaches it from here alone, and once: a second one would cut it short
        ) as process,
    ):
        interrupts.watch(process)
        out, _ = process.communicate()
    if interrupts.seen:
        raise KeyboardInterrupt
    return subprocess.CompletedProcess(process.args, process.returncode, out)


def _require_acceptable(preview: plan.Plan, accepted: str) -> None:
    if preview.refused:
        say("error: The policy pack refuses this plan; each violation names its remedy above.")
        raise typer.Exit(REFUSED)
    if preview.errors or not preview.complete:
        raise typer.Exit(FAILED)
    acceptance = f"accept-loss:{preview.fingerprint}"
    if preview.at_risk and acceptance not in accepted.split():
        lost = ", ".join(f"{change.effect} {change.name} ({change.at_risk})" for change in preview.at_risk)
        say(
            f"error: This plan loses data: {lost}.\nIf that is meant, have a backup, then accept exactly "
            f"this plan: label the pull request, or start the promotion, with {acceptance}"
        )
        raise typer.Exit(REFUSED)


def _require_checkout(commit: str) -> None:
    """Refuse to deliver anything but COMMIT itself, unchanged and reviewed: part of main (DL-N7)."""
    problem = None
    if _head() != commit:
        problem = f"the checkout is at {_head()[:12]}, not at {commit[:12]}"
    elif _git("status", "--porcelain").stdout:
        problem = "files differ from the commit"
    elif _git("merge-base", "--is-ancestor", commit, "origin/main").returncode:
        problem = f"{commit[:12]} is not part of main"
    if problem:
        say(f"error: {problem}: only a reviewed commit is delivered. Check out the commit from main afresh.")
        raise typer.Exit(REFUSED)


def _head() -> str:
    return _git("rev-parse", "HEAD").stdout.strip()


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = ("git", *arguments)
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def _publish(variable: str, text: str) -> None:
    """Append to one of the files by which a workflow step speaks to GitHub, where there is one."""
    if target := os.environ.get(variable):
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(text)


def _github() -> GitHub:
    try:
        return GitHub.from_environment()
    except GitHubError as error:
        say(f"error: {error}")
        raise typer.Exit(MISUSED) from None
