"""One PostgreSQL for all tests of the data plane; each test takes a database of its own."""

import itertools
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pg8000.native
import pytest

from tests.support.authority import Issued, issue
from tests.support.servers import Postgres, postgres

_numbers = itertools.count()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Return a short folder that the servers' user may enter; pytest's own belong to one user alone."""
    with tempfile.TemporaryDirectory(prefix="jtld-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def issued(folder: Path) -> Issued:
    return issue(folder / "tls")


@pytest.fixture(scope="session")
def server(folder: Path, issued: Issued) -> Iterator[Postgres]:
    with postgres(folder / "postgres", certificate=issued.certificate, key=issued.key) as started:
        yield started


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database whose owner has RDS' master rights: no superuser, but may make roles."""

    name: str
    master: str
    password: str
    connect: Callable[..., pg8000.native.Connection]


@pytest.fixture
def database(server: Postgres, issued: Issued) -> Iterator[Database]:
    tls = ssl.create_default_context(cafile=str(issued.authority))
    opened: list[pg8000.native.Connection] = []

    def connect(user: str, password: str, name: str, port: int = server.port) -> pg8000.native.Connection:
        opened.append(
            pg8000.native.Connection(
                user,
                password=password,
                host="localhost",
                port=port,
                database=name,
                ssl_context=tls,
                timeout=8,
            )
        )
        return opened[-1]

    name = f"jtld_{next(_numbers)}"
    made = Database(name=name, master=f"{name}_master", password="a-master-of-a-test", connect=connect)
    admin = connect(server.superuser, server.password, "postgres")
    admin.run(f"CREATE ROLE {made.master} LOGIN CREATEROLE CREATEDB PASSWORD '{made.password}'")
    admin.run(f"CREATE DATABASE {name} OWNER {made.master}")
    # RDS lets its master user create extensions, which plain PostgreSQL leaves to superusers.
    inside = connect(server.superuser, server.password, name)
    inside.run(f"CREATE SCHEMA statistics AUTHORIZATION {made.master}")
    inside.run("CREATE EXTENSION pg_stat_statements SCHEMA statistics")
    yield made
    for connection in opened[1:]:
        with suppress(pg8000.native.InterfaceError):  # the test has closed it
            connection.close()
    admin.run(f"DROP DATABASE {name} WITH (FORCE)")
    for role in ("jtld_application", "jtld_migration", made.master):
        admin.run(f"DROP ROLE IF EXISTS {role}")
    admin.close()
