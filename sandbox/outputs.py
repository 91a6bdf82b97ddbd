"""What a resource returns: its inputs, the defaults, and what the cloud computes."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import paths
from sandbox.contracts.model import Prefix
from sandbox.differences import DEFAULTS
from sandbox.generators import GENERATORS
from sandbox.kinds import Kind
from sandbox.paths import EVERY, Path
from sandbox.templates import ABSENT, Situation, is_fresh, render
from sandbox.values import UNKNOWN, Secret, has_unknown, reveal

# Outputs may build on each other in any order; chains longer than this do not occur.
_PASSES = 4


def created(kind: Kind, inputs: Mapping[str, Any], situation: Situation) -> tuple[str, dict[str, Any]]:
    """Return the id and outputs of a new resource."""
    properties = _starting(kind, inputs, situation)
    if kind.contract.generator:
        generated = GENERATORS[kind.contract.generator](reveal(properties), situation.entropy)
        properties.update(generated)
    for prefix in _unnamed(kind, properties):
        # Terraform's unique id: the time to a tenth of a millisecond and a counter, 26 digits.
        properties[prefix.of] = f"{reveal(properties[prefix.property])}{situation.entropy.stamp()}"
    for _ in range(_PASSES):
        missing = _compute(kind, properties, situation, {})
        if "id" not in properties:
            identifier = render(kind.contract.id, situation.where())
            if identifier is not ABSENT and not has_unknown(identifier):
                properties["id"] = str(reveal(identifier))
        if not missing and "id" in properties:
            break
    if "id" not in properties:
        raise LookupError(f"the contract of {kind.token} makes no id from `{kind.contract.id}`")
    return properties["id"], _finished(kind, properties)


def updated(
    kind: Kind, id_: str, inputs: Mapping[str, Any], old: Mapping[str, Any], situation: Situation
) -> dict[str, Any]:
    """Return the outputs after an update: what is fresh at creation stays as it was."""
    properties = _starting(kind, inputs, situation)
    properties["id"] = id_
    for prefix in _unnamed(kind, properties):
        properties[prefix.of] = old.get(prefix.of)
    for text in kind.contract.filled:
        if paths.EVERY not in text:
            for path, _ in list(places(properties, paths.parse(text), make=False)):
                paths.assign(properties, path, next((value for _, value in paths.select(old, path)), None))
    if kind.contract.generator:
        properties.update({name: value for name, value in old.items() if name not in properties})
    for _ in range(_PASSES):
        if not _compute(kind, properties, situation, old):
            break
    return _finished(kind, properties)


def previewed(
    kind: Kind, id_: str | None, inputs: Mapping[str, Any], old: Mapping[str, Any], situation: Situation
) -> dict[str, Any]:
    """Return outputs as far as they are known before the change is made."""
    if id_ is None:
        properties = _starting(kind, inputs, situation)
        properties |= {prefix.of: UNKNOWN for prefix in _unnamed(kind, properties)}
        computed: Mapping[str, Any] = {}
    else:
        computed = updated(kind, id_, inputs, old, situation)
        properties = {**computed}
    for name in kind.shape.outputs:
        if name in inputs or name in kind.contract.defaults or name in ("tagsAll", "region"):
            continue
        if id_ is not None and (name not in computed or kind.is_known(name, update=True)):
            continue
        if name in kind.shape.inputs and name not in kind.contract.outputs:
            continue
        properties[name] = UNKNOWN
    if id_ is None:
        _veil_parts(kind, properties)
    return _finished(kind, properties)


def _veil_parts(kind: Kind, properties: dict[str, Any]) -> None:
    """Mark as unknown what the cloud adds inside blocks that the program gave in part, or not at all."""
    for text in kind.contract.outputs:
        steps = paths.parse(text)
        if len(steps) > 1:
            absent = steps[0] not in properties and steps[1] != EVERY
            for path in [steps[:1]] if absent else [p for p, _ in places(properties, steps, make=False)]:
                paths.assign(properties, path, UNKNOWN)


def with_defaults(kind: Kind, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with the contract's defaults where nothing is given."""
    properties: dict[str, Any] = without_marks(inputs)
    for text, default in kind.contract.defaults.items():
        for path, _ in list(places(properties, paths.parse(text), make=False)):
            paths.assign(properties, path, copy.deepcopy(default))
    return properties


def _starting(kind: Kind, inputs: Mapping[str, Any], situation: Situation) -> dict[str, Any]:
    """Return inputs and defaults; `situation.properties` becomes the same, growing, object."""
    properties = situation.properties
    if not isinstance(properties, dict):
        raise TypeError("outputs are computed into the situation's own properties")
    properties.clear()
    properties.update(with_defaults(kind, inputs))
    for text in kind.contract.write_only:
        for path, _ in list(paths.select(properties, paths.parse(text))):
            paths.remove(properties, path)
    if kind.regional and "region" not in properties:
        properties["region"] = situation.constants.get("region", "")
    if kind.contract.taggable and "tagsAll" not in properties:
        properties["tagsAll"] = properties.get("tags", {})
    return properties


def _unnamed(kind: Kind, properties: Mapping[str, Any]) -> list[Prefix]:
    return [
        prefix
        for prefix in kind.contract.prefixes
        if properties.get(prefix.property) and properties.get(prefix.of) is None
    ]


def _compute(kind: Kind, properties: dict[str, Any], situation: Situation, old: Mapping[str, Any]) -> bool:
    """Fill in the contract's outputs that are absent; tell whether any is still missing."""
    missing = False
    for text, template in kind.contract.outputs.items():
        steps = paths.parse(text)
        # What was given once and is left out now stays as it is, as what was fresh at creation does.
        stays = str(steps[0]) not in kind.contract.volatile and (
            is_fresh(template) or str(steps[0]) in kind.shape.inputs
        )
        for path, item in list(places(properties, steps, make=True)):
            before = next((value for _, value in paths.select(old, path)), None)
            if before is not None and stays:
                value = before
            else:
                value = render(template, situation.where(item=item) if item is not None else situation)
            if value is ABSENT:
                missing = True
            else:
                paths.assign(properties, path, copy.deepcopy(value))
    return missing


def places(properties: Mapping[str, Any], steps: Path, *, make: bool) -> Iterator[tuple[Path, Any]]:
    """Yield the concrete paths at which nothing is yet, each with the list element it is in."""
    if EVERY in steps:
        last = len(steps) - 1 - steps[::-1].index(EVERY)
        for parent, element in paths.select(properties, steps[: last + 1]):
            inner = reveal(element)
            if isinstance(inner, Mapping):
                for path, _ in places(inner, steps[last + 1 :], make=make):
                    yield (*parent, *path), inner
        return
    if any(value is not None for _, value in paths.select(properties, steps)):
        return
    if len(steps) > 1:
        parents = [reveal(value) for _, value in paths.select(properties, steps[:-1]) if value is not None]
        if (not parents and not make) or any(not isinstance(parent, Mapping) for parent in parents):
            return
    yield steps, None


def _finished(kind: Kind, properties: Mapping[str, Any]) -> dict[str, Any]:
    result = {name: value for name, value in properties.items() if value is not None}
    for name in kind.secrets & result.keys():
        if not isinstance(result[name], Secret):
            result[name] = Secret(reveal(result[name]))
    return result


def without_marks(value: Any) -> Any:
    """Return inputs without the bridge's `__defaults`, copied."""
    if isinstance(value, Mapping):
        return {
            key: without_marks(item) for key, item in value.items() if key != DEFAULTS and item is not None
        }
    if isinstance(value, list | tuple):
        return [without_marks(item) for item in value]
    return Secret(without_marks(value.value)) if isinstance(value, Secret) else value
