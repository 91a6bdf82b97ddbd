"""The summary a person reads after a command, on stderr: what was built, what the pack said, where to go next."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.stateful import STATEFUL_TYPES
from ops.outcome import Outcome, Result, changes
from ops.plan import Effect, Plan, Violation
from ops.state import State

_HEADLINES = {
    Result.DONE: "[bold green]done[/]",
    Result.FAILED: "[bold red]failed[/]: the engine's messages above say why",
    Result.REFUSED: "[bold red]refused[/] by policy: nothing was changed",
    Result.DRIFTED: "[bold yellow]drift[/]: the cloud is not what the state says",
}
_REFUSED_LATE = (
    "[bold red]refused[/] by policy during the update, when the value was known: "
    "what came before it was carried out"
)


def show(
    outcome: Outcome, deployed: State, *, destroyed: bool = False, next_steps: Iterable[str] = ()
) -> None:
    """Print the summary of an outcome; of one that `destroyed`, what is left instead of what there is."""
    console = Console(stderr=True, highlight=False)
    console.print()
    counts = ", ".join(f"{count} {name}" for name, count in changes(outcome.plan).items() if count)
    late = outcome.begun and outcome.result is Result.REFUSED
    headline = _REFUSED_LATE if late else _HEADLINES[outcome.result]
    console.print(f"[bold]{outcome.stack}[/] {headline} in {outcome.seconds:.1f} s  {counts}")
    if outcome.result is Result.DRIFTED and outcome.plan:
        _drifted(console, outcome.plan)
    if outcome.result is Result.DONE and destroyed:
        _kept(console, deployed)
    elif outcome.result is Result.DONE:
        _components(console, deployed)
        _outputs(console, outcome.outputs)
    _policies(console, outcome)
    steps = list(next_steps)
    if steps:
        console.print("\n[bold]Next[/]")
        for line in steps:
            console.print(f"  {line}", soft_wrap=True)


def components(deployed: State) -> Counter[str]:
    """Count resources by the component they belong to; the platform's own stand under `stack`."""
    parents = {one["urn"]: one.get("parent") for one in deployed.resources}
    counts: Counter[str] = Counter()
    for one in deployed.resources:
        if not one.get("custom") or one["type"].startswith("pulumi:"):
            continue
        urn, owner = one["urn"], "stack"
        while urn := parents.get(urn) or "":
            kind = urn.split("::")[2].rpartition("$")[2]
            if kind.startswith("jtld:"):
                owner = kind.rpartition(":")[2]
        counts[owner] += 1
    return counts


def _components(console: Console, deployed: State) -> None:
    counts = components(deployed)
    if not counts:
        return
    table = Table("component", "resources", box=None, header_style="bold", pad_edge=False)
    table.columns[1].justify = "right"
    for name, count in sorted(counts.items()):
        table.add_row(name, str(count))
    table.add_row("[bold]all[/]", f"[bold]{counts.total()}[/]")
    console.print()
    console.print(table)


def kept(deployed: State) -> Counter[str]:
    """Count what is protected and holds data, by what that is (SC-3)."""
    return Counter(
        STATEFUL_TYPES[one["type"]]
        for one in deployed.resources
        if one["type"] in STATEFUL_TYPES and one.get("protect")
    )


def _kept(console: Console, deployed: State) -> None:
    counts = kept(deployed)
    if not counts:
        console.print("\nNothing is left.")
        return
    table = Table("kept", "resources", box=None, header_style="bold", pad_edge=False)
    table.columns[1].justify = "right"
    for what, count in sorted(counts.items()):
        table.add_row(what, str(count))
    console.print()
    console.print(table)
    console.print("\nThey stay protected, with what guards them and what they depend on (SC-3).")


def _outputs(console: Console, outputs: Mapping[str, Any]) -> None:
    if not outputs:
        return
    console.print("\n[bold]Outputs[/]")
    for name, value in sorted(outputs.items()):
        if isinstance(value, Mapping):
            console.print(f"  {name}")
            for key, item in value.items():
                console.print(Text(f"    {key}  {item}"), soft_wrap=True)
        else:
            console.print(Text(f"  {name}  {value}"), soft_wrap=True)


def _policies(console: Console, outcome: Outcome) -> None:
    if outcome.plan and outcome.plan.packs:
        levels = Counter(one.level for one in outcome.policies)
        told = ", ".join(f"{count} {level}" for level, count in sorted(levels.items())) or "no violation"
        console.print(f"\n[bold]Policies[/]  {outcome.plan.policies_passed} hold; {told}")
    for one in outcome.policies:
        _violation(console, one)


def _violation(console: Console, one: Violation) -> None:
    colour = "red" if one.level == "mandatory" else "yellow"
    console.print(
        Text.assemble(
            "  ", (one.level, colour), "  ", (one.policy, "bold"), f"  {one.urn.rsplit('::', 1)[-1]}"
        )
    )
    for line in one.message.splitlines():
        console.print(Text(f"      {line}"), soft_wrap=True)


def _drifted(console: Console, plan: Plan) -> None:
    for change in plan.intended:
        what = ", ".join(change.properties) or ("gone" if change.effect is Effect.DELETE else change.effect)
        console.print(Text(f"  {change.type} {change.name}: {what}"), soft_wrap=True)
