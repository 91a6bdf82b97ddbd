"""Runs the Pulumi CLI on a sandbox stack: its progress to stderr, its events to a file, one interrupt passed on."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.interrupts import held_back
from ops.plan import Plan, parse
from ops.sandbox import ROOT, Sandbox
from ops.toolchain import Toolchain

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# What is only read or found unchanged, and that our providers are on PATH, would bury what changes.
_UNREMARKABLE = re.compile(
    r"@ |\s*$| ~  \S+ \S+ refresh| {4}\w+:\S+ \S+( running)? *(\d+ warnings?)?$"
    r"|.*warning: using pulumi-resource-\S+ from \$PATH"
)


class EngineError(Exception):
    """A CLI command that should always work did not; the text is what it said."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One finished operation: what it did or intends, and what it said."""

    code: int
    plan: Plan
    said: str
    interrupted: bool


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The CLI, bound to a sandbox stack."""

    sandbox: Sandbox
    toolchain: Toolchain

    def operate(self, operation: str, *flags: str, pack: bool = True, quiet: bool = False) -> Run:
        """Run `up`, `preview`, `refresh` or `destroy` without questions and read its events.

        A `quiet` run shows what it said only when it failed.
        """
        with tempfile.TemporaryDirectory(dir=self.sandbox.folder) as scratch:
            events = Path(scratch) / "events.jsonl"
            command = [operation, *flags, "--event-log", str(events)]
            command += ["--color", "always" if sys.stderr.isatty() else "never"]
            if operation != "preview" and "--preview-only" not in flags:
                command += ["--yes"]
            command += ["--suppress-outputs"]
            if pack:
                command += ["--policy-pack", str(ROOT / "policies")]
            code, said, interrupted = self._stream(command, quiet=quiet)
            lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        return Run(code=code, plan=parse(lines), said=said, interrupted=interrupted)

    def ask(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that answers on stdout, and return the answer. It is short, so that nothing cuts it short.

        Raises:
            EngineError: It failed.
            KeyboardInterrupt: It worked, and somebody wants to stop.
        """
        with held_back() as interrupts:
            done = subprocess.run(
                self._command(*arguments),
                cwd=self.sandbox.folder,
                env=self.environment(),
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
                start_new_session=True,
            )
        if interrupts.seen:
            raise KeyboardInterrupt
        if done.returncode:
            raise EngineError(f"pulumi {arguments[0]} failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def prepare(self) -> None:
        """Make the stack if it is new, and give it the stand-in secrets it lacks."""
        self.sandbox.write_project()
        missing = self.sandbox.write_stack_file()
        if not self.sandbox.state.exists():
            self.ask("stack", "init", self.sandbox.stack)
        if missing:
            pairs = [part for key, value in missing.items() for part in ("--secret", f"{key}={value}")]
            self.ask("config", "set-all", "--stack", self.sandbox.stack, *pairs)

    def export(self) -> dict[str, Any]:
        """Return the stack's state as the engine exports it, secrets encrypted."""
        document: dict[str, Any] = json.loads(self.ask("stack", "export", "--stack", self.sandbox.stack))
        return document

    def _command(self, *arguments: str) -> list[str]:
        return [str(self.toolchain.pulumi), *arguments, "--non-interactive"]

    def environment(self) -> dict[str, str]:
        """Return the environment in which plain `pulumi` acts on this sandbox stack."""
        return self.sandbox.environment(self.toolchain.search_path)

    def _stream(self, arguments: list[str], *, quiet: bool) -> tuple[int, str, bool]:
        said: list[str] = []
        with (
            held_back() as interrupts,
            subprocess.Popen(
                [*self._command(*arguments), "--stack", self.sandbox.stack],
                cwd=self.sandbox.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                # Its own session: a terminal's Ctrl-C reaches it from here alone, once, and no plugin directly.
                start_new_session=True,
            ) as process,
        ):
            interrupts.watch(process)
            for line in process.stdout or ():
                said.append(line)
                if not quiet and not _UNREMARKABLE.match(_COLOUR.sub("", line)):
                    sys.stderr.write(line)
                    sys.stderr.flush()
        if quiet and process.returncode:
            sys.stderr.write("".join(said))
        return process.returncode, "".join(said), interrupts.seen
