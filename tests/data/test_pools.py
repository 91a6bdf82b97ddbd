"""The shipped PgBouncer configuration on a real PgBouncer before a real PostgreSQL (DB-3, DB-4, DB-N4, DB-N5)."""

import itertools
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pg8000.native
import pytest

from services.gateway.gateway import supervision
from tests.data.conftest import Database
from tests.data.pools import POOL_SIZE, pool
from tests.data.test_bootstrap import SECRETS, run
from tests.support.authority import Issued, issue
from tests.support.servers import UNPRIVILEGED, Postgres

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
ROLES = {"transaction": ("jtld_application", "application"), "session": ("jtld_migration", "migration")}
_numbers = itertools.count()
Open = Callable[..., int]


@pytest.fixture
def opened(database: Database, server: Postgres, issued: Issued, folder: Path) -> Iterator[Open]:
    """Return a function that runs a pool to a bootstrapped database and returns its port."""
    run(database, server, issued)
    with ExitStack() as stack:

        def start(role: str, at: Path | None = None, **changes: str) -> int:
            user, secret = ROLES[role]
            environment = {
                "DATABASE_HOST": "localhost",
                "DATABASE_PORT": str(server.port),
                "DATABASE_NAME": database.name,
                "DATABASE_AUTHORITY": str(issued.authority),
                "USERNAME": user,
                "PASSWORD": SECRETS[secret]["password"],
                **changes,
            }
            return stack.enter_context(
                pool(role, at or folder / f"gateway-{next(_numbers)}", issued, environment)
            )

        yield start


def login(database: Database, role: str, port: int, name: str = "") -> pg8000.native.Connection:
    user, secret = ROLES[role]
    return database.connect(user, SECRETS[secret]["password"], name or database.name, port)


def refused(database: Database, user: str, password: str, port: int, name: str = "") -> bool:
    try:
        database.connect(user, password, name or database.name, port)
    except pg8000.native.DatabaseError:
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
def test_each_pool_serves_its_role(database: Database, opened: Open, role: str) -> None:
    """DB-4: DATABASE_URL's and DIRECT_URL's way."""
    connection = login(database, role, opened(role))

    assert connection.run("SELECT current_user::text, current_database()::text") == [
        [ROLES[role][0], database.name]
    ]
    assert connection.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [[True]]


@pytest.mark.parametrize("role", ROLES)
def test_each_pool_admits_one_role_and_nobody_else(
    database: Database, server: Postgres, opened: Open, role: str
) -> None:
    """DB-N4, DB-N5: not the superuser, not the master, not the other pool's role; and no other database."""
    port = opened(role)
    other = ROLES["session" if role == "transaction" else "transaction"]
    strangers = {
        server.superuser: server.password,
        database.master: database.password,
        other[0]: SECRETS[other[1]]["password"],
        ROLES[role][0]: "a-wrong-password",
        "pgbouncer": "",
    }

    assert [user for user, password in strangers.items() if not refused(database, user, password, port)] == []
    user, secret = ROLES[role]
    for name in ("postgres", "template1", "pgbouncer"):
        assert refused(database, user, SECRETS[secret]["password"], port, name)


def test_nobody_talks_to_a_pool_without_tls(database: Database, opened: Open) -> None:
    """DB-4."""
    port = opened("transaction")
    with pytest.raises(pg8000.native.DatabaseError, match="SSL required"):
        pg8000.native.Connection(
            "jtld_application",
            password=SECRETS["application"]["password"],
            host="localhost",
            port=port,
            database=database.name,
            ssl_context=False,
        )


def test_clients_of_the_transaction_pool_share_a_few_connections(database: Database, opened: Open) -> None:
    """DB-4: many functions, few connections; a transaction keeps its own until it ends."""
    port = opened("transaction")
    clients = [login(database, "transaction", port) for _ in range(3 * POOL_SIZE)]
    ids = {client.run("SELECT pg_backend_pid()")[0][0] for client in clients}
    first = clients[0]
    first.run("BEGIN")
    within = {first.run("SELECT pg_backend_pid()")[0][0] for _ in range(5)}
    beside = {client.run("SELECT pg_backend_pid()")[0][0] for client in clients[1:]}

    assert len(ids) <= POOL_SIZE
    assert len(within) == 1
    assert within.isdisjoint(beside)


def test_clients_of_the_session_pool_have_a_connection_each(database: Database, opened: Open) -> None:
    """DB-4: what a migration sets, and the advisory lock it takes, stay its own."""
    port = opened("session")
    clients = [login(database, "session", port) for _ in range(POOL_SIZE)]
    for number, client in enumerate(clients):
        client.run(f"SET application_name = 'migration-{number}'")
    clients[0].run("SELECT pg_advisory_lock(72707369)")

    assert [client.run("SHOW application_name") for client in clients] == [
        [[f"migration-{number}"]] for number in range(POOL_SIZE)
    ]
    assert clients[1].run("SELECT pg_try_advisory_lock(72707369)") == [[False]]


def test_prisma_prepares_inside_its_transaction(database: Database, opened: Open) -> None:
    """DB-4: what `pgbouncer=true` makes Prisma do works for clients that share one connection.

    Prisma opens a transaction, forgets what others have prepared, prepares under a name, runs, and ends it.
    """
    port = opened("transaction", POOL_SIZE="1")
    clients = [login(database, "transaction", port) for _ in range(3)]
    for turn, client in enumerate([*clients, *clients]):
        client.run("BEGIN")
        client.run("DEALLOCATE ALL")
        statement = client.prepare("SELECT cast(:value AS int) + 1")
        assert statement.run(value=turn) == [[turn + 1]]
        client.run("COMMIT")


def test_statements_prepared_outside_a_transaction_meet_on_one_connection(
    database: Database, opened: Open
) -> None:
    """DB-4: the reason why DATABASE_URL says `pgbouncer=true`."""
    port = opened("transaction", POOL_SIZE="1")
    first, second = (login(database, "transaction", port) for _ in range(2))
    first.prepare("SELECT cast(:value AS int)").run(value=1)

    with pytest.raises(pg8000.native.DatabaseError, match="42P05"):
        second.prepare("SELECT cast(:value AS text)").run(value="x")


def test_the_replica_is_a_database_of_the_same_pool(database: Database, opened: Open) -> None:
    """DB-5: DATABASE_REPLICA_URL names it; without a replica there is none."""
    with_replica, without = opened("transaction", REPLICA_HOST="localhost"), opened("transaction")
    name = f"{database.name}_replica"

    assert login(database, "transaction", with_replica, name).run("SELECT 1") == [[1]]
    assert refused(database, "jtld_application", SECRETS["application"]["password"], without, name)


def test_a_database_that_cannot_prove_its_name_gets_no_login(
    database: Database, opened: Open, folder: Path
) -> None:
    """DB-1, DB-4: TLS to the database is verified, not merely used."""
    at = folder / "deceived"
    port = opened("transaction", at, DATABASE_AUTHORITY=str(issue(folder / "stranger").authority))
    with pytest.raises((pg8000.native.DatabaseError, TimeoutError)):
        login(database, "transaction", port).run("SELECT 1")
    assert "TLS handshake error" in (at / "pgbouncer.log").read_text()


def test_a_pool_reports_how_full_it_is(
    database: Database, opened: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-6: the figures behind the alarms on pools and query time."""
    at = folder / "reporting"
    port = opened("transaction", at)
    monkeypatch.setattr(supervision.subprocess, "run", partial(subprocess.run, user=UNPRIVILEGED, cwd=folder))
    watched = supervision.Pool("transaction", at / "transaction", str(port), POOL_SIZE)
    watched.report()
    client, busy = (login(database, "transaction", port) for _ in range(2))
    busy.run("BEGIN")
    busy.run("SELECT 1")
    for _ in range(5):
        client.run("SELECT 1")

    report = watched.report()
    assert report["pool"] == "transaction"
    assert report["usedPercent"] == 50
    assert report["waiting"] == 0
    assert isinstance(report["queries"], int)
    assert report["queries"] >= 7
    assert watched.show("VERSION")[0]["version"].startswith("PgBouncer")
