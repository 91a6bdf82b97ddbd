"""What Cloudflare and Vercel themselves would refuse, as the sandbox knows it (ED-1, ED-4, HO-2)."""

from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.provider import OperationError, Provider

ZONE = {"name": "jtldconsulting.com", "account": {"id": "0123456789abcdef0123456789abcdef"}}
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
RULESET = "cloudflare:index/ruleset:Ruleset"
SETTING = "cloudflare:index/zoneSetting:ZoneSetting"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"


class Stack:
    """Makes resources one after the other in one cloud."""

    def __init__(self, package: str) -> None:
        self.provider = Provider(package, Cloud(":memory:"), seed=1)
        self.provider.configure({"apiToken": "x"} | ({"team": "team_1"} if package == "vercel" else {}))
        self.count = 0

    def make(self, type_: str, **inputs: Any) -> Any:
        self.count += 1
        urn = f"urn:pulumi:prod::jtld-platform::{type_}::r{self.count}"
        checked = self.provider.check(urn, {}, inputs)
        assert not checked.failures, checked.failures
        return urn, self.provider.create(urn, checked.inputs)


@pytest.fixture
def cloudflare() -> tuple[Stack, str]:
    stack = Stack("cloudflare")
    return stack, stack.make("cloudflare:index/zone:Zone", **ZONE)[1].id


@pytest.fixture
def vercel() -> tuple[Stack, str]:
    stack = Stack("vercel")
    return stack, stack.make("vercel:index/project:Project", name="jtld", teamId="team_1")[1].id


def record(zone: str, type_: str, content: str, **fields: Any) -> dict[str, Any]:
    return {
        "zoneId": zone,
        "type": type_,
        "name": "x.jtldconsulting.com",
        "content": content,
        "ttl": 300,
        **fields,
    }


def test_an_address_and_a_cname_cannot_share_a_name(cloudflare: tuple[Stack, str]) -> None:
    """ED-1: pulumi-cloudflare#687, the reason for deleting records before replacing them."""
    stack, zone = cloudflare
    urn, made = stack.make(RECORD, **record(zone, "A", "192.0.2.1"))
    stack.make(RECORD, **record(zone, "A", "192.0.2.2"))
    with pytest.raises(OperationError, match="81053"):
        stack.make(RECORD, **record(zone, "CNAME", "example.net"))
    with pytest.raises(OperationError, match="81058"):
        stack.make(RECORD, **record(zone, "A", "192.0.2.1"))
    stack.provider.delete(urn, made.id, made.outputs)
    stack.make(RECORD, **record(zone, "A", "192.0.2.1"))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"type_": "TXT", "content": '"x"', "proxied": True, "ttl": 1}, "cannot be proxied"),
        ({"type_": "A", "content": "192.0.2.1", "proxied": True}, "ttl must be set to 1"),
        ({"type_": "A", "content": "192.0.2.1", "ttl": 20}, "Invalid TTL"),
        ({"type_": "MX", "content": "mail.example.net"}, "priority"),
        ({"type_": "A", "content": "example.net"}, "valid IPv4"),
    ],
)
def test_cloudflare_refuses_records_it_cannot_serve(
    cloudflare: tuple[Stack, str], fields: dict[str, Any], complaint: str
) -> None:
    """ED-N1, EM-N4."""
    stack, zone = cloudflare
    with pytest.raises(OperationError, match=complaint):
        stack.make(RECORD, **record(zone, **fields))


def test_a_phase_has_one_entry_point(cloudflare: tuple[Stack, str]) -> None:
    """ED-4: cf-tf#2566."""
    stack, zone = cloudflare
    rules = [{"ref": "a", "expression": "true", "action": "block"}]
    inputs = {"zoneId": zone, "kind": "zone", "phase": "http_request_firewall_custom", "rules": rules}
    stack.make(RULESET, name="first", **inputs)
    with pytest.raises(OperationError, match="entry point"):
        stack.make(RULESET, name="second", **inputs)


def test_a_rule_set_takes_the_actions_of_its_phase_only(cloudflare: tuple[Stack, str]) -> None:
    """ED-3."""
    stack, zone = cloudflare
    rules = [{"ref": "a", "expression": "true", "action": "block"}]
    with pytest.raises(OperationError, match="not allowed in phase"):
        stack.make(
            RULESET, name="x", zoneId=zone, kind="zone", phase="http_request_cache_settings", rules=rules
        )


def test_a_zones_setting_is_taken_over_and_given_up_without_a_fuss(cloudflare: tuple[Stack, str]) -> None:
    """ED-2, pulumi-cloudflare#354: it exists with the zone, so that making and deleting it change a value at most."""
    stack, zone = cloudflare
    inputs = {"zoneId": zone, "settingId": "ssl"}
    stack.make(SETTING, value="full", **inputs)
    urn, made = stack.make(SETTING, value="strict", **inputs)
    assert made.outputs["value"] == "strict"
    stack.provider.delete(urn, made.id, made.outputs)
    with pytest.raises(OperationError, match="1007"):
        stack.make(SETTING, value="sometimes", **inputs)


def test_a_key_exists_once_per_target(vercel: tuple[Stack, str]) -> None:
    """HO-2: pulumi-vercel#118, the reason for deleting variables before replacing them."""
    stack, project = vercel
    inputs = {"projectId": project, "key": "A", "value": "1", "sensitive": False}
    stack.make(VARIABLE, targets=["production"], **inputs)
    stack.make(VARIABLE, targets=["preview"], **inputs)
    with pytest.raises(OperationError, match="ENV_ALREADY_EXISTS"):
        stack.make(VARIABLE, targets=["development", "production"], **inputs)
    stack.make(VARIABLE, targets=["preview"], gitBranch="feature", **inputs)


def test_a_reserved_name_is_refused(vercel: tuple[Stack, str]) -> None:
    stack, project = vercel
    with pytest.raises(OperationError, match="RESERVED_ENV_VARIABLE"):
        stack.make(VARIABLE, projectId=project, key="TZ", value="1", sensitive=False, targets=["preview"])
