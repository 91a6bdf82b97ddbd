"""What is kept apart from the original, where, and for how long (BK)."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Violation, environment_rule, rule
from settings.environment import EnvironmentSettings
from settings.types import AwsAccountId, BucketName, KeyArn, Slug

LEAST_RETENTION = {"daily_days": 30, "weekly_days": 90, "monthly_days": 365}
LEAST_SNAPSHOT_DAYS_IN_PRODUCTION = 35


def dump_bucket(environment: EnvironmentSettings) -> str:
    """Return the name of the bucket that the worker writes its dumps to."""
    return f"jtld-platform-dumps-{environment.name}"


class Retention(Model):
    """How long a dump lives, by the day it was made (BK-2)."""

    daily_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Life of an ordinary day's dump (BK-2)."""

    weekly_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Life of a Sunday's dump (BK-2)."""

    monthly_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """Life of the dump made on the first of a month, and of configuration backups (BK-2, BK-3)."""

    @rule
    def _rarer_dumps_live_longer(self) -> Iterator[Violation]:
        for shorter, longer in (("daily_days", "weekly_days"), ("weekly_days", "monthly_days")):
            if getattr(self, longer) < getattr(self, shorter):
                yield Violation(
                    longer,
                    rule=f"must be at least {getattr(self, shorter)}, the life of the more frequent dumps",
                    reason="a rarer dump that goes first leaves a hole in the past (BK-2)",
                    remedy="Raise it, or leave the key out.",
                )


class SecondAccount(Model):
    """A vault and a bucket in another account, which a stolen login of this one cannot reach (BK-1, BK-N1).

    All of it lies in the replica region. What its operator sets up is in `docs/operators/second-account.md`.
    """

    account_id: AwsAccountId
    """The other account, a member of the same organization."""

    vault: Slug
    """Name of its vault in the replica region, whose policy admits copies from here."""

    bucket: BucketName
    """Name of its bucket in the replica region, whose policy admits copies of the dumps (BK-1)."""

    key_arn: KeyArn
    """Its key that encrypts the dumps' copies, whose policy admits the copying role (BK-N2)."""

    @rule
    def _the_key_is_there(self) -> Iterator[Violation]:
        if self.key_arn.split(":")[4] != self.account_id:
            yield Violation(
                "key_arn",
                rule=f"must be a key of account {self.account_id}",
                reason="whoever holds the key decides who reads the copies, and whether anybody still can (BK-N1)",
                remedy="Write the ARN of a key that the second account has made for the bucket.",
            )


class BackupSettings(Model):
    """Dumps of the database, recovery points of database and files, tests of both (BK-1 to BK-4)."""

    retention: Retention = Retention()
    """How long dumps live (BK-2)."""

    snapshot_days: Annotated[int, Field(ge=7, le=365)] = 35
    """Life of AWS Backup's daily recovery points; weekly and monthly ones live as dumps do (BK-2)."""

    copies: bool = True
    """Whether every recovery point is copied to the replica region (BK-2, BK-N1)."""

    lock: Literal["none", "governance", "compliance"] = "governance"
    """Who may delete a recovery point early: everybody, a named few, nobody for ever (BK-2).

    compliance cannot be taken back three days after its deployment: not by AWS either.
    """

    restore_tests: bool = True
    """Whether AWS restores the latest recovery points once a month to see that it can (BK-N3)."""

    smallest_dump_percent: Annotated[int, Field(ge=10, le=95)] = 50
    """Share of the previous dump's size below which a dump counts as truncated (BK-4)."""

    second_account: SecondAccount | None = None
    """Another account that takes a further copy of every dump and recovery point (BK-1)."""

    @environment_rule
    def _the_second_account_is_out_of_reach(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        second = self.second_account
        if second is None:
            return
        if second.account_id == environment.account_id:
            yield Violation(
                "second_account",
                "account_id",
                rule="must be another account than the environment's own",
                reason="a copy in the same account is lost to the same login (BK-N1)",
                remedy="Write the backup account's id.",
            )
        if second.bucket == dump_bucket(environment):
            yield Violation(
                "second_account",
                "bucket",
                rule="must be another bucket than that of the dumps themselves",
                reason="names of buckets are unique in the world: this one is the original (BK-1)",
                remedy="Write the name of the bucket that the second account has made.",
            )
        if second.key_arn.split(":")[3] != environment.replica_region:
            yield Violation(
                "second_account",
                "key_arn",
                rule=f"must be a key in {environment.replica_region}",
                reason="S3 encrypts with keys of the bucket's region only, and the copies stay in Canada (BK-N1)",
                remedy="Make the bucket and its key in that region.",
            )

    @environment_rule
    def _production_can_be_restored(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        if not environment.production:
            return
        for name, least in LEAST_RETENTION.items():
            if getattr(self.retention, name) < least:
                yield Violation(
                    "retention",
                    name,
                    rule=f"must be at least {least} in prod",
                    reason="a slow mistake is found late (BK-2)",
                    remedy="Leave the key out: it is the default.",
                )
        required = {
            "snapshot_days": (
                self.snapshot_days >= LEAST_SNAPSHOT_DAYS_IN_PRODUCTION,
                f"at least {LEAST_SNAPSHOT_DAYS_IN_PRODUCTION}",
            ),
            "copies": (self.copies, "true"),
            "lock": (self.lock != "none", "governance or compliance"),
            "restore_tests": (self.restore_tests, "true"),
        }
        for name, (kept, wanted) in required.items():
            if not kept:
                yield Violation(
                    name,
                    rule=f"must be {wanted} in prod",
                    reason="a backup that is near, deletable or untested is none (BK-2, BK-N1, BK-N3)",
                    remedy="Leave the key out: the default is right.",
                )
