"""Looking into a sandbox from outside: what `./jtld sandbox` and the recovery after a crash need."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox import paths
from sandbox.cloud import CLOUD_FILE, Cloud, Stored
from sandbox.contracts.loader import shared
from sandbox.faults import FAULTS_FILE, Script
from sandbox.shapes import build, incomplete
from sandbox.values import Secret


class InventoryError(Exception):
    """What was asked for is not there, or not possible; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A resource in the cloud. Secret values are wrapped: their text never shows them."""

    provider: str
    type: str
    id: str
    urn: str
    account: str
    region: str
    status: str
    version: int
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


def rows(folder: Path, *, provider: str | None = None, type_: str | None = None) -> list[Row]:
    """Return the resources of a sandbox, pending and retained ones included."""
    return [_row(stored) for stored in _stored(folder, provider=provider, type_=type_)]


def show(folder: Path, urn_or_id: str) -> Row:
    """Return one resource by its URN or its physical id."""
    return _row(_one(folder, urn_or_id))


def tamper(folder: Path, urn_or_id: str, path: str, value: Any) -> tuple[Any, Any]:
    """Change a property behind the engine's back; return its value before and after.

    None removes the property. A secret stays one.
    """
    stored = _one(folder, urn_or_id)
    steps = paths.parse(path)
    outputs = _copied(stored.outputs)
    before = next((found for _, found in paths.select(outputs, steps)), None)
    if before is None and not any(True for _ in paths.select(outputs, steps[:-1])):
        raise InventoryError(f"{stored.urn} has no {paths.render(steps[:-1])} to change {path} in")
    after = Secret(value) if isinstance(before, Secret) and value is not None else value
    if value is None:
        paths.remove(outputs, steps)
    else:
        paths.assign(outputs, steps, after)
    cloud = Cloud(folder / CLOUD_FILE)
    cloud.put(replace(stored, outputs=outputs, version=stored.version + 1))
    cloud.close()
    return before, after


def remove(folder: Path, urn_or_id: str) -> None:
    """Delete a resource behind the engine's back."""
    stored = _one(folder, urn_or_id)
    cloud = Cloud(folder / CLOUD_FILE)
    cloud.delete(stored)
    cloud.close()


def faults(folder: Path) -> Script:
    """Return the fault script in force."""
    return Script.read(folder / FAULTS_FILE)


def set_faults(folder: Path, text: str) -> Script:
    """Put a fault script in force and count calls anew; a wrong one changes nothing."""
    script = Script.parse(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FAULTS_FILE).write_text(text, encoding="utf-8")
    if (folder / CLOUD_FILE).exists():
        cloud = Cloud(folder / CLOUD_FILE)
        cloud.reset_counts()
        cloud.close()
    return script


def clear_faults(folder: Path) -> None:
    """Let everything work again."""
    (folder / FAULTS_FILE).unlink(missing_ok=True)


def reset(folder: Path) -> None:
    """Forget the whole sandbox: resources, key, faults and log."""
    for path in folder.glob("*"):
        if path.is_file() and path.name.startswith(("cloud.", FAULTS_FILE, "providers.log")):
            path.unlink()


def warm() -> int:
    """Read the shapes of every type with a contract into the cache; return how many were missing."""
    return build(_with_contracts())


def is_cold() -> bool:
    """Tell whether the cache lacks a type with a contract: at first, and whenever other SDKs were installed."""
    return incomplete(_with_contracts())


def _with_contracts() -> dict[str, list[str]]:
    contracts = shared()
    return {name: list(contracts.tokens(name)) for name in contracts.packages()}


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _stored(folder: Path, *, provider: str | None = None, type_: str | None = None) -> list[Stored]:
    if not (folder / CLOUD_FILE).exists():
        return []
    cloud = Cloud(folder / CLOUD_FILE)
    try:
        return cloud.find(type_=type_, provider=provider)
    finally:
        cloud.close()


def _one(folder: Path, urn_or_id: str) -> Stored:
    found = [stored for stored in _stored(folder) if urn_or_id in (stored.urn, stored.told_id)]
    if not found:
        raise InventoryError(f"the sandbox has no resource with the URN or id {urn_or_id}")
    if len(found) > 1:
        urns = "\n".join(f"  {stored.urn}" for stored in found)
        raise InventoryError(f"{urn_or_id} means several resources; use one of these URNs:\n{urns}")
    return found[0]


def _row(stored: Stored) -> Row:
    return Row(
        provider=stored.provider,
        type=stored.type,
        id=stored.told_id,
        urn=stored.urn,
        account=stored.account,
        region=stored.region,
        status=stored.status,
        version=stored.version,
        inputs=stored.inputs,
        outputs=stored.outputs,
    )
