"""The Pulumi schema of what the sandbox offers, for tools that ask a provider for it (`pulumi import`)."""

import json
from typing import Any

from sandbox.contracts.loader import shared
from sandbox.shapes import Spec, shapes_of

_ANY = {"$ref": "pulumi.json#/Any"}
_SPECIAL: dict[str, dict[str, Any]] = {
    "any": _ANY,
    "asset": {"$ref": "pulumi.json#/Asset"},
    "archive": {"$ref": "pulumi.json#/Archive"},
}


def document(package: str) -> str:
    """Return the schema of the package's types and functions that have a contract, as JSON."""
    shapes = shapes_of(package)
    contracts = shared().package(package)
    resources: dict[str, Any] = {}
    types: dict[str, Any] = {}
    for token in contracts.types:
        shape = shapes.shape(token)
        resources[token] = {
            "properties": _properties(shape.outputs, package),
            "inputProperties": _properties(shape.inputs, package),
            "requiredInputs": sorted(shape.required),
        }
        types.update(shape.types)
    return json.dumps(
        {
            "name": package,
            "version": shapes.package.version,
            "resources": resources,
            "types": {
                _type_token(package, name): {
                    "type": "object",
                    "properties": _properties(kind["properties"], package),
                    "required": kind["required"],
                }
                for name, kind in types.items()
            },
        }
    )


def _type_token(package: str, name: str) -> str:
    module, _, kind = name.partition(".")
    direction, _, bare = kind.rpartition(".")
    return f"{package}:{module}/{direction or 'types'}:{bare}"


def _properties(specs: Any, package: str) -> dict[str, Any]:
    return {name: _spec(spec, package) for name, spec in specs.items()}


def _spec(spec: Spec, package: str) -> dict[str, Any]:
    if isinstance(spec, str):
        return _SPECIAL.get(spec, {"type": spec})
    kind, of = next(iter(spec.items()))
    if kind == "list":
        return {"type": "array", "items": _spec(of, package)}
    if kind == "map":
        return {"type": "object", "additionalProperties": _spec(of, package)}
    if kind == "object":
        return {"type": "object", "$ref": f"#/types/{_type_token(package, of)}"}
    if kind == "enum":
        return {"type": "string"}
    return {"oneOf": [_spec(one, package) for one in of]}
