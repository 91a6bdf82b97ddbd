"""Reads a stack file into plain data with the line of every key; what YAML readers disagree on is refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from yaml.composer import Composer
from yaml.events import AliasEvent
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from settings.errors import PROJECT, ROOT, KeyPath, Report, is_known_secret

_MOST_BYTES = 256 * 1024
_DEEPEST = 24
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Octal, hexadecimal, grouped, overlong and exponent numbers, infinities and dates: Pulumi's reader, YAML 1.1
# and YAML 1.2 each make something else of these.
_AMBIGUOUS = re.compile(
    r"[-+]?(0[xob])?[0-9a-f_]*[0-9][0-9a-f_]*|[-+]?[0-9_]*\.?[0-9_]+(e[-+]?[0-9]+)?|[-+]?[0-9][0-9_]*\."
    r"|[-+]?\.(inf|nan)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?",
    re.IGNORECASE,
)
_OWN_KEY = re.compile(rf"\s*[\"']?({PROJECT}:\w{{1,64}})\b")


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that a stack file does not need and that hides what it says."""


class _StackFileReader(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML's reader without tags, anchors and guesses about the type of plain text."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, unless it is nested too deep or refers to another one."""
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs know no signature
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise _Refused(problem="an anchor, alias or tag", problem_mark=event.start_mark)
        if self._depth == _DEEPEST:
            raise _Refused(problem=f"more than {_DEEPEST} levels", problem_mark=event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class Document:
    """A stack file: its plain data in `values`, the line of every key in `lines`, objections in `report`."""

    def __init__(self, file: str, raw: bytes) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.report = Report(file, self.lines)
        self._text = ""
        with self._readable():
            if len(raw) > _MOST_BYTES:
                raise _Refused(problem=f"a file of more than {_MOST_BYTES // 1024} KiB")
            self._text = raw.decode("utf-8-sig")
            node = _StackFileReader(self._text).get_single_node()
        self.report.conclude()
        self.values = {} if node is None else self._plain(node, ())
        self._find_secrets_in_comments()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            self._unreadable(f"a byte that is not UTF-8, at position {error.start}", 1)
        except ReaderError as error:
            self._unreadable(
                "a character that YAML does not allow", self._text.count("\n", 0, error.position) + 1
            )
        except _Refused as error:
            self._unreadable(str(error.problem), error.problem_mark.line + 1 if error.problem_mark else 1)
        except yaml.MarkedYAMLError as error:
            # PyYAML's own text quotes the file, and with it whatever secret stands there.
            what = re.sub(r"'[^']*'|\"[^\"]*\"", "…", error.problem or "broken structure")
            mark = error.problem_mark or error.context_mark
            self._unreadable(f"text that is not YAML ({what})", mark.line + 1 if mark else 1)

    def _unreadable(self, what: str, line: int) -> None:
        self.report.add(
            self._nearest_key(line),
            given=what,
            rule="must be one plain YAML document of mappings, lists, texts and numbers, in UTF-8",
            reason="Pulumi, editors and reviewers must all read the same values in it",
            remedy="Correct the file at this line, or just above it; git diff shows what changed last.",
            line=line,
        )

    def _nearest_key(self, line: int) -> KeyPath:
        for text in reversed(self._text.splitlines()[:line]):
            if match := _OWN_KEY.match(text):
                return (ROOT, match[1])
        return (ROOT,)

    def _plain(self, node: yaml.Node, path: KeyPath) -> object:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, position)) for position, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode), "there is no fourth kind of node"
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in values:
                self.report.add(
                    (*path, "(key)" if key is None else key),
                    given="a key that is a list or a mapping" if key is None else "the same key again",
                    rule="must be a text that stands once in its mapping",
                    reason="readers of YAML silently keep one of the values, and not all the same one",
                    remedy="Keep one of them." if key else "Write the key as plain text.",
                    line=line,
                )
                continue
            self.lines[(*path, key)] = line
            values[key] = self._plain(value_node, (*path, key))
        return values

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> object:
        text: str = node.value
        if node.style is not None:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _AMBIGUOUS.fullmatch(text):
            self.report.add(
                path,
                given="a number or date in an unusual form",
                rule="must be a plain decimal number of at most 18 digits, or in quotes",
                reason="readers of YAML disagree on what this is",
                remedy="Put a text (a date, an account id) in quotes; write a number with digits alone.",
            )
        return text

    def _find_secrets_in_comments(self) -> None:
        for number, text in enumerate(self._text.splitlines(), start=1):
            comment = re.search(r"(?:^|\s)#(.*)", text)
            if comment and is_known_secret(comment[1]):
                self.report.add(
                    self._nearest_key(number),
                    given="a comment that holds a secret (not shown)",
                    rule="must not hold a secret in plain text",
                    reason="the file is in git, and what git has seen is out for good (HO-N1)",
                    remedy="Revoke it, delete it, and store a new one with `pulumi config set --secret`.",
                    line=number,
                )
