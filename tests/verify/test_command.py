"""`./jtld verify` and `./jtld sandbox confirm` as a newcomer meets them, on the cloud of a deployed dev."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops import sandbox
from ops.cli import app
from sandbox.cloud import CLOUD_FILE, Cloud, Stored
from tests.support import as_configured


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox in which dev has just been deployed."""
    monkeypatch.setattr(sandbox, "ROOT", tmp_path)
    folder = sandbox.Sandbox(stack="dev").folder
    cloud = Cloud(folder / CLOUD_FILE)
    with cloud.transaction():
        for node in as_configured("dev").graph.nodes:
            if node.custom and node.type.startswith("aws:"):
                cloud.put(
                    Stored(
                        type=node.type,
                        id=node.id,
                        account="111111111111",
                        region=node.outputs.get("region", "ca-central-1"),
                        provider="aws",
                        urn=node.urn,
                        inputs=dict(node.inputs),
                        outputs=dict(node.outputs),
                    )
                )
    cloud.close()


def jtld(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("deployed")
def test_a_newcomer_confirms_and_sees_the_alert_arrive() -> None:
    """MO-7: the first answer says what is missing and what to do, the second that it arrives."""
    first = jtld("verify", "dev", "--alerts")
    assert first.exit_code == 1
    assert "A test alert arrives in every channel (MO-7): does not hold" in first.stdout
    assert "→ Confirm: open the mails" in first.stdout

    assert "6 subscriptions confirmed in dev" in jtld("sandbox", "confirm", "dev").stderr
    assert "0 subscriptions" in jtld("sandbox", "confirm", "dev").stderr

    second = jtld("verify", "dev", "--alerts")
    assert second.exit_code == 0, second.stdout
    (header,) = (line for line in second.stdout.splitlines() if "delivered to" in line)
    assert header.split("  ")[0] == "channel"
    assert second.stdout.count("ops@jtldconsulting.com") == 12, "six topics, looked at and tried"


@pytest.mark.usefixtures("deployed")
def test_without_alerts_nobody_is_called() -> None:
    told = json.loads(jtld("verify", "dev", "--json").stdout)
    assert (told["stack"], told["result"]) == ("dev", "failed")
    assert {one["check"] for one in told["checks"]} == {"routing", "publishers", "channels", "listeners"}


@pytest.mark.usefixtures("deployed")
def test_findings_are_written_for_test_reports_too(tmp_path: Path) -> None:
    jtld("verify", "dev", "--junit", str(tmp_path / "verify.xml"))
    assert 'name="channels (MO-2)"' in (tmp_path / "verify.xml").read_text(encoding="utf-8")


def test_what_is_not_deployed_cannot_be_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "ROOT", tmp_path)
    ended = jtld("verify", "prod", "--json")
    assert (ended.exit_code, json.loads(ended.stdout)["result"]) == (1, "failed")
    assert "`./jtld up prod` does it" in ended.stderr


def test_a_file_that_is_no_state_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    ended = jtld("verify", "dev", "--state", str(tmp_path / "state.json"))
    assert ended.exit_code == 2
    assert "pulumi stack export" in ended.stderr
