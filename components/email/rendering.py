"""Messages as SES stores them: one text in two forms, placeholders left for SES to fill (EM-6)."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from components.email.messages import Message

# SES fills {{…}} when it sends; our own marks are others, so that neither can be taken for the other.
_LAYOUTS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
)


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The three parts of an SES template."""

    subject: str
    html: str
    text: str


def render(message: Message, *, sender: str) -> Rendered:
    """Return the parts of `message`; `sender` is the line that says who writes and from which address."""
    values = {"message": message, "sender": sender}
    return Rendered(
        subject=message.subject,
        html=_LAYOUTS.get_template("layout.html.j2").render(values),
        text=_LAYOUTS.get_template("layout.txt.j2").render(values),
    )
