"""What the platform calls its resources, as IAM documents name them.

Its own names begin with `jtld-<stack>-` (autonaming, `Platform.name`), the names that requirements fix with
`jtld-platform-`. The delivery's roles live under a path of their own, out of the deploy role's reach.
"""

from components.iam import Statement
from components.platform import PROJECT
from settings.environment import EnvironmentSettings

DELIVERY_PATH = "/delivery/"


def buckets(place: EnvironmentSettings) -> list[str]:
    """Return the ARNs of the platform's buckets in one environment."""
    return [f"arn:aws:s3:::{PROJECT}-*-{place.name}", f"arn:aws:s3:::jtld-{place.name}-*"]


def secrets(place: EnvironmentSettings) -> list[str]:
    """Return the ARNs of the platform's secrets in one environment."""
    return [f"arn:aws:secretsmanager:*:{place.account_id}:secret:jtld-{place.name}-*"]


def data_keys(place: EnvironmentSettings, sid: str, actions: tuple[str, ...], *further: str) -> Statement:
    """Name the platform's keys by their aliases: their ids exist only after the first deployment."""
    roles = ("data", "logs", "messages", "replica", *further)
    aliases = [f"alias/jtld-{place.name}-{role}" for role in roles]
    return Statement(
        sid=sid,
        actions=actions,
        resources=[f"arn:aws:kms:*:{place.account_id}:key/*"],
        conditions={"ForAnyValue:StringEquals": {"kms:ResourceAliases": aliases}},
    )
