"""What is wrong with a stack's settings, told so that it can be put right at once, without its secrets."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROOT = "config"
PROJECT = "jtld-platform"

_SHOWN_CHARACTERS = 80

# Formats whose issuers made them recognisable: private keys, AWS, GitHub, Slack, Stripe and OpenAI, SendGrid,
# Resend, Pulumi, JSON web tokens, and a password inside a connection URL.
_KNOWN_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[opsur]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bxox[a-z]-[\w-]{10,}|hooks\.slack\.com/services/"
    r"|\bsk_live_\w+|\b[sr]k[_-](?:live|test|proj)[A-Za-z0-9_-]{16,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bre_[A-Za-z0-9_]{20,}|\bpul-[0-9a-f]{40}\b"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."
    r"|://[^/\s:@]*:[^/\s@]+@"
)
# What is merely suspicious is accepted where it fits, and not repeated in messages.
_SENSITIVE_WORD = re.compile(
    r"secret|passw|passphrase|token|credential|private|api.?key|access.?key", re.IGNORECASE
)
_RANDOM_RUN = re.compile(
    r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{16,}|(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[0-9])[\w+/=-]{24,}"
)


def is_known_secret(value: object) -> bool:
    """Tell whether a value's text holds something that its issuer made to be kept secret."""
    return _KNOWN_SECRET.search(str(value)) is not None


def names_a_secret(key: str) -> bool:
    """Tell whether a key sounds as if its value were a secret."""
    return _SENSITIVE_WORD.search(key) is not None


def shown(value: object) -> str:
    """Return `value` for a message: short, printable, and masked where it might be a secret."""
    match value:
        case str() if len(value) > _SHOWN_CHARACTERS or "\n" in value:
            return f"a text of {len(value)} characters"
        case str() if any(pattern.search(value) for pattern in (_KNOWN_SECRET, _SENSITIVE_WORD, _RANDOM_RUN)):
            return f"a text of {len(value)} characters, not repeated here: it may be a secret"
        case None | bool() | int() | float() | str():
            return json.dumps(value)
        case Sequence():
            return f"a list of {len(value)}"
        case _:
            return "a mapping"


def path_text(path: Sequence[str | int]) -> str:
    """Return a key path as people write it: `jtld-platform:storage.delivery.signingPublicKeys[0].pem`."""
    below_root = path[1:] if len(path) > 1 and path[0] == ROOT else path
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_key_text(part)}" for part in below_root)
    return text.removeprefix(".") or ROOT


def _key_text(key: str) -> str:
    if len(key) > _SHOWN_CHARACTERS or is_known_secret(key) or _RANDOM_RUN.search(key):
        return "(masked)"
    return key if key and key.isprintable() else json.dumps(key)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what was given (never a secret), the rule, its reason, and the way out.

    `path` is the key as written in the file; `line` is known when the file itself was read.
    """

    file: str
    path: str
    value: str
    rule: str
    reason: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        """Return the problem as a paragraph."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return (
            f"{place}  {self.path}\n"
            f"  given   {self.value}\n  rule    {self.rule}\n  reason  {self.reason}\n  fix     {self.remedy}"
        )


KeyPath = tuple[str | int, ...]


class Report:
    """Collects the problems of one file; `lines` gives the line of each key that has one."""

    def __init__(self, file: str, lines: Mapping[KeyPath, int] | None = None) -> None:
        self.file = file
        self._lines = {} if lines is None else lines
        self._problems: dict[tuple[KeyPath, str], Problem] = {}
        self._refused: set[KeyPath] = set()

    def add(
        self, path: KeyPath, *, given: str, rule: str, reason: str, remedy: str, line: int | None = None
    ) -> None:
        """Add a problem at `path`, which starts at the root of the file; the same one is not added twice."""
        known = [path[:length] for length in range(len(path), 0, -1) if path[:length] in self._lines]
        problem = Problem(
            file=self.file,
            path=path_text(path),
            value=given,
            rule=rule,
            reason=reason,
            remedy=remedy,
            line=line or (self._lines[known[0]] if known else None),
        )
        self._problems.setdefault((path, rule), problem)

    def refuse(self, path: KeyPath, *, given: str, rule: str, reason: str, remedy: str) -> None:
        """Add a problem that makes every further word about the value at `path` idle."""
        self.add(path, given=given, rule=rule, reason=reason, remedy=remedy)
        self._refused.add(path)

    def refused(self, path: KeyPath) -> bool:
        """Tell whether the value at `path`, or what it stands in, was refused outright."""
        return any(path[:length] in self._refused for length in range(len(path) + 1))

    def error(self) -> "SettingsError":
        """Return every problem as one error, in the order of the file."""
        return SettingsError(sorted(self._problems.values(), key=lambda problem: problem.line or 0))

    def conclude(self) -> None:
        """Do nothing when nothing is wrong.

        Raises:
            SettingsError: with every problem.
        """
        if self._problems:
            raise self.error()


class SettingsError(Exception):
    """The settings of a stack are wrong; `problems` says everything that is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return all problems, in the order of the file."""
        count = (
            "1 setting is wrong" if len(self.problems) == 1 else f"{len(self.problems)} settings are wrong"
        )
        return "\n\n".join([f"{count}.", *map(str, self.problems)])
