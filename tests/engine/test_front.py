"""Edge, E-mail and Hosting on the real engine, in a sandbox that keeps the providers' uniqueness rules."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT, Checkout, copy_of

pytestmark = pytest.mark.engine

PROGRAM = "__main__.py"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    made = copy_of(ROOT, tmp_path_factory.mktemp("front") / "checkout")
    shutil.copy2(Path(__file__).with_name("front.py"), made.root / PROGRAM)
    made.jtld("up", "dev")
    return made


@pytest.fixture
def front(once: Checkout, tmp_path: Path) -> Checkout:
    """A checkout of one's own in which the front is deployed as dev."""
    made = copy_of(once.root, tmp_path / "a checkout", foundation=False)
    shutil.copy2(once.root / PROGRAM, made.root / PROGRAM)
    return made


def test_what_cannot_stand_beside_its_successor_is_replaced_in_one_up(front: Checkout) -> None:
    """HO-2, ED-1, ED-4: a variable becomes sensitive, an A becomes a CNAME, a rule gets another name.

    The sandbox refuses a second variable of a key, an address beside a CNAME and a second rule set of a phase.
    """
    front.edit(PROGRAM, "VARIABLE_SECRET = False", "VARIABLE_SECRET = True")
    front.edit(PROGRAM, '"A", "93.184.215.14"', '"CNAME", "shape.example.net"')
    front.edit("components/edge/rules.py", 'ref="probes"', 'ref="scanners"')
    changes = front.jtld("up", "dev", "--json").json["changes"]
    assert (changes["create"], changes["delete"]) == (0, 0)
    assert changes["replace"] == 4, "one variable in three targets, and the record"
    assert changes["update"] == 1, "the firewall's rule set"
    again = front.jtld("preview", "dev", "--json").json["changes"]
    assert again["same"] == sum(again.values())


def test_incident_switches_touch_their_own_resources_alone(front: Checkout) -> None:
    """ED-4, ED-6."""
    front.edit("Pulumi.dev.yaml", "    plan: free", "    underAttack: true\n    plan: free")
    attacked = front.jtld("preview", "dev", "--json").json["changes"]
    assert (attacked["update"], attacked["replace"], attacked["create"], attacked["delete"]) == (1, 0, 0, 0)
    front.edit("Pulumi.dev.yaml", "    underAttack: true\n", "    webTraffic: failOver\n")
    failed_over = front.jtld("preview", "dev", "--json").json["changes"]
    assert (failed_over["replace"], failed_over["create"], failed_over["delete"]) == (0, 0, 0)
    assert failed_over["update"] == 6, "apex, www, api, portal, admin, and the record of this test"


def test_a_record_that_cannot_be_served_is_refused_in_plain_words(front: Checkout) -> None:
    """ED-1: what the stack file alone causes, it explains; nobody has to read a traceback."""
    clashing = "    txtRecords: [{key: shop, label: www, value: shop=1, purpose: The proof of the shop}]\n"
    front.edit("Pulumi.dev.yaml", "    plan: free", f"{clashing}    plan: free")
    said = front.jtld("preview", "dev", expect=1).err
    assert "www.jtldconsulting.dev has the CNAME 'web-www' beside 'txt-shop'" in said
    assert "move one of them to another name" in said
    assert "Traceback" not in said


def test_the_deployed_zone_and_a_developers_file_can_be_printed(front: Checkout, tmp_path: Path) -> None:
    """ED-7, HO-2."""
    shown = front.jtld("dns", "dev").out
    assert "| A | jtldconsulting.dev | `76.76.21.21` | yes | automatic | The site |" in shown
    assert "$ORIGIN jtldconsulting.dev." in front.jtld("dns", "dev", "--zonefile").out
    exported = tmp_path / "state.json"
    exported.write_text(front.jtld("export", "dev").out)
    assert front.jtld("dns", "dev", "--state", str(exported)).out == shown
    file = tmp_path / ".env.local"
    done = front.jtld("env", "dev", "--file", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "NEXTAUTH_URL='http://localhost:3000'" in file.read_text()
    secret = next(line for line in file.read_text().splitlines() if line.startswith("NEXTAUTH_SECRET="))
    assert secret.split("'")[1] not in done.out + done.err
    limits = json.loads(front.jtld("env", "prod", "--functions").out)
    assert limits["functions"]
    assert "`./jtld env dev`" in front.jtld("env", "prod", "--file", str(file), expect=2).err
    assert "not deployed" in front.jtld("dns", "prod", expect=1).err
