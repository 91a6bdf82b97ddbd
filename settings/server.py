"""The optional host for workers that are managed by hand (SV-1): absent unless a stack file asks for it."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.base import Model, Rule, Violation, environment_rule, repeated, rule
from settings.environment import EnvironmentSettings
from settings.types import LogRetentionDays

SSH_PORT = 22
DATA_PORTS = (5432, 6379)
SHARED_ACCOUNTS = frozenset(
    {
        *("admin", "administrator", "administrators", "debian", "deploy", "deployer", "dev", "developer"),
        *("ec2-user", "everyone", "guest", "jtld", "nobody", "ops", "root", "server", "service", "shared"),
        *(
            "ssm-user",
            "support",
            "sysadmin",
            "system",
            "team",
            "test",
            "ubuntu",
            "user",
            "worker",
            "www-data",
        ),
    }
)
"""Names that say what an account is for, not whose it is."""

LEAST_LOG_DAYS = {"dev": 30, "staging": 90, "prod": 365}


def _personal(name: str) -> str:
    if name in SHARED_ACCOUNTS:
        raise ValueError
    return name


def _not_root(name: str) -> str:
    if name == "root":
        raise ValueError
    return name


def _not_for_data(port: int) -> int:
    if port in DATA_PORTS or SSH_PORT < port < 1024:  # noqa: PLR2004  # where the privileged ports end
        raise ValueError
    return port


PersonName = Annotated[
    str,
    Field(max_length=31, pattern=r"^[a-z][a-z0-9-]*$"),
    AfterValidator(_personal),
    Rule(
        "must be one person's account: a lower-case letter, then letters, digits and dashes, 31 at most",
        "what several people share, nobody did (SV-N4)",
        "Write the person's own name, for example mtremblay, and one entry for each person.",
    ),
]

SshPublicKey = Annotated[
    str,
    Field(pattern=r"^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( [!-~]{1,64})?$"),
    Rule(
        "must be an Ed25519 public key on one line",
        "keys are the only way in (SV-N1), and other kinds are weaker or longer",
        "Make one with `ssh-keygen -t ed25519`; the content of the file that ends in .pub stands here.",
    ),
]

ImageId = Annotated[
    str,
    Field(pattern=r"^ami-[0-9a-f]{17}$"),
    Rule(
        "must be the id of a machine image: ami- and 17 hexadecimal digits",
        "the host is made again from exactly this image (SV-1)",
        "Copy the id of Debian 12 for arm64 in this region from wiki.debian.org/Cloud/AmazonEC2Image.",
    ),
]

ProcessName = Annotated[
    str,
    Field(max_length=31, pattern=r"^[a-z][a-z0-9-]*$"),
    Rule(
        "must be a lower-case letter, then letters, digits and dashes, 31 at most",
        "it names the unit and the log files (SV-1)",
    ),
]

Account = Annotated[
    str,
    Field(max_length=31, pattern=r"^[a-z][a-z0-9-]*$"),
    AfterValidator(_not_root),
    Rule(
        "must be a system account other than root",
        "whoever breaks a process of root owns the host (SV-N2)",
        "Leave the key out: the default, worker, owns nothing but its files.",
    ),
]

Script = Annotated[
    str,
    Field(max_length=200, pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$"),
    Rule(
        "must be a path below the release, without leading slash, without . and ..",
        "it runs from the folder that a deployment replaces as a whole (SV-1)",
        "Write it like dist/worker.js.",
    ),
]


class Administrator(Model):
    """A person who may log in, and become root with every command on record (SV-1)."""

    name: PersonName
    """Account of this person alone (SV-N4)."""

    public_keys: Annotated[tuple[SshPublicKey, ...], Field(min_length=1, max_length=3)]
    """The person's public keys, one for each machine (SV-N1)."""


class Process(Model):
    """A worker that the host keeps running (SV-1)."""

    name: ProcessName
    """Name of the process in pm2 or systemd, and of its logs (SV-1)."""

    script: Script
    """What it runs, below the release (SV-1)."""

    interpreter: Literal["node", "python3"] = "node"
    """What runs the script (SV-1)."""

    manager: Literal["pm2", "systemd"] = "pm2"
    """Who starts it, and again when it ends (SV-1)."""

    instances: Annotated[int, Field(ge=1, le=16)] = 1
    """How many run at once (SV-1)."""

    memory_megabytes: Annotated[int, Field(ge=64, le=16_384)] = 256
    """Memory at which one of them is started anew (SV-1)."""

    run_as: Account = "worker"
    """System account it runs as; nobody can log in to it (SV-N2)."""

    @rule
    def _pm2_runs_as_one(self) -> Iterator[Violation]:
        if self.manager == "pm2" and self.run_as != "worker":
            yield Violation(
                "run_as",
                rule="must be worker under pm2",
                reason="one pm2 runs as one account (SV-N2)",
                remedy="Leave the key out, or write manager: systemd.",
            )


class LocalRedis(Model):
    """Redis on the host itself: snapshots every 15 minutes and an append-only file each second (SV-1)."""

    max_memory_megabytes: Annotated[int, Field(ge=32, le=8192)] = 256
    """Memory that Redis may fill (SV-1)."""

    bind_address: Annotated[
        Literal["127.0.0.1"],
        Rule(
            "must be 127.0.0.1",
            "6379 is open to nobody outside (SV-N3)",
            "Leave the key out; what others need to reach belongs into the cache concern.",
        ),
    ] = "127.0.0.1"
    """Address it answers on: the host's own (SV-N3)."""


class ServerSettings(Model):
    """A hardened host for workers that are managed by hand (SV-1)."""

    image_id: ImageId
    """Debian 12 for arm64; a new image is a new host (SV-1)."""

    instance_type: Literal[
        "t4g.micro", "t4g.small", "t4g.medium", "t4g.large", "m7g.medium", "m7g.large", "m7g.xlarge"
    ] = "t4g.small"
    """Size of the host (SV-1)."""

    disk_gigabytes: Annotated[int, Field(ge=16, le=500)] = 30
    """Size of the encrypted disk; an alarm tells when 80 % are used (SV-1)."""

    administrators: Annotated[tuple[Administrator, ...], Field(min_length=1, max_length=10)]
    """People who may log in, each by an account of his own (SV-N4)."""

    access: Literal["sessionManager", "ssh"] = "sessionManager"
    """Way in: Session Manager opens no port at all; ssh opens one, to network.adminCidrs alone (NW-2)."""

    ssh_port: Annotated[
        int,
        Field(ge=SSH_PORT, le=65_535),
        AfterValidator(_not_for_data),
        Rule(
            "must be 22, or from 1024 to 65535 without 5432 and 6379",
            "ports that mean something else mislead people and rules (SV-1, SV-N3)",
            "Leave the key out, or write a port like 2222.",
        ),
    ] = SSH_PORT
    """Port of SSH (SV-1)."""

    password_login: Annotated[
        Literal[False],
        Rule("must be false", "passwords are guessed, keys are not (SV-N1)", "Leave the key out."),
    ] = False
    """Whether passwords open the host: never (SV-N1)."""

    root_login: Annotated[
        Literal[False],
        Rule("must be false", "root is an account of everybody (SV-N4)", "Leave the key out."),
    ] = False
    """Whether root can log in: never (SV-1)."""

    processes: Annotated[tuple[Process, ...], Field(min_length=1, max_length=10)]
    """The workers (SV-1)."""

    redis: LocalRedis | None = None
    """Redis on the host, where the platform's own cache does not serve (SV-1)."""

    log_retention_days: LogRetentionDays = 365
    """How long CloudWatch keeps the host's logs; on the host itself they stay 30 days (SV-1, MO-8)."""

    @rule
    def _nothing_stands_twice(self) -> Iterator[Violation]:
        yield from repeated("administrators", [person.name for person in self.administrators], "name")
        yield from repeated("processes", [process.name for process in self.processes], "name")

    @rule
    def _a_key_is_one_persons(self) -> Iterator[Violation]:
        seen: dict[str, int] = {}
        for position, person in enumerate(self.administrators):
            for number, key in enumerate(person.public_keys):
                blob = key.split()[1]
                if seen.setdefault(blob, position) != position:
                    yield Violation(
                        *("administrators", position, "public_keys", number),
                        rule="must not be the key of another person",
                        reason="the log could not tell who came (SV-N4)",
                        remedy="Let each person make a key of his own.",
                    )

    @environment_rule
    def _logs_last(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_LOG_DAYS[environment.name]
        if self.log_retention_days < least:
            yield Violation(
                "log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="who became root on which day must be answerable later (MO-8)",
                remedy=f"Write {least} or more, or leave the key out: the default is 365.",
            )
