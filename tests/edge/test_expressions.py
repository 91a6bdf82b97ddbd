"""The rule builder, judged by an evaluator that reads the produced text (ED-3, ED-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.edge import expressions as rule
from tests.support.rule_language import Request, UnreadableRuleError, matches, value_of

AUTH = rule.path_under("/api/auth", "/api/upload")
SESSION = rule.cookie_mentions("next-auth.session-token", "authjs.session-token")


@pytest.mark.parametrize(
    "path", ["/api/auth", "/api/auth/login", "/API/auth", "/Api/Auth/Callback/x", "/api/upload/cv"]
)
def test_a_prefix_covers_itself_and_everything_below_in_any_case(path: str) -> None:
    """ED-4: Next.js answers `/API/auth` as well, so a limit on lower case alone could be walked around."""
    assert matches(AUTH.text, Request(path=path))


@pytest.mark.parametrize(
    "path", ["/api/authors", "/api/auth-x", "/api", "/x/api/auth", "/api/uploads/1", "/"]
)
def test_a_prefix_ends_at_a_segment(path: str) -> None:
    """ED-N7: `/api/authors` is a page that crawlers read; the limit on `/api/auth/*` must not reach it."""
    assert not matches(AUTH.text, Request(path=path))


@pytest.mark.parametrize(
    "cookies",
    [
        "next-auth.session-token=abc",
        "theme=dark; __Secure-next-auth.session-token=abc",
        "__Secure-authjs.session-token.0=abc; __Secure-authjs.session-token.1=def",
    ],
)
def test_a_session_cookie_is_seen_with_its_prefix_and_chunk_number(cookies: str) -> None:
    """ED-3, ED-N4."""
    assert matches(SESSION.text, Request(path="/jobs", cookies=cookies))
    assert not matches(SESSION.text, Request(path="/jobs", cookies="theme=dark"))


def test_operators_keep_their_meaning_when_nested() -> None:
    either = rule.path_is("/a") | rule.path_is("/b")
    expression = either & ~rule.method_is("GET", "HEAD") & rule.host_is("jtldconsulting.com")
    assert matches(expression.text, Request(path="/a", method="POST"))
    assert not matches(expression.text, Request(path="/a", method="HEAD"))
    assert not matches(expression.text, Request(path="/b", method="POST", host="www.jtldconsulting.com"))
    assert not matches((~either).text, Request(path="/b"))
    assert matches((~(~either)).text, Request(path="/b"))


def test_addresses_are_compared_as_networks() -> None:
    office = rule.address_in("198.51.100.0/24", "2001:db8::/32")
    assert matches(office.text, Request(path="/", address="198.51.100.77"))
    assert matches(office.text, Request(path="/", address="2001:db8::1"))
    assert not matches(office.text, Request(path="/", address="198.51.101.1"))


def test_a_redirect_keeps_the_path() -> None:
    assert (
        value_of(rule.same_path_at("jtldconsulting.com"), Request(path="/jobs/1"))
        == "https://jtldconsulting.com/jobs/1"
    )


def test_rules_on_responses_read_the_status() -> None:
    assert matches(rule.status_is(200).text, Request(path="/"))
    assert not matches(rule.status_is(200).text, Request(path="/", status=404))


def test_every_request_meets_the_condition_that_all_meet() -> None:
    assert matches(rule.everything().text, Request(path="/x"))


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_any_printable_text_survives_quoting(text: str) -> None:
    assert value_of(rule.literal(text), Request(path="/")) == text


@pytest.mark.parametrize(
    ("build", "value"),
    [
        (rule.literal, "line\nbreak"),
        (rule.literal, "café"),
        (rule.host_is, "JTLD.com"),
        (rule.host_is, 'x.com" or true or "'),
        (rule.host_is, "-x.com"),
        (rule.path_under, "api/auth"),
        (rule.path_under, "/api/auth/"),
        (rule.path_under, "/api/*"),
        (rule.path_under, "/API"),
        (rule.path_is, "/a b"),
        (rule.method_is, "get"),
        (rule.cookie_mentions, "a;b"),
        (rule.cookie_mentions, ""),
        (rule.address_in, "300.1.1.1"),
    ],
)
def test_a_value_that_would_not_mean_what_it_seems_is_refused(build: object, value: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build(value)  # type: ignore[operator]


@pytest.mark.parametrize(
    "build", [rule.path_under, rule.host_is, rule.cookie_mentions, rule.address_in, rule.any_of, rule.all_of]
)
def test_a_condition_on_nothing_is_refused(build: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build()  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        'http.nonsense eq "x"',
        "not",
        "http.host eq 3",
        "http.host in {}",
        'sha256(http.host) eq "x"',
        'http.host eq "a" junk',
    ],
)
def test_the_evaluator_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(UnreadableRuleError):
        matches(text, Request(path="/"))
