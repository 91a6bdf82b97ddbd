"""Keeps one server running: gives it new certificates, counts what it does, lets it end its clients' work."""

import csv
import io
import json
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

REPORT_SECONDS = 60
_LOOK_SECONDS = 0.5


class Pool:
    """A running PgBouncer, asked over its own socket, to which nobody outside the task comes."""

    def __init__(self, role: str, folder: Path, port: str, size: int) -> None:
        self._role, self._size = role, size
        self._command = [
            *("/usr/bin/psql", "--no-psqlrc", "--csv", "--host", str(folder), "--port", port),
            *("--username", "pgbouncer", "--dbname", "pgbouncer", "--command"),
        ]
        self._queries: int | None = None

    def show(self, what: str) -> list[dict[str, str]]:
        """Return the rows of one of PgBouncer's SHOW commands."""
        answer = subprocess.run(
            [*self._command, f"SHOW {what}"], capture_output=True, check=True, text=True, timeout=10
        )
        return list(csv.DictReader(io.StringIO(answer.stdout)))

    def report(self) -> dict[str, object]:
        """Return what the log's metric filters read: use of the fullest pool, who waits, statements since."""
        pools = [row for row in self.show("POOLS") if row["database"] != "pgbouncer"]
        totals = [row for row in self.show("STATS_TOTALS") if row["database"] != "pgbouncer"]
        queries = sum(int(row["query_count"]) for row in totals)
        since = queries - (queries if self._queries is None else self._queries)
        self._queries = queries
        return {
            "pool": self._role,
            "usedPercent": max((100 * int(row["sv_active"]) // self._size for row in pools), default=0),
            "waiting": sum(int(row["cl_waiting"]) for row in pools),
            "queries": since,
        }


def supervise(
    command: Sequence[str],
    *,
    watched: Path,
    renew: signal.Signals,
    end: signal.Signals,
    report: Callable[[], dict[str, object]] | None = None,
) -> int:
    """Run a server until it ends; return its exit code.

    It is sent `renew` whenever the `watched` file changes, and `end` when this process is asked to stop.
    """
    seen = watched.stat().st_mtime_ns
    server = subprocess.Popen(command)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.send_signal(end)

    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, stop)
    next_report = time.monotonic() + REPORT_SECONDS
    while (code := server.poll()) is None:
        time.sleep(_LOOK_SECONDS)
        if (changed := watched.stat().st_mtime_ns) != seen:
            seen = changed
            server.send_signal(renew)
        if report is not None and time.monotonic() >= next_report:
            next_report += REPORT_SECONDS
            _say(report)
    return code


def _say(report: Callable[[], dict[str, object]]) -> None:
    """Print a report; a server too busy to answer says so by the report's absence."""
    try:
        print(json.dumps(report()), flush=True)  # noqa: T201 - the log is the channel
    except (subprocess.SubprocessError, KeyError, ValueError) as error:
        print(json.dumps({"problem": "no report", "reason": type(error).__name__}), flush=True)  # noqa: T201
