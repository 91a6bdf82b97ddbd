"""`python -m gateway certificate|transaction|session|redis`, and `healthy` before each for its health check."""

import os
import signal
import socket
import sys
from pathlib import Path

from . import certificates
from .configuration import MODES, Place, write_pool, write_proxy
from .supervision import Pool, supervise

PLACE = Place(Path(os.environ.get("GATEWAY_FOLDER", "/run/gateway")))


def run(role: str) -> int:
    """Do a container's work until it ends."""
    if role == "certificate":
        certificates.keep(os.environ["CERTIFICATE_ARN"], PLACE, certificates.exporter())
    if role == "redis":
        configuration = write_proxy(os.environ, PLACE)
        return supervise(
            ["/usr/sbin/haproxy", "-W", "-db", "-f", str(configuration)],
            watched=PLACE.bundle,
            renew=signal.SIGUSR2,
            end=signal.SIGUSR1,
        )
    configuration = write_pool(role, os.environ, PLACE)
    return supervise(
        ["/usr/sbin/pgbouncer", str(configuration)],
        watched=PLACE.bundle,
        renew=signal.SIGHUP,
        # Lets running queries finish; SIGTERM would cut them.
        end=signal.SIGINT,
        report=_pool(role).report,
    )


def healthy(role: str) -> int:
    """Return 0 if the container does its work: it is alive, whatever the server behind it is."""
    if role == "certificate":
        return 0 if PLACE.bundle.exists() else 1
    if role == "redis":
        with socket.create_connection(("127.0.0.1", int(os.environ["LISTEN_PORT"])), timeout=3):
            return 0
    return 0 if _pool(role).show("VERSION") else 1


def _pool(role: str) -> Pool:
    return Pool(role, PLACE.of(role), os.environ["LISTEN_PORT"], int(os.environ["POOL_SIZE"]))


def main(arguments: list[str]) -> int:
    """Run a command."""
    *check, role = arguments
    if role not in {"certificate", "redis", *MODES} or check not in ([], ["healthy"]):
        sys.exit(__doc__)
    return healthy(role) if check else run(role)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
