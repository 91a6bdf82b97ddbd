"""The exported zone in a real name server: every record answers as declared, and mail checkers agree (ED-7, EM-2)."""

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dns.rdatatype
import dns.resolver
import pytest
from checkdmarc.dmarc import check_dmarc
from checkdmarc.spf import check_spf

from ops.dns import NoZoneError, Zone, exported, table, zone_file, zone_of
from settings.spf import lookups
from tests.edge.name_server import serving, stand_ins
from tests.support import Graph, as_configured

DOMAIN = "jtldconsulting.com"


def deployed(graph: Graph) -> Zone:
    return zone_of({"type": one.type, "outputs": one.outputs or {}} for one in graph.nodes)


@pytest.fixture(scope="module")
def zone() -> Zone:
    return deployed(as_configured("prod").graph)


@pytest.fixture(scope="module")
def resolver(zone: Zone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dns.resolver.Resolver]:
    folder = tmp_path_factory.mktemp("named")
    with serving(folder, {zone.name: zone_file(zone), **stand_ins()}) as found:
        yield found


def texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    answer = resolver.resolve(name, "TXT")
    return [b"".join(one.strings).decode() for one in answer]


def test_every_record_answers_as_declared(zone: Zone, resolver: dns.resolver.Resolver) -> None:
    """ED-1, ED-7: type, name, value and TTL of each, asked one by one."""
    assert len(zone.records) > 40
    for record in zone.records:
        answer = resolver.resolve(record.name, record.type, raise_on_no_answer=False)
        assert answer.rrset is not None, record
        assert record.value in {one.to_text() for one in answer.rrset}, record
        same_set = [one for one in zone.records if (one.name, one.type) == (record.name, record.type)]
        assert answer.rrset.ttl == min(one.ttl_seconds for one in same_set), record
        assert len(answer.rrset) == len(same_set), record


def test_the_zone_names_its_servers(zone: Zone, resolver: dns.resolver.Resolver) -> None:
    servers = {one.to_text() for one in resolver.resolve(DOMAIN, "NS")}
    assert servers == {f"{name}." for name in zone.name_servers}
    assert resolver.resolve(DOMAIN, "SOA")


def test_binds_own_checker_finds_nothing_to_say(zone: Zone, tmp_path: Path) -> None:
    """ED-7."""
    file = tmp_path / "zone"
    file.write_text(zone_file(zone), encoding="utf-8")
    checker = "/usr/bin/named-checkzone"
    if not Path(checker).exists():
        pytest.skip("needs bind9-utils")
    done = subprocess.run(
        [checker, "-i", "local", zone.name, file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert [line for line in done.stdout.splitlines() if "loaded serial" not in line and line != "OK"] == []


@pytest.mark.parametrize(
    "name", [DOMAIN, f"notify.{DOMAIN}", f"news.{DOMAIN}", f"bounce.notify.{DOMAIN}", f"send.news.{DOMAIN}"]
)
def test_an_independent_checker_accepts_spf_and_counts_the_same(
    resolver: dns.resolver.Resolver, name: str
) -> None:
    """EM-2: our arithmetic and checkdmarc's, over the same records."""
    result: dict[str, Any] = dict(check_spf(name, resolver=resolver))
    assert result["valid"] is True, result
    includes = re.findall(r"include:(\S+)", result["record"])
    assert result["dns_lookups"] == lookups(includes) <= 10
    assert result["void_dns_lookups"] <= 2
    assert len([text for text in texts(resolver, name) if text.startswith("v=spf1")]) == 1


def test_an_independent_checker_accepts_dmarc(resolver: dns.resolver.Resolver) -> None:
    """EM-2, EM-N3: the domain is at quarantine and reports to itself."""
    result: dict[str, Any] = dict(check_dmarc(DOMAIN, resolver=resolver))
    assert result["valid"] is True, result
    tags = {name: tag["value"] for name, tag in result["tags"].items()}
    assert (tags["p"], tags["sp"]) == ("quarantine", "quarantine")
    assert [one["address"] for one in tags["rua"]] == [f"dmarc@{DOMAIN}"]


@pytest.mark.parametrize("stream", ["notify", "news"])
def test_every_signing_key_is_published(zone: Zone, resolver: dns.resolver.Resolver, stream: str) -> None:
    """EM-1, EM-7: three of SES, two of SendGrid, one of Resend; ours of at least 2048 bits."""
    host = f"{stream}.{DOMAIN}"
    names = [
        one.name for one in zone.records if one.name.endswith(f"._domainkey.{host}") and one.type == "CNAME"
    ]
    targets = [resolver.resolve(name, "CNAME")[0].to_text() for name in names]
    assert len([target for target in targets if target.endswith(".dkim.amazonses.com.")]) == 3
    assert len([target for target in targets if target.endswith(".sendgrid.net.")]) == 2
    (key,) = texts(resolver, f"resend._domainkey.{host}")
    der = base64.b64decode(key.removeprefix("p="), validate=True)
    # 2048 bits make 294 bytes of SubjectPublicKeyInfo; 1024 make 162.
    assert len(der) >= 294


@pytest.mark.parametrize("stream", ["notify", "news"])
@pytest.mark.parametrize(("label", "region"), [("bounce", "ca-central-1"), ("send", "us-east-1")])
def test_bounces_have_an_address_of_our_own(
    resolver: dns.resolver.Resolver, stream: str, label: str, region: str
) -> None:
    """EM-1: the MAIL FROM domain has its MX and its own SPF."""
    (exchange,) = resolver.resolve(f"{label}.{stream}.{DOMAIN}", "MX")
    assert exchange.to_text() == f"10 feedback-smtp.{region}.amazonses.com."


@pytest.mark.parametrize("stack", ["dev", "staging"])
def test_the_other_stacks_zones_load_as_well(stack: str, tmp_path: Path) -> None:
    """ED-7."""
    zone = deployed(as_configured(stack).graph)
    with serving(tmp_path, {zone.name: zone_file(zone)}) as resolver:
        assert resolver.resolve(zone.name, "MX")


def test_the_table_shows_every_record_with_its_purpose(zone: Zone) -> None:
    """ED-7, ED-N6: type, name, value, proxied, TTL, purpose."""
    head, line, *rows = table(zone).splitlines()
    assert head == "| Type | Name | Value | Proxied | TTL | Purpose |"
    assert line == "| --- | --- | --- | --- | --- | --- |"
    assert len(rows) == len(zone.records)
    assert rows[0] == f"| A | {DOMAIN} | `76.76.21.21` | yes | automatic | The site |"
    hosts = [row.split(" | ")[1].removesuffix(DOMAIN) for row in rows]
    below = [position for position, host in enumerate(hosts) if host.endswith("notify.")]
    assert below == list(range(below[0], below[-1] + 1)), "a host stands together with what is below it"


def test_a_state_without_a_zone_says_so() -> None:
    with pytest.raises(NoZoneError, match="no zone"):
        zone_of([{"type": "pulumi:pulumi:Stack", "outputs": {}}])


def test_a_zone_whose_deployment_was_interrupted_says_so() -> None:
    with pytest.raises(NoZoneError, match="run `up` again"):
        zone_of([{"type": "cloudflare:index/zone:Zone", "outputs": {"name": DOMAIN}}])


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"deployment": null}', '{"deployment": []}'])
def test_a_file_that_is_no_state_is_refused_with_the_command_that_makes_one(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(NoZoneError, match=r"no exported state: `pulumi stack export --stack STACK >"):
        exported(file)
    with pytest.raises(NoZoneError, match=r"cannot read .*gone: No such file"):
        exported(tmp_path / "gone")
