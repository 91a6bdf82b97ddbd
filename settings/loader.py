"""The door to the settings: from a stack file, or from what Pulumi hands the program."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_camel

from settings.document import Document
from settings.errors import ROOT, KeyPath, Report, is_known_secret
from settings.explain import in_file, validated
from settings.model import Settings
from settings.secrets import SECRETS
from settings.stack_file import PLAIN_SECRET, own_values
from settings.types import ENVIRONMENTS

_DEEPEST = 24
_LARGEST = 10**18
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


def concerns() -> tuple[str, ...]:
    """Return the keys that the program reads: each is an object under `jtld-platform:<key>`."""
    return tuple(to_camel(name) for name in Settings.model_fields)


def load(stack: str, values: Mapping[str, object], *, source: str) -> Settings:
    """Return the settings of `stack`.

    `values` holds what was given under `jtld-platform:<key>`, by key: objects, or the JSON text that Pulumi
    keeps for them. Stack secrets may be among them and are not looked at. Messages name the file `source`.

    Raises:
        SettingsError: with everything that is wrong.
    """
    report = Report(source)
    given = {key: _decoded(value) for key, value in values.items() if key not in SECRETS}
    return _load(stack, given, report)


def load_stack_file(path: Path | str) -> Settings:
    """Return the settings of the stack whose file `path` is, named `Pulumi.<stack>.yaml`.

    Beside our keys it may hold what Pulumi allows there: keys of other namespaces, and the secrets provider.

    Raises:
        SettingsError: with everything that is wrong, each with its line.
    """
    path = Path(path)
    document = _read(path, path.name)
    named = re.fullmatch(r"Pulumi\.(.+)\.ya?ml", path.name)
    return _load(named[1] if named else path.stem, own_values(document), document.report)


def read_document(path: Path, *, name: str) -> dict[str, Any]:
    """Return what a project or stack file says, whatever that is. Messages call it `name`.

    Raises:
        SettingsError: where it cannot be read, or readers of YAML disagree on it.
    """
    document = _read(path, name)
    document.report.conclude()
    return document.values if isinstance(document.values, dict) else {}


def _read(path: Path, name: str) -> Document:
    try:
        raw = path.read_bytes()
    except OSError as error:
        report = Report(name)
        report.add(
            (ROOT,),
            given=f"a file that cannot be read ({error.strerror})",
            rule="must be a file that you may read",
            reason="a stack without its settings cannot be built",
            remedy="If it was deleted or moved by mistake, `git checkout` brings it back; the stacks are "
            f"{', '.join(ENVIRONMENTS)}, each with its Pulumi.<stack>.yaml.",
        )
        raise report.error() from None
    return Document(name, raw)


def _decoded(value: object) -> object:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _load(stack: str, given: Mapping[str, object], report: Report) -> Settings:
    plain = {key: _plain(value, in_file((key,)), report) for key, value in given.items()}
    settings = validated(plain, report)
    environment = plain.get("environment")
    name = environment.get("name") if isinstance(environment, dict) else None
    if stack not in ENVIRONMENTS or (name in ENVIRONMENTS and name != stack):
        report.add(
            in_file(("environment", "name")),
            given=f"{name} for the stack {stack}"
            if stack.isidentifier() and name in ENVIRONMENTS
            else "another stack",
            rule=f"must equal the name of the stack, which is one of {', '.join(ENVIRONMENTS)}",
            reason="resources are named and guarded by it; mixed up, production would be a playground (SC-3)",
            remedy="Write the stack's own name.",
        )
    report.conclude()
    assert settings is not None, "without a problem there are settings"
    return settings


def _plain(value: object, path: KeyPath, report: Report) -> object:
    """Return `value` as JSON can carry it; what it cannot, and plain secrets, are refused and left out."""
    unfit = _unfit(value, len(path))
    if unfit:
        report.refuse(path, **unfit)
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, (*path, str(key)), report) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, (*path, position), report) for position, inner in enumerate(value)]
    return value


def _unfit(value: object, depth: int) -> dict[str, str]:
    match value:
        case str() if is_known_secret(value):
            return PLAIN_SECRET
        case str() if _HALF_A_CHARACTER.search(value):
            given = "a text with half a character"
        case bool() | None | str():
            return {}
        case int() | float() if not abs(value) < _LARGEST:
            given = "a number that is infinite, undefined or far too large"
        case int() | float():
            return {}
        case Mapping() | list() | tuple() if depth < _DEEPEST:
            return {}
        case Mapping() | list() | tuple():
            given = f"more than {_DEEPEST} levels"
        case _:
            given = f"a {type(value).__name__}"
    return {
        "given": given,
        "rule": "must be a mapping, list, text, number, true or false of reasonable size",
        "reason": "nothing else can be written in a stack file and read back the same",
        "remedy": "Write a plain value.",
    }
