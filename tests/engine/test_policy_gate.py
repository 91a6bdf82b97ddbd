"""The pack speaks before anything is created, and names policy, resource, requirement and remedy."""

import json

import pytest

from tests.engine.conftest import Checkout

pytestmark = pytest.mark.engine

BUCKET = "components/storage/bucket.py"
GROUPS = "components/network/groups.py"

BREAKS = [
    pytest.param(
        BUCKET,
        "block_public_policy=True,",
        "block_public_policy=False,",
        "BucketPublicAccessBlock",
        id="public bucket",
    ),
    pytest.param(
        BUCKET, '{"status": "Enabled"}', '{"status": "Suspended"}', "Bucket", id="dropped versioning"
    ),
    pytest.param(
        BUCKET,
        "*_encryption_denials(plan), *statements)",
        '*_encryption_denials(plan), *statements, Statement(sid="Open", actions="s3:GetObject", '
        'principals=EVERYONE, resources=f"{plan.arn}/*"))',
        "BucketPolicy",
        id="wildcard principal",
    ),
    pytest.param(
        GROUPS,
        "    return SecurityGroups(",
        '    aws.vpc.SecurityGroupIngressRule("open", security_group_id=groups["database"].id, ip_protocol="tcp", '
        'from_port=5432, to_port=5432, cidr_ipv4="0.0.0.0/0", description="oops", tags=tags("open"), '
        "opts=platform.child(parent))\n    return SecurityGroups(",
        "SecurityGroupIngressRule",
        id="open 5432",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "blamed"), BREAKS)
def test_a_break_is_refused_before_anything_is_created(
    checkout: Checkout, file: str, old: str, new: str, blamed: str
) -> None:
    checkout.edit(file, old, new)
    refused = checkout.jtld("up", "prod", "--json", expect=3)
    document = json.loads(refused.out)
    assert document["result"] == "refused"
    mandatory = [one for one in document["policies"] if one["level"] == "mandatory"]
    assert mandatory
    assert any(blamed in one["urn"] for one in mandatory), mandatory
    for one in mandatory:
        assert one["policy"] in refused.err
        assert "Required by" in one["message"]
        assert "Remedy" in one["message"]
    assert checkout.inventory("prod") == [], "nothing may exist before the pack has agreed"
    assert checkout.resources("prod") == []


def test_preview_refuses_too(checkout: Checkout) -> None:
    checkout.edit(BUCKET, "block_public_policy=True,", "block_public_policy=False,")
    assert checkout.jtld("preview", "dev", "--json", expect=3).json["result"] == "refused"


@pytest.mark.parametrize("command", ["up", "preview", "destroy", "bootstrap"])
def test_no_flag_of_ours_switches_the_pack_off(checkout: Checkout, command: str) -> None:
    told = checkout.jtld(command, "--help").out
    flags = {word.strip("[]│ ,") for word in told.split() if word.startswith("--")}
    assert flags <= {"--json", "--comment", "--help"}, "a new flag: make sure that it cannot weaken the pack"
