"""Whether a policy lets a service in, read as AWS reads it: a denial wins, what is unclear does not admit."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]


def admits(document: str, service: str, actions: tuple[str, ...], context: Context) -> bool:
    """Return whether a policy allows a service each of `actions` in a request with the keys of `context`."""
    statements = list(_statements(document))
    return all(
        any(one["Effect"] == "Allow" and _speaks(one, service, action, context) for one in statements)
        and not any(
            one["Effect"] == "Deny" and _speaks(one, service, action, context) is not False
            for one in statements
        )
        for action in actions
    )


def _statements(document: str) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(document).get("Statement", ())
    except (ValueError, AttributeError):
        return
    yield from _many(found)


def _speaks(statement: Mapping[str, Any], service: str, action: str, context: Context) -> bool | None:
    """Return whether a statement speaks of a request, None where this reader cannot tell."""
    if not _names(statement.get("Principal"), service):
        return None if "NotPrincipal" in statement else False
    if "NotAction" in statement:
        return None
    if not any(fnmatchcase(action.lower(), one.lower()) for one in _many(statement.get("Action"))):
        return False
    judged = [
        _holds(operator, context.get(key.lower()), _many(values))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, values in keys.items()
    ]
    if False in judged:
        return False
    return None if None in judged else True


def _names(principal: Any, service: str) -> bool:
    if isinstance(principal, Mapping):
        return f"{service}.amazonaws.com" in _many(principal.get("Service")) or "*" in _many(
            principal.get("AWS")
        )
    return bool(principal == "*")


def _holds(operator: str, given: str | None, wanted: list[str]) -> bool | None:
    if given is None:
        return False
    match operator:
        case "StringEquals" | "Bool":
            return given in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(fnmatchcase(given, pattern) for pattern in wanted)
        case "StringNotEquals":
            return given not in wanted
        case _:
            return None


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
