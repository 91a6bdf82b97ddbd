"""MO-5: the page in a real browser: accessible, readable on a phone, honest about its age."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from services.status.page import FRESH, render, security_policy
from services.status.report import Incident, Part, State
from tests.status.conftest import PARTS

URL = "https://status.jtldconsulting.test/"
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}

FINE = dict.fromkeys(PARTS, State.OPERATIONAL)
BAD = FINE | {"API": State.OUTAGE, "Database": State.DEGRADED, "E-mail": State.UNKNOWN}
INCIDENTS = [
    Incident(part="API", state=State.OUTAGE, began="2026-11-22T15:40:00+00:00"),
    Incident(
        part="File Storage",
        state=State.DEGRADED,
        began="2026-11-02T08:00:00+00:00",
        ended="2026-11-02T09:35:00+00:00",
    ),
]


def html(states: dict[str, State], incidents: list[Incident] | None = None, checked: datetime = NOW) -> str:
    parts = [Part(name=name, state=state) for name, state in states.items()]
    return render("jtldconsulting.com", parts, incidents or [], checked)


class Site:
    """Answers the browser as CloudFront would: the page of the moment, under its security policy."""

    def __init__(self) -> None:
        self.document: str | None = html(FINE)
        self.asked: list[str] = []

    def attach(self, page: Page) -> None:
        def answer(route) -> None:
            self.asked.append(route.request.url)
            if self.document is None:
                route.abort()
            else:
                headers = {"content-type": "text/html", "content-security-policy": security_policy()}
                route.fulfill(body=self.document, headers=headers)

        page.route("**/*", answer)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_page(**options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        if options.get("java_script_enabled", True):
            page.clock.install(time=NOW)
        site.attach(page)
        page.goto(URL)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("document", [html(FINE), html(BAD, INCIDENTS)], ids=["fine", "bad"])
def test_an_accessibility_checker_finds_nothing(
    visit: Callable[..., Page], site: Site, *, scheme: str, viewport: dict, document: str, tmp_path: Path
) -> None:
    site.document = document
    page = visit(color_scheme=scheme, viewport=viewport)
    page.screenshot(path=tmp_path / "status.png", full_page=True)

    found = Axe().run(page).response

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]] == []
    undecided = {node["html"] for rule in found["incomplete"] for node in rule["nodes"]}
    # axe judges no single character; these are decoration in the colours of the words beside them.
    assert all(node.startswith('<span class="mark" aria-hidden="true">') for node in undecided)
    assert {"color-contrast", "landmark-one-main", "html-has-lang"} <= {
        rule["id"] for rule in found["passes"]
    }
    assert page.problems == []


def test_the_checker_would_find_something(visit: Callable[..., Page], site: Site) -> None:
    site.document = html(FINE).replace('lang="en"', "")
    page = visit()
    assert {"html-has-lang"} == {rule["id"] for rule in Axe().run(page).response["violations"]}


@pytest.mark.parametrize("states", [FINE, BAD], ids=["fine", "bad"])
def test_nothing_is_wider_than_a_small_phone(visit: Callable[..., Page], site: Site, states: dict) -> None:
    site.document = html(states, INCIDENTS)
    page = visit(viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.name')).fontSize)") >= 16


def test_light_and_dark_are_two_designs(visit: Callable[..., Page]) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    seen = {scheme: visit(color_scheme=scheme).evaluate(background) for scheme in ("light", "dark")}
    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}


def test_the_state_is_there_without_javascript(visit: Callable[..., Page], site: Site) -> None:
    site.document = html(BAD, INCIDENTS)
    page = visit(java_script_enabled=False)

    for part, word in zip(
        PARTS, ["Operational", "Outage", "Degraded", "Unknown", "Operational"], strict=True
    ):
        expect(
            page.get_by_role("listitem").filter(has=page.get_by_text(part, exact=True)).first
        ).to_contain_text(word)
    expect(page.get_by_text("Some parts are out of order")).to_be_visible()
    expect(page.get_by_text("2026-11-22 16:00 UTC")).to_be_visible()
    expect(page.get_by_text("(1 h 35 min)")).to_be_visible()
    expect(page.get_by_text("This page is old:")).to_be_hidden()


def test_a_page_that_is_old_when_it_arrives_shows_no_state(visit: Callable[..., Page], site: Site) -> None:
    """No stale data shown as fresh."""
    site.document = html(FINE, checked=NOW - FRESH - timedelta(seconds=1))
    page = visit()
    expect(page.get_by_text("This page is old:")).to_be_visible()
    expect(page.get_by_text("All parts are operational")).to_be_hidden()
    expect(page.get_by_text("Operational", exact=True).first).to_be_hidden()


def test_a_page_that_grows_old_on_the_screen_says_so(visit: Callable[..., Page], site: Site) -> None:
    page = visit()
    site.document = None
    page.clock.run_for(4 * 60_000)
    expect(page.get_by_text("All parts are operational")).to_be_visible()
    page.clock.run_for(2 * 60_000)
    expect(page.get_by_text("All parts are operational").first).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("This page is old.")


def test_an_open_page_renews_itself_and_announces_what_changed(
    visit: Callable[..., Page], site: Site
) -> None:
    page = visit()
    site.document = html(BAD, INCIDENTS, checked=NOW + timedelta(minutes=1))
    page.clock.run_for(61_000)
    expect(page.get_by_role("status")).to_have_text("Some parts are out of order")
    expect(page).to_have_title("Some parts are out of order · jtldconsulting.com status")
    assert page.problems == []
    assert set(site.asked) == {URL}, "the page loads nothing but itself"


def test_the_policy_stops_what_is_not_ours(visit: Callable[..., Page], site: Site) -> None:
    site.document = html(FINE).replace("</body>", "<script>document.title = 'taken'</script></body>")
    page = visit()
    assert "taken" not in page.title()
    assert page.problems
