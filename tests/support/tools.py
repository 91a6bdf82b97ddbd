"""Debian's own tools, which judge what we render; a missing one fails the test and names its package."""

import os
import shutil
import subprocess

_PACKAGES = {
    "chromium": "chromium",
    "cloud-init": "cloud-init",
    "logrotate": "logrotate",
    "apt-config": "apt",
    "redis-cli": "redis-tools",
    "redis-server": "redis-server",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "systemd-analyze": "systemd",
    "visudo": "sudo",
}


def tool(name: str) -> str:
    """Return the path of one of Debian's tools."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    assert found, f"{name} is missing: apt-get install {_PACKAGES[name]} (.ci/packages.txt)"
    return found


def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run one of them and return what it said, its two streams together."""
    return subprocess.run(
        [tool(name), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
