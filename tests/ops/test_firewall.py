"""`./jtld firewall`: the table is the rules the stack has (NW-2)."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.firewall import Direction
from components.network.flows import GROUPS
from ops.cli import app
from ops.firewall import rules_of, shown, table
from settings.loader import load
from tests.server.example import example
from tests.server.optional import with_a_server
from tests.settings.documents import changed, stack_values
from tests.support import STACKS, as_configured


@pytest.mark.parametrize("stack", STACKS)
def test_the_table_holds_every_rule_of_the_stack_once(stack: str) -> None:
    """NW-2."""
    built = as_configured(stack).value
    rules = rules_of(built.settings)

    assert sorted(rule.key for rule in rules) == sorted(rule.key for rule in built.network.rules)
    rows = [line for line in table(rules).splitlines() if line.startswith("| ")]
    assert len(rows) == len(rules) + 2
    assert "173.245.48.0/20" in table(rules).splitlines()[-1], "a name of ranges says which"


def test_it_shows_how_the_application_reaches_its_data() -> None:
    """NW-2, DB-4: address to gateway, gateway to pool, pool to stores."""
    shown = CliRunner().invoke(app, ["firewall", "prod"])
    rows = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in shown.stdout.splitlines()]

    assert shown.exit_code == 0
    assert ["gateway", "from", "203.0.113.10/32", "tcp 6432", "DATABASE_URL: transaction pool"] in rows
    assert ["pool", "from", "gateway", "tcp 6432", "DATABASE_URL: transaction pool"] in rows
    assert {row[2] for row in rows if row[:2] == ["database", "from"]} == {"pool", "service"}
    assert {row[2] for row in rows if row[:2] == ["cache", "from"]} == {"pool", "service"}


def test_nothing_public_reaches_a_data_port() -> None:
    """NW-2: 5432 and 6379 stand beside groups only."""
    for stack in STACKS:
        ports = {
            (rule.from_port, rule.peer)
            for rule in rules_of(as_configured(stack).value.settings)
            if rule.direction is Direction.INGRESS and rule.from_port in {5432, 6379}
        }
        assert ports
        assert all(peer in {"pool", "service"} for _, peer in ports)


def test_no_other_command_waits_for_the_sdks() -> None:
    """The rules stand beside the network's component, which loads Pulumi's SDKs: twice the time of a command."""
    loaded = "import sys, ops.cli; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    modules = subprocess.check_output(
        [sys.executable, "-c", loaded], cwd=Path(__file__).parents[2], text=True
    )

    assert "ops" in modules
    assert "pulumi" not in modules


def test_the_optional_server_is_in_the_table() -> None:
    """NW-2, SV-1: what it opens, to whom, and how one gets in where it opens nothing."""
    asked = changed(stack_values("prod"), "network.adminCidrs", ["203.0.113.7/32"])
    closed = load("prod", asked | {"server": example()}, source="a test")
    opened = load("prod", asked | {"server": example() | {"access": "ssh"}}, source="a test")

    assert "The server is in service and server" not in shown(load("prod", asked, source="a test"))
    assert not [rule for rule in rules_of(closed) if rule.group == "server"]
    assert "Session Manager leads in" in shown(closed)
    (rule,) = (rule for rule in rules_of(opened) if rule.group == "server")
    assert opened.server is not None
    assert (rule.peer, rule.from_port) == ("203.0.113.7/32", opened.server.ssh_port)
    assert "| SSH of administrators" in shown(opened)


def test_no_security_group_of_a_stack_is_left_out_of_the_table() -> None:
    """NW-2: the groups that exist are those that the table knows."""
    groups = {node.name for node in with_a_server().of_type("aws:ec2/securityGroup:SecurityGroup")}
    assert groups == set(GROUPS) | {"server"}
