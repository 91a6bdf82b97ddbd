"""DL-3, DL-N1, DL-N7: nothing reaches main unchecked, nothing reaches an environment unapproved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from settings.delivery import parse_delivery
from tests.delivery.bootstrapped import as_committed, delivery, run_bootstrap
from tests.delivery.workflows import ROOT, workflows
from tests.support import STACKS

RULESET = "github:index/repositoryRuleset:RepositoryRuleset"
ENVIRONMENT = "github:index/repositoryEnvironment:RepositoryEnvironment"
BRANCHES = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
VARIABLE = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
SECRET = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret"


@dataclass(frozen=True, kw_only=True)
class Push:
    """An attempt to change a branch, with all that GitHub's rules look at; the default is a sound merge."""

    checks: frozenset[str]
    pull_request: bool = True
    approvals: int = 1
    code_owner_approved: bool = True
    approved_by_another: bool = True
    up_to_date: bool = True
    forced: bool = False
    deletes: bool = False
    as_admin: bool = field(default=True)


def refusals(ruleset: Mapping[str, Any], push: Push) -> set[str]:
    """Judge a push to the default branch as GitHub judges it by a ruleset."""
    if (
        ruleset["enforcement"] != "active"
        or "~DEFAULT_BRANCH" not in ruleset["conditions"]["refName"]["includes"]
    ):
        return set()
    if push.as_admin and ruleset.get("bypassActors"):
        return set()
    rules, found = ruleset["rules"], set()
    if review := rules.get("pullRequest"):
        wrong = {
            "no pull request": not push.pull_request,
            "not approved": push.approvals < review["requiredApprovingReviewCount"],
            "no code owner": review.get("requireCodeOwnerReview") and not push.code_owner_approved,
            "own approval": review.get("requireLastPushApproval") and not push.approved_by_another,
        }
        found |= {name for name, holds in wrong.items() if holds}
    if required := rules.get("requiredStatusChecks"):
        wanted = {check["context"] for check in required["requiredChecks"]}
        found |= {f"check {name}" for name in wanted - push.checks}
        if required.get("strictRequiredStatusChecksPolicy") and not push.up_to_date:
            found.add("not up to date")
    if rules.get("nonFastForward") and push.forced:
        found.add("forced")
    if rules.get("deletion") and push.deletes:
        found.add("deleted")
    return found


def ruleset(repository: str) -> Mapping[str, Any]:
    return as_committed("prod").one(RULESET, repository).inputs


ALL = frozenset({"test", "plan (dev)", "plan (staging)", "plan (prod)"})


def test_a_reviewed_and_checked_merge_is_let_in() -> None:
    assert refusals(ruleset("jtld-platform"), Push(checks=ALL)) == set()


@pytest.mark.parametrize(
    ("push", "why"),
    [
        (Push(checks=frozenset(), pull_request=False, approvals=0), {"no pull request", "not approved"}),
        (Push(checks=ALL, pull_request=False), {"no pull request"}),
        (Push(checks=ALL - {"test"}), {"check test"}),
        (Push(checks=ALL - {"plan (prod)"}), {"check plan (prod)"}),
        (Push(checks=ALL, approvals=0), {"not approved"}),
        (Push(checks=ALL, code_owner_approved=False), {"no code owner"}),
        (Push(checks=ALL, approved_by_another=False), {"own approval"}),
        (Push(checks=ALL, up_to_date=False), {"not up to date"}),
        (Push(checks=ALL, forced=True), {"forced"}),
        (Push(checks=ALL, deletes=True), {"deleted"}),
    ],
)
def test_a_push_to_main_without_checks_or_review_is_refused_even_for_admins(
    push: Push, why: set[str]
) -> None:
    """DL-3, DL-N1, DL-N7."""
    assert refusals(ruleset("jtld-platform"), push) >= why


def test_the_required_checks_are_jobs_that_exist() -> None:
    """DL-3: a check that no job reports blocks every merge for ever."""
    jobs = {job["name"] for document in workflows().values() for job in document["jobs"].values()}
    names = {name.replace("${{ matrix.stack }}", stack) for name in jobs for stack in STACKS}
    required = ruleset("jtld-platform")["rules"]["requiredStatusChecks"]["requiredChecks"]
    assert {check["context"] for check in required} <= names
    assert {check["integrationId"] for check in required} == {15368}, "GitHub Actions itself, nobody's token"
    app = ruleset("jtld-app")["rules"]["requiredStatusChecks"]["requiredChecks"]
    example = yaml.safe_load(_example_caller())
    (caller,) = example["jobs"]
    called = {f"{caller} / {job['name']}" for job in workflows()["app-ci"]["jobs"].values()}
    assert {check["context"] for check in app} <= called


def _example_caller() -> str:
    page = (ROOT / "docs" / "operators" / "app-ci.md").read_text()
    return page.split("```yaml\n", 1)[1].split("```", 1)[0]


@pytest.mark.parametrize("stack", STACKS)
def test_every_environment_that_a_workflow_names_is_made(stack: str) -> None:
    """DL-3."""
    made = {node.inputs["environment"] for node in as_committed(stack).of_type(ENVIRONMENT)}
    named = {
        str(job["environment"]).replace("${{ matrix.stack }}", stack)
        for name, document in workflows().items()
        for job in document["jobs"].values()
        if "environment" in job and name not in {"app-ci", "promote"}
    }
    assert named | {stack} <= made
    if stack == "prod":
        assert {"production", "preview"} <= made


@pytest.mark.parametrize("stack", STACKS)
def test_only_mains_code_runs_where_more_than_a_plan_can_be_made(stack: str) -> None:
    """DL-1: an environment that any branch may use gives any branch its role."""
    graph = as_committed(stack)
    bound = {node.inputs["environment"]: node.inputs["branchPattern"] for node in graph.of_type(BRANCHES)}
    environments = {node.inputs["environment"] for node in graph.of_type(ENVIRONMENT)}
    assert bound == dict.fromkeys(environments - {f"{stack}-preview", "preview"}, "main")


def test_staging_and_prod_wait_for_somebody_else_to_agree() -> None:
    """DL-1, DL-N1: nobody approves his own deployment, and no admin skips it."""
    for stack in ("staging", "prod"):
        environment = as_committed(stack).one(ENVIRONMENT, stack).inputs
        assert environment["reviewers"] == [{"teams": [4200001]}]
        assert environment["preventSelfReview"] is True
        assert environment["canAdminsBypass"] is False
    assert "reviewers" not in as_committed("dev").one(ENVIRONMENT, "dev").inputs


def test_a_pull_requests_plan_of_prod_waits_for_a_reviewer() -> None:
    """Its code can read what its role can read: somebody looks at it first (marin#7532)."""
    assert as_committed("prod").one(ENVIRONMENT, "prod-preview").inputs["reviewers"]
    assert "reviewers" not in as_committed("dev").one(ENVIRONMENT, "dev-preview").inputs


@pytest.mark.parametrize("stack", STACKS)
def test_each_environment_knows_its_role_and_its_backend_and_no_secret(stack: str) -> None:
    graph = as_committed(stack)
    variables = {
        (node.inputs["environment"], node.inputs["variableName"]): node.inputs["value"]
        for node in graph.of_type(VARIABLE)
    }
    for environment, role in (
        (stack, "deploy"),
        (f"{stack}-read", "read"),
        (f"{stack}-preview", "preview"),
    ):
        assert variables[environment, "AWS_ROLE_ARN"].endswith(f":role/delivery/jtld-{stack}-{role}")
        assert variables[environment, "PULUMI_BACKEND_URL"].startswith(f"s3://jtld-platform-state-{stack}?")


def test_every_variable_that_a_workflow_reads_is_set_from_code() -> None:
    """DL-3: with Pulumi Cloud the workflows log in there and leave the applying to it; without, both are unset."""
    cloud = run_bootstrap("prod", {"pulumiOrganization": "jtld", "deployments": True})
    made, made_with_cloud = (
        {node.inputs["variableName"]: node.inputs["value"] for node in graph.of_type(VARIABLE)}
        for graph in (as_committed("prod"), cloud)
    )
    used = {name for document in workflows().values() for name in _variables(str(document))}
    assert used == set(made_with_cloud)
    assert used - set(made) == {"PULUMI_ORGANIZATION", "PULUMI_DEPLOYMENTS"}
    assert made_with_cloud["PULUMI_DEPLOYMENTS"] == "true"
    assert made_with_cloud["PULUMI_BACKEND_URL"] == "https://api.pulumi.com"


def _variables(text: str) -> set[str]:
    return {part.split()[0].strip("}'\"),") for part in text.split("vars.")[1:]}


def test_the_applications_secrets_are_secret_and_previews_get_none_of_productions() -> None:
    """DL-2, DL-N3, HO-2."""
    held = as_committed("prod").of_type(SECRET)
    assert all(node.secret_inputs == {"value"} for node in held)
    by_environment = {
        environment: {
            node.inputs["secretName"]: node.inputs["value"]
            for node in held
            if node.inputs["environment"] == environment
        }
        for environment in ("production", "preview")
    }
    wanted = set(workflows()["app-ci"][True]["workflow_call"]["secrets"])
    assert set(by_environment["production"]) == wanted
    assert "DIRECT_URL" not in by_environment["preview"]
    assert set(by_environment["production"].values()).isdisjoint(by_environment["preview"].values())
    assert not as_committed("dev").of_type(SECRET)


def test_every_secret_a_job_of_the_app_uses_is_in_its_environment() -> None:
    """DL-2: a job in an environment gets that environment's secrets, whatever the caller passes."""
    held = {
        (node.inputs["environment"], node.inputs["secretName"])
        for node in as_committed("prod").of_type(SECRET)
    }
    for job in workflows()["app-ci"]["jobs"].values():
        used = {part.split()[0] for part in str(job).split("secrets.")[1:]}
        assert {(job.get("environment", "none"), name) for name in used} <= held


def test_without_the_setting_github_is_left_alone() -> None:
    """DL-3 is optional by settings."""
    repository = {"owner": "jtld-consulting", "name": "jtld-platform", "reviewerTeams": [1]}
    graph = run_bootstrap("prod", {"repository": repository})
    assert [node for node in graph.nodes if node.type.startswith("github:")] == []


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("repository.branchRules.requiredChecks", [], "must name at least one check"),
        ("repository.branchRules.approvals", 0, "greater than or equal to 1"),
        ("repository.application.productionSecrets", ["GITHUB_TOKEN"], "must not begin with GITHUB_"),
        ("repository.reviewerTeams", [0], "must be a number above 0"),
        ("state.lockedDays", 1, "must be 7 to 365 days"),
        ("state.noncurrentDays", 30, "must be greater than lockedDays"),
        ("deployments", True, "must be false without pulumiOrganization"),
        ("driftSchedule", True, "must be false without deployments"),
        ("images", True, "Extra inputs"),
        ("unknown", 1, "Extra inputs"),
    ],
)
def test_settings_that_would_weaken_the_delivery_are_refused(path: str, value: object, says: str) -> None:
    document: dict[str, Any] = delivery("prod")
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    with pytest.raises(ValidationError, match=says):
        parse_delivery(document)


def test_a_stack_without_reviewers_is_refused_before_anything_is_made() -> None:
    """DL-1, DL-N1."""
    repository = {"owner": "jtld-consulting", "name": "jtld-platform"}
    with pytest.raises(Exception, match="must name at least one team in staging and prod"):
        run_bootstrap("staging", {"repository": repository})
