"""The first start of the host, as cloud-init's own document (SV-1)."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from components.server.agent import CONFIGURATION, agent
from components.server.file import ADMINISTRATORS, File
from components.server.hardening import hardening
from components.server.services import enabled, services
from settings.server import Process, ServerSettings

LIMIT_BYTES = 16_384
"""What EC2 takes as user data, before base64."""

_PACKAGES = (
    *(
        "ca-certificates",
        "chrony",
        "curl",
        "logrotate",
        "needrestart",
        "nodejs",
        "npm",
        "openssh-server",
        "python3",
    ),
    *("sudo", "unattended-upgrades"),
)
_PM2_VERSION = "7.0.4"
_AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"


def user_data(settings: ServerSettings, *, region: str, log_group: Callable[[str], str]) -> str:
    """Return the launch template's user data, in base64.

    Raises:
        ValueError: when it is longer than EC2 takes.
    """
    text = "#cloud-config\n" + yaml.safe_dump(
        cloud_config(settings, region=region, log_group=log_group), sort_keys=False, width=1000
    )
    if len(text.encode()) > LIMIT_BYTES:
        raise ValueError(
            f"the host's user data has {len(text.encode())} bytes and EC2 takes {LIMIT_BYTES}: "
            "name fewer administrators or processes in server"
        )
    return base64.b64encode(text.encode()).decode()


def cloud_config(settings: ServerSettings, *, region: str, log_group: Callable[[str], str]) -> dict[str, Any]:
    """Return the document: people, accounts of the workers, packages, files, and what starts."""
    written = (*hardening(settings), *services(settings), agent(log_group))
    return {
        "groups": [ADMINISTRATORS],
        # Without the entry "default", Debian's shared account is never made (SV-N4).
        "users": [*_people(settings), *_accounts(settings.processes)],
        "disable_root": True,
        "ssh_pwauth": False,
        "ssh_deletekeys": True,
        "ssh_genkeytypes": ["ed25519"],
        "package_update": True,
        "package_upgrade": True,
        "packages": [*_PACKAGES, *(["redis-server"] if settings.redis else [])],
        "write_files": [_written(file) for file in written],
        "runcmd": _commands(settings, region),
    }


def _people(settings: ServerSettings) -> list[dict[str, Any]]:
    return [
        {
            "name": person.name,
            "groups": [ADMINISTRATORS, "adm"],
            "shell": "/bin/bash",
            "lock_passwd": True,
            "ssh_authorized_keys": list(person.public_keys),
        }
        for person in settings.administrators
    ]


def _accounts(processes: Sequence[Process]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "system": True,
            "homedir": "/var/lib/jtld",
            "no_create_home": True,
            "shell": "/usr/sbin/nologin",
            "lock_passwd": True,
        }
        for name in sorted({"worker", *(process.run_as for process in processes)})
    ]


def _written(file: File) -> dict[str, Any]:
    return {"path": file.path, "permissions": file.mode, "owner": "root:root", "content": file.content}


def _commands(settings: ServerSettings, region: str) -> list[list[str]]:
    """Install what Debian has not, from AWS's own buckets in the region, and start everything."""
    packages = {
        "ssm": f"https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest/debian_arm64/amazon-ssm-agent.deb",
        "cloudwatch": f"https://amazoncloudwatch-agent-{region}.s3.{region}.amazonaws.com/debian/arm64/latest/"
        "amazon-cloudwatch-agent.deb",
    }
    fetched = [
        [
            "curl",
            "--fail",
            "--silent",
            "--show-error",
            "--proto",
            "=https",
            "--output",
            f"/run/{name}.deb",
            url,
        ]
        for name, url in packages.items()
    ]
    return [
        ["systemd-tmpfiles", "--create", "jtld.conf"],
        ["systemctl", "restart", "ssh.service", "systemd-journald.service"],
        *fetched,
        ["dpkg", "--install", *(f"/run/{name}.deb" for name in packages)],
        ["npm", "install", "--global", "--prefix", "/usr/local", f"pm2@{_PM2_VERSION}"],
        ["systemctl", "daemon-reload"],
        [
            "systemctl",
            "enable",
            "--now",
            "jtld-clean-up.timer",
            "amazon-ssm-agent.service",
            *enabled(settings),
        ],
        [_AGENT, "-a", "fetch-config", "-m", "ec2", "-s", "-c", f"file:{CONFIGURATION}"],
    ]
