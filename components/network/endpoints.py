"""What may pass through each VPC endpoint: this account's principals, and only to its service (EC2.10)."""

from components.iam import EVERYONE, Statement
from settings.network import Endpoint

_IAM_PREFIX = {"ecr.api": "ecr", "ecr.dkr": "ecr", "monitoring": "cloudwatch"}


def interface_policy(endpoint: Endpoint, *, account_id: str) -> Statement:
    """Return the statement of an interface endpoint's policy.

    What a principal may do is its own policy's business; here strangers' credentials stay outside.
    """
    return Statement(
        sid="ThisAccount",
        actions=f"{_IAM_PREFIX.get(endpoint, endpoint)}:*",
        principals=EVERYONE,
        resources="*",
        conditions={"StringEquals": {"aws:PrincipalAccount": account_id}},
    )


def s3_policy(*, account_id: str, region: str) -> tuple[Statement, ...]:
    """Return the S3 gateway endpoint's statements: our buckets, and where ECR keeps image layers.

    Nobody can carry data to a bucket of his own through it, however he got into the network.
    """
    return (
        Statement(
            sid="BucketsOfThisAccount",
            actions=(
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:ListBucket",
                "s3:ListBucketVersions",
                "s3:PutObject",
            ),
            principals=EVERYONE,
            resources=("arn:aws:s3:::jtld-*", "arn:aws:s3:::jtld-*/*"),
            conditions={
                "StringEquals": {"aws:PrincipalAccount": account_id, "aws:ResourceAccount": account_id},
            },
        ),
        Statement(
            sid="ImageLayers",
            actions="s3:GetObject",
            principals=EVERYONE,
            resources=f"arn:aws:s3:::prod-{region}-starport-layer-bucket/*",
        ),
    )
