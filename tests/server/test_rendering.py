"""SV-1: every file of the host, judged by the tool that will read it there."""

import base64
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.server.cloud_init import LIMIT_BYTES, cloud_config, user_data
from components.server.file import File
from components.server.hardening import hardening
from components.server.services import enabled, services
from tests.server.example import settings
from tests.support.servers import free_port, give, running
from tests.support.tools import run, tool

VARIANTS = {
    "as documented": {},
    "ssh on 2222": {"sshPort": 2222},
    "no Redis": {"redis": None},
    "systemd alone": {
        "processes": [{"name": "one", "script": "one.js", "manager": "systemd", "instances": 3}]
    },
}


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS)
def server(request: pytest.FixtureRequest) -> Any:
    return settings(**request.param)


def rendered(server: Any) -> dict[str, str]:
    return {file.path: file.content for file in (*hardening(server), *services(server))}


def log_group(kind: str) -> str:
    return f"jtld-prod-server-{kind}"


def config(server: Any) -> dict[str, Any]:
    return cloud_config(server, region="ca-central-1", log_group=log_group)


@pytest.fixture
def root(tmp_path: Path, server: Any) -> Path:
    """Return a root folder with all files of the host, and stand-ins for the programs that units start."""
    for path, content in rendered(server).items():
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return tmp_path


def test_cloud_init_takes_the_document(tmp_path: Path, server: Any) -> None:
    document = tmp_path / "user-data"
    document.write_bytes(base64.b64decode(user_data(server, region="ca-central-1", log_group=log_group)))
    answer = run("cloud-init", "schema", "--config-file", document)
    assert "Valid" in answer.stdout, answer.stdout
    assert answer.returncode == 0, answer.stdout


def test_cloud_init_would_object(tmp_path: Path) -> None:
    document = tmp_path / "user-data"
    document.write_text(
        "#cloud-config\n" + yaml.safe_dump(config(settings()) | {"ssh_pwauth": ["no"], "users": 7})
    )
    answer = run("cloud-init", "schema", "--config-file", document)
    assert answer.returncode or "Invalid" in answer.stdout, answer.stdout


def sshd(root: Path, *options: str) -> tuple[int, str]:
    key = root / "host-key"
    if not key.exists():
        assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).returncode == 0
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    answer = run("sshd", *options, "-f", root / "etc/ssh/sshd_config.d/10-jtld.conf", "-h", key)
    return answer.returncode, answer.stdout


def test_sshd_takes_its_configuration(root: Path) -> None:
    assert sshd(root, "-t") == (0, "")


def test_sshd_admits_keys_of_administrators_and_nothing_else(root: Path, server: Any) -> None:
    """SV-N1, SV-N4: what the daemon itself makes of the file, defaults included."""
    code, said = sshd(root, "-T")
    effective = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    assert code == 0, said
    assert {
        "port": str(server.ssh_port),
        "permitrootlogin": "no",
        "passwordauthentication": "no",
        "kbdinteractiveauthentication": "no",
        "permitemptypasswords": "no",
        "pubkeyauthentication": "yes",
        "authenticationmethods": "publickey",
        "allowgroups": "administrators",
        "x11forwarding": "no",
        "allowtcpforwarding": "no",
        "allowagentforwarding": "no",
        "permituserenvironment": "no",
    }.items() <= effective.items()


def test_sshd_would_object(root: Path) -> None:
    place = root / "etc/ssh/sshd_config.d/10-jtld.conf"
    place.write_text(place.read_text() + "PermitRootLogin perhaps\n")
    assert sshd(root, "-t")[0] != 0


def test_sudo_takes_its_rules_and_records_everything(root: Path) -> None:
    """SV-1: sudo audit."""
    rules = root / "etc/sudoers.d/jtld"
    rules.chmod(stat.S_IRUSR | stat.S_IRGRP)
    answer = run("visudo", "--check", "--strict", "--file", rules)
    assert answer.returncode == 0, answer.stdout
    text = rules.read_text()
    assert "log_input, log_output" in text
    assert "logfile=/var/log/sudo.log" in text
    # One line gives rights, and it names people's group.
    assert [line for line in text.splitlines() if "ALL=" in line] == [
        "%administrators ALL=(ALL:ALL) NOPASSWD: ALL"
    ]


def test_visudo_would_object(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("%administrators ALL=(ALL:ALL NOPASSWD: ALL\n")
    assert run("visudo", "--check", "--strict", "--file", tmp_path / "bad").returncode != 0


def test_logrotate_keeps_thirty_days_of_each_kind_apart(root: Path) -> None:
    """SV-1: daily, 30 days, gzip, app, access and error apart."""
    answer = run("logrotate", "--debug", "--state", root / "state", root / "etc/logrotate.d/jtld")
    assert answer.returncode == 0, answer.stdout
    assert "error:" not in answer.stdout
    for pattern in (
        *(f"/var/log/jtld/{kind}/*.log" for kind in ("app", "access", "error")),
        "/var/log/sudo.log",
    ):
        assert f"rotating pattern: {pattern}  after 1 days (30 rotations)" in answer.stdout


def test_logrotate_really_rotates_and_compresses(tmp_path: Path) -> None:
    """SV-1: a file of yesterday is set aside, in gzip, and the writer goes on in the same file."""
    (text,) = (file.content for file in hardening(settings()) if file.path == "/etc/logrotate.d/jtld")
    log = tmp_path / "log" / "app" / "parser.log"
    log.parent.mkdir(parents=True)
    rules = tmp_path / "rules"
    rules.write_text(
        text.replace("/var/log/jtld", str(tmp_path / "log")).replace(
            "/var/log/sudo.log", str(tmp_path / "sudo.log")
        )
    )
    rules.chmod(0o644)
    with log.open("a") as writer:
        writer.write("first\n")
        writer.flush()
        answer = run("logrotate", "--force", "--state", tmp_path / "state", rules)
        assert answer.returncode == 0, answer.stdout
        writer.write("second\n")
    assert log.read_text() == "second\n"
    assert [path.suffix for path in log.parent.glob("parser.log-*")] == [".gz"]


def units(root: Path) -> Iterator[Path]:
    for unit in sorted((root / "etc/systemd/system").glob("jtld-*")):
        yield unit.rename(unit.with_name(unit.name.replace("@.", "@1.")))


def test_systemd_takes_every_unit(root: Path) -> None:
    found = list(units(root))
    for unit in found:
        text = unit.read_text()
        # What is only on the host is stood in for: systemd wants to see each program.
        for program in ("/usr/local/bin/pm2-runtime", "/usr/bin/node"):
            text = text.replace(program, "/bin/true")
        unit.write_text(text)
    answer = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *found)
    assert answer.returncode == 0, answer.stdout
    assert not [line for line in answer.stdout.splitlines() if "jtld-" in line], answer.stdout


def test_systemd_would_object(tmp_path: Path) -> None:
    unit = tmp_path / "jtld-bad.service"
    unit.write_text("[Service]\nExecStart=relative\nProtectSystem=a-bit\n")
    answer = run("systemd-analyze", "verify", "--man=no", unit)
    assert answer.returncode or "jtld-bad" in answer.stdout


def test_no_service_runs_as_root(root: Path) -> None:
    """SV-N2: maintenance that ends by itself may; what keeps running may not."""
    for unit in units(root):
        lines = unit.read_text().splitlines()
        if unit.suffix == ".service" and "Type=oneshot" not in lines:
            (user,) = (line.removeprefix("User=") for line in lines if line.startswith("User="))
            assert user != "root", unit.name
            assert {"NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"} <= set(lines), (
                unit.name
            )


def test_the_clean_up_comes_once_a_month(root: Path) -> None:
    """SV-1."""
    (timer,) = (root / "etc/systemd/system").glob("*.timer")
    (when,) = (
        line.partition("=")[2] for line in timer.read_text().splitlines() if line.startswith("OnCalendar")
    )
    answer = run("systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-01-15", when)
    assert answer.returncode == 0, answer.stdout
    assert [month in answer.stdout for month in ("2026-02-01", "2026-03-01", "2026-04-01")] == [True] * 3


def test_what_is_enabled_exists(root: Path, server: Any) -> None:
    made = {unit.name for unit in (root / "etc/systemd/system").iterdir()}
    for unit in enabled(server):
        name, _, _ = unit.partition("@")
        assert unit in made or f"{name}@.service" in made or unit == "redis-server.service"
    assert sum(unit.startswith("jtld-one@") for unit in enabled(server)) in (0, 3)


def test_pm2_reads_json_with_every_worker(server: Any) -> None:
    found = rendered(server).get("/etc/jtld/ecosystem.config.json")
    wanted = [process.name for process in server.processes if process.manager == "pm2"]
    apps = json.loads(found)["apps"] if found else []
    assert [app["name"] for app in apps] == wanted
    assert all(app["out_file"] != app["error_file"] for app in apps)


def test_redis_keeps_snapshots_and_an_append_only_file() -> None:
    """SV-1, SV-N3: asked of the daemon itself, on a port of the test."""
    (text,) = (file.content for file in services(settings()) if file.path == "/etc/redis/jtld.conf")
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        give(folder)
        conf = folder / "redis.conf"
        conf.write_text(
            text.replace("port 6379", f"port {port}").replace("dir /var/lib/redis", f"dir {folder}")
        )
        conf.chmod(0o644)
        with running(tool("redis-server"), str(conf), port=port, log=folder / "log"):
            said = {
                key: run("redis-cli", "-p", port, "CONFIG", "GET", key).stdout.split("\n")[1]
                for key in ("save", "appendonly", "appendfsync", "bind", "protected-mode", "maxmemory")
            }
    assert said == {
        "save": "900 1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "bind": "127.0.0.1",
        "protected-mode": "yes",
        "maxmemory": str(128 * 1024 * 1024),
    }


def test_apt_reads_when_to_upgrade(root: Path) -> None:
    """SV-1: unattended upgrades, from Debian's security archive."""
    parts = sorted((root / "etc/apt/apt.conf.d").iterdir())
    whole = root / "apt.conf"
    whole.write_text("".join(part.read_text() for part in parts))
    answer = run("apt-config", "-c", whole, "dump")
    assert answer.returncode == 0, answer.stdout
    assert 'APT::Periodic::Unattended-Upgrade "1";' in answer.stdout
    assert "label=Debian-Security" in answer.stdout


def test_nobody_has_a_password_and_nobody_shares_an_account(server: Any) -> None:
    """SV-N1, SV-N4."""
    document = config(server)
    assert document["ssh_pwauth"] is False
    assert document["disable_root"] is True
    assert "default" not in document["users"]
    assert all(user["lock_passwd"] for user in document["users"])
    keyed = {user["name"] for user in document["users"] if "ssh_authorized_keys" in user}
    assert keyed == {person.name for person in server.administrators}
    assert all(user["shell"].endswith("nologin") for user in document["users"] if user["name"] not in keyed)


def test_every_file_is_written_once(server: Any) -> None:
    paths = [file["path"] for file in config(server)["write_files"]]
    assert len(paths) == len(set(paths))


def test_a_host_too_long_for_ec2_says_what_to_do() -> None:
    people = [
        {
            "name": f"person-{number}",
            "publicKeys": [
                f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{number:02}{copy}{'A' * 40} {'x' * 64}"
                for copy in range(3)
            ],
        }
        for number in range(10)
    ]
    processes = [
        {"name": f"worker-{number}", "script": "a/" * 90 + "b.js", "manager": "systemd"}
        for number in range(10)
    ]
    long = settings(administrators=people, processes=processes)
    with pytest.raises(ValueError, match="fewer administrators or processes"):
        user_data(long, region="ca-central-1", log_group=log_group)
    text = user_data(settings(), region="ca-central-1", log_group=log_group)
    assert len(base64.b64decode(text)) <= LIMIT_BYTES


def test_a_file_is_roots_and_readable_unless_it_says_otherwise() -> None:
    assert File(path="/etc/x", content="").mode == "0644"
