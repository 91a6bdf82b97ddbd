"""After a crash: dead locks go, interrupted operations are resolved, and what was made but not recorded is adopted.

The steps are those of a real stack, in the same order (docs/operators): unlock, compare the cloud with the
state, put into the state what only the cloud has, and let `refresh` settle the rest.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import state
from ops.engine import Engine, EngineError
from ops.sandbox import BusyError, Sandbox
from ops.state import Lock, State
from sandbox import inventory
from sandbox.inventory import Row
from sandbox.values import Secret as CloudSecret
from sandbox.values import reveal, transform


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What a crash left behind."""

    dead_locks: tuple[Lock, ...] = ()
    torn_files: tuple[Path, ...] = ()
    pending: tuple[Mapping[str, Any], ...] = ()
    orphans: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything needs recovery."""
        return bool(self.dead_locks or self.torn_files or self.pending or self.orphans)

    def lines(self) -> list[str]:
        """Explain the damage, one line each."""
        return [
            *(f"locked by {lock}, which has ended" for lock in self.dead_locks),
            *(f"half written: {path.name}, which only describes the state" for path in self.torn_files),
            *(f"interrupted while {one['type']} {one['resource']['urn']}" for one in self.pending),
            *(f"in the cloud but not in the state: {one.urn} ({one.id})" for one in self.orphans),
        ]


def examine(engine: Engine) -> Damage:
    """Compare locks, state and cloud.

    Raises:
        BusyError: The stack is locked by a process that lives, or that ran on another machine.
    """
    found = state.locks(engine.sandbox)
    for lock in found:
        if not lock.dead:
            stack = engine.sandbox.stack
            raise BusyError(
                f"{stack} is locked by {lock}. Nothing was done; wait for it to end. If it has certainly ended (on "
                "another machine, or on this one under another name): `pulumi cancel --yes` in "
                f"`./jtld sandbox shell {stack}`."
            )
    current = state.read(engine.sandbox)
    return Damage(
        dead_locks=found,
        torn_files=tuple(_torn(engine.sandbox)),
        pending=current.pending,
        orphans=orphans(engine, current),
    )


def _torn(sandbox: Sandbox) -> Iterator[Path]:
    """Yield the broken sidecars of the state: the file backend renames a state into place, but not its `.attrs`.

    Without one the state reads as well; with half of one every command ends in `failed to load checkpoint: EOF`.
    """
    for path in sandbox.state.parent.glob("*.attrs"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            yield path


def orphans(engine: Engine, current: State) -> tuple[Row, ...]:
    """Return what the cloud holds for this stack and the state does not know."""
    known = Counter((resource["type"], resource.get("id")) for resource in current.resources)
    own = f"urn:pulumi:{engine.sandbox.stack}::{engine.sandbox.name}::"
    return tuple(
        one for one in living(engine.sandbox) if one.urn.startswith(own) and (one.type, one.id) not in known
    )


def living(sandbox: Sandbox) -> tuple[Row, ...]:
    """Return what exists in a sandbox's cloud; what waits for its deletion to become final does not."""
    return tuple(one for one in inventory.rows(sandbox.folder) if one.status == "active" and one.urn)


def recover(engine: Engine, damage: Damage) -> None:
    """Repair the damage; afterwards state and cloud hold the same resources.

    Raises:
        EngineError: The engine refused a step; nothing is lost, and recovery can be run again.
    """
    for lock in damage.dead_locks:
        lock.path.unlink(missing_ok=True)
    for path in damage.torn_files:
        path.unlink(missing_ok=True)
    if not damage.pending and not damage.orphans:
        return
    document = engine.export()
    deployment = document["deployment"]
    resources = deployment.setdefault("resources", [])
    for orphan in damage.orphans:
        resources.append(_adopted(orphan, resources, damage.pending))
    engine.ask("stack", "import", "--stack", engine.sandbox.stack, stdin=json.dumps(document))
    done = engine.operate("refresh", "--clear-pending-creates", "--skip-preview", pack=False, quiet=True)
    if done.code:
        raise EngineError(f"the refresh after the crash failed:\n{done.said.strip()}")


def _adopted(
    orphan: Row, resources: Sequence[Mapping[str, Any]], pending: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the state's entry for a resource that only the cloud knows.

    An interrupted create left its record; else the parent is found by the URN, which names its type. One
    that stands beside the recorded resource of the same URN is a replacement that came to nothing: it is
    marked for deletion, which the next `up` carries out.
    """
    record = next(
        (
            one["resource"]
            for one in pending
            if one["type"] == "creating" and one["resource"]["urn"] == orphan.urn
        ),
        None,
    )
    adopted = dict(record) if record else _described(orphan, resources)
    adopted |= {"id": orphan.id, "outputs": _in_state(orphan.outputs)}
    if any(one["urn"] == orphan.urn and not one.get("delete") for one in resources):
        adopted |= {"delete": True}
    return adopted


def _described(orphan: Row, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    chain = orphan.urn.split("::")[2].rpartition("$")[0]
    parents = [one["urn"] for one in resources if one["urn"].split("::")[2] == chain]
    stacks = [one["urn"] for one in resources if one["type"] == state.STACK_TYPE]
    provider = next(
        f"{one['urn']}::{one['id']}"
        for one in resources
        if one["type"] == f"pulumi:providers:{orphan.provider}"
    )
    described = {
        "urn": orphan.urn,
        "custom": True,
        "type": orphan.type,
        "inputs": _in_state(orphan.inputs),
        "provider": provider,
    }
    parent = parents[:1] if len(parents) == 1 else [] if chain else stacks
    return described | ({"parent": parent[0]} if parent else {})


def _in_state(values: Mapping[str, Any]) -> Any:
    return transform(
        dict(values), lambda leaf: state.secret(reveal(leaf)) if isinstance(leaf, CloudSecret) else leaf
    )
