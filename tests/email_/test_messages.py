"""The seven messages: rendered twice, once for mail programs with HTML and once for all others (EM-6)."""

from html.parser import HTMLParser
from typing import Any

import pytest

from components.email.messages import MESSAGES, Message, StreamName
from components.email.rendering import render
from tests.email_.handlebars import fill

SENDER = "JTLD Consulting Inc, 1 Main Street, Montréal"
LINK = "https://jtldconsulting.com/x?a=1&b=2"
VALUES: dict[str, Any] = {
    "firstName": "Zoë <b>",
    "jobTitle": "Ingénieure R&D",
    "companyName": "Acme & Sons",
    "candidateName": "Ana O'Neil",
    "alertName": "Python",
    "jobCount": 2,
    "expiresInHours": 24,
    "expiresInMinutes": 30,
    "openApplications": 3,
    "jobs": [
        {"title": "Developer", "company": "Acme & Sons", "location": "Montréal", "url": LINK},
        {"title": "Analyst", "company": "Acme", "location": "Québec", "url": LINK + "&c=3"},
    ],
    **dict.fromkeys(
        (
            "verificationUrl",
            "resetUrl",
            "profileUrl",
            "applicationUrl",
            "alertUrl",
            "dashboardUrl",
            "unsubscribeUrl",
        ),
        LINK,
    ),
}
VOID = {"meta", "br", "img", "hr", "link"}


class Page(HTMLParser):
    """Reads a page and objects to what mail programs would stumble over."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        assert tag not in {"script", "form", "iframe", "img"}, "no code, no forms, nothing fetched"
        if tag == "html":
            assert given["lang"]
        if tag == "table":
            assert given["role"] == "presentation", "screen readers must not announce layout"
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(text: str) -> Page:
    found = Page()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


@pytest.fixture(params=MESSAGES, ids=lambda message: message.name)
def message(request: pytest.FixtureRequest) -> Message:
    found: Message = request.param
    return found


def test_every_message_the_requirements_name_exists() -> None:
    """EM-6."""
    assert {one.name for one in MESSAGES} == {
        "application-confirmation",
        "email-verification",
        "password-reset",
        "welcome",
        "job-alert",
        "employer-notification",
        "weekly-digest",
    }


def test_a_message_is_sound_html_with_everything_filled_in(message: Message) -> None:
    """EM-6: no message leaves with a placeholder, and a reader's name cannot smuggle markup in."""
    parts = render(message, sender=SENDER)
    found = page(fill(parts.html, VALUES, escape=True))
    words = " ".join(" ".join(found.words).split())
    assert "Zoë <b>" in words
    assert SENDER in words
    assert found.links
    assert all(link.startswith("https://") for link in found.links)
    assert len(parts.html.encode()) < 102_000, "Gmail cuts longer messages off"
    assert fill(parts.subject, VALUES, escape=False)


def test_the_plain_text_says_the_same(message: Message) -> None:
    """EM-6: same links, same sender, no markup."""
    parts = render(message, sender=SENDER)
    text = fill(parts.text, VALUES, escape=False)
    links = page(fill(parts.html, VALUES, escape=True)).links
    assert all(link in text for link in links)
    assert SENDER in text
    assert "style=" not in text
    assert "</" not in text
    assert "\n\n\n" not in text
    assert all(len(line) < 998 for line in text.splitlines()), "SMTP carries no longer lines"


def test_only_marketing_can_be_unsubscribed_and_always_can(message: Message) -> None:
    """EM-3, EM-N2: the anti-spam law asks for it, and a password reset cannot be declined."""
    parts = render(message, sender=SENDER)
    marketing = message.stream is StreamName.MARKETING
    assert ("unsubscribeUrl" in parts.html) is marketing
    assert ("unsubscribeUrl" in parts.text) is marketing
    assert marketing is (message.name in {"job-alert", "weekly-digest"})


def test_a_missing_value_is_noticed(message: Message) -> None:
    with pytest.raises(KeyError):
        fill(
            render(message, sender=SENDER).html,
            {**VALUES, "jobs": [{}]} if message.stream is StreamName.MARKETING else {},
            escape=True,
        )


def test_the_senders_line_is_escaped_in_html() -> None:
    assert "A &amp; B" in render(MESSAGES[0], sender="A & B").html
    assert "A & B" in render(MESSAGES[0], sender="A & B").text
