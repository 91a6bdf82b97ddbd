"""A real BIND on loopback that serves the exported zone, and stand-ins for the services that SPF includes."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.resolver
import pytest

from settings.spf import KNOWN_INCLUDES

_CONFIGURATION = """
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    allow-transfer {{ none; }};
}};
controls {{ }};
"""
STAND_IN = "$TTL 300\n@ IN SOA ns.invalid. nobody.invalid. 1 300 300 300 300\n@ IN NS ns.invalid.\n"
_PATIENCE_SECONDS = 20


@contextmanager
def serving(folder: Path, zones: dict[str, str]) -> Iterator[dns.resolver.Resolver]:
    """Start BIND with `zones` (name to zone file) and yield a resolver that asks it alone."""
    named = shutil.which("named", path=f"{os.environ['PATH']}:/usr/sbin")
    if named is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs bind9 (.ci/packages.txt), and it is not there")
        pytest.skip("needs BIND: apt-get install bind9")
    port = _free_port()
    configuration = _CONFIGURATION.format(folder=folder, port=port)
    for name, text in zones.items():
        (folder / f"{name}.zone").write_text(text, encoding="utf-8")
        configuration += f'zone "{name}" {{ type primary; file "{name}.zone"; }};\n'
    (folder / "named.conf").write_text(configuration, encoding="utf-8")
    log = (folder / "named.log").open("w", encoding="utf-8")
    server = subprocess.Popen([named, "-g", "-n", "1", "-c", folder / "named.conf"], stderr=log, stdout=log)
    try:
        _wait(server, port, folder / "named.log", next(iter(zones)))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], port, 5
        yield resolver
    finally:
        server.terminate()
        server.wait(timeout=_PATIENCE_SECONDS)
        log.close()


def stand_ins() -> dict[str, str]:
    """Return zones in which each known include has as many look-ups below it as our snapshot says."""
    zones = {}
    for domain, include in KNOWN_INCLUDES.items():
        below = [f"n{number}.{domain}" for number in range(include.nested_lookups)]
        texts = {domain: " ".join(["v=spf1", *(f"include:{name}" for name in below), "-all"])}
        texts |= dict.fromkeys(below, "v=spf1 ip4:192.0.2.0/24 -all")
        zones[domain] = STAND_IN + "".join(f'{name}. IN TXT "{text}"\n' for name, text in texts.items())
    return zones


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, log: Path, zone: str) -> None:
    question = dns.message.make_query(zone, "SOA")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if dns.query.udp(question, "127.0.0.1", port=port, timeout=0.3).answer:
                return
        except (OSError, dns.exception.DNSException):
            pass
        if server.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"BIND did not answer for {zone}:\n{log.read_text(encoding='utf-8')}")
