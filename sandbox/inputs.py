"""From the program's inputs to the provider's: names, defaults, tags, secrets; and back on import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox import paths
from sandbox.checks import Failure, ShapeCheck
from sandbox.cloud import Stored
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
        filled += _defaults(kind, inputs)
    if kind.contract.taggable:
        tags = _all_tags(inputs.get("tags"), configuration.default_tags)
        if tags:
            inputs["tagsAll"] = tags
    for name in kind.shape.secrets & inputs.keys():
        inputs[name] = inputs[name] if isinstance(inputs[name], Secret) else Secret(inputs[name])
    if kind.regional or kind.contract.regions:
        failures += _region(kind, configuration, inputs)
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


def _defaults(kind: Kind, inputs: dict[str, Any]) -> list[Path]:
    filled: list[Path] = []
    for text, default in kind.contract.defaults.items():
        # The bridge leaves falsy defaults to the provider: they show in outputs only.
        if not default or _excluded(kind, text, inputs):
            continue
        for path, _ in list(places(inputs, paths.parse(text), make=False)):
            paths.assign(inputs, path, default)
            filled.append(path)
    return filled


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
    hidden = {*kind.contract.not_imported, *kind.contract.write_only}
    defaults = kind.contract.defaults
    inputs = {
        name: _inferred(value, kind.shape.inputs[name], kind)
        for name, value in outputs.items()
        if name in kind.shape.inputs
        and name not in hidden
        and (name in kind.shape.required or not _says_nothing(reveal(value), defaults.get(name)))
    }
    return {DEFAULTS: [], **inputs} if kind.framework == "sdk" else inputs


def _inferred(value: Any, spec: Any, kind: Kind) -> Any:
    if isinstance(value, Secret):
        return Secret(_inferred(value.value, spec, kind))
    if isinstance(spec, dict) and "list" in spec and isinstance(value, list):
        return [_inferred(item, spec["list"], kind) for item in value]
    if isinstance(spec, dict) and "object" in spec and isinstance(value, Mapping):
        known = kind.shape.types[spec["object"]]["properties"]
        kept = {k: _inferred(v, known[k], kind) for k, v in value.items() if k in known}
        return {DEFAULTS: [], **kept} if kind.framework == "sdk" else kept
    return value


def _says_nothing(value: Any, default: Any) -> bool:
    if default is not None:
        return bool(value == default)
    return value in (None, "", 0, False, [], {})


def import_id(around: Surroundings, stored: Stored) -> str | None:
    """Return the id that `pulumi import` takes for a stored resource, if it differs from its id."""
    if around.kind.contract.import_id is None:
        return None
    rendered = render(around.kind.contract.import_id, around.about(dict(stored.outputs)))
    return None if rendered is ABSENT else str(reveal(rendered))
