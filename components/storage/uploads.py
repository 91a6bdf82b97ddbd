"""What the file bucket does about uploads from browsers (ST-6, ST-8, S3.11)."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.platform import Platform
from settings.storage import StorageSettings

_BYTES_PER_MEGABYTE = 1024**2
_WEB_HOSTS = ("", "www.", "portal.", "admin.")


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """CORS, the bucket's events, and the rule that finds uploads above the limit."""

    cors: aws.s3.BucketCorsConfiguration
    events: aws.s3.BucketNotification
    oversize: aws.cloudwatch.EventRule


def allowed_origins(settings: StorageSettings, *, domain: str) -> list[str]:
    """Return the platform's own origins and those that the settings add."""
    hosts = (*(f"{label}{domain}" for label in _WEB_HOSTS), *settings.additional_cors_origins)
    return [f"https://{host}" for host in hosts]


def accept_uploads(
    bucket: aws.s3.Bucket, settings: StorageSettings, *, parent: pulumi.Resource, platform: Platform
) -> Uploads:
    """Let browsers of our own origins use pre-signed URLs, and watch what they send."""
    cors = aws.s3.BucketCorsConfiguration(
        "files",
        bucket=bucket.bucket,
        cors_rules=[
            {
                "id": "own-origins",
                "allowed_origins": allowed_origins(settings, domain=platform.environment.domain),
                "allowed_methods": ["GET", "HEAD", "POST", "PUT"],
                "allowed_headers": ["Content-Disposition", "Content-MD5", "Content-Type", "x-amz-*"],
                "expose_headers": ["ETag"],
                "max_age_seconds": 3000,
            }
        ],
        opts=platform.child(parent),
    )
    events = aws.s3.BucketNotification(
        "files", bucket=bucket.bucket, eventbridge=True, opts=platform.child(parent)
    )
    oversize = aws.cloudwatch.EventRule(
        "oversize-upload",
        description=f"Uploads of more than {settings.max_upload_megabytes} MB",
        event_pattern=bucket.bucket.apply(lambda name: _larger_than(settings.max_upload_megabytes, name)),
        tags=platform.tags("storage"),
        opts=platform.child(parent),
    )
    return Uploads(cors=cors, events=events, oversize=oversize)


def _larger_than(megabytes: int, bucket: str) -> str:
    return json.dumps(
        {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [bucket]},
                "object": {"size": [{"numeric": [">", megabytes * _BYTES_PER_MEGABYTE]}]},
            },
        }
    )
