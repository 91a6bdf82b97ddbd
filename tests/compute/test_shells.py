"""Shells outside prod: the policy sees when one could not be looked up (CT-1, CKV_AWS_224)."""

import pytest

from policies import tokens as t
from policies.containers import shell_recorded
from tests.policies.drafts import Draft
from tests.policies.harness import Pack, violations
from tests.support import as_configured

SHELLS = "configuration.executeCommandConfiguration"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{SHELLS}.logging", "NONE"),
        (f"{SHELLS}.kmsKeyId", ""),
        (f"{SHELLS}.logConfiguration.cloudWatchEncryptionEnabled", False),
        (f"{SHELLS}.logConfiguration.cloudWatchLogGroupName", ""),
    ],
)
def test_a_shell_that_nobody_can_look_up_is_refused_in_dev(path: str, value: object) -> None:
    dev = as_configured("dev").graph.nodes
    broken = Draft(dev)
    broken.set(t.CLUSTER, path, value)

    assert violations(Pack("dev", policies=[shell_recorded]).check(dev)) == set()
    assert violations(Pack("dev", policies=[shell_recorded]).check(broken.nodes)) == {shell_recorded.id}


def test_the_same_shells_would_be_refused_in_prod() -> None:
    dev = as_configured("dev").graph.nodes

    assert violations(Pack("prod", policies=[shell_recorded]).check(dev)) == {shell_recorded.id}
