"""The file bucket: life cycle, copies, delivery and what is worth an alarm."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from settings.base import Model, Violation, environment_rule, repeated, rule
from settings.environment import EnvironmentSettings
from settings.types import DomainName, HostLabel, PublicKeyPem, Slug

DAYS_BETWEEN_TRANSITIONS = 30
LEAST_ACCESS_LOG_DAYS = {"dev": 30, "staging": 30, "prod": 365}
LEAST_NONCURRENT_DAYS_IN_PRODUCTION = 30


class Lifecycle(Model):
    """When objects move to cheaper storage and when they go (ST-3)."""

    temp_expiration_days: Annotated[int, Field(ge=1, le=7)] = 1
    """Age at which an abandoned upload under temp/ is deleted (ST-3, ST-N5)."""

    infrequent_access_days: Annotated[int, Field(ge=30, le=365)] = 90
    """Age at which resumes/ and documents/ move to Standard-IA, which S3 allows from 30 days (ST-3)."""

    glacier_days: Annotated[int, Field(ge=60, le=3650)] = 365
    """Age at which resumes/ and documents/ move to Glacier (ST-3)."""

    abort_multipart_days: Annotated[int, Field(ge=1, le=7)] = 7
    """Age at which the invisible parts of an unfinished upload are deleted (ST-3)."""

    noncurrent_expiration_days: Annotated[int, Field(ge=1, le=365)] = 90
    """How long an overwritten or deleted version can be brought back (ST-3)."""

    noncurrent_versions: Annotated[int, Field(ge=1, le=100)] = 5
    """How many overwritten versions are kept beyond that age; S3 counts up to 100 (ST-3)."""

    @rule
    def _glacier_comes_last(self) -> Iterator[Violation]:
        earliest = self.infrequent_access_days + DAYS_BETWEEN_TRANSITIONS
        if self.glacier_days < earliest:
            yield Violation(
                "glacier_days",
                rule=f"must be at least {earliest}: 30 days after infrequentAccessDays",
                reason="S3 refuses a second move within 30 days of the first (ST-3)",
                remedy=f"Write {earliest} or more, or lower infrequentAccessDays.",
            )


class StorageAlarms(Model):
    """Where growth stops being normal (ST-8)."""

    size_gigabytes: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """Total size of the bucket that raises an alarm (ST-8)."""

    object_count: Annotated[int, Field(ge=1, le=10_000_000_000)] = 2_000_000
    """Number of objects that raises an alarm (ST-8)."""

    monthly_budget_dollars: Annotated[int, Field(ge=1, le=1_000_000)] = 150
    """Monthly cost of the bucket, in US dollars, that raises an alarm (ST-8)."""


class SigningKey(Model):
    """A public key that CloudFront trusts for signed URLs (ST-5)."""

    name: Slug
    """Name of the key; a new key gets a new name, and both are trusted until the old one goes (TP-2)."""

    pem: PublicKeyPem
    """Public half of the pair whose private half is the secret filesSigningPrivateKey (ST-5)."""


class Delivery(Model):
    """How files reach browsers (ST-5, ST-N6)."""

    hostname_label: HostLabel = "files"
    """Host that serves files, below the environment's domain (ST-5)."""

    signing_public_keys: Annotated[tuple[SigningKey, ...], Field(min_length=1, max_length=5)]
    """Keys trusted for signed URLs; a CloudFront key group holds up to five (ST-5)."""

    @rule
    def _keys_differ(self) -> Iterator[Violation]:
        for part in ("name", "pem"):
            entries = [getattr(key, part) for key in self.signing_public_keys]
            yield from repeated("signing_public_keys", entries, part)


class StorageSettings(Model):
    """The file bucket and its delivery (ST-1 to ST-9)."""

    lifecycle: Lifecycle = Lifecycle()
    """When objects move to cheaper storage and when they go (ST-3)."""

    replication: bool = True
    """Whether every object is copied to the replica region (ST-9)."""

    access_log_retention_days: Annotated[int, Field(ge=30, le=3650)] = 400
    """How long it can be looked up who read a file (ST-1)."""

    max_upload_megabytes: Annotated[int, Field(ge=1, le=5000)] = 50
    """Largest single upload that passes without an alarm (ST-8)."""

    alarms: StorageAlarms = StorageAlarms()
    """Where growth stops being normal (ST-8)."""

    delivery: Delivery
    """How files reach browsers (ST-5)."""

    additional_cors_origins: tuple[DomainName, ...] = ()
    """Hosts beside the environment's own from which browsers may upload, without scheme (ST-6)."""

    @environment_rule
    def _production_keeps_what_it_may_need(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        least = LEAST_ACCESS_LOG_DAYS[environment.name]
        if self.access_log_retention_days < least:
            yield Violation(
                "access_log_retention_days",
                rule=f"must be at least {least} in {environment.name}",
                reason="who read which file must be answerable a year later (ST-1)",
                remedy=f"Write {least} or more, or leave the key out: the default is 400.",
            )
        if environment.production and not self.replication:
            yield Violation(
                "replication",
                rule="must be true in prod",
                reason="users' files must survive the loss of a region (ST-9)",
                remedy="Write true, or leave the key out: it is the default.",
            )

    @environment_rule
    def _production_forgives_mistakes(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        days = self.lifecycle.noncurrent_expiration_days
        if environment.production and days < LEAST_NONCURRENT_DAYS_IN_PRODUCTION:
            yield Violation(
                "lifecycle",
                "noncurrent_expiration_days",
                rule=f"must be at least {LEAST_NONCURRENT_DAYS_IN_PRODUCTION} in prod",
                reason="a wrong deletion must be noticed before the last copy is gone (ST-N3)",
                remedy="Write 30 or more, or leave the key out: the default is 90.",
            )

    @environment_rule
    def _production_trusts_its_own_origins(self, environment: EnvironmentSettings) -> Iterator[Violation]:
        for position, host in enumerate(self.additional_cors_origins):
            if environment.production and not f".{host}".endswith(f".{environment.domain}"):
                yield Violation(
                    "additional_cors_origins",
                    position,
                    rule=f"must be a host below {environment.domain} in prod",
                    reason="browsers may upload from the platform's own sites only (ST-6)",
                    remedy="Delete the entry, or serve that page below the domain.",
                )
