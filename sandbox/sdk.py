"""Reading shapes out of an imported provider SDK. Only `sandbox.shapes` uses this, on a cache miss."""

import collections.abc
import enum
import importlib
import inspect
import re
import types
import typing
import warnings
from pathlib import Path
from typing import Any

import pulumi
from pulumi import _types as pulumi_types
from pulumi.runtime import rpc

from sandbox.shapes import ObjectType, Package, ShapeError, Spec

_PRIMITIVES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_PLUMBING = (collections.abc.Awaitable, pulumi.Output, type(None))


class Reader:
    """Reads one SDK; `types` collects the nested object types met on the way."""

    def __init__(self, package: Package) -> None:
        self.types: dict[str, ObjectType] = {}
        self._package = package
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._root = importlib.import_module(package.module)

    def read(self, token: str) -> dict[str, Any]:
        """Return the cached form of a resource type, a function or the provider."""
        with warnings.catch_warnings():
            # Deprecated modules warn when first touched; that is for programs, not for us.
            warnings.simplefilter("ignore")
            if token == f"pulumi:providers:{self._package.name}":
                return self._resource(importlib.import_module(f"{self._package.module}.provider").Provider)
            resource_class = self._resource_class(token)
            if resource_class is not None:
                return self._resource(resource_class)
            return self._function(token)

    def _resource_class(self, token: str) -> type | None:
        package, module, _ = token.split(":")
        for known in rpc._RESOURCE_MODULES.get(f"{package}:{module}", []):  # noqa: SLF001 - the only token table
            info: Any = known
            name = info.mod_info["classes"].get(token)
            if name:
                found: type = getattr(importlib.import_module(info.mod_info["fqn"]), name)
                return found
        return None

    def _resource(self, cls: type) -> dict[str, Any]:
        source = inspect.getsource(getattr(cls, "_internal_init"))  # noqa: B009 - generated classes have it, mypy cannot know
        # A nested type can take the name `<Resource>Args`; the class that is filled in here is the right one.
        arguments = re.search(r"__props__ = (\w+)\.__new__", source)
        if arguments is None:
            raise ShapeError(f"{cls.__name__} in {self._package.module} has a form that is not understood")
        inputs = self._object(getattr(inspect.getmodule(cls), arguments[1]))
        names = pulumi_types.resource_py_to_pulumi_names(cls)
        secret_inputs = {
            names.get(name, name)
            for name in re.findall(
                r'__props__\.__dict__\["(\w+)"\] = None if \w+ is None else pulumi\.Output\.secret', source
            )
        }
        secret_outputs = re.findall(r"additional_secret_outputs=\[([^\]]*)\]", source)
        return {
            "inputs": inputs["properties"],
            "required": inputs["required"],
            "outputs": {name: self._spec(hint) for name, hint in pulumi_types.resource_types(cls).items()},
            "secrets": sorted(secret_inputs | set(re.findall(r'"(\w+)"', "".join(secret_outputs)))),
        }

    def _function(self, token: str) -> dict[str, Any]:
        module = self._function_module(token)
        source = inspect.getsource(module)
        call = re.search(rf"pulumi\.runtime\.invoke\('{re.escape(token)}', __args__.*?typ=(\w+)\)", source)
        function_name = re.search(
            r"^__all__ = \[[^\]]*?'([a-z][a-z0-9_]*)',", source, re.DOTALL | re.MULTILINE
        )
        if call is None or function_name is None:
            raise ShapeError(f"{token} in {self._package.module} has a form that is not understood")
        function = getattr(module, function_name[1])
        hints = typing.get_type_hints(function)
        parameters = {
            wire: inspect.signature(function).parameters[python]
            for wire, python in re.findall(r"__args__\['(\w+)'\] = (\w+)", source)
        }
        return {
            "inputs": {wire: self._spec(hints[parameter.name]) for wire, parameter in parameters.items()},
            "required": sorted(w for w, p in parameters.items() if p.default is inspect.Parameter.empty),
            "outputs": self._object(getattr(module, call[1]))["properties"],
            "secrets": [],
        }

    def _function_module(self, token: str) -> types.ModuleType:
        package, module, _ = token.split(":")
        service = module.split("/")[0]
        prefix = f"{package}:{service}/"
        homes: list[Any] = next(
            (found for key, found in rpc._RESOURCE_MODULES.items() if key.startswith(prefix)),  # noqa: SLF001 - see above
            [],
        )
        home = homes[0].mod_info["fqn"] if homes else self._package.module
        folder = Path(str(importlib.import_module(home).__file__)).parent
        for file in sorted(folder.glob("*.py")):
            if f"invoke('{token}'" in file.read_text(encoding="utf-8"):
                return importlib.import_module(f"{home}.{file.stem}")
        raise ShapeError(f"{self._package.module} {self._package.version} has no {token}")

    def _object(self, cls: type) -> ObjectType:
        if pulumi_types.is_input_type(cls):
            hints = pulumi_types.input_type_types(cls)
            names = pulumi_types.input_type_py_to_pulumi_names(cls)
            required = [
                names[name]
                for name, parameter in inspect.signature(cls).parameters.items()
                if parameter.default is inspect.Parameter.empty
            ]
        else:
            hints = pulumi_types.output_type_types(cls)
            required = []
        return {
            "properties": {name: self._spec(hint) for name, hint in hints.items()},
            "required": sorted(required),
        }

    def _spec(self, hint: Any) -> Spec:  # noqa: PLR0911 - one return per kind of hint
        if hint in _PRIMITIVES:
            return _PRIMITIVES[hint]
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union([a for a in arguments if (typing.get_origin(a) or a) not in _PLUMBING])
        if origin in (collections.abc.Sequence, list):
            return {"list": self._spec(arguments[0])}
        if origin in (collections.abc.Mapping, dict):
            return {"map": self._spec(arguments[1])}
        if not isinstance(hint, type):
            return "any"
        if issubclass(hint, enum.Enum):
            return {"enum": [member.value for member in hint]}
        if issubclass(hint, pulumi.Asset):
            return "asset"
        if issubclass(hint, pulumi.Archive):
            return "archive"
        if pulumi_types.is_input_type(hint) or pulumi_types.is_output_type(hint):
            return self._named(hint)
        return "any"

    def _union(self, members: list[Any]) -> Spec:
        specs = [self._spec(member) for member in members]
        enums = [spec for spec in specs if isinstance(spec, dict) and "enum" in spec]
        if enums:
            # A generated union of a plain type and an enum lists the values that the API accepts.
            return enums[0]
        return specs[0] if len(specs) == 1 else {"oneOf": specs}

    def _named(self, cls: type) -> Spec:
        name = f"{cls.__module__.removeprefix(self._package.module + '.')}.{cls.__name__}"
        if name not in self.types:
            self.types[name] = {
                "properties": {},
                "required": [],
            }  # Ends the recursion of self-referring types.
            self.types[name] = self._object(cls)
        return {"object": name}
