"""The bucket of dumps: another region, locked, three lives by prefix (BK-1, BK-2, BK-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.platform import PROJECT, Platform
from components.storage.bucket import BucketPlan, PrivateBucket, bucket_policy, log_access, private_bucket
from components.storage.policies import access_logs
from settings.backup import BackupSettings, Retention

_LOG_DAYS = 400
_ABORT_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """The bucket, the log of who touched it, and the policies of both."""

    bucket: PrivateBucket
    logs: PrivateBucket
    policies: tuple[aws.s3.BucketPolicy, ...]
    logging: aws.s3.BucketLogging


def lives(retention: Retention) -> Mapping[str, int]:
    """Return by prefix for how many days a dump written there is kept.

    The worker writes each day's dump once: on the first of a month under `monthly`, else on a Sunday under
    `weekly`, else under `daily`.
    """
    return {
        "database/daily/": retention.daily_days,
        "database/weekly/": retention.weekly_days,
        "database/monthly/": retention.monthly_days,
        "configuration/": retention.monthly_days,
    }


def dump_store(
    settings: BackupSettings, *, key_arn: pulumi.Input[str], parent: pulumi.Resource, platform: Platform
) -> Dumps:
    """Make the bucket and its log's."""
    logs = private_bucket(
        _plan("dump-logs", platform, [_every_object(), _expiry("logs", "", _LOG_DAYS)]),
        parent=parent,
        platform=platform,
    )
    kept = lives(settings.retention)
    rules = [_every_object(), *(_expiry(_id(prefix), prefix, days) for prefix, days in kept.items())]
    dumps = private_bucket(
        _plan("dumps", platform, rules, key_arn=key_arn, locked_days=min(kept.values())),
        parent=parent,
        platform=platform,
    )
    admitted = access_logs(logs.plan, dumps.plan, account_id=platform.environment.account_id)
    log_policy = bucket_policy(logs, admitted, parent=parent, platform=platform)
    return Dumps(
        bucket=dumps,
        logs=logs,
        policies=(log_policy, bucket_policy(dumps, parent=parent, platform=platform)),
        logging=log_access(dumps, logs, admitted=log_policy, parent=parent, platform=platform),
    )


def _plan(
    role: str,
    platform: Platform,
    rules: list[dict[str, Any]],
    *,
    key_arn: pulumi.Input[str] | None = None,
    locked_days: int | None = None,
) -> BucketPlan:
    return BucketPlan(
        role=role,
        component="backup",
        name=f"{PROJECT}-{role}-{platform.environment.name}",
        region=platform.environment.replica_region,
        holds="logs" if key_arn is None else "backup",
        key_arn=key_arn,
        lifecycle_rules=rules,
        locked_days=locked_days,
    )


def _id(prefix: str) -> str:
    return prefix.rstrip("/").replace("/", "-")


def _every_object() -> dict[str, Any]:
    # A dump that expired is a version without a name; it goes the next day, when its lock has ended too.
    return {
        "id": "every-object",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _ABORT_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
        "expiration": {"expired_object_delete_marker": True},
    }


def _expiry(id_: str, prefix: str, days: int) -> dict[str, Any]:
    return {"id": id_, "status": "Enabled", "filter": {"prefix": prefix}, "expiration": {"days": days}}
