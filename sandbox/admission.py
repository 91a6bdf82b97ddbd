"""What the cloud refuses: names taken, rules about other resources, changes and deletions."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox import paths
from sandbox.changes import Changes, touches
from sandbox.cloud import Stored
from sandbox.conditions import holds, same
from sandbox.rules import violations
from sandbox.surroundings import RefusedError, Surroundings
from sandbox.values import reveal

_TAGS, _TAG_KEY, _TAG_VALUE = 50, 128, 256


def admit(around: Surroundings, outputs: Mapping[str, Any]) -> None:
    """Raise RefusedError unless the cloud takes the resource as it would be."""
    contract = around.kind.contract
    problem = next(violations(contract.validations, outputs, around, "create"), None)
    if problem is not None:
        raise RefusedError(problem.reason)
    if contract.taggable:
        _admit_tags(outputs)
    for unique in contract.unique:
        other = around.clash(unique, outputs)
        if other is not None:
            raise RefusedError(around.explain(unique.error, outputs, other.id))
    if contract.singleton and contract.on_existing == "refuse":
        _admit_single(around, outputs)


def _admit_tags(outputs: Mapping[str, Any]) -> None:
    """Raise RefusedError for tags beyond what AWS takes on any resource."""
    tags = reveal(outputs.get("tagsAll") or {})
    if len(tags) > _TAGS:
        raise RefusedError(f"TooManyTags: a resource takes at most {_TAGS} tags, got {len(tags)}")
    for key, value in tags.items():
        if str(key).lower().startswith("aws:"):
            raise RefusedError(f"InvalidTag: the prefix aws: is reserved, in the tag key '{key}'")
        if not 1 <= len(key) <= _TAG_KEY or len(str(value)) > _TAG_VALUE:
            limits = f"1 to {_TAG_KEY} characters and its value at most {_TAG_VALUE}"
            raise RefusedError(f"InvalidTag: the key '{key[:_TAG_KEY]}' must have {limits}")


def _admit_single(around: Surroundings, outputs: Mapping[str, Any]) -> None:
    kind = around.kind

    def identity(properties: Mapping[str, Any]) -> list[Any]:
        return [reveal(paths.first(properties, path)) for path in kind.contract.singleton]

    for other in around.living(kind.token):
        if other.id != around.own_id and identity(other.outputs) == identity(outputs):
            error = kind.contract.existing_error or f"{kind.label} {other.id} already exists"
            raise RefusedError(around.explain(error, outputs, other.id))


def allow_change(
    around: Surroundings, olds: Mapping[str, Any], news: Mapping[str, Any], changed: Iterable[str]
) -> None:
    """Raise RefusedError if a changed path is one that the cloud does not change, or not like this."""
    contract = around.kind.contract
    judge = Changes(contract=contract, state=reveal(olds), news=reveal(news))
    for path in [paths.parse(text) for text in changed]:
        for declared, error in contract.immutable.items():
            if touches(declared, path):
                raise RefusedError(around.explain(error, news, None))
        for refusal in judge.refusals(path):
            raise RefusedError(around.explain(refusal.error, {**olds, **news}, None))


def release(around: Surroundings, stored: Stored) -> None:
    """Raise RefusedError while something stands against the deletion."""
    rules = around.kind.contract.delete
    for guard in rules.protected:
        lifted = guard.unless is not None and holds(guard.unless, stored.outputs, around)
        values = [reveal(value) for _, value in paths.select(stored.outputs, paths.parse(guard.property))]
        if not lifted and any(same(value, guard.equals) for value in values):
            raise RefusedError(around.explain(guard.error, stored.outputs, None))
    for rule in rules.blocked_by:
        other = around.blocker(rule, stored)
        if other is not None:
            raise RefusedError(around.explain(rule.error, stored.outputs, other.id))
