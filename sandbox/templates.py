"""The templates in which contracts write identifiers and computed values.

`{bucket}` is the value at a property path, `{subnetId>vpcId}` a property of the resource that
`subnetId` refers to, `{a|b|'text'}` the first that is present
(`true` and `false` are literals too). `{account}`, `{region}`,
`{partition}`, `{dnsSuffix}`, `{zone}` (the region's first), `{logicalName}` (Pulumi's), `{id}` and
`{now}` come from the situation; `{hex:17}`, `{digits:12}`, `{number:4}`, `{alnum:13}`, `{ALNUM:14}`, `{uuid}` and
`{ipv4}` are fresh, `{ipv4(block)}` is an address in a block, `{zoneId(zone)}` a zone's id. Functions
transform: `{lower(x)}`, `{replace(x, '.', '-')}`; see `_TRANSFORMS`.
A text that is exactly one placeholder keeps its value's type; a template with an absent value
yields nothing.

Objects with a `$` key: `{$each: [path, …], $value: template}` is a list with one entry per distinct
value, called `{item}`; `{$byRegion: {region: value}}` picks; `{$if: condition, $then: …, $else: …}`
chooses; `{$json: structure}` is JSON text; `{$table: {key, rows, error}}` looks `key` up in `rows`.
"""

import base64
import hashlib
import ipaddress
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox import paths
from sandbox.entropy import Entropy
from sandbox.values import UNKNOWN, Secret, has_secret, has_unknown, reveal

ABSENT: Final = object()
_PLACEHOLDER = re.compile(r"(?<!\$)\{([^{}$\"]+)\}")
_CALL = re.compile(r"(\w+)\((.+)\)")
_CALL_PLACES = re.compile(r",\s*(?=(?:[^']*'[^']*')*[^']*$)")
_FRESH = re.compile(r"(hex|digits|alnum|ALNUM|number):(\d+)|uuid|now|ipv4|ipv4\(.*\)")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What templates are rendered against."""

    properties: Mapping[str, Any]
    constants: Mapping[str, Any]
    entropy: Entropy
    follow: Callable[[Any, str, str], Any] = lambda _value, _path, _attribute: ABSENT
    judge: Callable[[Mapping[str, Any]], bool] = lambda _condition: False
    extra: Mapping[str, Any] = field(default_factory=dict)

    def where(self, **extra: Any) -> "Situation":
        """Return the same situation with further names."""
        return replace(self, extra={**self.extra, **extra})


def is_fresh(template: Any) -> bool:
    """Tell whether a template makes a new value each time it is rendered."""
    if isinstance(template, Mapping):
        return any(is_fresh(item) for item in template.values())
    if isinstance(template, list):
        return any(is_fresh(item) for item in template)
    if not isinstance(template, str):
        return False
    return any(
        _FRESH.fullmatch(part.strip()) for body in _PLACEHOLDER.findall(template) for part in body.split("|")
    )


def render(template: Any, situation: Situation) -> Any:
    """Return a template's value: ABSENT, UNKNOWN or a Secret where what it is made of is."""
    if isinstance(template, Mapping):
        return _render_mapping(template, situation)
    if isinstance(template, list):
        return [item for item in (render(part, situation) for part in template) if item is not ABSENT]
    return _render_text(template, situation) if isinstance(template, str) else template


def _render_mapping(template: Mapping[str, Any], situation: Situation) -> Any:
    for key, form in _FORMS.items():
        if key in template:
            return form(template, situation)
    rendered = {key: render(item, situation) for key, item in template.items()}
    return {key: item for key, item in rendered.items() if item is not ABSENT}


def _each(template: Mapping[str, Any], situation: Situation) -> Any:
    sources = template["$each"] if isinstance(template["$each"], list) else [template["$each"]]
    items: list[Any] = []
    for source in sources:
        for item in _items(source, situation):
            if item is UNKNOWN:
                return UNKNOWN
            if item not in items:
                items.append(item)
    return [render(template["$value"], situation.where(item=item)) for item in items]


def _by_region(template: Mapping[str, Any], situation: Situation) -> Any:
    return render(template["$byRegion"].get(situation.constants.get("region"), ABSENT), situation)


def _if(template: Mapping[str, Any], situation: Situation) -> Any:
    chosen = "$then" if situation.judge(template["$if"]) else "$else"
    return render(template.get(chosen, ABSENT), situation)


def _json(template: Mapping[str, Any], situation: Situation) -> Any:
    structure = render(template["$json"], situation)
    if has_unknown(structure):
        return UNKNOWN
    text = json.dumps(reveal(structure))
    return Secret(text) if has_secret(structure) else text


def _table(template: Mapping[str, Any], situation: Situation) -> Any:
    table = template["$table"]
    key = render(table["key"], situation)
    if key is UNKNOWN:
        return UNKNOWN
    if key not in table["rows"]:
        raise LookupError(render(table.get("error", "{value} is not known"), situation.where(value=key)))
    return render(table["rows"][key], situation)


_FORMS: Final[Mapping[str, Callable[[Mapping[str, Any], "Situation"], Any]]] = {
    "$each": _each,
    "$byRegion": _by_region,
    "$if": _if,
    "$json": _json,
    "$table": _table,
}


def _items(source: str, situation: Situation) -> list[Any]:
    value = _value(source, situation)
    if value is ABSENT:
        return []
    inner = value.value if isinstance(value, Secret) else value
    items = list(inner) if isinstance(inner, list | tuple) else [inner]
    return [Secret(reveal(item)) for item in items] if isinstance(value, Secret) else items


def _render_text(template: str, situation: Situation) -> Any:
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return _placeholder(whole[1], situation)
    parts = [_placeholder(body, situation) for body in _PLACEHOLDER.findall(template)]
    if any(part is ABSENT for part in parts):
        return ABSENT
    if any(has_unknown(part) for part in parts):
        return UNKNOWN
    values = iter(parts)
    text = _PLACEHOLDER.sub(lambda _: _text(reveal(next(values))), template)
    return Secret(text) if any(isinstance(part, Secret) for part in parts) else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _placeholder(body: str, situation: Situation) -> Any:
    for part in body.split("|"):
        value = _value(part.strip(), situation)
        if value is not ABSENT and value is not None:
            return value
    return ABSENT


def _value(part: str, situation: Situation) -> Any:  # noqa: PLR0911 - one return per kind of placeholder
    if part.startswith("'"):
        return part.strip("'")
    if part in ("true", "false"):
        return part == "true"
    if part.startswith("ipv4"):
        return _address(part[5:-1], situation)
    fresh = _FRESH.fullmatch(part)
    if fresh:
        entropy = situation.entropy
        if part in ("uuid", "now"):
            return entropy.uuid() if part == "uuid" else entropy.now()
        length = int(fresh[2])
        return (
            int(entropy.fresh("digits", length)) if fresh[1] == "number" else entropy.fresh(fresh[1], length)
        )
    call = _CALL.fullmatch(part)
    if call and call[1] == "zoneId":
        zone = _value(call[2], situation)
        known = {one["name"]: one["id"] for one in situation.constants.get("zones", [])}
        return zone if has_unknown(zone) else known.get(reveal(zone), ABSENT)
    if call:
        return _transformed(
            call[1], [_value(body.strip(), situation) for body in _CALL_PLACES.split(call[2])]
        )
    if ">" in part:
        path, attribute = part.split(">", 1)
        target = _value(path, situation)
        return (
            target
            if target is ABSENT or has_unknown(target)
            else situation.follow(reveal(target), path, attribute)
        )
    return _named(part, situation)


def _named(part: str, situation: Situation) -> Any:
    steps = paths.parse(part)
    for source in (situation.extra, situation.properties, situation.constants):
        if steps and steps[0] in source:
            found = [value for _, value in paths.select(source, steps)]
            if paths.EVERY in steps:
                return found
            if found:
                return found[0]
            return UNKNOWN if source[str(steps[0])] is UNKNOWN else ABSENT
    return ABSENT


def _address(block: str, situation: Situation) -> Any:
    if not block:
        return f"15.{situation.entropy.random.randint(152, 223)}." + ".".join(
            str(situation.entropy.random.randint(1, 254)) for _ in range(2)
        )
    value = _value(block, situation)
    if value is ABSENT or has_unknown(value):
        return value
    network = ipaddress.ip_network(reveal(value), strict=False)
    # The cloud keeps the first four addresses and the last of every subnet.
    return str(network[situation.entropy.random.randint(4, network.num_addresses - 2)])


def _tail(value: Any) -> str:
    return re.split(r"[/:]", str(value))[-1]


_TRANSFORMS: Final[Mapping[str, Callable[..., Any]]] = {
    "lower": lambda value: str(value).lower(),
    "upper": lambda value: str(value).upper(),
    "md5": lambda value: hashlib.md5(_text(value).encode(), usedforsecurity=False).hexdigest(),
    "sha256": lambda value: hashlib.sha256(_text(value).encode()).hexdigest(),
    "crc32": lambda value: str(zlib.crc32(_text(value).encode())),
    "base64": lambda value: base64.b64encode(_text(value).encode()).decode(),
    "first": lambda value: value[0] if value else ABSENT,
    "length": len,
    "join": lambda value, separator=",": separator.join(map(_text, value)),
    "tail": _tail,
    "base": lambda value: str(value).removeprefix("*."),
    "service": lambda arn: str(arn).split(":")[2],
    "replace": lambda value, old, new: str(value).replace(old, new),
    "member": lambda text, key: json.loads(text).get(key, ABSENT),
}


def _transformed(name: str, values: list[Any]) -> Any:
    if any(value is ABSENT for value in values):
        return ABSENT
    if has_unknown(values):
        return UNKNOWN
    if name not in _TRANSFORMS:
        raise ValueError(f"templates know no {name}(); there are {', '.join(sorted(_TRANSFORMS))}")
    result = _TRANSFORMS[name](*reveal(values))
    return Secret(result) if has_secret(values) else result
