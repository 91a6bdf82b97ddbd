"""SV-1 and its prohibitions, refused before anything is rendered: one bad value for each rule."""

from typing import Any

import pytest

from settings.loader import load
from settings.server import SHARED_ACCOUNTS
from tests.server.example import example
from tests.settings.documents import changed, problems, stack_document, stack_values
from tests.settings.rules import SCHEMA

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43


def spoiled(key: str, value: Any, stack: str = "prod") -> dict[str, Any]:
    return changed(stack_values(stack) | {"server": example()}, f"server.{key}" if key else "server", value)


ROWS = [
    ("SV-N1: a password opens the host", "passwordLogin", True, "must be false"),
    ("SV-1: root logs in", "rootLogin", True, "must be false"),
    ("SV-N1: an RSA key", "administrators.0.publicKeys.0", "ssh-rsa AAAAB3NzaC1yc2E=", "Ed25519"),
    (
        "SV-N1: a private key",
        "administrators.0.publicKeys.0",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "plain text",
    ),
    ("SV-N1: nobody's key", "administrators.0.publicKeys", [], "at least 1"),
    ("SV-N4: nobody", "administrators", [], "at least 1"),
    ("SV-N4: a shared account", "administrators.0.name", "deploy", "one person's account"),
    ("SV-N4: root", "administrators.0.name", "root", "one person's account"),
    ("SV-N4: a name twice", "administrators.1.name", "mtremblay", "twice"),
    ("SV-N2: a process of root", "processes.1.runAs", "root", "other than root"),
    ("SV-N2: another account under pm2", "processes.0.runAs", "parser", "must be worker"),
    ("SV-N3: PostgreSQL's port", "sshPort", 5432, "without 5432"),
    ("SV-N3: Redis' port", "sshPort", 6379, "without 5432"),
    ("SV-N3: Redis for everybody", "redis.bindAddress", "0.0.0.0", "127.0.0.1"),  # noqa: S104
    ("SV-1: HTTPS' port", "sshPort", 443, "from 1024"),
    ("SV-1: a script outside the release", "processes.0.script", "../../etc/passwd", "below the release"),
    ("SV-1: an absolute script", "processes.0.script", "/bin/sh", "below the release"),
    ("SV-1: a command", "processes.0.script", "a.js; rm -rf x", "below the release"),
    ("SV-1: a name that is an option", "processes.0.name", "-rf", "lower-case letter"),
    ("SV-1: no process", "processes", [], "at least 1"),
    ("SV-1: two processes of one name", "processes.1.name", "resume-parser", "twice"),
    ("SV-1: an image's name", "imageId", "debian-12", "ami-"),
    ("SV-1: a size that is not ours", "instanceType", "t2.nano", "t4g.micro"),
    ("SV-1: a disk of nothing", "diskGigabytes", 1, "at least 16"),
    ("MO-8: a month of logs in prod", "logRetentionDays", 30, "at least 365 in prod"),
    ("NW-2: SSH for nobody", "access", "ssh", "sessionManager while network.adminCidrs is empty"),
    ("SV-1: an open port", "openPorts", [80], "is not a setting"),
]


@pytest.mark.parametrize(("sentence", "key", "value", "rule"), ROWS, ids=[row[0] for row in ROWS])
def test_a_bad_value_is_refused_by_its_rule_alone(sentence: str, key: str, value: Any, rule: str) -> None:
    values = spoiled(key, value)
    if key == "access":
        values = changed(values, "network.adminCidrs", [])
    (found,) = problems("prod", values)
    assert "server" in found.path, sentence
    assert rule in found.rule
    assert found.reason
    assert found.remedy


def test_one_key_is_one_persons() -> None:
    """SV-N4."""
    key = example()["administrators"][0]["publicKeys"][0]
    (found,) = problems(
        "prod", spoiled("administrators.1.publicKeys.0", f"{' '.join(key.split()[:2])} other")
    )
    assert found.path == "jtld-platform:server.administrators[1].publicKeys[0]"
    assert problems("prod", spoiled("administrators.0.publicKeys.1", OTHER_KEY)) == ()


def test_a_host_without_a_way_out_is_refused() -> None:
    values = changed(spoiled("", example(), "dev"), "network.nat", "none")
    endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
    found = problems("dev", changed(values, "network.interfaceEndpoints", endpoints))
    assert [problem.path for problem in found if "server" in problem.path] == ["jtld-platform:server"]


def test_every_shared_name_is_refused() -> None:
    """SV-N4."""
    for name in SHARED_ACCOUNTS:
        assert problems("prod", spoiled("administrators.0.name", name)), name


def test_the_example_of_the_page_is_taken_and_nobody_has_to_have_a_server() -> None:
    values = stack_values("prod")
    assert load("prod", values, source="a test").server is None
    taken = values | {"server": example()}
    assert problems("prod", taken) == ()
    assert SCHEMA.is_valid(stack_document(taken))
    assert (
        problems(
            "prod", changed(changed(taken, "server.access", "ssh"), "network.adminCidrs", ["203.0.113.7/32"])
        )
        == ()
    )
