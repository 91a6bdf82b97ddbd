"""Fetches the entrance's certificate, and fetches it again when AWS has renewed it (DB-4)."""

import secrets
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from .configuration import Place, write_certificate

AGAIN_SECONDS = 12 * 3600
Exporter = Callable[..., Mapping[str, Any]]


def exporter() -> Exporter:
    """Return ACM's ExportCertificate."""
    import boto3  # noqa: PLC0415 - of the image's own; only this container uses it

    return boto3.client("acm").export_certificate  # type: ignore[no-any-return]


def fetch(arn: str, place: Place, export: Exporter) -> bool:
    """Fetch the certificate and write its files; return whether it is another than before."""
    # ACM hands the key out encrypted only: the passphrase lives as long as this call.
    passphrase = secrets.token_urlsafe(32)
    answer = export(CertificateArn=arn, Passphrase=passphrase.encode())
    key = subprocess.run(
        ["/usr/bin/openssl", "pkey", "-passin", "env:PASSPHRASE"],
        input=answer["PrivateKey"],
        env={"PASSPHRASE": passphrase},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return write_certificate(place, chain=answer["Certificate"] + answer["CertificateChain"], key=key)


def keep(arn: str, place: Place, export: Exporter) -> None:
    """Fetch the certificate for ever."""
    while True:
        fetch(arn, place, export)
        time.sleep(AGAIN_SECONDS)
