"""Cloudflare rule expressions, built from typed parts and never pasted together.

Paths are compared in lower case and by whole segments: `path_under("/api/auth")` means `/api/auth`,
`/API/Auth/login`, and not `/api/authors`. Encoded and doubled slashes are the edge's business: the zone
normalises URLs before any rule sees them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

_PATH = "http.request.uri.path"
_LOWER_PATH = f"lower({_PATH})"
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_METHOD = re.compile(r"[A-Z]+")
_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True)
class Expression:
    """One condition on a request. `text` is Cloudflare's own notation.

    `compound` says that the text needs brackets before another operator may stand beside it.
    """

    text: str
    compound: bool = False

    def __and__(self, other: "Expression") -> "Expression":
        return all_of(self, other)

    def __or__(self, other: "Expression") -> "Expression":
        return any_of(self, other)

    def __invert__(self) -> "Expression":
        return Expression(f"not {self._operand}", compound=True)

    @property
    def _operand(self) -> str:
        return f"({self.text})" if self.compound else self.text

    def __str__(self) -> str:
        return self.text


def literal(text: str) -> str:
    """Return `text` as a quoted string of the rules language.

    Raises:
        ValueError: for characters that no header or URL holds; a rule with them would never match.
    """
    if not _PRINTABLE.fullmatch(text):
        raise ValueError(f"{text!r} holds characters that cannot stand in a rule: use printable ASCII")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _checked(pattern: re.Pattern[str], kind: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not {kind}")
        return value

    return check


_host_name = _checked(_HOST_NAME, "a lower-case host name")
_method_name = _checked(_METHOD, "an upper-case HTTP method")
_cookie_name = _checked(_COOKIE_NAME, "a cookie name")


def _path(value: str) -> str:
    if not value.startswith("/") or value.endswith("/") or set(value) & set("*?# ") or value != value.lower():
        raise ValueError(
            f"{value!r} is not a path prefix: begin with a slash and end without one, "
            "in lower case, without wildcard or query"
        )
    return value


def _member(field: str, values: tuple[str, ...]) -> Expression:
    if not values:
        raise ValueError(f"a condition on {field} needs at least one value")
    if len(values) == 1:
        return Expression(f"{field} eq {literal(values[0])}")
    return Expression(f"{field} in {{{' '.join(literal(value) for value in values)}}}")


def any_of(*parts: Expression) -> Expression:
    """Return a condition that holds when one of `parts` does."""
    return _joined("or", parts)


def all_of(*parts: Expression) -> Expression:
    """Return a condition that holds when all `parts` do."""
    return _joined("and", parts)


def _joined(operator: str, parts: tuple[Expression, ...]) -> Expression:
    if not parts:
        raise ValueError(
            f"an empty list of conditions joined by {operator!r} would match everything or nothing"
        )
    if len(parts) == 1:
        return parts[0]
    return Expression(f" {operator} ".join(part._operand for part in parts), compound=True)  # noqa: SLF001 - same class


def everything() -> Expression:
    """Return the condition that every request meets."""
    return Expression("true")


def host_is(*names: str) -> Expression:
    """Return a condition on the requested host name."""
    return _member("http.host", tuple(_host_name(name) for name in names))


def path_is(*paths: str) -> Expression:
    """Return a condition on the whole path, whatever its case."""
    return _member(_LOWER_PATH, tuple(_path(path) for path in paths))


def path_under(*prefixes: str) -> Expression:
    """Return a condition on the path's leading segments, whatever their case, the bare prefix included."""
    below = [Expression(f"starts_with({_LOWER_PATH}, {literal(_path(prefix) + '/')})") for prefix in prefixes]
    return any_of(path_is(*prefixes), *below)


def method_is(*methods: str) -> Expression:
    """Return a condition on the HTTP method."""
    return _member("http.request.method", tuple(_method_name(method) for method in methods))


def cookie_mentions(*names: str) -> Expression:
    """Return a condition on cookies whose name holds one of `names`.

    A part of the name is enough: session cookies have `__Secure-` before it and a chunk number behind.
    """
    return any_of(*(Expression(f"http.cookie contains {literal(_cookie_name(name))}") for name in names))


def address_in(*ranges: str) -> Expression:
    """Return a condition on the client's address; `ranges` are addresses or CIDR blocks."""
    if not ranges:
        raise ValueError("a condition on ip.src needs at least one range")
    return Expression(f"ip.src in {{{' '.join(str(ip_network(block)) for block in ranges)}}}")


def status_is(code: int) -> Expression:
    """Return a condition on the response's status, for rules that act on responses."""
    return Expression(f"http.response.code eq {code}")


def same_path_at(host: str) -> str:
    """Return the value expression of a redirect target: the requested path at `host` over HTTPS."""
    return f"concat({literal(f'https://{_host_name(host)}')}, {_PATH})"
