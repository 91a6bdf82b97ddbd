"""A stack's state as the file backend holds it: what is deployed, what was interrupted, who holds the lock."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.sandbox import Sandbox

MASK = "[secret]"
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 the engine's mark of an encrypted value
STACK_TYPE = "pulumi:pulumi:Stack"


class StateError(Exception):
    """A state that cannot be read; the text says the way out."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The latest checkpoint: resources and pending operations in the engine's own form."""

    resources: tuple[Mapping[str, Any], ...]
    pending: tuple[Mapping[str, Any], ...]

    @property
    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets masked."""
        for resource in self.resources:
            if resource["type"] == STACK_TYPE:
                masked: dict[str, Any] = mask(resource.get("outputs", {}))
                return masked
        return {}


@dataclass(frozen=True, kw_only=True)
class Lock:
    """The engine's lock on a stack, with the process that wrote it."""

    path: Path
    pid: int
    host: str
    since: str

    @property
    def dead(self) -> bool:
        """Tell whether its owner has certainly ended: it ran on this machine and runs no more."""
        return self.host == socket.gethostname() and not _is_pulumi(self.pid)

    def __str__(self) -> str:
        """Return whose lock it is."""
        return f"process {self.pid} on {self.host}, since {self.since}"


def read(sandbox: Sandbox) -> State:
    """Return the state of a stack; that of one which was never deployed is empty."""
    if not sandbox.state.exists():
        return State(resources=(), pending=())
    try:
        latest = json.loads(sandbox.state.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {}
    except (ValueError, LookupError, TypeError, AttributeError):
        stack, file = sandbox.stack, sandbox.state
        raise StateError(
            f"the state of {stack} is damaged: the engine did not write {file} like that. {file.name}.bak beside it is "
            f"the state before the last change: copy it over, and `./jtld recover {stack}` adds what only the cloud "
            f"knows. Or forget the stack: `./jtld sandbox reset {stack}`."
        ) from None
    return State(
        resources=tuple(latest.get("resources") or ()),
        pending=tuple(latest.get("pending_operations") or ()),
    )


def locks(sandbox: Sandbox) -> tuple[Lock, ...]:
    """Return the locks on a stack."""
    found = []
    for path in sorted(sandbox.locks.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            continue  # released, or being written, this very moment
        found.append(
            Lock(path=path, pid=content["pid"], host=content["hostname"], since=content["timestamp"])
        )
    return tuple(found)


def mask(value: Any) -> Any:
    """Return a value of the state with every secret in it replaced by a mask."""
    match value:
        case Mapping() if value.get(_SIGNATURE) == _SECRET:
            return MASK
        case Mapping():
            return {key: mask(item) for key, item in value.items()}
        case list():
            return [mask(item) for item in value]
        case _:
            return value


def secret(value: Any) -> dict[str, str]:
    """Return a secret in the form in which the engine takes it, to be encrypted on arrival."""
    return {_SIGNATURE: _SECRET, "plaintext": json.dumps(value)}


def _is_pulumi(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A number is given to other processes later: only a Pulumi CLI can own a lock.
    try:
        command = subprocess.run(
            ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # without ps, whoever has the number is taken for the owner
        return True
    return command.returncode != 0 or "pulumi" in command.stdout
