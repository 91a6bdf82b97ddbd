"""The application's project on Vercel: how it is built, where it runs, and who may look at a preview."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule, Violation, rule
from settings.day import Day, today
from settings.types import HostLabel, Text

KEY_LIFETIME = timedelta(days=90)

Period = Literal["1d", "1w", "1m", "2m", "3m", "6m", "1y"]
Seconds = Annotated[int, Field(ge=1, le=300)]

Repository = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$"),
    Rule("must be a GitHub repository written owner/name", remedy="Copy it from the repository's address."),
]

VariableName = Annotated[
    str,
    Field(pattern=r"^[A-Z][A-Z0-9_]{0,127}$"),
    Rule(
        "must be the name of an environment variable in capitals", remedy="Write it as SENTRY_DSN is written."
    ),
]

ApiRoute = Annotated[
    str,
    Field(pattern=r"^app/api/[a-z0-9\[\]/_.-]+/route\.ts$"),
    Rule(
        "must be the file of an API route below app/api/",
        remedy="Write its path in the application, for example app/api/resumes/parse/route.ts.",
    ),
]


class GitLink(Model):
    """The repository from which Vercel builds by itself (HO-1)."""

    repository: Repository
    """Repository of the application on GitHub."""

    production_branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")] = "main"
    """Branch whose commits become production deployments."""

    app_installed_on: Day
    """Day on which the Vercel token's owner connected GitHub and installed Vercel's app on the repository.

    Without both, Vercel refuses the link in the middle of an update.
    """


class Build(Model):
    """How the application is built; nothing is left to detection (HO-1, HO-N2)."""

    framework: Literal["nextjs"] = "nextjs"
    """Framework preset."""

    root_directory: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")]
    """Folder of the application in its repository."""

    install_command: Text = "npm ci"
    """Command that installs exactly what the lock file says."""

    build_command: Text = "next build"
    """Command that builds."""

    output_directory: Text = ".next"
    """Folder that the build writes."""

    node_version: Literal["22.x", "24.x"] = "22.x"
    """Node.js of the build and of the functions."""


class Functions(Model):
    """Where the functions run and for how long (HO-1, HO-7)."""

    region: Literal["yul1"] = "yul1"
    """Vercel region: Montréal, where the data is (HO-1, PIPEDA)."""

    default_timeout_seconds: Seconds = 10
    """Time after which an ordinary request is given up (HO-7)."""

    heavy_timeout_seconds: Seconds = 30
    """The same for heavy routes (HO-7)."""

    heavy_routes: tuple[ApiRoute, ...] = ()
    """Routes that may take longer; `./jtld env STACK --functions` prints them for vercel.json (HO-7)."""

    @rule
    def _heavy_is_longer(self) -> Iterator[Violation]:
        if self.heavy_timeout_seconds <= self.default_timeout_seconds:
            yield Violation(
                "heavy_timeout_seconds",
                rule="must be longer than defaultTimeoutSeconds",
                reason="heavy routes exist to run longer (HO-7)",
                remedy="Raise it: 30 beside 10 is the usual pair.",
            )


class Hosts(Model):
    """The hosts below the domain that the application answers (HO-3)."""

    redirect: HostLabel = "www"
    """Host that only leads to the domain itself."""

    serve: Annotated[tuple[HostLabel, ...], Field(min_length=1)] = ("api", "portal", "admin")
    """Hosts that are served beside the domain itself."""

    @rule
    def _are_different(self) -> Iterator[Violation]:
        names = (self.redirect, *self.serve)
        for position, name in enumerate(self.serve):
            if names.count(name) > 1:
                yield Violation(
                    "serve",
                    position,
                    rule="must name each host once",
                    reason="a project has a domain once (HO-3)",
                    remedy="Delete the repetition.",
                )


class Retention(Model):
    """How long deployments are kept (HO-4)."""

    production: Period = "1y"
    """Production deployments: as far as one may want to roll back."""

    preview: Period = "1m"
    """Preview deployments."""

    cancelled: Period = "1w"
    """Deployments that were stopped."""

    errored: Period = "1m"
    """Deployments that failed."""


class StaticKey(Model):
    """An access key for AWS, for tools that cannot use federation (HO-6)."""

    serial: Annotated[int, Field(ge=1, le=10_000)]
    """Number of the key in use; raising it makes a new key."""

    created_on: Day
    """Day on which that key was made: after 90 days it must be replaced (TP-2)."""

    keep_previous: bool = False
    """Whether the key before it still works, while deployments move to the new one."""

    reason: Text
    """Why federation cannot do it, and who decided."""

    @rule
    def _is_young(self) -> Iterator[Violation]:
        if not timedelta(0) <= today() - self.created_on <= KEY_LIFETIME:
            yield Violation(
                "created_on",
                rule="must be within the last 90 days",
                reason="a key that never changes is found one day (HO-6, TP-2)",
                remedy="Raise serial, write today's day, and keepPrevious until all is deployed.",
            )


class HostingSettings(Model):
    """The application's project on Vercel (HO-1 to HO-7)."""

    plan: Literal["pro", "enterprise"] = "pro"
    """Plan of the Vercel team: OWASP rules in Vercel's own firewall belong to enterprise (HO-7)."""

    git: GitLink | None = None
    """Repository from which Vercel builds; without it, the delivery workflow deploys (HO-1)."""

    build: Build
    """How the application is built (HO-1)."""

    functions: Functions = Functions()
    """Where the functions run and for how long (HO-7)."""

    hosts: Hosts = Hosts()
    """Hosts that the application answers (HO-3)."""

    retention: Retention = Retention()
    """How long deployments are kept (HO-4)."""

    variables: dict[VariableName, Text] = Field(default_factory=dict)
    """Environment variables that are no secret; secrets are stack secrets (HO-2, HO-N1)."""

    static_key: StaticKey | None = None
    """Access key beside federation; leave it out (HO-6)."""

    auth_secret_serial: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Number of the session-signing secret; raising it makes a new one and signs everybody out (TP-2)."""

    web_analytics: bool = True
    """Whether Vercel Analytics should be on: switched on by hand (HO-5, docs/hosting.md)."""

    speed_insights: bool = True
    """Whether Speed Insights should be on: switched on by hand (HO-5, docs/hosting.md)."""

    @rule
    def _secrets_are_no_plain_variables(self) -> Iterator[Violation]:
        for name in self.variables:
            if name.startswith("NEXT_PUBLIC_"):
                continue
            if any(
                word in name for word in ("SECRET", "PASSWORD", "TOKEN", "PRIVATE", "API_KEY", "ACCESS_KEY")
            ):
                yield Violation(
                    "variables",
                    rule=f"must not name a secret, as {name} does",
                    reason="stack files are read by everybody (HO-N1)",
                    remedy="Add it to settings/secrets.py and set it with `pulumi config set --secret`.",
                )
