"""An evaluator of the part of Cloudflare's rules language that this project writes.

It reads the text of a rule, not our builder's objects, so it also judges what the builder produces.
Anything it does not know is an error: a rule that cannot be judged must not pass as judged.
"""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\["\\])*")|(?P<address>\d+\.\d+\.\d+\.\d+(?:/\d+)?|[0-9a-f:]*:[0-9a-f:]+(?:/\d+)?)
    |(?P<number>\d+)|(?P<word>[a-z][a-z0-9_.]*)|(?P<mark>[(){},]))""",
    re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as the edge sees it, and the status its response had."""

    path: str
    host: str = "jtldconsulting.com"
    method: str = "GET"
    cookies: str = ""
    address: str = "203.0.113.9"
    status: int = 200

    def value(self, name: str) -> Any:
        return {
            "http.host": self.host,
            "http.request.uri.path": self.path,
            "http.request.method": self.method,
            "http.cookie": self.cookies,
            "ip.src": self.address,
            "http.response.code": self.status,
        }[name]


class UnreadableRuleError(ValueError):
    """The expression holds something outside the known part of the language."""


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableRuleError(f"cannot read {text[position:]!r} in {text!r}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        position = match.end()
    return found


@dataclass
class _Reader:
    tokens: list[tuple[str, str]]
    request: Request
    position: int = field(default=0)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self, text: str | None = None) -> tuple[str, str]:
        token = self.peek()
        if text is not None and token[1] != text:
            raise UnreadableRuleError(f"expected {text!r}, found {token[1]!r}")
        self.position += 1
        return token

    def disjunction(self) -> bool:
        result = self.conjunction()
        while self.peek() == ("word", "or"):
            self.take()
            result = self.conjunction() or result
        return result

    def conjunction(self) -> bool:
        result = self.negation()
        while self.peek() == ("word", "and"):
            self.take()
            result = self.negation() and result
        return result

    def negation(self) -> bool:
        if self.peek() == ("word", "not"):
            self.take()
            return not self.negation()
        if self.peek() == ("mark", "("):
            self.take()
            result = self.disjunction()
            self.take(")")
            return result
        return self.comparison()

    def comparison(self) -> bool:
        left = self.operand()
        kind, operator = self.peek()
        if isinstance(left, bool) and (kind, operator) not in {("word", "eq"), ("word", "ne")}:
            return left
        self.take()
        if operator == "in":
            return self.member(left)
        right = self.operand()
        if type(left) is not type(right):
            raise UnreadableRuleError(f"{left!r} and {right!r} are of different types")
        if operator == "contains":
            return str(right) in str(left)
        if operator in {"eq", "ne"}:
            return bool((left == right) == (operator == "eq"))
        raise UnreadableRuleError(f"unknown operator {operator!r}")

    def member(self, left: Any) -> bool:
        self.take("{")
        members = []
        while self.peek() != ("mark", "}"):
            members.append(self.take())
        self.take("}")
        if not members:
            raise UnreadableRuleError("an empty set")
        if members[0][0] == "address":
            return any(ip_address(left) in ip_network(text) for _, text in members)
        return any(left == _string(text) for _, text in members)

    def operand(self) -> Any:
        kind, text = self.take()
        if kind == "string":
            return _string(text)
        if kind == "number":
            return int(text)
        if kind == "word" and text in {"true", "false"}:
            return text == "true"
        if kind == "word" and self.peek() == ("mark", "("):
            return self.call(text)
        if kind == "word":
            try:
                return self.request.value(text)
            except KeyError:
                raise UnreadableRuleError(f"unknown field {text!r}") from None
        raise UnreadableRuleError(f"unexpected {text!r}")

    def call(self, name: str) -> Any:
        self.take("(")
        arguments = [self.operand()]
        while self.peek() == ("mark", ","):
            self.take()
            arguments.append(self.operand())
        self.take(")")
        match name, arguments:
            case "lower", [str(text)]:
                return text.lower()
            case "starts_with", [str(text), str(prefix)]:
                return text.startswith(prefix)
            case "concat", [*parts]:
                return "".join(parts)
        raise UnreadableRuleError(f"unknown function {name!r} of {len(arguments)}")


def _string(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _read(text: str, request: Request, what: str) -> Any:
    reader = _Reader(_tokens(text), request)
    result = getattr(reader, what)()
    if reader.peek() != ("end", ""):
        raise UnreadableRuleError(f"{reader.peek()[1]!r} follows the end of {text!r}")
    return result


def matches(expression: str, request: Request) -> bool:
    """Say whether a rule with `expression` acts on `request`."""
    return bool(_read(expression, request, "disjunction"))


def value_of(expression: str, request: Request) -> Any:
    """Compute a value expression, such as a redirect's target."""
    return _read(expression, request, "operand")
