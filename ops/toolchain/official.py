"""Pulumi's own installer, as the SDK offers it: right wherever release archives can be downloaded."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

from ops.steps import step

_PATIENCE_SECONDS = 600
# The first request answers within seconds or never: a closed network must not cost minutes.
_INSTALL = """
import socket, sys
from pulumi.automation import PulumiCommand
socket.setdefaulttimeout(8)
PulumiCommand.install(root=sys.argv[1])
"""


class OfficialError(Exception):
    """The installer could not do its work here."""


def version() -> str:
    """Return the CLI version the installer would fetch: the SDK's own."""
    return importlib.metadata.version("pulumi")


def install(target: Path) -> None:
    """Install the CLI into `target`/bin.

    Raises:
        OfficialError: No download is possible, or it broke off.
    """
    with step(
        f"Downloading Pulumi {version()} with its own installer (about a minute where that is possible)"
    ):
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", _INSTALL, target],
                capture_output=True,
                text=True,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OfficialError(f"no result within {_PATIENCE_SECONDS} s") from error
        if done.returncode:
            raise OfficialError((done.stderr.strip().splitlines() or ["no message"])[-1])
