"""A sandbox run's own folder: project file, stack file, state and environment. Nothing committed is touched."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from settings.delivery import required_secrets
from settings.loader import read_document
from settings.secrets import SECRETS

ROOT = Path(__file__).resolve().parent.parent
# Protects nothing: a sandbox holds stand-ins only. Real stacks have a KMS key (bootstrap/).
_PASSPHRASE = "sandbox"  # noqa: S105 a stand-in by design
# What a terminal and a locale need; a user's AWS_*, PULUMI_* and the like must not reach a sandbox run.
_KEPT_VARIABLES = ("LANG", "LC_ALL", "TERM", "TMPDIR", "NO_COLOR")
_SYSTEM_PATH = "/usr/bin:/bin"


class BusyError(Exception):
    """Another `./jtld` is changing this stack."""


class ProjectError(Exception):
    """The project file is not what a run can start from; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """One stack of one project, as it runs in the sandbox. `project` is the folder with its Pulumi.yaml."""

    stack: str
    project: Path = ROOT

    @cached_property
    def name(self) -> str:
        """Return the project's name."""
        return str(_project(self.project)["name"])

    @property
    def folder(self) -> Path:
        """Return the folder that holds everything of this run."""
        prefix = "" if self.project == ROOT else f"{self.project.name}-"
        return ROOT / ".sandbox" / f"{prefix}{self.stack}"

    @property
    def cloud(self) -> Path:
        """Return the file of the offline cloud."""
        return self.folder / "cloud.sqlite3"

    @property
    def state(self) -> Path:
        """Return the file backend's checkpoint of this stack."""
        return self.folder / "state" / ".pulumi" / "stacks" / self.name / f"{self.stack}.json"

    @property
    def locks(self) -> Path:
        """Return the folder where the engine writes its locks on this stack."""
        return self.folder / "state" / ".pulumi" / "locks" / "organization" / self.name / self.stack

    @property
    def stack_file(self) -> Path:
        """Return the stack file of this run: the committed one with stand-in secrets."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    @property
    def source(self) -> Path:
        """Return the committed stack file."""
        return self.project / f"Pulumi.{self.stack}.yaml"

    def environment(self, search_path: str) -> dict[str, str]:
        """Return the whole environment of a run; `search_path` leads to the CLI."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        folders = [str(ROOT / "sandbox" / "bin"), str(Path(sys.prefix) / "bin"), search_path, _SYSTEM_PATH]
        home = self.folder / "home"
        if os.environ.get("JTLD_CHECKPOINTS") == "end":
            # The state written once, at the end: three times faster, and a killed run leaves all to `recover`.
            kept |= {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        return kept | {
            "PATH": os.pathsep.join(folders),
            "HOME": str(home),
            "PULUMI_HOME": str(home / ".pulumi"),
            # As a URI, since a path may hold what URLs read otherwise (# ? %). Without sidecars: their checksum is a
            # fifth of the engine's time, and a kill can leave half of one.
            "PULUMI_BACKEND_URL": f"{(self.folder / 'state').as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
            # The engine writes the whole state around every step: rarer collection saves a fifth of its time.
            "GOGC": "400",
            "PULUMI_DEBUG_COMMANDS": "true",  # gives `--event-log`
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONUTF8": "1",
            "JTLD_SANDBOX": str(self.folder),
        }

    def write_project(self) -> None:
        """Write the project file: the committed one, run from here."""
        for folder in (self.folder / "home", self.folder / "state"):
            folder.mkdir(parents=True, exist_ok=True)
        project = _project(self.project)
        main = self.project / project.get("main", ".")
        # The engine reads `main` as relative to the project file.
        project["main"] = f"{os.path.relpath(main, self.folder)}{os.sep}"
        runtime = project.get("runtime")
        options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
        project["runtime"] = {"name": "python", "options": options | {"virtualenv": sys.prefix}}
        _write(self.folder / "Pulumi.yaml", project)

    def write_stack_file(self) -> dict[str, str]:
        """Write the stack file, and return the stand-in secrets it still lacks: a key to its value.

        What is already encrypted there stays as it is, so that a second run changes nothing.
        """
        committed = read_document(self.source, name=os.path.relpath(self.source, ROOT))
        existing = _written(self.stack_file)
        secrets = {key: value for key, value in existing.get("config", {}).items() if _is_encrypted(value)}
        config = committed.get("config") or {}
        if not isinstance(config, dict):
            raise ProjectError(
                f"{self.source}: config must be a mapping of keys to values; indent them below it."
            )
        committed["config"] = {
            key: value for key, value in config.items() if not _is_encrypted(value)
        } | secrets
        for key in ("encryptionsalt",):
            if key in existing:
                committed[key] = existing[key]
        # A committed file names the real stack's key service, which a sandbox cannot and must not reach.
        committed.pop("secretsprovider", None)
        committed.pop("encryptedkey", None)
        if committed != existing:
            _write(self.stack_file, committed)
        stand_ins = self._stand_ins(committed["config"].get(f"{self.name}:delivery"))
        return {key: value for key, value in stand_ins.items() if key not in secrets}

    def _stand_ins(self, delivery: object) -> dict[str, str]:
        """Return a worthless value for each secret that the program requires."""
        if self.project == ROOT:
            wanted = (secret for secret in SECRETS.values() if self.stack in secret.required_in)
            return {f"{self.name}:{secret.name}": secret.stand_in() for secret in wanted}
        return {f"{self.name}:{name}": f"stand-in-{uuid4().hex}" for name in required_secrets(delivery)}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold this stack against other `./jtld` commands; the kernel lets go when the holder dies.

        Raises:
            BusyError: Someone else holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                handle.seek(0)
                raise BusyError(
                    f"{self.stack} is being changed by another ./jtld (process {handle.read().strip() or 'unknown'}). "
                    "Nothing was done; wait for it to end and run the command again."
                ) from error
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def remove(self) -> None:
        """Forget this stack: its cloud, its state and its files."""
        shutil.rmtree(self.folder)


def _is_encrypted(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _project(folder: Path) -> dict[str, Any]:
    path = folder / "Pulumi.yaml"
    document = read_document(path, name=os.path.relpath(path, ROOT))
    if not isinstance(document.get("name"), str):
        raise ProjectError(
            f"{path} must say the project's name, which every resource's URN begins with: "
            "`git diff` shows what was changed, `git checkout` takes it back."
        )
    return document


def _written(path: Path) -> dict[str, Any]:
    """Return the stack file that an earlier run left; one that is broken holds nothing that cannot be made again."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, yaml.YAMLError):
        document = None
    return document if isinstance(document, dict) and isinstance(document.get("config", {}), dict) else {}


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """Write in one step, so that an interrupted run leaves the old file or the new one."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as aside:
        aside.write(text)
    Path(aside.name).replace(path)
