"""What the servers are told: their configuration files, made from the task's environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

_HERE = Path(__file__).parent
MODES = {"transaction": "transaction", "session": "session"}
"""The pools by role; each has a server, a port and a login of its own."""


@dataclass(frozen=True)
class Place:
    """The folder that the task's containers share: certificates in `tls`, each server's files in its own."""

    root: Path

    @property
    def certificate(self) -> Path:
        """Return the certificate with its chain."""
        return self.root / "tls" / "certificate.pem"

    @property
    def key(self) -> Path:
        """Return the certificate's key."""
        return self.root / "tls" / "key.pem"

    @property
    def bundle(self) -> Path:
        """Return both in one file."""
        return self.root / "tls" / "bundle.pem"

    def of(self, role: str) -> Path:
        """Return a server's own folder."""
        return self.root / role


def write_pool(role: str, environment: Mapping[str, str], place: Place) -> Path:
    """Write PgBouncer's files for a pool; return the main one."""
    upstream = f"port={environment['DATABASE_PORT']} dbname={environment['DATABASE_NAME']}"
    hosts = {
        environment["DATABASE_NAME"]: environment["DATABASE_HOST"],
        f"{environment['DATABASE_NAME']}_replica": environment.get("REPLICA_HOST", ""),
    }
    folder = place.of(role)
    values = {
        "databases": "\n".join(f"{name} = host={host} {upstream}" for name, host in hosts.items() if host),
        "folder": folder,
        "mode": MODES[role],
        "listen_port": environment["LISTEN_PORT"],
        "pool_size": environment["POOL_SIZE"],
        "max_clients": environment["MAX_CLIENTS"],
        "certificate": place.certificate,
        "key": place.key,
        "authority": environment["DATABASE_AUTHORITY"],
    }
    users = f"{_quoted(environment['USERNAME'])} {_quoted(environment['PASSWORD'])}\n"
    _write(folder / "users.txt", users)
    return _write(folder / "pgbouncer.ini", _filled("pgbouncer.ini", values))


def write_proxy(environment: Mapping[str, str], place: Place) -> Path:
    """Write HAProxy's file; return it."""
    values = {
        "listen_port": environment["LISTEN_PORT"],
        "max_clients": environment["MAX_CLIENTS"],
        "bundle": place.bundle,
        "host": environment["REDIS_HOST"],
        "port": environment["REDIS_PORT"],
        "authority": environment["REDIS_AUTHORITY"],
    }
    return _write(place.of("redis") / "haproxy.cfg", _filled("haproxy.cfg", values))


def write_certificate(place: Place, *, chain: str, key: str) -> bool:
    """Write a certificate's files; return whether it is another than before.

    The key comes first, and the bundle, for which servers watch, last: whoever sees it sees the rest.
    """
    bundle = chain + key
    if place.bundle.exists() and place.bundle.read_text(encoding="utf-8") == bundle:
        return False
    for path, text in ((place.key, key), (place.certificate, chain), (place.bundle, bundle)):
        _write(path, text)
    return True


def _filled(name: str, values: Mapping[str, object]) -> str:
    return Template((_HERE / name).read_text(encoding="utf-8")).substitute(values)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _write(path: Path, text: str) -> Path:
    """Replace a file in one step, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - the mode must hold from the start
        file.write(text)
    return draft.replace(path)
