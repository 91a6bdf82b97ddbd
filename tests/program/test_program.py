"""The program as a whole: `__main__.py` with the settings of each stack."""

import json

import pulumi
import pytest

from settings import load_stack_file
from settings.secrets import SECRETS as REGISTRY
from tests.program.census import census, file
from tests.support import STACKS, Graph, as_configured, run_program
from tests.support.run import ROOT

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")


@pytest.fixture(params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return as_configured(request.param).graph


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_consists_of_what_its_census_says(stack: str) -> None:
    """A rename is a replacement and a lost line a deletion: both must show in review."""
    assert census(stack) == file(stack).read_text(encoding="utf-8"), (
        "if this is meant, run `python -m tests.program.census` and read the difference"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_provider_works_in_this_account_and_region_only(stack: str) -> None:
    """A run with somebody else's credentials fails before it reads anything (pulumi#11628)."""
    built = as_configured(stack)
    aws = built.graph.one("pulumi:providers:aws").inputs

    assert json.loads(aws["allowedAccountIds"]) == [built.value.settings.environment.account_id]
    assert aws["region"] == "ca-central-1"
    assert not {"accessKey", "secretKey", "token"} & aws.keys()


def test_the_stacks_share_no_account_and_no_domain() -> None:
    """SC-3, DL-N4: what happens to dev cannot touch prod."""
    places = [as_configured(stack).value.settings.environment for stack in STACKS]

    assert len({place.account_id for place in places}) == len(STACKS)
    assert len({place.domain for place in places}) == len(STACKS)


def test_the_outputs_are_known_and_no_secret_is_shown(graph: Graph) -> None:
    assert {
        "domain",
        "region",
        "vpcId",
        "filesBucket",
        "filesDomain",
        "applicationRoleArn",
    } <= graph.exports.keys()
    assert all(graph.exports.values())
    assert graph.secret_exports <= {"developmentVariables"}, "a developer's .env.local, masked (HO-2)"


def test_wrong_settings_end_the_program_with_a_message_and_no_traceback() -> None:
    """The engine prints a RunError's text alone."""
    with pytest.raises(pulumi.RunError) as failure:
        run_program("dev", {"network": {"nat": "many"}, "storage": {"maxUploadMegabytes": 0}})

    assert "network" in str(failure.value)
    assert "maxUploadMegabytes" in str(failure.value), "all problems at once"
    assert failure.value.__suppress_context__


@pytest.mark.parametrize("name", [name for name, secret in REGISTRY.items() if secret.required(PROD)])
def test_a_missing_secret_is_named_and_the_others_are_not_shown(name: str) -> None:
    """HO-N1."""
    given = {other: secret.stand_in() for other, secret in REGISTRY.items() if other != name}

    with pytest.raises(pulumi.RunError) as failure:
        run_program("prod", secrets=given)

    assert name in str(failure.value)
    assert not [other for other, value in given.items() if value in str(failure.value)]
