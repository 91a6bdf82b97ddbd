"""Reads the workflows, and runs a step as GitHub would: same shell, same variables, services replaced."""

import os
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One `run:` step; `variables` are the names that the workflow, its job and the step itself set."""

    workflow: str
    job: str
    name: str
    script: str
    variables: frozenset[str]

    @property
    def key(self) -> str:
        return f"{self.workflow}/{self.job}/{self.name}"

    def execute(
        self, env: dict[str, str], *, cwd: Path, github: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run the step. `env` gives each variable that the workflow sets, besides the machine's own.

        `github` names those of `env` that GitHub itself provides. The home is a new one unless `env` says
        otherwise: what a tool leaves there must not lie in the checkout that the step works on.
        """
        machine = {"PATH", "HOME", "XDG_CACHE_HOME"}
        given = (
            {name for name in env if not name.startswith(("PULUMI_", "JTLD_PROJECT"))} - machine - set(github)
        )
        expected = {name for name in self.variables if not name.startswith("PULUMI_")}
        assert given == expected, "the test gives the step other variables than the workflow does"
        with tempfile.TemporaryDirectory() as home:
            cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
            return subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.script],
                cwd=cwd,
                env={"PATH": os.environ["PATH"], "HOME": home, "XDG_CACHE_HOME": cache} | env,
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )


def workflows() -> dict[str, dict[str, Any]]:
    """Every workflow by its file's stem. YAML 1.1 reads the key `on` as true."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}


def steps() -> dict[str, Step]:
    """Every `run:` step by `workflow/job/name`."""
    found: dict[str, Step] = {}
    for workflow, document in workflows().items():
        for job, body in document["jobs"].items():
            for raw in body.get("steps", ()):
                if "run" not in raw:
                    continue
                variables = {**document.get("env", {}), **body.get("env", {}), **raw.get("env", {})}
                step = Step(
                    workflow=workflow,
                    job=job,
                    name=raw["name"],
                    script=raw["run"],
                    variables=frozenset(variables),
                )
                assert step.key not in found, f"two steps are called {step.key}"
                found[step.key] = step
    return found


def stub(folder: Path, name: str, script: str = "") -> None:
    """Put a program called `name` into `folder` that notes its arguments in `calls`, then runs `script`."""
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\n{script}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def calls(folder: Path) -> list[str]:
    """What the stubs in `folder` were called with, in order."""
    log = folder / "calls"
    return log.read_text().splitlines() if log.exists() else []


def expressions(text: str) -> list[str]:
    """The `${{ … }}` expressions of a text."""
    return re.findall(r"\$\{\{.*?\}\}", text)
