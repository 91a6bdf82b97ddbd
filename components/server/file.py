"""What the files of the host have in common (SV-1)."""

from dataclasses import dataclass

ADMINISTRATORS = "administrators"
"""Group of the people who may log in."""
RELEASE = "/srv/jtld/current"
"""Folder that a deployment replaces as a whole."""
LOGS = "/var/log/jtld"
LOG_KINDS = ("app", "access", "error")
SUDO_LOG = "/var/log/sudo.log"
KEPT_DAYS = 30
UNITS = "/etc/systemd/system"


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of root's on the host."""

    path: str
    content: str
    mode: str = "0644"
