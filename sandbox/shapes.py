"""The shapes of resources and functions, taken from the provider SDKs that are installed.

Importing an SDK costs up to seconds and hundreds of megabytes, so what is learnt is kept in a file
per package and version inside the virtual environment: it lives and dies with the SDK it describes.
"""

import json
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

# Raised when the form of the cached data changes.
_FORMAT = 2

Spec = str | dict[str, Any]
"""A type: `string`, `number`, `integer`, `boolean`, `any`, `asset`, `archive`, or one of
`{"list": Spec}`, `{"map": Spec}`, `{"object": name}`, `{"enum": [...]}`, `{"oneOf": [Spec, ...]}`."""


class ShapeError(Exception):
    """The installed SDK has no such resource type, function or package."""


class ObjectType(TypedDict):
    """A nested object: its properties and which of them must be given."""

    properties: dict[str, Spec]
    required: list[str]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the SDK says about a resource type, a function or a provider's configuration."""

    token: str
    inputs: Mapping[str, Spec]
    required: frozenset[str]
    outputs: Mapping[str, Spec]
    secrets: frozenset[str] = frozenset()
    types: Mapping[str, ObjectType] = field(repr=False)

    @property
    def computed(self) -> frozenset[str]:
        """Return the outputs that can never be given."""
        return frozenset(self.outputs.keys() - self.inputs.keys())


class _Document(TypedDict):
    """The cached form of a package's shapes."""

    shapes: dict[str, dict[str, Any]]
    types: dict[str, ObjectType]


@dataclass(frozen=True)
class Package:
    """An installed provider SDK."""

    name: str
    version: str
    module: str


@cache
def package(name: str) -> Package:
    """Return the installed SDK of a provider."""
    for path in (Path(sysconfig.get_path("purelib")), *map(Path, sys.path)):
        for manifest in path.glob("pulumi*/pulumi-plugin.json"):
            plugin = json.loads(manifest.read_text(encoding="utf-8"))
            if plugin.get("name") == name:
                return Package(name, plugin["version"], manifest.parent.name)
    raise ShapeError(f"no SDK for the provider {name} is installed: add its Python package to pyproject.toml")


class Shapes:
    """The shapes of one provider package, cached in `folder`."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self.package = package(name)
        folder = folder or Path(sys.prefix) / "var" / "jtld-shapes"
        self._path = folder / f"{name}-{self.package.version}-{_FORMAT}.json"
        self._document = self._read()
        self._built: dict[str, Shape] = {}
        # A provider answers in many threads, and the SDKs' modules, which load lazily, break when two load them.
        self._reading = threading.Lock()

    def shape(self, token: str) -> Shape:
        """Return the shape of a resource type, a function, or `pulumi:providers:<package>`."""
        if token not in self._built:
            if token not in self._document["shapes"]:
                self.build([token])
            self._built[token] = _shape(token, self._document)
        return self._built[token]

    def build(self, tokens: Iterable[str]) -> int:
        """Make sure that all `tokens` are in the cache; return how many had to be read from the SDK."""
        with self._reading:
            return self._build(self.missing(tokens))

    def missing(self, tokens: Iterable[str]) -> list[str]:
        """Return those of `tokens` that are not in the cache."""
        return [token for token in tokens if token not in self._document["shapes"]]

    def _build(self, missing: list[str]) -> int:
        if missing:
            from sandbox.sdk import Reader  # noqa: PLC0415 - imports the SDK, which the cache exists to avoid

            reader = Reader(self.package)
            found = {token: reader.read(token) for token in missing}
            current = self._read()
            self._document = {
                "shapes": current["shapes"] | self._document["shapes"] | found,
                "types": current["types"] | self._document["types"] | reader.types,
            }
            self._write()
        return len(missing)

    def _read(self) -> _Document:
        try:
            document: _Document = json.loads(self._path.read_text(encoding="utf-8"))
            return {"shapes": {**document["shapes"]}, "types": {**document["types"]}}
        except (OSError, ValueError, LookupError, TypeError):
            return {"shapes": {}, "types": {}}  # none, or what a full disk left of one: it is made again

    def _write(self) -> None:
        # A read-only environment, or a full disk, works without the cache, only slower.
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(self._document, file, separators=(",", ":"))
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise


def _shape(token: str, document: _Document) -> Shape:
    data = document["shapes"][token]
    return Shape(
        token=token,
        inputs=data["inputs"],
        required=frozenset(data["required"]),
        outputs=data["outputs"],
        secrets=frozenset(data["secrets"]),
        types=document["types"],
    )


@cache
def shapes_of(name: str) -> Shapes:
    """Return the shapes of a package, read once per process."""
    return Shapes(name)


def shape(token: str) -> Shape:
    """Return the shape of a resource type from the installed SDK."""
    return shapes_of(package_of(token)).shape(token)


def function_shape(token: str) -> Shape:
    """Return the shape of a function: `inputs` are its arguments, `outputs` its result."""
    return shape(token)


def package_of(token: str) -> str:
    """Return the provider package of a token, provider tokens included."""
    return token.rsplit(":", 1)[1] if token.startswith("pulumi:providers:") else token.split(":", 1)[0]


def build(tokens_by_package: Mapping[str, Iterable[str]]) -> int:
    """Fill the cache for many tokens at set-up; return how many shapes were read from SDKs."""
    return sum(
        shapes_of(name).build([*tokens, f"pulumi:providers:{name}"])
        for name, tokens in tokens_by_package.items()
    )


def incomplete(tokens_by_package: Mapping[str, Iterable[str]]) -> bool:
    """Tell whether `build` has anything to do for these tokens."""
    return any(shapes_of(name).missing(tokens) for name, tokens in tokens_by_package.items())
