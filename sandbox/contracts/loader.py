"""Finding and reading contract files."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sandbox.contracts.model import Contract, Function, ProviderContract, ServiceFile

ROOT = Path(__file__).parent
# The C parser reads the same language ten times faster; PyYAML builds without it exist.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContractError(Exception):
    """A contract is missing, wrong, or written twice; the message names the file."""


class _UniqueKeyLoader(_Loader):  # type: ignore[misc]
    """YAML in which a key said twice is an error instead of the last one winning."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                msg = f"{key!r} appears twice, the second time in line {key_node.start_mark.line + 1}"
                raise ContractError(msg)
            seen.add(key)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]


class Contracts:
    """The contracts under one folder, read one package at a time and kept."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._packages: dict[str, ServiceFile] = {}

    def package(self, name: str) -> ServiceFile:
        """Return everything the package's files say, as if it were one file."""
        if name not in self._packages:
            self._packages[name] = _merged(name, [read(path) for path in self._files(name)])
        return self._packages[name]

    def provider(self, package: str) -> ProviderContract:
        """Return the `provider:` section of a package."""
        section = self.package(package).provider
        if section is None:
            raise ContractError(
                f"no `provider:` section for {package}: add it to {self._place(package, 'provider')}"
            )
        return section

    def contract(self, token: str) -> Contract:
        """Return the contract of a resource type, or say which file it is missing from."""
        found = self.package(_package(token)).types.get(token)
        if found is None:
            raise ContractError(
                f"no contract for {token}: add it to {self._place(_package(token), _service(token))}"
            )
        return found

    def function(self, token: str) -> Function:
        """Return the contract of a function, or say which file it is missing from."""
        found = self.package(_package(token)).functions.get(token)
        if found is None:
            place = self._place(_package(token), _service(token))
            raise ContractError(f"no contract for the function {token}: add it under `functions:` in {place}")
        return found

    def packages(self) -> list[str]:
        """Return the packages that have contracts."""
        return sorted(path.name for path in self._root.iterdir() if any(path.glob("*.yaml")))

    def tokens(self, package: str) -> Iterator[str]:
        """Yield every resource type and function of a package that has a contract."""
        section = self.package(package)
        yield from section.types
        yield from section.functions

    def _files(self, package: str) -> list[Path]:
        files = sorted((self._root / package).glob("*.yaml"))
        if not files:
            raise ContractError(
                f"no contracts for the package {package}: add {self._place(package, 'provider')}"
            )
        return files

    def _place(self, package: str, service: str) -> str:
        known = self._root / package / f"{service}.yaml"
        return known.relative_to(self._root.parent.parent).as_posix()


def read(path: Path) -> ServiceFile:
    """Read one contract file; every problem in it is reported at once."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader
        return ServiceFile.model_validate(document)
    except ValidationError as error:
        raise ContractError(f"{path}:\n{_problems(error)}") from error
    except (yaml.YAMLError, ContractError) as error:
        raise ContractError(f"{path}: {error}") from error


def _problems(error: ValidationError) -> str:
    return "\n".join(f"  {' > '.join(str(part) for part in p['loc'])}: {p['msg']}" for p in error.errors())


def _merged(package: str, files: list[ServiceFile]) -> ServiceFile:
    types: dict[str, Contract] = {}
    functions: dict[str, Function] = {}
    provider: ProviderContract | None = None
    for file in files:
        _no_overlap(package, file.service, types, file.types)
        _no_overlap(package, file.service, functions, file.functions)
        types |= file.types
        functions |= file.functions
        provider = file.provider or provider
    sources = [source for file in files for source in file.sources]
    return ServiceFile(service=package, sources=sources, provider=provider, types=types, functions=functions)


def _no_overlap(package: str, service: str, known: Mapping[str, object], more: Mapping[str, object]) -> None:
    twice = sorted(known.keys() & more.keys())
    if twice:
        raise ContractError(
            f"{package}/{service}.yaml repeats {', '.join(twice)}, which another file already describes"
        )
    foreign = [token for token in more if _package(token) != package]
    if foreign:
        raise ContractError(f"{package}/{service}.yaml describes {', '.join(foreign)} of another package")


def _package(token: str) -> str:
    return token.split(":", 1)[0]


def _service(token: str) -> str:
    module = token.split(":")[1].split("/", maxsplit=1)[0]
    return _package(token) if module == "index" else module


@cache
def shared() -> Contracts:
    """Return the repository's own contracts, read once per process."""
    return Contracts()


def contract(token: str) -> Contract:
    """Return the repository's contract of a resource type."""
    return shared().contract(token)


def function(token: str) -> Function:
    """Return the repository's contract of a function."""
    return shared().function(token)
