"""From the program's inputs to the provider's: names, defaults, tags, secrets; and back on import."""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox import paths
from sandbox.checks import Failure, ShapeCheck
from sandbox.conditions import given
from sandbox.configuration import Configuration
from sandbox.contracts.model import Autoname
from sandbox.differences import DEFAULTS
from sandbox.entropy import Entropy
from sandbox.kinds import Kind, region_of
from sandbox.outputs import places
from sandbox.paths import Path
from sandbox.surroundings import Surroundings
from sandbox.templates import ABSENT, render
from sandbox.values import UNKNOWN, Secret, has_unknown, reveal

_RANDOM_LENGTH = 7

Mode = Literal["propose", "enforce", "disable"]


@dataclass(frozen=True)
class Autonaming:
    """What the engine says about names that the program leaves out."""

    proposed: str
    mode: Mode = "propose"


class NamingError(Exception):
    """A name cannot be made; the message says why."""


def checked(
    kind: Kind,
    configuration: Configuration,
    urn: str,
    *,
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    autonaming: Autonaming | None,
    entropy: Entropy,
) -> tuple[dict[str, Any], list[Failure]]:
    """Return complete inputs and the failures of shape, name and region."""
    check = ShapeCheck(kind.shape, frozenset(paths.parse(path) for path in kind.contract.open_enums))
    inputs = check.check(
        {name: value for name, value in news.items() if name != "tagsAll" or not kind.contract.taggable}
    )
    failures = check.failures
    filled: list[Path] = []
    try:
        filled += _name(kind, inputs, olds=olds, urn=urn, autonaming=autonaming, entropy=entropy)
    except NamingError as error:
        failures.append(
            Failure(kind.contract.autoname.property if kind.contract.autoname else "", str(error))
        )
    if kind.framework == "sdk":
        filled += _defaults(kind, inputs, olds)
    if kind.contract.taggable:
        inputs["tagsAll"] = _all_tags(inputs.get("tags"), configuration.default_tags)
    for name in kind.shape.secrets & inputs.keys():
        inputs[name] = inputs[name] if isinstance(inputs[name], Secret) else Secret(inputs[name])
    if kind.regional or kind.contract.regions:
        failures += _region(kind, configuration, inputs)
    if kind.regional and configuration.region:
        inputs.setdefault("region", configuration.region)
    if kind.framework == "sdk":
        inputs = _marked(inputs, kind, filled)
    return inputs, failures


def located(failure: Failure, name: str) -> Failure:
    """Return a failure that says where to look, the way bridged providers do."""
    if not failure.property or failure.reason.startswith("Missing required property"):
        return failure
    return Failure(failure.property, f"{failure.reason}. Examine values at '{name}.{failure.property}'.")


def _name(
    kind: Kind,
    inputs: dict[str, Any],
    *,
    olds: Mapping[str, Any],
    urn: str,
    autonaming: Autonaming | None,
    entropy: Entropy,
) -> list[Path]:
    rule = kind.contract.autoname
    if rule is None or rule.property in inputs:
        return []
    if any(
        inputs.get(prefix.property) is not None
        for prefix in kind.contract.prefixes
        if prefix.of == rule.property
    ):
        return []
    old = olds.get(rule.property)
    # The plugin framework's bridge cannot tell a default from a name that was given.
    was_default = DEFAULTS not in olds or rule.property in olds[DEFAULTS]
    if old is not None and was_default:
        inputs[rule.property] = old
    else:
        inputs[rule.property] = _fresh_name(rule, urn.split("::", 3)[3], autonaming, entropy, inputs)
    return [(rule.property,)]


def _fresh_name(
    rule: Autoname, logical: str, autonaming: Autonaming | None, entropy: Entropy, inputs: Mapping[str, Any]
) -> str:
    if autonaming is not None and autonaming.mode == "disable":
        raise NamingError("automatic naming is disabled but no explicit name was provided")
    if autonaming is not None and autonaming.mode == "enforce":
        return autonaming.proposed
    name = (
        autonaming.proposed
        if autonaming is not None
        else f"{logical}{rule.separator}{entropy.fresh('hex', _RANDOM_LENGTH)}"
    )
    name = rule.prefix + (name.lower() if rule.lower else name)
    if rule.fifo_suffix is not None and reveal(inputs.get(rule.fifo_suffix)) is True:
        name += ".fifo"
    if len(name) > rule.max:
        raise NamingError(f"calculated name '{name}' exceeds maximum length of {rule.max}")
    return name


def _defaults(kind: Kind, inputs: dict[str, Any], olds: Mapping[str, Any]) -> list[Path]:
    filled: list[Path] = []
    for text, default in kind.contract.defaults.items():
        if _excluded(kind, text, inputs):
            continue
        for path, _ in list(places(inputs, paths.parse(text), make=False)):
            value = _old_default(olds, path)
            # The bridge leaves new falsy defaults to the provider: they show in outputs only.
            if value is not None or default:
                paths.assign(inputs, path, copy.deepcopy(default) if value is None else value)
                filled.append(path)
    return filled


def _old_default(olds: Mapping[str, Any], path: Path) -> Any:
    """Return what filled this place before: a default stays what it was until somebody gives a value."""
    around = next((value for _, value in paths.select(olds, path[:-1])), None)
    if not isinstance(around, Mapping) or path[-1] not in around.get(DEFAULTS, around):
        return None
    return around.get(path[-1])


def _excluded(kind: Kind, name: str, inputs: Mapping[str, Any]) -> bool:
    groups = [
        group
        for rule in kind.contract.validations
        for group in (rule.conflicts, rule.exactly_one_of)
        if group
    ]
    return any(
        name in group and given(inputs, [other for other in group if other != name]) for group in groups
    )


def _all_tags(tags: Any, default_tags: Mapping[str, Any]) -> Any:
    if has_unknown(tags):
        return UNKNOWN
    if isinstance(tags, Secret):
        return Secret({**default_tags, **tags.value})
    return {**default_tags, **(tags or {})}


def _region(kind: Kind, configuration: Configuration, inputs: Mapping[str, Any]) -> list[Failure]:
    problem = configuration.region_problem(reveal(inputs["region"])) if "region" in inputs else None
    if problem:
        return [Failure("region", problem)]
    region = region_of(inputs, configuration.region)
    if kind.contract.regions and region and region not in kind.contract.regions:
        there = ", ".join(kind.contract.regions)
        return [Failure("region", f"{kind.label} does not exist in {region}, only in {there}")]
    return []


def _marked(inputs: Mapping[str, Any], kind: Kind, filled: Sequence[Path]) -> dict[str, Any]:
    """Return inputs with the bridge's `__defaults` at every object level: the names filled in there."""
    marked = {
        name: _marked_value(value, kind.shape.inputs.get(name, "any"), kind, filled, (name,))
        for name, value in inputs.items()
    }
    return {DEFAULTS: _filled_at(filled, ()), **marked}


def _marked_value(value: Any, spec: Any, kind: Kind, filled: Sequence[Path], at: Path) -> Any:
    if isinstance(value, Secret):
        return Secret(_marked_value(value.value, spec, kind, filled, at))
    if not isinstance(spec, dict):
        return value
    if "list" in spec and isinstance(value, list):
        of = spec["list"]
        return [_marked_value(item, of, kind, filled, (*at, index)) for index, item in enumerate(value)]
    if "object" in spec and isinstance(value, Mapping):
        known = kind.shape.types[spec["object"]]["properties"]
        inner = {k: _marked_value(v, known.get(k, "any"), kind, filled, (*at, k)) for k, v in value.items()}
        return {DEFAULTS: _filled_at(filled, at), **inner}
    return value


def _filled_at(filled: Sequence[Path], at: Path) -> list[str]:
    return sorted(str(path[-1]) for path in filled if path[:-1] == at)


def imported(kind: Kind, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that an import infers: what can be given, is known and says something."""
    known = dict(kind.shape.inputs)
    if kind.contract.taggable:
        known["tagsAll"] = {"map": "string"}
    return _told(outputs, known, kind.shape.required, kind, ())


def _told(
    values: Mapping[str, Any], known: Mapping[str, Any], required: Collection[str], kind: Kind, at: Path
) -> dict[str, Any]:
    """Return of an object what an import infers."""
    hidden = {*kind.contract.not_imported, *kind.contract.write_only}
    told: dict[str, Any] = {DEFAULTS: []} if kind.framework == "sdk" else {}
    for name, value in values.items():
        path = paths.render((*at, name))
        if name not in known or path in hidden:
            continue
        inferred = _inferred(value, known[name], kind, (*at, name))
        if name in required or not _says_nothing(reveal(inferred), kind.contract.defaults.get(path)):
            told[name] = inferred
    return told


def _inferred(value: Any, spec: Any, kind: Kind, at: Path) -> Any:
    if isinstance(value, Secret):
        return Secret(_inferred(value.value, spec, kind, at))
    if not isinstance(spec, dict):
        return value
    if "list" in spec and isinstance(value, list):
        return [_inferred(item, spec["list"], kind, (*at, paths.EVERY)) for item in value]
    if "object" in spec and isinstance(value, Mapping):
        inner = kind.shape.types[spec["object"]]
        return _told(value, inner["properties"], inner["required"], kind, at)
    if "map" in spec and isinstance(value, Mapping) and kind.framework == "sdk":
        return {DEFAULTS: [], **value}
    return value


def _says_nothing(value: Any, default: Any) -> bool:
    if default is not None:
        return bool(value == default)
    return value in (None, "", 0, False, [], {}, {DEFAULTS: []})


def import_id(around: Surroundings, outputs: Mapping[str, Any]) -> str | None:
    """Return the id that `pulumi import` takes for a resource, if it differs from its id."""
    if around.kind.contract.import_id is None:
        return None
    rendered = render(around.kind.contract.import_id, around.about(dict(outputs)))
    return None if rendered is ABSENT else str(reveal(rendered))


def identity(around: Surroundings, id_: str, outputs: Mapping[str, Any]) -> str:
    """Return what tells a resource apart in the cloud: its id, where no other has the same."""
    return (around.kind.contract.shared_id and import_id(around, outputs)) or id_
