"""Who may act as the application: identities that are federated, never keys."""

from typing import Annotated

from pydantic import Field

from settings.base import Model, Rule
from settings.types import Slug

VercelTeamId = Annotated[
    str,
    Field(pattern=r"^team_[A-Za-z0-9]{8,64}$"),
    Rule(
        "must be a Vercel team id: team_ and letters or digits",
        remedy="Copy it from the team's settings in Vercel.",
    ),
]


class VercelProject(Model):
    """The Vercel project whose functions may assume the application role (HO-6)."""

    team_slug: Slug
    """Team as in the address vercel.com/<team>: part of the identity that the role trusts (HO-6)."""

    team_id: VercelTeamId
    """Id of the same team, under which the provider makes the project (HO-1)."""

    project_name: Slug
    """Project as in the address vercel.com/<team>/<project>: part of the identity the role trusts (HO-6)."""


class AccessSettings(Model):
    """The federated identities (HO-6, ST-4)."""

    vercel: VercelProject
    """The Vercel project that runs the application."""
