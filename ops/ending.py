"""How a command ends where a traceback would: in a message that says what happened and what to do."""

import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path

from ops.developer import DeveloperError
from ops.dns import NoZoneError
from ops.engine import EngineError
from ops.outcome import Result
from ops.runbooks import NoRunbookError
from ops.sandbox import BusyError, ProjectError
from ops.state import StateError
from ops.steps import say
from ops.toolchain import ToolchainError
from sandbox.faults import FaultsError
from sandbox.inventory import InventoryError
from sandbox.shapes import ShapeError
from settings import SettingsError

_FAILURES = (BusyError, EngineError, NoZoneError, ShapeError, StateError, ToolchainError)
_MISUSES = (DeveloperError, FaultsError, InventoryError, NoRunbookError, ProjectError, SettingsError)
_INTERRUPTED = 130
"""What typer makes of Ctrl-C."""
_REMEDIES = {
    **dict.fromkeys((ENOSPC, EDQUOT), "Free some space and run the same command again: it goes on."),
    **dict.fromkeys(
        (EACCES, EPERM, EROFS),
        "What is deployed in a sandbox lies in the checkout's .sandbox, so the checkout must be yours to write: "
        "work in a clone of your own, or let its owner change that.",
    ),
}
_OTHERWISE = "Put that right and run the same command again: it goes on where it stopped."


@contextmanager
def in_words() -> Iterator[None]:
    """End the process with a message and a documented exit code, whatever happens inside."""
    try:
        yield
    except SystemExit as end:
        if end.code != _INTERRUPTED:
            raise
        _interrupted()
    except KeyboardInterrupt:
        _interrupted()
    except Exception as error:  # noqa: BLE001 the last one who can say it in words
        say(f"error: {explained(error)}")
        raise SystemExit(result_of(error).exit_code) from None


def result_of(error: BaseException) -> Result:
    """Return how a command ended that raised this."""
    return Result.MISUSED if isinstance(error, _MISUSES) else Result.FAILED


def explained(error: Exception) -> str:
    """Return what an error means for whoever ran the command."""
    match error:
        case _ if isinstance(error, _FAILURES + _MISUSES):
            return str(error)
        case OSError() if error.strerror:
            where = f" ({error.filename})" if error.filename else ""
            return f"the machine says: {error.strerror}{where}. {_REMEDIES.get(error.errno or 0, _OTHERWISE)}"
        case sqlite3.Error():
            return (
                f"the offline cloud cannot be used ({error}): its file .sandbox/STACK/cloud.sqlite3 is damaged, "
                "or the disk is full. Nothing real is in it: `./jtld sandbox reset STACK`, then "
                "`./jtld up STACK` makes it anew."
            )
        case _:
            return (
                f"this should not have happened ({type(error).__name__}: {error}; {_place(error)}). It is a mistake in "
                "this repository: report it with this line. `./jtld recover STACK` repairs a stack that was being "
                "changed; `./jtld sandbox reset STACK` forgets one."
            )


def _interrupted() -> None:
    say("Interrupted. Run the same command again: it goes on where it stopped.")
    raise SystemExit(Result.FAILED.exit_code) from None


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
