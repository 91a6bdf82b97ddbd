"""When objects become cheaper and when they go, as data (ST-3, ST-N5)."""

from typing import Any

from settings.prefixes import PREFIXES, Prefix
from settings.storage import Lifecycle

# Glacier Instant Retrieval, not Flexible: a résumé of last year still opens when somebody asks for it.
ARCHIVE_CLASS = "GLACIER_IR"
COOL_CLASS = "STANDARD_IA"


def files_rules(lifecycle: Lifecycle) -> list[dict[str, Any]]:
    """Return the rules of the file bucket and its replica: for every object, and for ageing prefixes."""
    return [_every_object(lifecycle), *(_by_age(prefix, lifecycle) for prefix in PREFIXES if _ages(prefix))]


def log_rules(lifecycle: Lifecycle, *, retention_days: int) -> list[dict[str, Any]]:
    """Return the rules of a log bucket: everything goes after `retention_days`."""
    expiry = {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": retention_days},
    }
    return [_every_object(lifecycle), expiry]


def _ages(prefix: Prefix) -> bool:
    return prefix.temporary or prefix.infrequent_access


def _every_object(lifecycle: Lifecycle) -> dict[str, Any]:
    return {
        "id": "every-object",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": lifecycle.abort_multipart_days},
        "noncurrent_version_expiration": {
            "noncurrent_days": lifecycle.noncurrent_expiration_days,
            "newer_noncurrent_versions": lifecycle.noncurrent_versions,
        },
        "expiration": {"expired_object_delete_marker": True},
    }


def _by_age(prefix: Prefix, lifecycle: Lifecycle) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": prefix.name, "status": "Enabled", "filter": {"prefix": prefix.path}}
    if prefix.temporary:
        days = lifecycle.temp_expiration_days
        return rule | {
            "expiration": {"days": days},
            "noncurrent_version_expiration": {"noncurrent_days": days},
        }
    return rule | {
        "transitions": [
            {"days": lifecycle.infrequent_access_days, "storage_class": COOL_CLASS},
            {"days": lifecycle.glacier_days, "storage_class": ARCHIVE_CLASS},
        ]
    }
