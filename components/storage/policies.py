"""Who may use the buckets beside the roles that IAM names: AWS services, each pinned to its source."""

import pulumi

from components.iam import EVERYONE, Statement
from components.storage.bucket import BucketPlan
from settings.prefixes import PREFIXES


def declared_prefixes_only(bucket: BucketPlan) -> Statement:
    """Refuse objects outside the declared prefixes: no flat layout (ST-N4)."""
    return Statement(
        sid="DenyUndeclaredPrefixes",
        effect="Deny",
        actions="s3:PutObject",
        principals=EVERYONE,
        except_resources=[f"{bucket.arn}/{prefix.path}*" for prefix in PREFIXES],
    )


def content_delivery(bucket: BucketPlan, distribution_arn: pulumi.Input[str]) -> Statement:
    """Admit one CloudFront distribution to everything that is worth delivering (ST-5)."""
    return Statement(
        sid="ContentDeliveryReads",
        actions="s3:GetObject",
        principals={"Service": "cloudfront.amazonaws.com"},
        resources=[f"{bucket.arn}/{prefix.path}*" for prefix in PREFIXES if not prefix.temporary],
        conditions={"StringEquals": {"aws:SourceArn": distribution_arn}},
    )


def access_logs(target: BucketPlan, source: BucketPlan, *, account_id: str) -> Statement:
    """Admit S3's access log of one bucket."""
    return Statement(
        sid="AccessLogs",
        actions="s3:PutObject",
        principals={"Service": "logging.s3.amazonaws.com"},
        resources=f"{target.arn}/{source.log_prefix}*",
        conditions={
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": source.arn},
        },
    )


def delivered_logs(target: BucketPlan, *, account_id: str) -> Statement:
    """Admit CloudFront's access log.

    These are the words AWS looks for: where they are missing it writes a statement of its own into the
    policy, which would then differ from ours for ever.
    """
    return Statement(
        sid="DeliveredLogs",
        actions="s3:PutObject",
        principals={"Service": "delivery.logs.amazonaws.com"},
        resources=f"{target.arn}/AWSLogs/{account_id}/*",
        conditions={
            "StringEquals": {"aws:SourceAccount": account_id, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account_id}:delivery-source:*"},
        },
    )


def load_balancer_logs(target: BucketPlan, *, account_id: str, region: str) -> Statement:
    """Admit the access logs of this account's load balancers (ELB.5)."""
    return Statement(
        sid="LoadBalancerLogs",
        actions="s3:PutObject",
        principals={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        resources=f"{target.arn}/load-balancer/AWSLogs/{account_id}/*",
        conditions={
            "ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:{region}:{account_id}:loadbalancer/*"}
        },
    )
