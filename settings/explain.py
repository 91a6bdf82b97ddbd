"""Turns pydantic's findings into problems: the key as written, the rule, its reason, and the way out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeGuard, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, InitErrorDetails

from settings.base import RULE_ERROR, Model
from settings.errors import PROJECT, ROOT, KeyPath, Report, shown
from settings.model import Settings
from settings.secrets import SECRETS

# pydantic's error type -> our rule and way out; {names} come from the error's own context.
_WORDS = {
    "missing": ("is required", "Add the key."),
    "bool_type": ("must be true or false", "Write true or false, without quotes."),
    "int_type": ("must be a whole number", "Write digits alone, without quotes."),
    "float_type": ("must be a number", "Write a decimal number, without quotes."),
    "string_type": ("must be a text", "Put the value in quotes."),
    "tuple_type": ("must be a list", "Write a list: one entry a line, each after a dash."),
    "model_type": ("must be a mapping", "Write its keys on lines of their own, indented."),
    "dict_type": ("must be a mapping", "Write its keys on lines of their own, indented."),
    "greater_than_equal": ("must be at least {ge}", "Write {ge} or more."),
    "less_than_equal": ("must be at most {le}", "Write {le} or less."),
    "greater_than": ("must be more than {gt}", "Write more than {gt}."),
    "less_than": ("must be less than {lt}", "Write less than {lt}."),
    "too_short": ("must have at least {min_length} entries", "Add entries."),
    "too_long": ("must have at most {max_length} entries", "Leave entries out."),
    "string_too_short": ("must have at least {min_length} characters", "Write more."),
    "string_too_long": ("must have at most {max_length} characters", "Shorten it."),
    "string_pattern_mismatch": ("must match {pattern}", "Write it in that form."),
    "literal_error": ("must be {expected}", "Write one of these."),
    "enum": ("must be {expected}", "Write one of these."),
    "date_type": ("must be a date", 'Write it as "2026-11-22", in quotes.'),
    "date_from_datetime_parsing": ("must be a date", 'Write it as "2026-11-22", in quotes.'),
    "union_tag_not_found": ("must say its {discriminator}", "Add the key {discriminator}."),
    "union_tag_invalid": ("must have {discriminator} {expected_tags}", "Write one of these kinds."),
}


_ABSENT = object()


def validated(values: Mapping[str, object], report: Report) -> Settings | None:
    """Return the settings that `values` (concern to plain data) say, or add everything wrong to `report`."""
    try:
        return Settings.model_validate_json(json.dumps(values), by_alias=True, by_name=False)
    except ValidationError as error:
        _, breaches = _partly_judged(Settings, values)
        between = ValidationError.from_exception_data("Settings", breaches)
        for finding in (*error.errors(include_url=False), *between.errors(include_url=False)):
            _explain(finding, values, report)
    return None


def _partly_judged(model: type[Model], given: Mapping[str, object]) -> tuple[Model, list[InitErrorDetails]]:
    """Judge what lies between the fields of `model` although some of them were refused.

    pydantic leaves these rules out as soon as one field is wrong; they would turn up on the next try only.
    Returns the model without the refused fields, and the breaches.
    """
    values: dict[str, Any] = {}
    breaches: list[InitErrorDetails] = []
    aliases = {field.alias or name: name for name, field in model.model_fields.items()}
    complete = given.keys() <= aliases.keys()
    for alias, name in aliases.items():
        field = model.model_fields[name]
        if alias not in given and not field.is_required():
            values[name] = field.get_default(call_default_factory=True)
            continue
        try:
            text = json.dumps(given[alias])
            values[name] = _adapter(model, name).validate_json(
                text, strict=True, by_alias=True, by_name=False
            )
        except (KeyError, ValidationError):
            complete = False
            below = given.get(alias)
            if _is_model(field.annotation) and isinstance(below, dict):
                values[name], inner = _partly_judged(field.annotation, below)
                breaches += [{**breach, "loc": (alias, *breach.get("loc", ()))} for breach in inner]
    part = model.model_construct(**values)
    for name in part.__dict__.keys() - values.keys():
        del part.__dict__[name]
    return part, breaches if complete else [*breaches, *part.breaches(partial=True)]


@cache
def _adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    return TypeAdapter(model.model_fields[name].rebuild_annotation())


def _is_model(annotation: object) -> TypeGuard[type[Model]]:
    return isinstance(annotation, type) and issubclass(annotation, Model)


def _explain(finding: ErrorDetails, values: Mapping[str, object], report: Report) -> None:
    place = _place(finding["loc"], values)
    if report.refused(place.path):
        return
    reason, context = place.documentation, finding.get("ctx", {})
    match finding["type"]:
        case "too_short" if len(finding["input"]) >= context["min_length"]:
            return  # pydantic counts the good entries; the bad ones have their own findings
        case "extra_forbidden":
            given, rule, remedy = "a value (not shown)", "is not a setting", _instead(place)
            reason = "a misspelt key would leave the default in force without a word"
        case "missing":
            given, rule, remedy = "nothing", *_WORDS["missing"]
        case kind if kind == RULE_ERROR:
            given, rule, remedy = place.given, finding["msg"], context["remedy"] or "Correct the value."
            reason = context["reason"] or reason
        case kind:
            words = _WORDS.get(kind, (finding["msg"].replace("Input should ", "must "), "Correct the value."))
            rule, remedy = (text.format_map(context) for text in words)
            given = place.given
    report.add(place.path, given=given, rule=rule, reason=reason, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A key: its path in the file, what was given there, what it is for, and the keys beside it."""

    path: KeyPath
    given: str
    documentation: str
    siblings: tuple[str, ...]


def _place(location: KeyPath, values: Mapping[str, object]) -> _Place:
    """Follow a location of pydantic's, which also names the kinds of unions, through the models and the file."""
    path: KeyPath = ()
    here: Any = values
    documentation = ""
    models: list[type[Model]] = [Settings]
    siblings: tuple[str, ...] = ()
    for position, step in enumerate(location):
        fields = {field.alias: field for model in models for field in model.model_fields.values()}
        stands_here = (
            step in here if isinstance(here, dict) else isinstance(here, list) and isinstance(step, int)
        )
        if step not in fields and not stands_here and isinstance(step, str) and position < len(location) - 1:
            continue  # the kind of a union
        path = (*path, step)
        here = here[step] if stands_here else _ABSENT
        if isinstance(step, str):
            siblings = tuple(sorted(filter(None, fields)))
        if step in fields:
            documentation = fields[step].description or documentation
            models = models_of(fields[step].annotation)
    given = "nothing, so the default holds" if here is _ABSENT else shown(here)
    return _Place(path=in_file(path), given=given, documentation=documentation, siblings=siblings)


def _instead(place: _Place) -> str:
    key = str(place.path[-1]).removeprefix(f"{PROJECT}:")
    top = len(place.path) == len(in_file(("",)))
    known = (*place.siblings, *SECRETS) if top else place.siblings
    if key == "secure":
        return "Write the plain value, which can be reviewed; a secret has a key of its own."
    if nearest := get_close_matches(to_camel(key), known, n=1):
        return f"Write {nearest[0]}, if that is meant; otherwise delete the key."
    return f"Delete it; the keys here are {', '.join(known)}."


def in_file(path: KeyPath) -> KeyPath:
    """Return a path below a concern as it is in a stack file."""
    return (ROOT, f"{PROJECT}:{path[0]}", *path[1:])


def models_of(annotation: object) -> list[type[Model]]:
    """Return the models that a field may hold: directly, in a list, or as one of several kinds."""
    if _is_model(annotation):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_of(inner)]
