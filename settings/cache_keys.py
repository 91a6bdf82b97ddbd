"""The families of keys in Redis: what each holds, how long, and what makes it stale (CA-2, CA-N2, CA-N4).

`python -m settings.cache_keys` writes them for the application (`schema/cache-keys.json`) and for people
(`docs/cache-keys.md`). The cache admits the application to these families alone.
"""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
JSON = ROOT / "schema" / "cache-keys.json"
PAGE = ROOT / "docs" / "cache-keys.md"
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class CacheKey:
    """One family of keys.

    `pattern` shows a whole key with its variables in braces. A value lives for `ttl_seconds`; where an
    endpoint may decide, up to `longest_ttl_seconds`. Without Redis, the application does `fallback` (TP-5).
    """

    name: str
    pattern: str
    ttl_seconds: int
    longest_ttl_seconds: int | None = None
    holds: str
    stale_when: str
    fallback: str

    @property
    def prefix(self) -> str:
        """Return the constant beginning of the keys: `jobs:list:`."""
        return self.pattern.partition("{")[0]

    @property
    def glob(self) -> str:
        """Return the pattern by which Redis' access rules know the family."""
        return f"{self.prefix}*" if "{" in self.pattern else self.pattern


KEYS = (
    CacheKey(
        name="session",
        pattern="session:{id}",
        ttl_seconds=24 * _HOUR,
        holds="A signed-in visitor's session",
        stale_when="sign-out, change of password or role",
        fallback="read the session from PostgreSQL",
    ),
    CacheKey(
        name="api",
        pattern="api:{endpoint}:{hash}",
        ttl_seconds=5 * _MINUTE,
        longest_ttl_seconds=15 * _MINUTE,
        holds="An answer of a public API endpoint, by the hash of its parameters",
        stale_when="a write to what the endpoint shows",
        fallback="compute the answer",
    ),
    CacheKey(
        name="db",
        pattern="db:{query}:{hash}",
        ttl_seconds=_HOUR,
        holds="The rows of a named query, by the hash of its parameters",
        stale_when="a write to one of the query's tables",
        fallback="ask PostgreSQL",
    ),
    CacheKey(
        name="asset",
        pattern="asset:{id}",
        ttl_seconds=24 * _HOUR,
        holds="Name, size and type of a stored file",
        stale_when="replacement or deletion of the file",
        fallback="ask S3",
    ),
    CacheKey(
        name="jobs-list",
        pattern="jobs:list:{page}:{hash}",
        ttl_seconds=5 * _MINUTE,
        holds="A page of the job list, by the hash of its filters",
        stale_when="a job is published, changed or closed",
        fallback="ask PostgreSQL",
    ),
    CacheKey(
        name="company",
        pattern="company:{id}",
        ttl_seconds=15 * _MINUTE,
        holds="A company's public profile",
        stale_when="a change of the profile",
        fallback="ask PostgreSQL",
    ),
    CacheKey(
        name="taxonomy-skills",
        pattern="taxonomy:skills",
        ttl_seconds=_HOUR,
        holds="The list of skills",
        stale_when="a change of the taxonomy",
        fallback="ask PostgreSQL",
    ),
    CacheKey(
        name="limit",
        pattern="limit:{limit}:{hash}",
        ttl_seconds=_MINUTE,
        longest_ttl_seconds=_HOUR,
        holds="How often an address or a user, by its hash, has asked within a limit's window (docs/app-limits.md)",
        stale_when="the window ends",
        fallback="let the request pass: the edge limits addresses by itself",
    ),
)


def as_json() -> str:
    """Return the catalogue as the application reads it."""
    families = {
        key.name: {
            "pattern": key.pattern,
            "ttlSeconds": key.ttl_seconds,
            "longestTtlSeconds": key.longest_ttl_seconds or key.ttl_seconds,
            "holds": key.holds,
            "staleWhen": key.stale_when,
            "fallback": key.fallback,
        }
        for key in KEYS
    }
    return json.dumps(families, indent=2) + "\n"


def as_page() -> str:
    """Return the catalogue as a page."""
    rows = (
        f"| `{key.pattern}` | {_span(key)} | {key.holds} | {key.stale_when} | {key.fallback} |"
        for key in KEYS
    )
    return "\n".join(
        [
            "# Keys in Redis",
            "",
            "Written by `python -m settings.cache_keys`; `schema/cache-keys.json` is the same for programs.",
            "Every key has a lifetime (CA-N2) and belongs to a family (CA-N4): Redis refuses all others.",
            "",
            "| key | lives | holds | goes stale at | without Redis |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _span(key: CacheKey) -> str:
    shortest = _readable(key.ttl_seconds)
    return f"{shortest} to {_readable(key.longest_ttl_seconds)}" if key.longest_ttl_seconds else shortest


def _readable(seconds: int) -> str:
    return f"{seconds // _HOUR} h" if seconds % _HOUR == 0 else f"{seconds // _MINUTE} min"


if __name__ == "__main__":
    JSON.write_text(as_json(), encoding="utf-8")
    PAGE.write_text(as_page(), encoding="utf-8")
