"""The key catalogue on a real Redis with the cache's settings, through the shipped proxy (CA-1, CA-2, CA-N*)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.cache import access_string
from settings.cache import ElastiCache
from settings.cache_keys import JSON, KEYS, PAGE, as_json, as_page
from settings.limits import LIMITS, Limit
from tests.data.pools import checked, proxy
from tests.support import STACKS, as_configured
from tests.support.authority import Issued, issue
from tests.support.redis import Redis, redis
from tests.support.servers import wait_until

PASSWORD = "an-application-of-a-test"
EXAMPLES = {
    "session": "session:4f3a",
    "api": "api:jobs:9c1e",
    "db": "db:openJobs:77aa",
    "asset": "asset:12",
    "jobs-list": "jobs:list:2:ab12",
    "company": "company:42",
    "taxonomy-skills": "taxonomy:skills",
    "limit": "limit:auth:77aa",
}


@pytest.fixture(scope="module")
def port(folder: Path, issued: Issued) -> Iterator[int]:
    policy = as_configured("prod").value.settings.cache.eviction_policy
    users = {
        "application": f"{access_string()} >{PASSWORD}",
        "observer": f"on ~* &* +@all >{PASSWORD}",
    }
    parameters = {"maxmemory": "3mb", "maxmemory-policy": policy, "maxmemory-samples": "10"}
    with redis(folder / "redis", issued, users=users, parameters=parameters) as started:
        yield started


@pytest.fixture
def application(port: int, issued: Issued) -> Redis:
    return Redis(port=port, authority=issued.authority, user="application", password=PASSWORD)


@pytest.fixture
def observer(port: int, issued: Issued) -> Redis:
    return Redis(port=port, authority=issued.authority, user="observer", password=PASSWORD)


def test_the_catalogue_says_what_the_requirement_says() -> None:
    """CA-2; the limits' counters (SC-2) are the one family beside the requirement's."""
    assert {key.pattern: (key.ttl_seconds, key.longest_ttl_seconds) for key in KEYS} == {
        "session:{id}": (86_400, None),
        "api:{endpoint}:{hash}": (300, 900),
        "db:{query}:{hash}": (3600, None),
        "asset:{id}": (86_400, None),
        "jobs:list:{page}:{hash}": (300, None),
        "company:{id}": (900, None),
        "taxonomy:skills": (3600, None),
        "limit:{limit}:{hash}": (60, 3600),
    }
    assert all(key.stale_when and key.fallback for key in KEYS), "TP-5: every family can be done without"
    assert not any(key.prefix in {"", "key", "cache:", "data:", "tmp:"} for key in KEYS), "CA-N4"


def test_the_exports_are_those_of_the_catalogue() -> None:
    """CA-2: `python -m settings.cache_keys` writes them."""
    assert JSON.read_text(encoding="utf-8") == as_json()
    assert PAGE.read_text(encoding="utf-8") == as_page()


def test_every_family_takes_a_key_with_its_lifetime(application: Redis) -> None:
    """CA-2, CA-N2: written and read back as the application does, with the exported lifetimes."""
    exported = json.loads(JSON.read_text(encoding="utf-8"))
    assert exported.keys() == EXAMPLES.keys()
    for family, key in EXAMPLES.items():
        seconds = exported[family]["ttlSeconds"]
        assert seconds > 0
        assert application("SET", key, "value", "EX", seconds) == "OK"
        assert application("GET", key) == "value"
        assert seconds - 5 <= int(application("TTL", key)) <= seconds


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_the_application_can_count_against_a_limit_as_its_page_says(application: Redis, limit: Limit) -> None:
    """SC-2, CA-N2: with the rights that the cache gives it; the counter ends by itself, not later with each request."""
    key = limit.key.replace("{hash}", "9f2c")
    counts = []
    for _ in range(limit.requests + 1):
        application("SET", key, 0, "EX", limit.seconds, "NX")
        counts.append(int(application("INCR", key)))
    assert [count <= limit.requests for count in counts] == [*[True] * limit.requests, False]
    assert 0 < int(application("TTL", key)) <= limit.seconds


@pytest.mark.parametrize(
    "key", ["user:1", "jobs:1", "session", "taxonomy:cities", "1", "cache:x", "taxonomy:skills2"]
)
def test_a_key_outside_the_catalogue_is_refused(application: Redis, key: str) -> None:
    """CA-N4."""
    assert "NOPERM" in application("SET", key, "value", "EX", 60)


@pytest.mark.parametrize(
    "command",
    [
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "CONFIG GET *",
        "ACL LIST",
        "SHUTDOWN NOSAVE",
        "MONITOR",
    ],
)
def test_the_application_has_no_power_over_the_server(application: Redis, command: str) -> None:
    """CA-1."""
    assert "NOPERM" in application(*command.split())


def test_clients_may_ask_whether_the_server_is_ready(application: Redis) -> None:
    assert "redis_version" in application("INFO", "server")


def test_a_full_cache_throws_out_old_keys_instead_of_refusing_new_ones(
    application: Redis, observer: Redis
) -> None:
    """CA-1, CA-N1: with allkeys-lru the last write always finds room."""
    assert observer("CONFIG", "GET", "maxmemory-policy").split() == ["maxmemory-policy", "allkeys-lru"]
    value = "x" * 4096
    answers = application(feed="".join(f"SET session:{number} {value} EX 3600\n" for number in range(2000)))

    assert answers.split() == ["OK"] * 2000
    assert application("EXISTS", "session:1999") == "1"
    assert application("EXISTS", "session:0") == "0"
    evicted = next(line for line in observer("INFO", "stats").splitlines() if line.startswith("evicted_keys"))
    assert int(evicted.partition(":")[2]) > 1000


def test_nobody_comes_in_without_a_password_or_without_tls(
    application: Redis, port: int, issued: Issued
) -> None:
    """CA-1, CA-N3."""
    stranger = Redis(port=port, authority=issued.authority, user="application", password="wrong")
    nobody = Redis(port=port, authority=issued.authority, user="default", password="")

    assert "WRONGPASS" in stranger("GET", "session:1")
    assert "NOPERM" in nobody("GET", "session:1") or "NOAUTH" in nobody("GET", "session:1")
    assert application("GET", "session:1", tls=False) != "value"


def test_the_proxy_leads_there_over_tls_on_both_sides(port: int, issued: Issued, folder: Path) -> None:
    """CA-1: the application's way in; the proxy neither asks for users nor reads keys."""
    with proxy(folder / "proxy", issued, redis_port=port, authority=issued.authority) as door:
        client = Redis(port=door, authority=issued.authority, user="application", password=PASSWORD)
        wait_until(lambda: client("SET", "company:1", "x", "EX", 900) == "OK", "the proxy")

        assert client("GET", "company:1") == "x"
        assert "NOPERM" in client("SET", "user:1", "x")
        assert "x" not in client("GET", "company:1", tls=False).split()


def test_the_proxy_trusts_no_cache_that_cannot_prove_its_name(
    port: int, issued: Issued, folder: Path
) -> None:
    """CA-1, CA-N3."""
    stranger = issue(folder / "another").authority
    with proxy(folder / "deceived-proxy", issued, redis_port=port, authority=stranger) as door:
        client = Redis(port=door, authority=issued.authority, user="application", password=PASSWORD)

        assert client("SET", "company:2", "x", "EX", 900) != "OK"
        assert not checked(folder / "deceived-proxy" / "redis" / "haproxy.cfg").returncode


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_runs_redis_with_these_parameters(stack: str) -> None:
    """CA-1, CA-N1."""
    built = as_configured(stack)
    settings = built.value.settings.cache
    assert isinstance(settings, ElastiCache)
    group = built.graph.one("aws:elasticache/parameterGroup:ParameterGroup")

    assert {one["name"]: one["value"] for one in group.inputs["parameters"]} == {
        "maxmemory-policy": "allkeys-lru",
        "reserved-memory-percent": "20",
    }
