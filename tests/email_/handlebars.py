"""The little of SES's template language that our messages use, strict about what it is given."""

import html
import re
from collections.abc import Mapping
from typing import Any

_EACH = re.compile(r"\{\{#each (\w+)\}\}\n?(.*?)\{\{/each\}\}\n?", re.DOTALL)
_NAME = re.compile(r"\{\{(\w+)\}\}")


def fill(template: str, values: Mapping[str, Any], *, escape: bool) -> str:
    """Fill a template; a name without a value is an error, as it is for SES."""

    def one(match: re.Match[str], scope: Mapping[str, Any]) -> str:
        value = str(scope[match.group(1)])
        return html.escape(value) if escape else value

    def each(match: re.Match[str]) -> str:
        rows = values[match.group(1)]
        return "".join(_NAME.sub(lambda name, row=row: one(name, row), match.group(2)) for row in rows)

    filled = _NAME.sub(lambda name: one(name, values), _EACH.sub(each, template))
    if "{{" in filled or "}}" in filled:
        raise ValueError(f"something in the template is left unread: {filled[filled.find('{{') :][:60]!r}")
    return filled
