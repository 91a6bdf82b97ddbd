"""What the second account admits: the policies its operator gives to its bucket and its key (BK-1, BK-N1).

`python -m ops.second_account Pulumi.prod.yaml` prints both for a stack whose file names a second account; the
operators' page shows them for an example.
"""

import json

from components.iam import EVERYONE, Conditions, Statement
from settings.backup import SecondAccount
from settings.environment import EnvironmentSettings

ROLE = "dump-copies"
WRITING = ("s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags")
SEALING = ("kms:Encrypt", "kms:GenerateDataKey")
"""What the copying role may ask of bucket and key: neither to read nor to delete."""


def role_pattern(place: EnvironmentSettings) -> str:
    """Return what the ARN of the copying role looks like: autonaming ends it with a number."""
    return f"arn:aws:iam::{place.account_id}:role/jtld-{place.name}-{ROLE}-*"


def bucket_statements(second: SecondAccount, place: EnvironmentSettings) -> tuple[Statement, ...]:
    """Return the policy of the second account's bucket."""
    bucket = f"arn:aws:s3:::{second.bucket}"
    return (
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            actions="s3:*",
            principals=EVERYONE,
            resources=(bucket, f"{bucket}/*"),
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        Statement(
            sid="AdmitCopiesOfDumps",
            actions=WRITING,
            principals=_account(place.account_id),
            resources=f"{bucket}/*",
            conditions=_the_role(place),
        ),
    )


def key_statements(second: SecondAccount, place: EnvironmentSettings) -> tuple[Statement, ...]:
    """Return the policy of the second account's key."""
    return (
        Statement(
            sid="DelegateToIam", actions="kms:*", principals=_account(second.account_id), resources="*"
        ),
        Statement(
            sid="AdmitCopiesOfDumps",
            actions=SEALING,
            principals=_account(place.account_id),
            resources="*",
            conditions={
                **_the_role(place),
                "StringEquals": {"kms:ViaService": f"s3.{place.replica_region}.amazonaws.com"},
            },
        ),
    )


def render(*statements: Statement) -> str:
    """Return a policy as JSON for people."""
    return json.dumps({"Version": "2012-10-17", "Statement": [one.render() for one in statements]}, indent=2)


def _account(number: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{number}:root"}


def _the_role(place: EnvironmentSettings) -> Conditions:
    # AWS refuses a principal that does not exist yet, and forgets one that was made anew; a condition does neither.
    return {"ArnLike": {"aws:PrincipalArn": role_pattern(place)}}
