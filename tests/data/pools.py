"""The gateway's servers as its containers run them, on loopback."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from services.gateway.gateway.configuration import Place, write_certificate, write_pool, write_proxy
from tests.support.authority import Issued
from tests.support.servers import free_port, give, program, running

POOL_SIZE = 2


def place(folder: Path, issued: Issued) -> Place:
    """Return a task's shared folder, with the certificate in it."""
    made = Place(folder)
    write_certificate(made, chain=issued.certificate.read_text(), key=issued.key.read_text())
    return made


def _own(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        give(path)


@contextmanager
def pool(role: str, folder: Path, issued: Issued, environment: Mapping[str, str]) -> Iterator[int]:
    """Run a pool with the shipped configuration; yield its port."""
    port = free_port()
    given = {"LISTEN_PORT": str(port), "POOL_SIZE": str(POOL_SIZE), "MAX_CLIENTS": "20", **environment}
    configuration = write_pool(role, given, place(folder, issued))
    _own(folder)
    with running(program("pgbouncer"), str(configuration), port=port, log=folder / "pgbouncer.log"):
        yield port


@contextmanager
def proxy(folder: Path, issued: Issued, *, redis_port: int, authority: Path) -> Iterator[int]:
    """Run the Redis proxy with the shipped configuration; yield its port."""
    port = free_port()
    environment = {
        "LISTEN_PORT": str(port),
        "MAX_CLIENTS": "20",
        "REDIS_HOST": "localhost",
        "REDIS_PORT": str(redis_port),
        "REDIS_AUTHORITY": str(authority),
    }
    configuration = write_proxy(environment, place(folder, issued))
    _own(folder)
    command = (program("haproxy"), "-W", "-db", "-f", str(configuration))
    with running(*command, port=port, log=folder / "haproxy.log"):
        yield port


def checked(configuration: Path) -> subprocess.CompletedProcess[str]:
    """Let HAProxy judge a configuration."""
    return subprocess.run(
        [program("haproxy"), "-c", "-f", configuration], capture_output=True, text=True, check=False
    )
