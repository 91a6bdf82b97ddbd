"""The fast way to the SDK's analyzer says what the slow way says."""

import time

import pulumi_policy.policy as sdk
import pytest
from pulumi.runtime import proto
from pulumi_policy.policy import _PolicyAnalyzerServicer as SdkServicer

from policies import tokens as t
from policies.analyzer import Analyzer, sdk_servicer
from policies.registry import all_policies
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, node, platform, platform_preview, violations

PUBLIC = node(t.BUCKET_PUBLIC_ACCESS, "open", {"bucket": "b", "blockPublicAcls": False})


def _broken(preview: bool) -> list:
    draft = Draft((platform_preview() if preview else platform()).nodes)
    draft.drop(t.BUCKET_VERSIONING, "files")
    draft.set(t.KEY, "enableKeyRotation", False, "data")
    draft.set(t.DISTRIBUTION, "viewerCertificate.minimumProtocolVersion", "TLSv1")
    draft.unset(t.PROVIDER, "defaultTags")
    return draft.nodes


@pytest.mark.parametrize("preview", [False, True])
def test_both_ways_say_the_same(preview: bool) -> None:
    slow, fast = (
        Pack("prod", servicer=servicer).check(_broken(preview)) for servicer in (SdkServicer, Analyzer)
    )
    assert sorted(slow, key=str) == sorted(fast, key=str)
    assert len(violations(fast)) == 4


def _configured(level: int, servicer: type) -> Pack:
    pack = Pack("prod", servicer=servicer)
    request = proto.ConfigureAnalyzerRequest()
    for policy in pack.policies:
        request.policyConfig[policy.id].enforcementLevel = level
    pack.servicer.Configure(request, None)
    return pack


@pytest.mark.parametrize("level", [proto.DISABLED, proto.ADVISORY])
def test_no_configuration_from_outside_makes_a_policy_weaker(level: int) -> None:
    assert _configured(level, SdkServicer).resources([PUBLIC]) != Pack("prod").resources([PUBLIC]), (
        "the SDK obeys"
    )
    for before in (False, True):
        pack = Pack("prod") if before else _configured(level, Analyzer)
        if before:
            pack.resources([PUBLIC])
            request = proto.ConfigureAnalyzerRequest()
            request.policyConfig["storage-public-access-block-complete"].enforcementLevel = level
            pack.servicer.Configure(request, None)
        assert [one.level for one in pack.resources([PUBLIC])] == ["mandatory"]


@pytest.mark.parametrize("missing", ["_PolicyAnalyzerServicer", "_get_enforcement_level"])
def test_an_sdk_that_could_be_told_to_look_away_is_refused(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """A newer SDK without the private names would serve the pack, and obey whoever configures it."""
    monkeypatch.delattr(sdk if hasattr(sdk, missing) else SdkServicer, missing)
    with pytest.raises(ImportError, match=rf"{missing}.*requirements\.lock"):
        sdk_servicer()


def test_a_resource_costs_little() -> None:
    """The aim is an `up` within 1.3 of one without pack; bench/ measures it, this catches a lost index."""
    pack, nodes = Pack("prod"), platform().nodes
    pack.check(nodes)
    started = time.process_time()
    pack.check(nodes)
    assert (time.process_time() - started) / len(nodes) < 0.004


def test_a_policy_is_not_shown_resources_of_types_it_does_not_read() -> None:
    for_lists = Pack("prod", policies=[one for one in all_policies() if t.BUCKET_ACL in one.each])
    topic, access_list = (node(type_, "open", {"acl": "public-read"}) for type_ in (t.TOPIC, t.BUCKET_ACL))
    assert for_lists.resources([topic]) == []
    assert violations(for_lists.resources([access_list])) == {"storage-no-public-acl"}


def test_the_pack_introduces_itself_with_every_policy() -> None:
    info = Pack("prod").servicer.GetAnalyzerInfo(None, None)
    described = {one.name: one for one in info.policies}
    assert {policy.id for policy in Pack("prod").policies} < set(described)
    one = described["storage-versioned"]
    assert one.enforcementLevel == proto.MANDATORY
    assert "ST-N3" in one.tags
    assert one.remediation_steps
