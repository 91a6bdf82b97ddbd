"""The small program that keeps the gateway's servers running, and the image it comes in (DB-4, CT-N1, CT-N2, CT-N4)."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from services.gateway.gateway.certificates import fetch
from services.gateway.gateway.configuration import Place, write_certificate, write_pool
from tests.support.authority import Issued, issue
from tests.support.servers import wait_until

ROOT = Path(__file__).parents[2]
SERVICE = ROOT / "services" / "gateway"
SERVER = """
import signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: print("renewed", flush=True))
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print("up", flush=True)
while True: time.sleep(0.1)
"""
KEEPER = """
import signal, sys
from pathlib import Path
from services.gateway.gateway.supervision import supervise
server, watched = sys.argv[1:]
sys.exit(supervise([sys.executable, "-c", server], watched=Path(watched), renew=signal.SIGHUP, end=signal.SIGINT))
"""
POOL = {
    "DATABASE_HOST": "db",
    "DATABASE_PORT": "5432",
    "DATABASE_NAME": "jtld",
    "DATABASE_AUTHORITY": "/ca.pem",
    "LISTEN_PORT": "6432",
    "POOL_SIZE": "20",
    "MAX_CLIENTS": "1000",
    "USERNAME": "jtld_application",
    "PASSWORD": 'with"quote',
}


@pytest.fixture
def pair(tmp_path: Path) -> Issued:
    return issue(tmp_path / "tls")


def answering(issued: Issued) -> Any:
    """Return an ACM that exports a pair, its key under the passphrase that the caller chose."""

    def export(*, CertificateArn: str, Passphrase: bytes) -> dict[str, str]:  # noqa: N803 - ACM's own names
        assert CertificateArn == "arn:certificate"
        key = serialization.load_pem_private_key(issued.key.read_bytes(), None)
        secured = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(Passphrase),
        )
        chain = issued.authority.read_text()
        return {
            "Certificate": issued.certificate.read_text(),
            "CertificateChain": chain,
            "PrivateKey": secured.decode(),
        }

    return export


def test_the_certificate_is_fetched_decrypted_and_kept_from_others(pair: Issued, tmp_path: Path) -> None:
    """DB-4: the key leaves ACM encrypted and is readable by its owner alone."""
    place = Place(tmp_path / "run")

    assert fetch("arn:certificate", place, answering(pair))
    assert not fetch("arn:certificate", place, answering(pair)), "the same one again is no change"
    made = serialization.load_pem_private_key(place.key.read_bytes(), None)
    wanted = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    assert made.private_numbers() == wanted.private_numbers()  # type: ignore[union-attr]
    assert place.certificate.read_text() == pair.certificate.read_text() + pair.authority.read_text()
    assert {path.stat().st_mode & 0o777 for path in (place.key, place.certificate, place.bundle)} == {0o600}


def test_a_server_is_told_of_a_new_certificate_and_asked_to_end(tmp_path: Path) -> None:
    """DB-4: a renewal reaches a running pool; a stop lets it finish, and its exit code is the container's."""
    place = Place(tmp_path / "run")
    write_certificate(place, chain="first", key="key")
    log = tmp_path / "log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, SERVER, place.bundle], cwd=ROOT, stdout=output, stderr=output
        )
    try:
        wait_until(lambda: "up" in log.read_text(), "the server", log)
        time.sleep(0.6)
        assert "renewed" not in log.read_text()
        assert write_certificate(place, chain="second", key="key")
        wait_until(lambda: "renewed" in log.read_text(), "the renewal", log)
        keeper.send_signal(signal.SIGTERM)
        assert keeper.wait(10) == 7
    finally:
        keeper.kill()
        keeper.wait()


def test_a_pools_files_are_its_owners_and_hold_one_user(tmp_path: Path) -> None:
    """DB-3, DB-N4."""
    configuration = write_pool("transaction", POOL, Place(tmp_path))
    users = configuration.with_name("users.txt")

    assert users.read_text() == '"jtld_application" "with""quote"\n'
    assert users.stat().st_mode & 0o777 == 0o600
    assert "with" not in configuration.read_text()
    assert "*" not in re.findall(r"^(\S+) = host=", configuration.read_text(), re.MULTILINE)


def test_the_image_runs_as_nobody_and_holds_what_it_needs() -> None:
    """CT-N1, CT-N2, CT-N4: two stages, a numbered user at the end, and nothing copied but the program."""
    lines = (SERVICE / "Dockerfile").read_text().splitlines()
    ignored = (SERVICE / ".dockerignore").read_text().splitlines()

    assert len([line for line in lines if line.startswith("FROM ")]) >= 2
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 10001"
    assert ignored[0] == "*"
    assert {line for line in ignored if line.startswith("!")} == {
        "!gateway",
        "!gateway/**",
        "!rds-ca-central-1.pem",
    }
    assert not [line for line in lines if ":latest" in line or line.startswith("ADD ")]
