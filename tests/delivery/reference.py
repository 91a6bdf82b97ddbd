"""AWS's service authorization reference, as cfn-lint carries it: what each action can be limited to."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _reference() -> Mapping[str, Any]:
    return json.loads(files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text())


def actions(service: str) -> Mapping[str, Any]:
    """The actions of a service, in small letters."""
    return _reference()[service]["Actions"]


def nameless(pattern: str) -> Iterator[tuple[str, bool]]:
    """Each action that `service:Pattern*` means, and whether requests for it name no resource."""
    service, _, verb = pattern.partition(":")
    for action, facts in actions(service).items():
        if fnmatchcase(action, verb.lower()):
            yield f"{service}:{action}", not facts.get("Resources")


def resources(action: str, *, region: str, account: str, name: str) -> list[str]:
    """The resources that a request for `action` may name, each called `name`; `*` where it names none."""
    service, _, verb = action.partition(":")
    kinds = actions(service)[verb.lower()].get("Resources", [])
    known = _reference()[service]["Resources"]
    forms = [form for kind in kinds for form in known[kind.lower()]["ARNFormats"]]
    filled = {"${Partition}": "aws", "${Region}": region, "${Account}": account, ".*": name}
    return [_filled(form, filled) for form in forms] or ["*"]


def _filled(form: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        form = form.replace(key, value)
    return form
