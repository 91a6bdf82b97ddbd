"""Real servers from Debian's packages (.ci/packages.txt), started on loopback for one test run each."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_PATIENCE_SECONDS = 30
_FOLDERS = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/bin",
    *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))),
)
UNPRIVILEGED = "postgres" if os.geteuid() == 0 else None
"""Servers refuse to run as root; as root, they run as the user whom Debian's package makes."""


def program(name: str) -> str:
    """Return the path of a server's program; a machine without it skips the test, CI does not."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS]))
    for folder in reversed(_FOLDERS):
        # Debian's wrappers in /usr/bin start clusters of their own; the versioned folder has the program.
        if (candidate := Path(folder, name)).exists():
            found = str(candidate)
            break
    if found is None:
        assert "CI" not in os.environ, f"{name} is missing: install the packages of .ci/packages.txt"
        pytest.skip(f"{name} is not installed (.ci/packages.txt)")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def give(path: Path) -> None:
    """Let the servers' user own a path."""
    if UNPRIVILEGED:
        shutil.chown(path, UNPRIVILEGED)


def wait_until(ready: Callable[[], bool], what: str, log: Path | None = None) -> None:
    """Wait until something is ready; what keeps us waiting is in the failure."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} is not ready\n{log.read_text() if log and log.exists() else ''}")
        time.sleep(0.05)


def listening(port: int) -> bool:
    """Tell whether somebody listens on a port of loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def running(
    *command: str, port: int, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it must listen on `port`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, user=UNPRIVILEGED, env=env, cwd=cwd or log.parent
        )
        try:
            wait_until(lambda: listening(port) or process.poll() is not None, command[0], log)
            assert process.poll() is None, f"{command[0]} ended:\n{log.read_text()}"
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A PostgreSQL with TLS on loopback; `superuser` may do everything, with `password`."""

    port: int
    superuser: str
    password: str


@contextmanager
def postgres(folder: Path, *, certificate: Path, key: Path) -> Iterator[Postgres]:
    """Run an empty PostgreSQL that takes passwords over TLS alone, as RDS does under `rds.force_ssl`."""
    folder.mkdir(parents=True)
    give(folder)
    data, log, port = folder / "data", folder / "postgres.log", free_port()
    password = "a-superuser-of-a-test"
    secret = folder / "password"
    secret.write_text(password)
    give(secret)
    subprocess.run(
        [program("initdb"), "-D", data, "-U", "rdsadmin", f"--pwfile={secret}", "-A", "scram-sha-256"],
        check=True,
        capture_output=True,
        user=UNPRIVILEGED,
        cwd=folder,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
    )
    for source, name in ((certificate, "server.crt"), (key, "server.key")):
        target = folder / name
        target.write_bytes(source.read_bytes())
        target.chmod(0o600)
        give(target)
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "ssl": "on",
        "ssl_cert_file": folder / "server.crt",
        "ssl_key_file": folder / "server.key",
        "shared_preload_libraries": "pg_stat_statements",
        "fsync": "off",
    }
    command = [
        program("postgres"),
        "-D",
        str(data),
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    with running(*command, port=port, log=log):
        wait_until(lambda: "ready to accept connections" in log.read_text(), "PostgreSQL", log)
        yield Postgres(port=port, superuser="rdsadmin", password=password)
