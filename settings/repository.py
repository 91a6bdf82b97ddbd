"""The repositories on GitHub: who must agree before something reaches main, or an environment (DL-3, DL-N7)."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.base import Model, Rule, Violation, environment_rule, rule
from settings.environment import EnvironmentSettings
from settings.types import Slug, Text

GitHubId = Annotated[
    int,
    Field(gt=0),
    Rule(
        "must be a number above 0",
        "GitHub's environments know reviewers by number, not by name",
        "Ask GitHub: gh api orgs/<organization>/teams/<team> --jq .id",
    ),
]


def _not_githubs_own(name: str) -> str:
    if name.startswith("GITHUB_"):
        raise ValueError
    return name


SecretName = Annotated[
    str,
    Field(max_length=100, pattern=r"^[A-Z][A-Z0-9_]*$"),
    AfterValidator(_not_githubs_own),
    Rule(
        "must be capital letters, digits and _, and must not begin with GITHUB_",
        "GitHub takes no other names for secrets",
        "Write it as the workflow names it, for example VERCEL_TOKEN.",
    ),
]


class BranchRules(Model):
    """What must be true before something reaches `main`."""

    required_checks: tuple[Text, ...] = ("test", "plan (dev)", "plan (staging)", "plan (prod)")
    """Checks that must succeed on the newest commit; the plans are what a reviewer reviews (DL-N1)."""

    approvals: Annotated[int, Field(ge=1, le=6)] = 1
    """People, other than the author of the last push, who must agree."""

    @rule
    def _something_is_checked(self) -> Iterator[Violation]:
        if not self.required_checks:
            yield Violation(
                "required_checks",
                rule="must name at least one check",
                reason="main is what gets deployed: nothing reaches it unchecked (DL-3, DL-N7)",
                remedy='Write at least ["test"].',
            )


class ApplicationRepository(Model):
    """The application's repository, whose pipeline is our reusable workflow (DL-2)."""

    name: Slug
    """Name of the repository, without its owner."""

    required_checks: tuple[Text, ...] = ("pipeline / test", "pipeline / security", "pipeline / preview")
    """Checks that must succeed there before a merge."""

    production_secrets: tuple[SecretName, ...] = ()
    """Secrets of its environment `production`; each value is the stack secret of the same name."""

    preview_secrets: tuple[SecretName, ...] = ()
    """Secrets of its environment `preview`, each from the stack secret `PREVIEW_<name>` (HO-2)."""

    @property
    def stack_secrets(self) -> dict[str, dict[str, str]]:
        """Return by environment and secret the stack secret that holds the value."""
        return {
            "production": {name: name for name in self.production_secrets},
            "preview": {name: f"PREVIEW_{name}" for name in self.preview_secrets},
        }


class RepositorySettings(Model):
    """This repository on GitHub."""

    owner: Slug
    """Organization that owns the repository."""

    name: Slug
    """Name of the repository, without its owner."""

    managed: bool = False
    """Whether its environments and rules are made from code, with the secret `githubToken`."""

    reviewer_teams: tuple[GitHubId, ...] = ()
    """Teams of which one member must approve a deployment to this environment."""

    branch_rules: BranchRules | None = None
    """Rules of `main`; exactly one environment's bootstrap owns them, prod's."""

    application: ApplicationRepository | None = None
    """The application's repository, owned by the same environment's bootstrap."""

    @environment_rule
    def _somebody_approves(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if environment.name != "dev" and not self.reviewer_teams:
            yield Violation(
                "reviewer_teams",
                rule="must name at least one team in staging and prod",
                reason="a promotion waits for somebody's approval (DL-1, DL-N1)",
                remedy="Write the number of the team that approves deployments.",
            )
