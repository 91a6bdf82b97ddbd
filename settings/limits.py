"""How often the application may be asked, by whom, before it answers 429 (SC-2).

The edge limits addresses (ED-4) and cannot know users: these are the application's own, counted in Redis under
the catalogue's family `limit`. `python -m settings.limits` writes them for the application
(`schema/app-limits.json`) and for people (`docs/app-limits.md`).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).parents[1]
JSON = ROOT / "schema" / "app-limits.json"
PAGE = ROOT / "docs" / "app-limits.md"
TOO_MANY_REQUESTS = 429
_MINUTE, _HOUR = 60, 3600


class Subject(StrEnum):
    """Whose requests are counted together."""

    ADDRESS = "address"
    """The visitor's address, as the proxy in front hands it on."""

    USER = "user"
    """The signed-in user; a request without one is not counted."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit: `requests` for each `subject` in `seconds`, over the paths below `path`.

    Empty `methods` are all methods. Every limit that covers a request counts it.
    """

    name: str
    path: str
    methods: tuple[str, ...] = ()
    subject: Subject
    requests: int
    seconds: int
    protects: str

    @property
    def key(self) -> str:
        """Return the counter's key; `{hash}` is a keyed hash of the subject, so that Redis holds no address."""
        return f"limit:{self.name}:{{hash}}"


LIMITS = (
    Limit(
        name="auth",
        path="/api/auth",
        # Pages ask for the session at every focus (GET): whole offices behind one address would be shut out.
        methods=("POST",),
        subject=Subject.ADDRESS,
        requests=5,
        seconds=_MINUTE,
        protects="accounts from guessed passwords, and mailboxes from reset messages",
    ),
    Limit(
        name="api",
        path="/api",
        subject=Subject.USER,
        requests=60,
        seconds=_MINUTE,
        protects="the database from one user's scripts",
    ),
    Limit(
        name="upload",
        path="/api/upload",
        methods=("POST",),
        subject=Subject.USER,
        requests=10,
        seconds=_HOUR,
        protects="storage, and the queue that parses resumes",
    ),
)


def as_json() -> str:
    """Return the limits as the application reads them."""
    limits = {
        limit.name: {
            "path": limit.path,
            "methods": limit.methods,
            "subject": limit.subject,
            "requests": limit.requests,
            "seconds": limit.seconds,
            "key": limit.key,
            "status": TOO_MANY_REQUESTS,
        }
        for limit in LIMITS
    }
    return json.dumps(limits, indent=2) + "\n"


def as_page() -> str:
    """Return the limits as a page."""
    rows = (
        f"| {limit.name} | `{limit.path}` and below | {', '.join(limit.methods) or 'all'} | {limit.subject} "
        f"| {limit.requests} in {_span(limit.seconds)} | `{limit.key}` | {TOO_MANY_REQUESTS} | {limit.protects} |"
        for limit in LIMITS
    )
    return "\n".join(
        [
            "# Limits that the application keeps",
            "",
            "Written by `python -m settings.limits`; `schema/app-limits.json` is the same for programs (SC-2).",
            "",
            "| limit | paths | methods | counted by | admits | key in Redis | else | protects |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Every limit that covers a request counts it, before anything else is done. To count is",
            "`SET key 0 EX seconds NX`, then `INCR key`: the first makes sure that the counter ends (CA-N2), the",
            "second is atomic however many functions run. Beyond the limit the answer is the status above with",
            "`Retry-After`, the seconds of `TTL key`. `{hash}` is an HMAC of the address, or of the user's id, with",
            "`NEXTAUTH_SECRET`, so that Redis holds no personal data. Without Redis requests pass: the limits by",
            "address at Cloudflare and Vercel still stand (ED-4).",
            "",
        ]
    )


def _span(seconds: int) -> str:
    return f"{seconds // _HOUR} h" if seconds % _HOUR == 0 else f"{seconds // _MINUTE} min"


if __name__ == "__main__":
    JSON.write_text(as_json(), encoding="utf-8")
    PAGE.write_text(as_page(), encoding="utf-8")
