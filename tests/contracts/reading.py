"""The contracts beside the SDK's shapes, for the tests of this folder."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sandbox import paths
from sandbox.contracts.loader import shared
from sandbox.contracts.model import Contract, Function
from sandbox.shapes import Shape, Shapes, Spec

PACKAGES = [name for name in shared().packages() if shared().package(name).types]
TYPES: dict[str, Contract] = {t: c for name in PACKAGES for t, c in shared().package(name).types.items()}
FUNCTIONS: dict[str, Function] = {
    t: f for name in PACKAGES for t, f in shared().package(name).functions.items()
}
TYPE_TOKENS = sorted(TYPES)

_PLACEHOLDER = re.compile(r"(?<!\$)\{([^{}$\"]+)\}")
_CALL = re.compile(r"\w+\((.*)\)")


@cache
def shapes(package: str) -> Shapes:
    return Shapes(package)


def shape(token: str) -> Shape:
    return shapes(token.split(":", maxsplit=1)[0]).shape(token)


def has(token: str, path: str, *, inputs_only: bool = False) -> bool:
    """Tell whether the SDK knows a property path of a type; `id` always exists."""
    known = shape(token)
    properties = dict(known.inputs) if inputs_only else {**known.outputs, **known.inputs}
    if path == "id" and not inputs_only:
        return True
    if crossed(token, path):
        return True
    return any(_reaches({"object": ""}, list(paths.parse(path)), known, properties))


def crossed(token: str, path: str) -> bool:
    """Tell whether a path with `>` follows declared references to properties that exist."""
    own, _, rest = re.sub(r"\[\d+\]", paths.EVERY, path).partition(">")
    if not rest:
        return False
    targets = [target for reference in TYPES[token].reference(own) for target in reference.types]
    return bool(targets) and any(has(target, rest) for target in targets)


def _reaches(
    spec: Spec, steps: list[Any], known: Shape, properties: Mapping[str, Spec] | None = None
) -> Iterator[bool]:
    if not steps:
        yield True
        return
    if spec == "any":
        yield True
    elif isinstance(spec, dict):
        kind, of = next(iter(spec.items()))
        if kind == "oneOf":
            for option in of:
                yield from _reaches(option, steps, known)
        elif (kind in ("list", "map") and steps[0] == paths.EVERY) or kind == "map":
            yield from _reaches(of, steps[1:], known)
        elif kind == "object":
            inner = properties if properties is not None else known.types[of]["properties"]
            if steps[0] in inner:
                yield from _reaches(inner[steps[0]], steps[1:], known)


def texts(template: Any) -> Iterator[str]:
    """Yield every text inside a template structure."""
    if isinstance(template, Mapping):
        for item in template.values():
            yield from texts(item)
    elif isinstance(template, list):
        for item in template:
            yield from texts(item)
    elif isinstance(template, str):
        yield template


def names(template: Any) -> Iterator[str]:
    """Yield every property or constant that a template's placeholders read."""
    for text in texts(template):
        for body in _PLACEHOLDER.findall(text):
            for part in body.split("|"):
                yield from _read(part.strip())


def _read(part: str) -> Iterator[str]:
    if part.startswith("'") or re.fullmatch(
        r"(hex|digits|number|alnum|ALNUM):\d+|uuid|now|ipv4|true|false", part
    ):
        return
    call = _CALL.fullmatch(part)
    if call:
        for argument in re.split(r",\s*(?=(?:[^']*'[^']*')*[^']*$)", call[1]):
            yield from _read(argument)
    else:
        yield part
