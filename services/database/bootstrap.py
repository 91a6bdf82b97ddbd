"""Makes roles, privileges and tables of the platform in a new or an old database; a Lambda function.

The scripts in `sql/` run in the order of their names, all in one transaction: a failure leaves nothing half
done. Each can run any number of times.
"""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pg8000.native

SCRIPTS = Path(__file__).with_name("sql")
AUTHORITY = Path(__file__).with_name("rds-ca-central-1.pem")
_ONE_AT_A_TIME = 0x6A746C64
_ITERATIONS = 4096
_TIMEOUT_SECONDS = 60
_LOG = """
    CREATE SCHEMA IF NOT EXISTS bootstrap;
    CREATE TABLE IF NOT EXISTS bootstrap.applied (
        script text NOT NULL, digest text NOT NULL, first_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (script, digest)
    )
"""

Secret = Mapping[str, str]


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[str]]:
    """Answer Lambda: bootstrap the database that `event` names (see `bootstrap`)."""
    import boto3  # noqa: PLC0415 - the Lambda runtime brings it; tests need none

    store = boto3.client("secretsmanager")
    applied = bootstrap(event, lambda arn: json.loads(store.get_secret_value(SecretId=arn)["SecretString"]))
    return {"applied": applied}


def bootstrap(
    event: Mapping[str, Any], read: Callable[[str], Secret], *, authority: Path = AUTHORITY
) -> list[str]:
    """Run every script against a database; return their names.

    `event` holds `host`, `port`, `database`, the id of the `master` secret and those of the `roles`' secrets
    by role; `read` returns a secret's fields. The server must prove its name by a certificate of `authority`.
    """
    master = read(event["master"])
    verifiers = {role: scram_verifier(read(arn)["password"]) for role, arn in event["roles"].items()}
    connection = pg8000.native.Connection(
        user=master["username"],
        password=master["password"],
        host=event["host"],
        port=int(event["port"]),
        database=event["database"],
        ssl_context=ssl.create_default_context(cafile=str(authority)),
        timeout=_TIMEOUT_SECONDS,
    )
    try:
        return apply(connection, verifiers)
    finally:
        connection.close()


def apply(connection: pg8000.native.Connection, verifiers: Mapping[str, str]) -> list[str]:
    """Run every script in one transaction and keep a record of each version that ever ran."""
    scripts = sorted(SCRIPTS.glob("*.sql"))
    connection.run("BEGIN")
    connection.run("SELECT pg_advisory_xact_lock(:key)", key=_ONE_AT_A_TIME)
    for role, verifier in verifiers.items():
        connection.run("SELECT set_config(:name, :value, true)", name=f"jtld.{role}", value=verifier)
    connection.run(_LOG)
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        connection.run(text)
        connection.run(
            "INSERT INTO bootstrap.applied (script, digest) VALUES (:script, :digest) ON CONFLICT DO NOTHING",
            script=script.name,
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )
    connection.run("COMMIT")
    return [script.name for script in scripts]


def scram_verifier(password: str) -> str:
    """Return what PostgreSQL keeps of a password (RFC 5803), so that the server never sees the password."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_ITERATIONS, *encoded)
