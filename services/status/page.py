"""The page itself: one document without anything to load, readable without JavaScript (MO-5)."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from string import Template

from services.status.report import Incident, Part, State, worst

FRESH = timedelta(minutes=5)
"""Age at which a page says itself that it shows the past."""
SHOWN = 30
"""How many incidents the page lists: it must stay below 50 kB whatever happens."""

_FOLDER = Path(__file__).parent
_PAGE = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
_STYLE = (_FOLDER / "page.css").read_text(encoding="utf-8")
_SCRIPT = (_FOLDER / "page.js").read_text(encoding="utf-8")

_MARKS = {State.OPERATIONAL: "✓", State.UNKNOWN: "?", State.DEGRADED: "!", State.OUTAGE: "✕"}
_WORDS = {
    State.OPERATIONAL: "Operational",
    State.UNKNOWN: "Unknown",
    State.DEGRADED: "Degraded",
    State.OUTAGE: "Outage",
}
_HEADLINES = {
    State.OPERATIONAL: "All parts are operational",
    State.UNKNOWN: "The state of some parts is unknown",
    State.DEGRADED: "Some parts are degraded",
    State.OUTAGE: "Some parts are out of order",
}


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def security_policy() -> str:
    """Return the content security policy: this page's own style and script, and asking for itself again."""
    return (
        f"default-src 'none'; style-src {_digest(_STYLE)}; script-src {_digest(_SCRIPT)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def render(site: str, parts: Sequence[Part], incidents: Iterable[Incident], checked: datetime) -> str:
    """Return the whole page about `site` as of `checked`."""
    state = worst(parts)
    return _PAGE.substitute(
        site=escape(site),
        style=_STYLE,
        script=_SCRIPT,
        state=state,
        mark=_MARKS[state],
        headline=_HEADLINES[state],
        checked=checked.astimezone(UTC).isoformat(timespec="seconds"),
        checked_text=_moment(checked),
        fresh_seconds=int(FRESH.total_seconds()),
        fresh_minutes=int(FRESH.total_seconds() // 60),
        parts="\n".join(_part(part) for part in parts),
        incidents=_incidents(list(incidents)[:SHOWN]),
    )


def _part(part: Part) -> str:
    badge = f'<span class="mark" aria-hidden="true">{_MARKS[part.state]}</span>{_WORDS[part.state]}'
    return (
        f'<li class="{part.state}"><span class="name">{escape(part.name)}</span> '
        f'<span class="state">{badge}</span></li>'
    )


def _incidents(incidents: Sequence[Incident]) -> str:
    if not incidents:
        return "<p>No incident in the last 90 days.</p>"
    return f'<ol class="incidents">\n{chr(10).join(map(_incident, incidents))}\n</ol>'


def _incident(incident: Incident) -> str:
    began = datetime.fromisoformat(incident.began)
    span = f"since {_time(began)}"
    if incident.ended is not None:
        ended = datetime.fromisoformat(incident.ended)
        span = f"from {_time(began)} until {_time(ended)} ({_length(ended - began)})"
    return (
        f'<li class="{incident.state}"><strong>{escape(incident.part)}: {_WORDS[incident.state].lower()}</strong> '
        f"<span>{span}</span></li>"
    )


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat()}">{_moment(moment)}</time>'


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _length(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
