"""What the host runs: workers under pm2 or systemd, Redis where it is wanted (SV-1, SV-N2, SV-N3)."""

import json
from collections.abc import Mapping

from components.server.file import LOGS, RELEASE, UNITS, File
from settings.server import LocalRedis, Process, ServerSettings

ECOSYSTEM = "/etc/jtld/ecosystem.config.json"
PM2 = "/usr/local/bin/pm2-runtime"
_PM2_ITSELF_MEGABYTES = 256
_MEGABYTE = 1024 * 1024


def services(settings: ServerSettings) -> tuple[File, ...]:
    """Return the units, and the files that they read."""
    return (
        *_pm2(settings.processes),
        *(_systemd(process) for process in settings.processes if process.manager == "systemd"),
        *(_redis(settings.redis) if settings.redis else ()),
    )


def enabled(settings: ServerSettings) -> tuple[str, ...]:
    """Return the units that start with the host."""
    pm2 = ("jtld-pm2.service",) if any(process.manager == "pm2" for process in settings.processes) else ()
    own = (
        f"jtld-{process.name}@{number}.service"
        for process in settings.processes
        if process.manager == "systemd"
        for number in range(1, process.instances + 1)
    )
    redis = ("redis-server.service",) if settings.redis else ()
    return (*pm2, *own, *redis)


def _pm2(processes: tuple[Process, ...]) -> tuple[File, ...]:
    managed = [process for process in processes if process.manager == "pm2"]
    if not managed:
        return ()
    apps = [
        {
            "name": process.name,
            "cwd": RELEASE,
            "script": process.script,
            "interpreter": process.interpreter,
            "instances": process.instances,
            "exec_mode": "fork",
            "max_memory_restart": f"{process.memory_megabytes}M",
            "out_file": f"{LOGS}/app/{process.name}.log",
            "error_file": f"{LOGS}/error/{process.name}.log",
            "merge_logs": True,
            "time": True,
            "exp_backoff_restart_delay": 200,
            "kill_timeout": 30_000,
            "env": _environment(process),
        }
        for process in managed
    ]
    return (
        File(path=ECOSYSTEM, content=json.dumps({"apps": apps}, indent=1) + "\n"),
        File(
            path=f"{UNITS}/jtld-pm2.service",
            content=_unit(
                "Workers under pm2",
                run_as="worker",
                start=f"{PM2} start {ECOSYSTEM}",
                memory=sum(process.memory_megabytes * process.instances for process in managed)
                + _PM2_ITSELF_MEGABYTES,
                extra="Environment=PM2_HOME=/var/lib/jtld/pm2\n",
            ),
        ),
    )


def _systemd(process: Process) -> File:
    """Return the template of a worker; one instance of the unit is one process."""
    interpreter = {"node": "/usr/bin/node", "python3": "/usr/bin/python3"}[process.interpreter]
    variables = "".join(f"Environment={name}={value}\n" for name, value in _environment(process).items())
    return File(
        path=f"{UNITS}/jtld-{process.name}@.service",
        content=_unit(
            f"Worker {process.name} %i",
            run_as=process.run_as,
            start=f"{interpreter} {RELEASE}/{process.script}",
            memory=process.memory_megabytes,
            extra=f"{variables}StandardOutput=append:{LOGS}/app/{process.name}.log\n"
            f"StandardError=append:{LOGS}/error/{process.name}.log\n",
        ),
    )


def _environment(process: Process) -> Mapping[str, str]:
    return {"NODE_ENV": "production", "ACCESS_LOG": f"{LOGS}/access/{process.name}.log"}


def _unit(description: str, *, run_as: str, start: str, memory: int, extra: str) -> str:
    """Return a service that can write its logs and its state, and nothing else."""
    return f"""\
[Unit]
Description={description}
After=network-online.target
Wants=network-online.target
ConditionPathExists={RELEASE}

[Service]
User={run_as}
Group={run_as}
WorkingDirectory={RELEASE}
ExecStart={start}
{extra}Restart=always
RestartSec=5
MemoryMax={memory}M
StateDirectory=jtld
UMask=0027
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
ReadWritePaths={LOGS}
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""


def _redis(redis: LocalRedis) -> tuple[File, ...]:
    """Keep what Redis holds: a snapshot every 15 minutes, and each second's writes in a file (SV-1, SV-N3)."""
    return (
        File(
            path="/etc/redis/jtld.conf",
            content=f"""\
bind {redis.bind_address}
port 6379
protected-mode yes
dir /var/lib/redis
save 900 1
appendonly yes
appendfsync everysec
maxmemory {redis.max_memory_megabytes * _MEGABYTE}
maxmemory-policy allkeys-lru
""",
        ),
        File(
            path=f"{UNITS}/redis-server.service.d/jtld.conf",
            content="""\
[Service]
ExecStart=
ExecStart=/usr/bin/redis-server /etc/redis/jtld.conf --supervised systemd --daemonize no
""",
        ),
    )
