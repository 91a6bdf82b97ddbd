"""Grafana's folder, data sources and dashboards (MO-4): there are none unless a stack file asks for them."""

from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Rule
from settings.types import Text

GrafanaUrl = Annotated[
    str,
    Field(
        max_length=200,
        pattern=r"^https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}(:[0-9]{2,5})?(/[A-Za-z0-9._~-]+)*$",
    ),
    Rule(
        "must be an address that begins with https:// and ends without a slash, without user, query or fragment",
        "the token of a service account goes there with every request (MO-4)",
        "Copy it from the browser as far as the page's own path, for example https://jtldconsulting.grafana.net.",
    ),
]

ExternalId = Annotated[
    str,
    Field(min_length=2, max_length=128, pattern=r"^[A-Za-z0-9_+=,.@:/-]*$"),
    Rule(
        "must be an external id of IAM: 2 to 128 letters, digits and _ + = , . @ : / -, in quotes",
        "without it, whoever shares that Grafana could have it read our account (the confused deputy)",
        "Copy it in quotes; it is not a secret.",
    ),
]

RoleArn = Annotated[
    str,
    Field(pattern=r"^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,200}$"),
    Rule(
        "must be the ARN of an IAM role",
        "that role alone may take on the one that reads our metrics",
        "Copy the ARN of the role that Grafana itself runs with: arn:aws:iam::<account>:role/<name>.",
    ),
]


class GrafanaCloud(Model):
    """Grafana Cloud, whose AWS account takes our role on for this one organisation."""

    kind: Literal["grafanaCloud"]
    """«Grafana Assume Role» in the data source's form; no key exists."""

    external_id: ExternalId
    """The id that Grafana sends; a new CloudWatch data source's form shows it below «Grafana Assume Role»."""


class OwnGrafana(Model):
    """A Grafana that runs in AWS with a role of its own: a workspace of Amazon Managed Grafana, or our own host."""

    kind: Literal["ownGrafana"]
    """«AWS SDK Default» in the data source's form; no key exists."""

    role_arn: RoleArn
    """The role that Grafana itself runs with."""

    external_id: ExternalId
    """An id of our choice, the same for the role and the data sources."""


GrafanaReader = Annotated[GrafanaCloud | OwnGrafana, Field(discriminator="kind")]


class GrafanaSettings(Model):
    """Grafana shows the same graphs as CloudWatch, for teams that have it anyway (MO-4).

    Alarms stay in CloudWatch, and reach people through SNS (alerting): Grafana only shows.
    """

    url: GrafanaUrl
    """Address of the organisation's Grafana."""

    folder: Text
    """Title of the folder to make, one for each environment, for example «JTLD prod»."""

    reader: GrafanaReader
    """Who reads our metrics on Grafana's behalf: a role with an external id, never keys (HO-6)."""
