"""The tests a rule can put to one value."""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox import documents, paths
from sandbox.conditions import Ground, values
from sandbox.contracts.parts import Rule
from sandbox.values import has_unknown, reveal


def problems(rule: Rule, value: Any, scope: Any, ground: Ground) -> Iterator[str]:
    """Yield why a value breaks a rule; the words follow the value's path."""
    yield from _text(rule, value)
    yield from _number(rule, value)
    yield from _items(rule, value)
    if rule.enum is not None and value not in rule.enum:
        yield f"must be one of [{' '.join(json.dumps(item) for item in rule.enum)}]"
    if rule.member_of is not None:
        known = [reveal(item) for _, item in paths.select(scope, paths.parse(rule.member_of))]
        if value not in known and not has_unknown(known):
            yield f"must be one of the values of {rule.member_of}"
    if rule.zone and ground.zones and value not in ground.zones:
        yield f"is not an availability zone of this region; there are {', '.join(sorted(ground.zones))}"
    if rule.json_kind is not None and isinstance(value, str):
        yield from documents.problems(rule.json_kind, value)
    if rule.cidr or rule.network or rule.family or rule.prefix_length or rule.within or rule.disjoint:
        yield from _block(rule, str(value), scope, ground)


def _text(rule: Rule, value: Any) -> Iterator[str]:
    text = str(value)
    if rule.pattern is not None and not re.search(rule.pattern, text, re.ASCII):
        yield f"does not match {rule.pattern}"
    if rule.not_pattern is not None and re.search(rule.not_pattern, text, re.ASCII):
        yield f"must not match {rule.not_pattern}"
    if rule.min_length is not None and len(text) < rule.min_length:
        yield f"expected length to be at least {rule.min_length}"
    if rule.max_length is not None and len(text) > rule.max_length:
        yield f"expected length to be at most {rule.max_length}"


def _number(rule: Rule, value: Any) -> Iterator[str]:
    if rule.min is rule.max is rule.multiple_of is None:
        return
    try:
        number = float(value)
    except (TypeError, ValueError):
        yield "expected a number"
        return
    if rule.min is not None and number < rule.min:
        yield f"expected to be at least ({rule.min:g})"
    if rule.max is not None and number > rule.max:
        yield f"expected to be at most ({rule.max:g})"
    if rule.multiple_of is not None and number % rule.multiple_of:
        yield f"expected to be divisible by {rule.multiple_of:g}"


def _items(rule: Rule, value: Any) -> Iterator[str]:
    if not isinstance(value, list | Mapping):
        return
    if rule.min_items is not None and len(value) < rule.min_items:
        yield f"requires {rule.min_items} item minimum, but config has only {len(value)} declared"
    if rule.max_items is not None and len(value) > rule.max_items:
        yield f"allows {rule.max_items} item maximum, but config has {len(value)} declared"
    if rule.distinct and len({json.dumps(item, sort_keys=True, default=str) for item in value}) != len(value):
        yield "has duplicate items"


def _block(rule: Rule, text: str, scope: Any, ground: Ground) -> Iterator[str]:
    if "/" not in text and not rule.within:
        yield "is not a valid CIDR block: the prefix length is missing"
        return
    try:
        block = ipaddress.ip_network(text, strict=rule.network)
    except ValueError as error:
        yield f"is not a valid CIDR block: {error}"
        return
    if rule.family is not None and block.version != rule.family:
        yield f"is not an IPv{rule.family} block"
    if (
        rule.prefix_length is not None
        and not rule.prefix_length[0] <= block.prefixlen <= rule.prefix_length[1]
    ):
        yield f"must have a prefix length from {rule.prefix_length[0]} to {rule.prefix_length[1]}"
    if rule.within is not None:
        around = [
            str(reveal(outer)) for _, outer in values(scope, rule.within, ground) if not has_unknown(outer)
        ]
        if around and not any(_inside(block, outer) for outer in around):
            yield f"is not inside {' or '.join(around)}"
    if rule.disjoint is not None and rule.path is not None:
        yield from _overlaps(rule, block, scope, ground)


def _inside(block: Any, outer: str) -> bool:
    network = ipaddress.ip_network(outer, strict=False)
    return bool(block.version == network.version and block.subnet_of(network))


def _overlaps(rule: Rule, block: Any, scope: Any, ground: Ground) -> Iterator[str]:
    mine = [reveal(value) for _, value in paths.select(scope, paths.parse(rule.disjoint or ""))]
    for sibling in ground.siblings():
        theirs = [reveal(value) for _, value in paths.select(sibling, paths.parse(rule.disjoint or ""))]
        if mine != theirs:
            continue
        for _, other in paths.select(sibling, paths.parse(rule.path or "")):
            network = ipaddress.ip_network(str(reveal(other)), strict=False)
            if network.version == block.version and network.overlaps(block):
                yield f"overlaps with {network}"
