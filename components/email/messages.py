"""What the platform writes to people, as data: each text once, rendered as HTML and as plain text (EM-6).

Placeholders (`{{firstName}}`) are filled by SES when a message is sent. In `Items`, the placeholders of the inner lines
belong to the elements of the list.
"""

from dataclasses import dataclass
from enum import StrEnum


class StreamName(StrEnum):
    """The two streams, which never share a domain, a configuration set or a reputation (EM-3, EM-N2)."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph of plain sentences."""

    text: str
    kind: str = "paragraph"


@dataclass(frozen=True, kw_only=True)
class Button:
    """The one thing the reader is asked to do; `link` is a placeholder for an HTTPS address."""

    label: str
    link: str
    kind: str = "button"


@dataclass(frozen=True, kw_only=True)
class Items:
    """One entry for each element of the list `source`: a linked title and a line below it."""

    source: str
    title: str
    link: str
    detail: str
    kind: str = "items"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One kind of e-mail. `preview` is the line that mail programs show beside the subject."""

    name: str
    stream: StreamName
    subject: str
    preview: str
    body: tuple[Paragraph | Button | Items, ...]


_GREETING = Paragraph(text="Hello {{firstName}},")
_IGNORE = Paragraph(text="If this was not you, ignore this message: nothing changes without the link.")

MESSAGES = (
    Message(
        name="email-verification",
        stream=StreamName.TRANSACTIONAL,
        subject="Confirm your e-mail address",
        preview="One click and your account is ready.",
        body=(
            _GREETING,
            Paragraph(
                text="please confirm that this address is yours. The link works for {{expiresInHours}} hours."
            ),
            Button(label="Confirm my address", link="{{verificationUrl}}"),
            _IGNORE,
        ),
    ),
    Message(
        name="password-reset",
        stream=StreamName.TRANSACTIONAL,
        subject="Reset your password",
        preview="The link works for a short time only.",
        body=(
            _GREETING,
            Paragraph(
                text="somebody asked to reset your password. The link works for {{expiresInMinutes}} minutes."
            ),
            Button(label="Choose a new password", link="{{resetUrl}}"),
            _IGNORE,
        ),
    ),
    Message(
        name="welcome",
        stream=StreamName.TRANSACTIONAL,
        subject="Welcome to JTLD Consulting",
        preview="Three steps to your next position.",
        body=(
            _GREETING,
            Paragraph(
                text="welcome! Complete your profile, upload your resume, and say which positions interest you."
            ),
            Button(label="Complete my profile", link="{{profileUrl}}"),
        ),
    ),
    Message(
        name="application-confirmation",
        stream=StreamName.TRANSACTIONAL,
        subject="Your application for {{jobTitle}} has arrived",
        preview="{{companyName}} has received it.",
        body=(
            _GREETING,
            Paragraph(text="we have passed your application for {{jobTitle}} on to {{companyName}}."),
            Button(label="Follow my application", link="{{applicationUrl}}"),
        ),
    ),
    Message(
        name="employer-notification",
        stream=StreamName.TRANSACTIONAL,
        subject="New application for {{jobTitle}}",
        preview="{{candidateName}} has applied.",
        body=(
            _GREETING,
            Paragraph(text="{{candidateName}} has applied for {{jobTitle}}."),
            Button(label="Read the application", link="{{applicationUrl}}"),
        ),
    ),
    Message(
        name="job-alert",
        stream=StreamName.MARKETING,
        subject="{{jobCount}} new positions for «{{alertName}}»",
        preview="They match the alert you saved.",
        body=(
            _GREETING,
            Paragraph(text="these positions match your alert «{{alertName}}»:"),
            Items(source="jobs", title="{{title}}", link="{{url}}", detail="{{company}}, {{location}}"),
            Button(label="See all matches", link="{{alertUrl}}"),
        ),
    ),
    Message(
        name="weekly-digest",
        stream=StreamName.MARKETING,
        subject="Your week on JTLD Consulting",
        preview="New positions and what happened to your applications.",
        body=(
            _GREETING,
            Paragraph(text="new positions in your field this week:"),
            Items(source="jobs", title="{{title}}", link="{{url}}", detail="{{company}}, {{location}}"),
            Paragraph(text="Your open applications: {{openApplications}}."),
            Button(label="Open my dashboard", link="{{dashboardUrl}}"),
        ),
    ),
)
"""Every message the platform sends (EM-6)."""
