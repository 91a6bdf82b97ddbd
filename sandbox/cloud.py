"""The cloud itself: every resource of every provider in one SQLite file.

Secret values are sealed with a key of this sandbox alone (`cloud.key`, readable by its owner only).
They must come back unchanged on a read, so a digest would not do; whoever holds only the database,
a copy of it or a log has nothing. It protects against leaks by accident, not against the owner.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from sandbox.values import Asset, Secret

CLOUD_FILE = "cloud.sqlite3"

_SEALED, _ASSET, _ARCHIVE = "\u0000sealed", "\u0000asset", "\u0000archive"
_BUSY_MILLISECONDS = 20_000
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS resources (
        type TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
        provider TEXT NOT NULL, urn TEXT NOT NULL, inputs TEXT NOT NULL, outputs TEXT NOT NULL,
        version INTEGER NOT NULL, status TEXT NOT NULL,
        PRIMARY KEY (type, account, region, id)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS calls (counter TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
)
_COLUMNS = "type, account, region, id, provider, urn, inputs, outputs, version, status"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A resource in the cloud; `id` is what tells it apart there, almost always the id that programs see."""

    type: str
    id: str
    account: str
    region: str
    provider: str
    urn: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    version: int = 1
    status: Literal["active", "pending", "retained"] = "active"

    @property
    def told_id(self) -> str:
        """Return the id that the engine and programs see."""
        return str(self.outputs.get("id", self.id))


class Cloud:
    """A sandbox's resources; `":memory:"` is a cloud that lives as long as the object."""

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._vault = _Vault(None if path == ":memory:" else Path(path).with_name("cloud.key"))
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False
        )
        # WAL lets four providers read while one writes. Without fsync per commit a killed process
        # still loses nothing; only a machine that loses power could.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        with self.transaction():
            for statement in _SCHEMA:
                self._connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the only writing transaction; what is decided inside stays true until it is written."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def put(self, resource: Stored) -> None:
        """Store a resource, replacing what has its identity."""
        row = (
            resource.type,
            resource.account,
            resource.region,
            resource.id,
            resource.provider,
            resource.urn,
            self._encode(resource.inputs),
            self._encode(resource.outputs),
            resource.version,
            resource.status,
        )
        with self.transaction():
            self._connection.execute(
                f"INSERT OR REPLACE INTO resources ({_COLUMNS}) VALUES ({','.join('?' * len(row))})",  # noqa: S608 - constants
                row,
            )

    def get(self, type_: str, id_: str, account: str, region: str) -> Stored | None:
        """Return the resource with an identity, whatever its status."""
        return next(
            self._select("type = ? AND id = ? AND account = ? AND region = ?", (type_, id_, account, region)),
            None,
        )

    def find(
        self, *, type_: str | None = None, provider: str | None = None, holding: object = None
    ) -> list[Stored]:
        """Return resources in a stable order; `holding` narrows to those whose outputs mention a value."""
        clauses, arguments = ["1"], []
        for clause, argument in (
            ("type = ?", type_),
            ("provider = ?", provider),
            ("instr(outputs, ?) > 0", None if holding is None else json.dumps(holding)),
        ):
            if argument is not None:
                clauses.append(clause)
                arguments.append(argument)
        return list(self._select(" AND ".join(clauses), tuple(arguments)))

    def delete(self, resource: Stored) -> None:
        """Forget a resource."""
        with self.transaction():
            self._connection.execute(
                "DELETE FROM resources WHERE type = ? AND id = ? AND account = ? AND region = ?",
                (resource.type, resource.id, resource.account, resource.region),
            )

    def mark(self, resource: Stored, status: Literal["pending", "retained"]) -> None:
        """Keep a resource that was deleted in another status."""
        self.put(replace(resource, status=status, version=resource.version + 1))

    def count(self, counter: str) -> int:
        """Count a call across all processes of this sandbox and return its number, from 1."""
        with self.transaction():
            row = self._connection.execute(
                "INSERT INTO calls VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
                (counter,),
            ).fetchone()
        return int(row[0])

    def reset_counts(self) -> None:
        """Start counting calls anew."""
        with self.transaction():
            self._connection.execute("DELETE FROM calls")

    def clear(self) -> None:
        """Forget every resource and count."""
        with self.transaction():
            self._connection.execute("DELETE FROM resources")
            self._connection.execute("DELETE FROM calls")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _select(self, where: str, arguments: tuple[object, ...]) -> Iterator[Stored]:
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM resources WHERE {where} ORDER BY provider, type, urn, id",  # noqa: S608 - constants
                arguments,
            ).fetchall()
        for type_, account, region, id_, provider, urn, inputs, outputs, version, status in rows:
            yield Stored(
                type=type_,
                account=account,
                region=region,
                id=id_,
                provider=provider,
                urn=urn,
                inputs=self._decode(inputs),
                outputs=self._decode(outputs),
                version=version,
                status=status,
            )

    def _encode(self, value: Mapping[str, Any]) -> str:
        return json.dumps(value, default=self._encode_special)

    def _encode_special(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return {_SEALED: self._vault.seal(json.dumps(value.value, default=self._encode_special))}
        if isinstance(value, Asset):
            return {_ARCHIVE if value.archive else _ASSET: dict(value.fields)}
        raise TypeError(f"{type(value).__name__} cannot be stored")

    def _decode(self, text: str) -> Any:
        return json.loads(text, object_hook=self._decode_special)

    def _decode_special(self, value: dict[str, Any]) -> Any:
        if _SEALED in value:
            return Secret(self._decode(self._vault.open(value[_SEALED])))
        if _ASSET in value or _ARCHIVE in value:
            return Asset(value.get(_ASSET) or value[_ARCHIVE], archive=_ARCHIVE in value)
        return value


class _Vault:
    """Seals and opens secrets with the key in a file, or with one that lives in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._fernet: Any = None

    def seal(self, text: str) -> str:
        return str(self._cipher().encrypt(text.encode()).decode())

    def open(self, sealed: str) -> str:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as below

        try:
            return str(self._cipher().decrypt(sealed).decode())
        except InvalidToken:
            raise sqlite3.DatabaseError("cloud.key is not the key of its secrets") from None

    def _cipher(self) -> Any:
        with self._lock:
            if self._fernet is None:
                from cryptography.fernet import Fernet  # noqa: PLC0415 - most provider processes meet no secret

                self._fernet = Fernet(
                    Fernet.generate_key() if self._path is None else _key(self._path, Fernet.generate_key())
                )
        return self._fernet


def _key(path: Path, fresh: bytes) -> bytes:
    # Four providers may start at once: the key is written aside and linked, so that one of them
    # wins and nobody reads half a key.
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(fresh)
        with suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    return path.read_bytes()
