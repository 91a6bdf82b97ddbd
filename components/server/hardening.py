"""The files that harden the image, as text: each is judged in the tests by the tool that reads it (SV-1)."""

from components.server.file import ADMINISTRATORS, KEPT_DAYS, LOG_KINDS, LOGS, SUDO_LOG, UNITS, File
from settings.server import ServerSettings


def hardening(settings: ServerSettings) -> tuple[File, ...]:
    """Return what any host of ours has: logins, records of root, updates, logs, clean-up."""
    return (_sshd(settings), _sudoers(), *_upgrades(), *_log_files(), *_clean_up())


def _sshd(settings: ServerSettings) -> File:
    """Override Debian's defaults: sshd keeps the first value it reads, and these files come first."""
    return File(
        path="/etc/ssh/sshd_config.d/10-jtld.conf",
        mode="0600",
        content=f"""\
# Keys only, people only, nothing tunnelled (SV-1, SV-N1, SV-N4).
Port {settings.ssh_port}
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PubkeyAuthentication yes
AuthenticationMethods publickey
AllowGroups {ADMINISTRATORS}
UsePAM yes
MaxAuthTries 3
MaxSessions 4
LoginGraceTime 30
ClientAliveInterval 300
ClientAliveCountMax 2
X11Forwarding no
AllowAgentForwarding no
AllowTcpForwarding no
PermitTunnel no
PermitUserEnvironment no
LogLevel VERBOSE
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com
HostKeyAlgorithms ssh-ed25519
""",
    )


def _sudoers() -> File:
    """Let administrators become root, with each command and its output on record."""
    return File(
        path="/etc/sudoers.d/jtld",
        mode="0440",
        content=f"""\
# Accounts have no password, so none is asked for; what is done as root is recorded (SV-1).
Defaults use_pty
Defaults logfile={SUDO_LOG}
Defaults log_input, log_output
Defaults iolog_dir=/var/log/sudo-io/%{{user}}
Defaults maxseq=1000
%{ADMINISTRATORS} ALL=(ALL:ALL) NOPASSWD: ALL
""",
    )


def _upgrades() -> tuple[File, ...]:
    return (
        File(
            path="/etc/apt/apt.conf.d/20auto-upgrades",
            content="""\
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
""",
        ),
        File(
            path="/etc/apt/apt.conf.d/52jtld-unattended-upgrades",
            content="""\
Unattended-Upgrade::Origins-Pattern {
    "origin=Debian,codename=${distro_codename},label=Debian-Security";
    "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
    "origin=Debian,codename=${distro_codename},label=Debian";
};
Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";
Unattended-Upgrade::Remove-Unused-Dependencies "true";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-WithUsers "false";
Unattended-Upgrade::Automatic-Reboot-Time "07:30";
Unattended-Upgrade::SyslogEnable "true";
""",
        ),
    )


def _log_files() -> tuple[File, ...]:
    """Rotate daily; pm2 and systemd keep their files open, so these are copied and then emptied."""
    how = (
        "daily",
        f"rotate {KEPT_DAYS}",
        f"maxage {KEPT_DAYS}",
        "compress",
        "dateext",
        "missingok",
        "notifempty",
    )
    shared = "\n    ".join(how)
    workers = "\n\n".join(f"{LOGS}/{kind}/*.log {{\n    {shared}\n    copytruncate\n}}" for kind in LOG_KINDS)
    folders = "\n".join(f"d {LOGS}/{kind} 0750 worker adm -" for kind in LOG_KINDS)
    return (
        File(
            path="/etc/logrotate.d/jtld",
            content=f"{workers}\n\n{SUDO_LOG} {{\n    {shared}\n    create 0600 root root\n}}\n",
        ),
        File(
            path="/etc/tmpfiles.d/jtld.conf",
            content=f"d {LOGS} 0755 root root -\n{folders}\ne /tmp - - - 7d\ne /var/log/sudo-io - - - 400d\n",
        ),
        File(
            path="/etc/systemd/journald.conf.d/jtld.conf",
            content=f"[Journal]\nStorage=persistent\nSystemMaxUse=500M\nMaxRetentionSec={KEPT_DAYS}day\n",
        ),
    )


def _clean_up() -> tuple[File, ...]:
    return (
        File(
            path=f"{UNITS}/jtld-clean-up.service",
            content=f"""\
[Unit]
Description=Remove packages, journals and temporary files that nobody needs

[Service]
Type=oneshot
ExecStart=/usr/bin/apt-get --yes --quiet autoremove --purge
ExecStart=/usr/bin/apt-get clean
ExecStart=/usr/bin/journalctl --vacuum-time={KEPT_DAYS}d
ExecStart=/usr/bin/systemd-tmpfiles --clean
""",
        ),
        File(
            path=f"{UNITS}/jtld-clean-up.timer",
            content="""\
[Unit]
Description=Clean up once a month

[Timer]
OnCalendar=*-*-01 08:00:00 UTC
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
""",
        ),
    )
