"""The application's own limits: what they admit, and how they stand to the edge's (SC-2)."""

import json
from pathlib import PurePosixPath

import pytest

from components.edge.rules import RATE_LIMITED
from components.hosting import firewall
from settings.cache_keys import KEYS
from settings.limits import JSON, LIMITS, PAGE, ROOT, Subject, as_json, as_page
from settings.loader import load_stack_file
from tests.support import STACKS

BY_NAME = {limit.name: limit for limit in LIMITS}


def test_the_limits_are_those_of_the_requirement() -> None:
    """SC-2."""
    assert {limit.name: (limit.requests, limit.seconds, limit.subject) for limit in LIMITS} == {
        "auth": (5, 60, Subject.ADDRESS),
        "api": (60, 60, Subject.USER),
        "upload": (10, 3600, Subject.USER),
    }


def test_the_exports_are_those_of_the_code() -> None:
    """SC-2: `python -m settings.limits` writes them."""
    assert JSON.read_text(encoding="utf-8") == as_json()
    assert PAGE.read_text(encoding="utf-8") == as_page()
    exported = json.loads(as_json())
    assert {name: limit["status"] for name, limit in exported.items()} == dict.fromkeys(BY_NAME, 429)


def test_counters_belong_to_a_family_that_redis_admits_for_as_long() -> None:
    """SC-2, CA-N4: the cache refuses keys outside its catalogue."""
    family = next(key for key in KEYS if key.name == "limit")
    for limit in LIMITS:
        assert PurePosixPath(limit.key).match(family.glob), limit.name
        assert family.ttl_seconds <= limit.seconds <= (family.longest_ttl_seconds or 0)


def test_what_the_edge_guards_the_application_guards_too() -> None:
    """SC-2, ED-4: sign-in and upload, which Cloudflare and Vercel limit by address."""
    limited = {limit.path for limit in LIMITS}
    assert set(RATE_LIMITED) <= limited
    assert RATE_LIMITED == firewall._SIGN_IN_AND_UPLOAD


@pytest.mark.parametrize("stack", STACKS)
def test_the_application_answers_before_the_edge_shuts_an_address_out(stack: str) -> None:
    """SC-2: its answer can say what is wrong; the edge's is a bare 429 for everything below the path."""
    edge = load_stack_file(ROOT / f"Pulumi.{stack}.yaml").edge.rate_limit
    auth = BY_NAME["auth"]
    assert auth.requests / auth.seconds < edge.requests / edge.period_seconds


def test_pages_that_look_at_the_session_are_not_taken_for_sign_ins() -> None:
    """SC-2: every open page asks for the session; an office behind one address does so all the time."""
    assert "GET" not in BY_NAME["auth"].methods
    assert BY_NAME["auth"].methods, "no methods would be all methods"
