"""The operators' pages, followed word for word: from three empty accounts to three stacks, and what comes after."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import inventory
from tests.delivery.aws import KEY
from tests.delivery.bootstrapped import as_committed
from tests.delivery.iam import allowed, held_by
from tests.delivery.rehearsal import PAGES, World, blocks, world
from tests.support import STACKS

pytestmark = [pytest.mark.engine, pytest.mark.guide]

PER_STACK = "## For each environment"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world after the first-deployment guide was followed to its end."""
    with world(tmp_path_factory.mktemp("world")) as made:
        with ThreadPoolExecutor() as operators:
            list(operators.map(lambda stack: follow_first_deployment(made, stack), STACKS))
        yield made


def follow_first_deployment(made: World, stack: str) -> None:
    for script in blocks("first-deployment.md", before=PER_STACK):
        made.type(stack, script)
    for script in blocks("first-deployment.md", after=PER_STACK):
        made.type(stack, script.replace("STACK=dev", f"STACK={stack}"))
        if "mkdir -p" in script and "jtld-secrets" in script:
            made.lay_ready(stack)


def test_the_first_deployment_guide_ends_with_three_deployed_stacks(deployed: World) -> None:
    """DL-4, SC-3: three accounts, each with its state in its own bucket, encrypted and complete."""
    for stack in STACKS:
        state = json.loads(deployed.type(stack, f"pulumi stack export --stack {stack}"))["deployment"]
        assert len(state["resources"]) > 60
        assert state["secrets_providers"]["type"] == "cloud"
        assert not state.get("pending_operations")
        objects = deployed.s3().list_objects_v2(Bucket=f"jtld-platform-state-{stack}")["Contents"]
        names = {entry["Key"] for entry in objects}
        assert f".pulumi/stacks/jtld-platform/{stack}.json" in names
        assert f".pulumi/stacks/jtld-bootstrap/{stack}.json" in names
        assert not any(name.startswith(".pulumi/locks/") for name in names)


def test_afterwards_no_plain_secret_and_no_state_lies_about(deployed: World) -> None:
    """DL-N2, DL-N3, HO-N1."""
    assert not (deployed.home / "jtld-secrets" / "dev").exists()
    assert not list(deployed.home.glob("jtld-bootstrap-*"))
    changed = deployed.type("dev", "git diff --name-only $(git rev-list --max-parents=0 HEAD) HEAD").split()
    assert set(changed) == {
        f"{folder}Pulumi.{stack}.yaml" for folder in ("", "bootstrap/") for stack in STACKS
    }
    assert deployed.type("dev", "git status --porcelain") == ""
    for stack in STACKS:
        committed = (deployed.checkout / "bootstrap" / f"Pulumi.{stack}.yaml").read_text()
        assert "stand-in-githubToken" not in committed
        assert "secure: v1:" in committed


def permitted(world: World, role: str) -> bool:
    """Whether a role of the delivery's may ask of the state and its key what was just asked of them (DL-1)."""
    graph = as_committed("dev")
    key = graph.one("aws:kms/key:Key", "state").outputs["arn"]
    held = held_by(graph, role)
    wanted = {(action, key if resource == KEY else resource) for action, resource in world.asked}
    assert wanted
    refused = sorted(need for need in wanted if not allowed(held, *need))
    assert refused == [], f"{role} may not"
    return not refused


def test_promotion(deployed: World) -> None:
    """DL-N4: what was deployed before its commit existed has not been seen; deployed from a clean checkout, it has."""
    seen, record = blocks("promotion.md")
    assert "dev has not seen" in deployed.type("dev", seen, expect=3)
    assert permitted(deployed, "read")
    deployed.type("dev", record)
    assert permitted(deployed, "deploy")
    assert "dev has seen" in deployed.type("dev", seen)


@pytest.fixture
def bootstrap(deployed: World) -> Iterator[World]:
    """The terminal of dev in the bootstrap's folder: a stack like the platform's, in a third of the time."""
    deployed.type("dev", "cd bootstrap")
    yield deployed
    deployed.type("dev", "cd ..")


def test_rollback(bootstrap: World) -> None:
    """A change, deployed, and taken back by its revert."""
    bootstrap.type(
        "dev",
        "sed -i 's/costCentre: jobs-dev/costCentre: jobs/' ../Pulumi.dev.yaml\n"
        "git commit --quiet --all --message change\n"
        "pulumi up --stack dev --yes --skip-preview",
    )
    assert _cost_centre(bootstrap) == "jobs"
    for script in blocks("rollback.md"):
        bootstrap.type("dev", script)
    assert _cost_centre(bootstrap) == "jobs-dev"


def _cost_centre(world: World) -> str:
    (state,) = (
        row
        for row in inventory.rows(world.cloud("dev"), type_="aws:s3/bucket:Bucket")
        if row.outputs["bucket"] == "jtld-platform-state-dev"
    )
    return state.outputs["tagsAll"]["jtld:cost-centre"]


def test_unlock(bootstrap: World) -> None:
    """DL-N5: a lock that a killed job left refuses everybody, names its owner, and goes by the page."""
    lock = {"pid": 4711, "username": "runner", "hostname": "gone", "timestamp": "2026-11-22T03:00:00Z"}
    bootstrap.s3().put_object(
        Bucket="jtld-platform-state-dev",
        Key=".pulumi/locks/organization/jtld-bootstrap/dev/00000000-0000-0000-0000-000000000000.json",
        Body=json.dumps(lock).encode(),
    )
    refused = bootstrap.type("dev", "pulumi up --stack dev --yes --skip-preview", expect=255)
    assert "runner@gone (pid 4711)" in refused
    for script in blocks("unlock.md"):
        bootstrap.type("dev", script)
    bootstrap.type("dev", "pulumi up --stack dev --yes --skip-preview")


def test_adopting_what_exists(bootstrap: World) -> None:
    """A resource that the state forgot is taken over by import, untouched."""
    export = json.loads(bootstrap.type("dev", "pulumi stack export --stack dev"))
    (block,) = (
        resource
        for resource in export["deployment"]["resources"]
        if resource["type"] == "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
    )
    bootstrap.type("dev", f"pulumi state delete --stack dev --yes '{block['urn']}'")
    name, id_ = block["urn"].rsplit("::", 1)[-1], block["id"]
    for script in blocks("adopting.md"):
        bootstrap.type("dev", script, NAME=name, ID=id_)


def test_drift(deployed: World) -> None:
    """DL-1: somebody changes a resource by hand; it is named, and undone by the next deployment."""
    compare, undo = blocks("drift.md")
    deployed.type("dev", compare)
    assert permitted(deployed, "read")

    (versioning,) = (
        row
        for row in inventory.rows(deployed.cloud("dev"), type_="aws:s3/bucketVersioning:BucketVersioning")
        if row.outputs["bucket"] == "jtld-platform-state-dev"
    )
    inventory.tamper(deployed.cloud("dev"), versioning.urn, "versioningConfiguration.status", "Suspended")
    said = deployed.type("dev", compare, expect=4, JTLD_PROJECT="bootstrap")
    assert "`state`" in said
    assert "`versioningConfiguration`" in said
    assert "Suspended" not in said.split("###", 1)[1]
    deployed.type("dev", f"cd bootstrap\n{undo}\ncd ..")
    deployed.type("dev", compare, JTLD_PROJECT="bootstrap")


def test_destroying_an_environment(deployed: World) -> None:
    """SC-3: dev goes without a trace, prod keeps everything that holds data and says so."""
    page = (PAGES / "destroying.md").read_text()
    look, everything, unprotected = blocks("destroying.md")
    assert f"```sh prod\n{unprotected}" in page
    deployed.type("dev", look)
    assert permitted(deployed, "preview")
    deployed.type("dev", everything)
    assert json.loads(deployed.type("dev", "pulumi stack export --stack dev"))["deployment"].get(
        "resources"
    ) in (None, [])
    said = deployed.type("prod", unprotected)
    assert "All unprotected resources were destroyed" in said
    state = json.loads(deployed.type("prod", "pulumi stack export --stack prod"))["deployment"]
    kept = {resource["type"] for resource in state["resources"] if resource.get("protect")}
    assert {
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:kms/key:Key",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:rds/instance:Instance",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    } <= kept


def test_every_page_is_followed() -> None:
    followed = Path(__file__).read_text()
    with_commands = {path.name for path in PAGES.glob("*.md") if blocks(path.name)}
    assert {name for name in with_commands if f'blocks("{name}"' not in followed} == set()
