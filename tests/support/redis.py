"""A Redis with TLS, users and limits as ElastiCache has them, on loopback; and somebody to talk to it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.authority import Issued
from tests.support.servers import free_port, give, program, running


@dataclass(frozen=True, kw_only=True)
class Redis:
    """A client of a Redis, or of a proxy before it, as one user."""

    port: int
    authority: Path
    user: str
    password: str

    def __call__(self, *words: str | int, feed: str | None = None, tls: bool = True) -> str:
        """Return the answer to one command, or to the commands of `feed`; errors are answers too."""
        secured = ["--tls", "--cacert", str(self.authority)] if tls else []
        identity = ["--user", self.user, "--pass", self.password, "--no-auth-warning"]
        command = [program("redis-cli"), "-h", "localhost", "-p", str(self.port), *secured, *identity]
        answer = subprocess.run(
            [*command, *map(str, words)], input=feed, capture_output=True, text=True, check=False, timeout=120
        )
        return (answer.stdout + answer.stderr).strip()


@contextmanager
def redis(
    folder: Path, issued: Issued, *, users: Mapping[str, str], parameters: Mapping[str, str]
) -> Iterator[int]:
    """Run a Redis whose `users` have these access strings; the default user is off. Yield its port."""
    folder.mkdir(parents=True)
    port = free_port()
    acl = folder / "users.acl"
    acl.write_text("".join(f"user {name} {rights}\n" for name, rights in {**users, "default": "off"}.items()))
    key = folder / "key.pem"
    key.write_bytes(issued.key.read_bytes())
    for path in (folder, acl, key):
        give(path)
    options = {
        "port": "0",
        "tls-port": str(port),
        "bind": "127.0.0.1",
        "tls-cert-file": str(issued.certificate),
        "tls-key-file": str(key),
        "tls-ca-cert-file": str(issued.authority),
        "tls-auth-clients": "no",
        "aclfile": str(acl),
        "save": "",
        "dir": str(folder),
        **parameters,
    }
    arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
    with running(program("redis-server"), *arguments, port=port, log=folder / "redis.log"):
        yield port
