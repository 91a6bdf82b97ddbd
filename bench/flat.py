"""The floor: a deployed stack as a flat program. Same resources, same inputs, no component, no pack.

`write` turns an exported state into a Pulumi project: the graph as JSON and this file as its program,
which registers the graph with the SDKs' own classes.
"""

import gc
import importlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any

PROJECT = "flat"
SDKS = {
    "aws": "pulumi_aws",
    "cloudflare": "pulumi_cloudflare",
    "random": "pulumi_random",
    "vercel": "pulumiverse_vercel",
}
MARK = "4dabf18193072939515e22adb298388d"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_SHORTEST_REFERENCE = 5


def write(deployment: Mapping[str, Any], stack: str, folder: Path) -> int:
    """Write the project into `folder`; return how many resources it registers."""
    folder.mkdir(parents=True)
    nodes = list(_nodes(deployment["resources"]))
    (folder / "graph.json").write_text(json.dumps(nodes))
    (folder / "Pulumi.yaml").write_text(
        f"name: {PROJECT}\nruntime: {{name: python, options: {{virtualenv: .venv}}}}\n"
        "main: .\nconfig: {pulumi:autonaming: {value: {pattern: 'jtld-${stack}-${name}-${hex(6)}'}}}\n"
    )
    (folder / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    shutil.copyfile(__file__, folder / "__main__.py")
    return len(nodes)


def _nodes(resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    outputs = {one["urn"]: one.get("outputs", {}) | {"id": one.get("id")} for one in resources}
    taken: Counter[tuple[str, str]] = Counter()
    for one in resources:
        if not one.get("custom") or re.search(r"pulumi:providers:\w+::default", one["urn"]):
            continue
        depended = one.get("propertyDependencies") or {}
        name = one["urn"].split("::")[-1]
        taken[one["type"], name] += 1
        if (twin := taken[one["type"], name]) > 1:
            # Without parents, two components' resources of one name have one URN.
            name = f"{name}-{twin}"
        yield {
            "urn": one["urn"],
            "type": one["type"],
            "name": name,
            "inputs": {
                name: _referring(
                    value, {urn: outputs[urn] for urn in depended.get(name) or () if urn in outputs}
                )
                for name, value in _given(one.get("inputs", {})).items()
                if name not in {"tagsAll", "version", "__internal"}
            },
            "provider": one.get("provider", "").rpartition("::")[0],
            "after": [urn for urn in one.get("dependencies") or () if urn in outputs],
        }


def _given(value: Any) -> Any:
    """Return what the program gave: without what Check filled in, whose names stand in `__defaults`."""
    if isinstance(value, Mapping) and MARK not in value:
        filled = {"__defaults", *value.get("__defaults", ())}
        return {key: _given(item) for key, item in value.items() if key not in filled}
    return [_given(item) for item in value] if isinstance(value, list) else value


def _referring(value: Any, known: Mapping[str, Mapping[str, Any]]) -> Any:  # noqa: PLR0911 one for each kind of value
    """Write a value that holds another resource's output as a reference: `{"$parts": [text, [urn, path], …]}`.

    Secrets become `{"$secret": value}`, and archives of files `{"$files": {name: path}}`.
    """
    if isinstance(value, Mapping):
        if value.get(MARK) == ARCHIVE:
            return {"$files": {name: asset["path"] for name, asset in value["assets"].items()}}
        if MARK in value:
            return {"$secret": _referring(json.loads(value["plaintext"]), known)}
        return {key: _referring(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_referring(item, known) for item in value]
    if not isinstance(value, str):
        return value
    for text, urn, path in sorted(_texts(known), key=lambda found: -len(found[0])):
        if text in value:
            before, _, after = value.partition(text)
            parts = [before, [urn, path], _referring(after, known)]
            return {"$parts": [part for part in parts if part != ""]}
    return value


def _texts(known: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, list[str | int]]]:
    def leaves(value: Any, path: list[str | int]) -> Iterator[tuple[str, list[str | int]]]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from leaves(item, [*path, key])
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from leaves(item, [*path, index])
        elif isinstance(value, str) and len(value) >= _SHORTEST_REFERENCE:
            yield value, path

    for urn, values in known.items():
        for text, path in leaves(values, []):
            yield text, urn, path


def register() -> None:
    """Register the graph beside this file: the flat program itself."""
    import pulumi  # noqa: PLC0415 only the program that this file becomes needs the SDK
    from pulumi._types import input_type_py_to_pulumi_names, resource_pulumi_to_py_names  # noqa: PLC0415

    nodes = json.loads(Path(__file__).with_name("graph.json").read_text())
    made: dict[str, pulumi.Resource] = {}

    def value(item: Any) -> Any:
        if isinstance(item, list):
            return [value(one) for one in item]
        if not isinstance(item, dict):
            return item
        if "$secret" in item:
            return pulumi.Output.secret(value(item["$secret"]))
        if "$files" in item:
            return pulumi.AssetArchive(
                {name: pulumi.FileAsset(path) for name, path in item["$files"].items()}
            )
        if "$parts" not in item:
            return {key: value(one) for key, one in item.items()}
        parts = [reference(*part) if isinstance(part, list) else value(part) for part in item["$parts"]]
        return parts[0] if len(parts) == 1 else pulumi.Output.concat(*parts)

    def reference(urn: str, path: list[str | int]) -> pulumi.Output[Any]:
        resource = made[urn]
        output: pulumi.Output[Any] = getattr(
            resource, resource_pulumi_to_py_names(type(resource)).get(str(path[0]), str(path[0]))
        )
        steps = path[1:]
        return output.apply(lambda known: _at(known, steps)) if steps else output

    for node in nodes:
        name, inputs = node["name"], value(node["inputs"])
        options = pulumi.ResourceOptions(depends_on=[made[urn] for urn in node["after"] if urn in made])
        if node["type"].startswith("pulumi:providers:"):
            made[node["urn"]] = pulumi.ProviderResource(node["type"].split(":")[-1], name, inputs, options)
            continue
        provider = made.get(node["provider"])
        options.provider = provider if isinstance(provider, pulumi.ProviderResource) else None
        class_, arguments = _typed(node["type"])
        names = {given: own for own, given in input_type_py_to_pulumi_names(arguments).items()}
        made[node["urn"]] = class_(name, opts=options, **{names[key]: item for key, item in inputs.items()})


def _at(value: Any, steps: list[str | int]) -> Any:
    """Follow a path of the state in a value as the SDK gives it: its types write names another way, maps do not."""
    for step in steps:
        own = step if isinstance(step, int) or step in value else re.sub("([A-Z])", r"_\1", step).lower()
        value = value[own]
    return value


def _typed(token: str) -> tuple[Any, type]:
    """Return the SDK's class of a resource type, and the class of its arguments."""
    package, place, name = token.split(":")
    service = place.split("/")[0]
    service += "_" * iskeyword(service)
    module = importlib.import_module(SDKS[package] + ("" if service == "index" else f".{service}"))
    # A nested type of the same name keeps the shorter one for itself.
    arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    return getattr(module, name), arguments


if Path(__file__).with_name("graph.json").exists():
    # What saves our program half of its time must save the floor's as well.
    gc.disable()
    register()
