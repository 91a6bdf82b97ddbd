"""The SQL bootstrap on a real PostgreSQL, by a master user with the rights that RDS gives (DB-3, DB-7, DB-N4)."""

import hashlib
import ssl
from pathlib import Path

import pg8000.native
import pytest

from services.database.bootstrap import SCRIPTS, bootstrap
from tests.data.conftest import Database
from tests.support.authority import Issued, issue
from tests.support.servers import Postgres

# pg8000 leaves its socket to the garbage collector when the server refuses a connection.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

SECRETS = {
    "application": {"password": "an-application-of-a-test"},
    "migration": {"password": "a-migration-of-a-test"},
}
PRISMA = """
    CREATE TABLE "User" (id serial PRIMARY KEY, email text NOT NULL);
    CREATE TABLE "Job" (id serial PRIMARY KEY, status text, "createdAt" timestamptz DEFAULT now());
    CREATE TABLE "Application" (id serial PRIMARY KEY, "userId" int, "jobId" int)
"""


def run(database: Database, server: Postgres, issued: Issued) -> list[str]:
    event = {
        "host": "localhost",
        "port": server.port,
        "database": database.name,
        "master": "master",
        "roles": {"jtld_application": "application", "jtld_migration": "migration"},
    }
    master = {"username": database.master, "password": database.password}
    return bootstrap(event, lambda arn: {**SECRETS, "master": master}[arn], authority=issued.authority)


def application(database: Database) -> pg8000.native.Connection:
    return database.connect("jtld_application", SECRETS["application"]["password"], database.name)


def migration(database: Database) -> pg8000.native.Connection:
    return database.connect("jtld_migration", SECRETS["migration"]["password"], database.name)


@pytest.fixture
def bootstrapped(database: Database, server: Postgres, issued: Issued) -> Database:
    run(database, server, issued)
    return database


def refused(connection: pg8000.native.Connection, statement: str) -> bool:
    """Tell whether PostgreSQL refuses a statement for want of rights, and for nothing else."""
    try:
        connection.run(statement)
    except pg8000.native.DatabaseError as error:
        return bool(error.args[0]["C"] == "42501")
    return False


def test_it_runs_twice_and_leaves_the_same(database: Database, server: Postgres, issued: Issued) -> None:
    """DB-3, DB-7: the first run makes everything, the second changes nothing."""
    scripts = run(database, server, issued)
    look = database.connect(database.master, database.password, database.name)
    everything = """
        SELECT c.oid::regclass::text, c.relkind, c.relacl::text, c.relowner::regrole::text FROM pg_class c
        WHERE c.relnamespace::regnamespace::text IN ('public', 'statistics', 'bootstrap') ORDER BY 1
    """
    made = look.run(everything)

    assert scripts == sorted(path.name for path in SCRIPTS.glob("*.sql"))
    assert ["job_history", "r"] in [row[:2] for row in made]
    assert run(database, server, issued) == scripts
    assert look.run(everything) == made
    assert look.run("SELECT script, digest FROM bootstrap.applied ORDER BY 1") == [
        [name, hashlib.sha256((SCRIPTS / name).read_bytes()).hexdigest()] for name in scripts
    ]


def test_the_application_works_with_rows_that_migrations_make_room_for(bootstrapped: Database) -> None:
    """DB-3: SELECT, INSERT, UPDATE and DELETE on tables made before and after the bootstrap."""
    migration(bootstrapped).run(PRISMA)
    app = application(bootstrapped)

    assert app.run("""INSERT INTO "User" (email) VALUES ('a@example.com') RETURNING id""") == [[1]]
    app.run("""UPDATE "User" SET email = 'b@example.com'""")
    assert app.run("""SELECT email FROM "User" """) == [["b@example.com"]]
    app.run("""DELETE FROM "User" """)
    app.run(
        "INSERT INTO job_history (job_name, started_at, completed_at, status) VALUES ('x', now(), now(), 'success')"
    )
    assert app.run("SELECT job_name, errors, error_details FROM job_history") == [["x", 0, []]]


FORBIDDEN = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    'ALTER TABLE "User" ADD COLUMN x int',
    'DROP TABLE "User"',
    'TRUNCATE "User"',
    'CREATE INDEX ON "User" (email)',
    "CREATE ROLE another",
    "CREATE DATABASE another",
    "CREATE EXTENSION pgcrypto",
    "ALTER ROLE jtld_application SUPERUSER",
    "SET ROLE jtld_migration",
    "GRANT jtld_migration TO jtld_application",
    "COPY (SELECT 1) TO '/tmp/stolen'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT * FROM bootstrap.applied",
    "SELECT * FROM statistics.top_queries",
    "SELECT * FROM other.things",
    "SELECT rolpassword FROM pg_authid",
)


def test_the_application_may_do_nothing_more(bootstrapped: Database) -> None:
    """DB-3, DB-N4: no DDL, no superuser, no other schema."""
    migration(bootstrapped).run(PRISMA)
    master = bootstrapped.connect(bootstrapped.master, bootstrapped.password, bootstrapped.name)
    master.run("CREATE SCHEMA other; CREATE TABLE other.things (id int)")
    app = application(bootstrapped)

    assert [statement for statement in FORBIDDEN if not refused(app, statement)] == []


EXACT_RIGHTS = """
    SELECT 'table', table_schema || '.' || table_name, privilege_type
    FROM information_schema.role_table_grants WHERE grantee = 'jtld_application'
    UNION SELECT 'sequence', c.oid::regclass::text, privilege
    FROM pg_class c, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) privilege
    WHERE c.relkind = 'S' AND has_sequence_privilege('jtld_application', c.oid, privilege)
    UNION SELECT 'schema', nspname, privilege
    FROM pg_namespace, unnest(ARRAY['USAGE', 'CREATE']) privilege
    WHERE nspname !~ '^(pg_|information_schema)' AND has_schema_privilege('jtld_application', oid, privilege)
    UNION SELECT 'database', datname, privilege
    FROM pg_database, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY']) privilege
    WHERE datname = current_database() AND has_database_privilege('jtld_application', oid, privilege)
    UNION SELECT 'membership', groups.rolname, 'MEMBER'
    FROM pg_auth_members JOIN pg_roles groups ON groups.oid = roleid
    WHERE member = 'jtld_application'::regrole
    UNION SELECT 'owner', oid::regclass::text, 'OWNER' FROM pg_class WHERE relowner = 'jtld_application'::regrole
"""


def test_the_applications_rights_are_exactly_these(bootstrapped: Database) -> None:
    """DB-3: rows of the tables in `public`, and the numbers of their keys; asked of PostgreSQL's own catalogue."""
    migration(bootstrapped).run(PRISMA)
    master = bootstrapped.connect(bootstrapped.master, bootstrapped.password, bootstrapped.name)
    master.run("CREATE SCHEMA other; CREATE TABLE other.things (id serial)")
    tables = ('"User"', '"Job"', '"Application"', "job_history")

    assert {tuple(row) for row in master.run(EXACT_RIGHTS)} == {
        *(
            ("table", f"public.{table.strip(chr(34))}", right)
            for table in tables
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        ),
        *(
            ("sequence", sequence, right)
            for sequence in ('"User_id_seq"', '"Job_id_seq"', '"Application_id_seq"', "job_history_id_seq")
            for right in ("USAGE", "SELECT")
        ),
        ("schema", "public", "USAGE"),
        ("database", bootstrapped.name, "CONNECT"),
    }


def test_neither_role_has_an_attribute_of_power(bootstrapped: Database) -> None:
    """DB-N4."""
    master = bootstrapped.connect(bootstrapped.master, bootstrapped.password, bootstrapped.name)

    assert master.run("""
        SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
        FROM pg_roles WHERE rolname LIKE 'jtld\\_%' AND rolname IN ('jtld_application', 'jtld_migration')
        ORDER BY 1
    """) == [["jtld_application", False], ["jtld_migration", False]]


def test_migrations_change_tables_and_nothing_around_them(bootstrapped: Database) -> None:
    """DB-3: the direct way is for DDL in the application's schema."""
    connection = migration(bootstrapped)
    connection.run(PRISMA)
    connection.run("""ALTER TABLE "User" ADD COLUMN name text""")

    for statement in ("CREATE ROLE another", "CREATE DATABASE another", "CREATE SCHEMA another"):
        assert refused(connection, statement)


def test_indexes_appear_when_their_tables_do(database: Database, server: Postgres, issued: Issued) -> None:
    """DB-7: Prisma makes the tables after the first run; the next run finds them."""
    run(database, server, issued)
    connection = migration(database)
    connection.run(PRISMA)
    run(database, server, issued)

    assert connection.run("""
        SELECT indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND indexname LIKE '%idx' AND tablename <> 'job_history' ORDER BY 1
    """) == [
        ['CREATE INDEX "Application_jobId_idx" ON public."Application" USING btree ("jobId")'],
        ['CREATE INDEX "Application_userId_idx" ON public."Application" USING btree ("userId")'],
        ['CREATE INDEX "Job_createdAt_idx" ON public."Job" USING btree ("createdAt")'],
        ['CREATE INDEX "Job_status_idx" ON public."Job" USING btree (status)'],
        ['CREATE INDEX "User_email_idx" ON public."User" USING btree (email)'],
    ]


NONSENSE = (
    "('', now(), now(), 'success', 0, 0)",
    "('x', now(), now(), 'done', 0, 0)",
    "('x', now(), now() - interval '1 second', 'success', 0, 0)",
    "('x', now(), now(), 'success', -1, 0)",
    "('x', now(), now(), 'success', 0, -1)",
)


def test_a_job_that_makes_no_sense_is_not_recorded(bootstrapped: Database) -> None:
    """DB-7, JB-2."""
    app = application(bootstrapped)
    columns = "job_name, started_at, completed_at, status, records_processed, errors"
    for values in NONSENSE:
        with pytest.raises(pg8000.native.DatabaseError, match="23514"):
            app.run(f"INSERT INTO job_history ({columns}) VALUES {values}")  # noqa: S608


def test_a_new_password_replaces_the_old_one(
    database: Database, server: Postgres, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TP-2: raising credentialsGeneration changes the secret, and the next run tells the database."""
    run(database, server, issued)
    old = SECRETS["application"]["password"]
    monkeypatch.setitem(SECRETS, "application", {"password": "the-next-one-of-a-test"})
    run(database, server, issued)

    application(database).close()
    with pytest.raises(pg8000.native.DatabaseError, match="28P01"):
        database.connect("jtld_application", old, database.name)


def test_queries_and_indexes_can_be_looked_up(bootstrapped: Database) -> None:
    """DB-8."""
    master = bootstrapped.connect(bootstrapped.master, bootstrapped.password, bootstrapped.name)

    assert master.run("SELECT count(*) > 0 FROM statistics.top_queries") == [[True]]
    assert ["job_history_pkey"] in master.run("SELECT index FROM statistics.index_use")


def test_a_server_that_cannot_prove_its_name_gets_no_password(
    database: Database, server: Postgres, tmp_path: Path
) -> None:
    """DB-1: TLS is verified, not merely used."""
    with pytest.raises(ssl.SSLCertVerificationError):
        run(database, server, issue(tmp_path / "stranger"))


def test_a_failing_script_leaves_nothing_half_done(
    database: Database, server: Postgres, issued: Issued, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "001_half.sql").write_text("CREATE TABLE half (id int)")
    (tmp_path / "002_wrong.sql").write_text("SELECT 1 / 0")
    monkeypatch.setattr("services.database.bootstrap.SCRIPTS", tmp_path)

    with pytest.raises(pg8000.native.DatabaseError, match="22012"):
        run(database, server, issued)

    master = database.connect(database.master, database.password, database.name)
    assert master.run("SELECT to_regclass('half'), to_regclass('bootstrap.applied')") == [[None, None]]
