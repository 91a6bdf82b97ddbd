"""What a change does: in place, by replacement, or not at all where prod would lose data (SC-3)."""

from collections.abc import Callable

import pytest

from components.stateful import GUARD_TYPES, STATEFUL_TYPES
from tests.engine.conftest import Checkout

pytestmark = pytest.mark.engine

BUCKET = "components/storage/bucket.py"


def test_a_tampered_property_is_drift_until_up_repairs_it(deployed_dev: Checkout) -> None:
    assert deployed_dev.jtld("drift", "dev", "--json").json["result"] == "done"
    vpc = next(one for one in deployed_dev.resources("dev") if one["type"] == "aws:ec2/vpc:Vpc")
    deployed_dev.jtld("sandbox", "tamper", "dev", vpc["urn"], "enableDnsHostnames", "false")
    found = deployed_dev.jtld("drift", "dev", "--json", expect=4)
    assert found.json["result"] == "drifted"
    assert found.json["changes"]["update"] == 1
    assert "enableDnsHostnames" in found.err
    assert vpc["urn"].rsplit("::", 1)[-1] in found.err
    assert deployed_dev.jtld("up", "dev", "--json").json["changes"]["update"] == 1
    assert deployed_dev.jtld("drift", "dev", "--json").json["result"] == "done"


def test_a_resource_deleted_behind_our_back_is_drift_and_made_again(deployed_dev: Checkout) -> None:
    rule = next(
        one for one in deployed_dev.resources("dev") if one["type"].endswith(":SecurityGroupIngressRule")
    )
    deployed_dev.jtld("sandbox", "tamper", "dev", rule["urn"], "--delete")
    found = deployed_dev.jtld("drift", "dev", "--json", expect=4)
    assert found.json["changes"]["delete"] == 1
    assert "gone" in found.err
    assert deployed_dev.jtld("up", "dev", "--json").json["changes"]["create"] == 1


def test_a_setting_that_can_change_in_place_updates(deployed_dev: Checkout) -> None:
    deployed_dev.edit("Pulumi.dev.yaml", "flowLogRetentionDays: 14", "flowLogRetentionDays: 30")
    changes = deployed_dev.jtld("up", "dev", "--json").json["changes"]
    assert (changes["update"], changes["replace"], changes["create"], changes["delete"]) == (1, 0, 0, 0)


def test_a_setting_that_cannot_change_in_place_replaces(deployed_dev: Checkout) -> None:
    deployed_dev.edit("Pulumi.dev.yaml", "name: dev-2026-11", "name: dev-2026-12")
    changes = deployed_dev.jtld("up", "dev", "--json").json["changes"]
    assert changes["replace"] + changes["create"] >= 1
    assert deployed_dev.jtld("up", "dev", "--json").json["changes"]["same"] == sum(
        deployed_dev.jtld("preview", "dev", "--json").json["changes"].values()
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("bucket=plan.name,", 'bucket=plan.name + "-2",', id="replaced"),
        pytest.param(
            "        plan.role,\n        bucket=plan.name,",
            '        plan.role + "-2",\n        bucket=plan.name,',
            id="deleted",
        ),
    ],
)
def test_losing_a_store_of_prod_is_refused_with_the_way_out(
    deployed: Callable[[str], Checkout], old: str, new: str
) -> None:
    prod = deployed("prod")
    before = prod.inventory("prod")
    prod.edit(BUCKET, old, new)
    refused = prod.jtld("up", "prod", "--json", expect=3)
    document = refused.json
    assert document["result"] == "refused"
    guarded = [one for one in document["policies"] if one["policy"] == "ops-no-data-loss"]
    assert guarded, document["policies"]
    assert all("Bucket" in one["urn"] and "Way out" in one["message"] for one in guarded)
    assert prod.inventory("prod") == before


def test_destroying_prod_keeps_what_holds_data_and_says_so(deployed: Callable[[str], Checkout]) -> None:
    """SC-3: what stays is as closed and as whole as it was, and the next update builds the rest around it."""
    prod = deployed("prod")
    before = prod.inventory("prod")
    done = prod.jtld("destroy", "prod", "--json")
    assert done.json["result"] == "done"
    after = prod.inventory("prod")
    left = {one["type"] for one in after}
    assert "aws:ec2/vpc:Vpc" not in left
    assert {"aws:s3/bucket:Bucket", "aws:kms/key:Key"} <= left
    stays = STATEFUL_TYPES.keys() | GUARD_TYPES.keys()
    assert [one for one in after if one["type"] in stays] == [one for one in before if one["type"] in stays]
    assert "objects and their versions" in done.err
    assert "They stay protected" in done.err
    again = prod.jtld("up", "prod", "--json").json
    assert (again["changes"]["replace"], again["changes"]["delete"]) == (0, 0)
    assert len(prod.inventory("prod")) == len(before)
