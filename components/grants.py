"""Permissions as values: components declare what a role may do with them, Access alone writes policies."""

from dataclasses import dataclass
from enum import StrEnum

import pulumi

from components.iam import Conditions


class Role(StrEnum):
    """The workload identities of the platform."""

    APPLICATION = "application"
    """The site's functions on Vercel."""

    BACKUP = "backup"
    """The job that copies the database."""

    CLEANER = "cleaner"
    """The job that deletes files."""

    MAILER = "mailer"
    """The jobs that put e-mails into their queue."""

    ML = "ml"
    """The ML service."""

    RECORDS = "records"
    """The jobs that work in the database alone, and tell the index."""

    WORKER = "worker"
    """The service that empties the queues."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """`role` may perform `actions` on `resources`, optionally only under `conditions`.

    `conditions` has IAM's own shape: operator to key to values.
    """

    role: Role
    sid: str
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...]
    conditions: Conditions | None = None
