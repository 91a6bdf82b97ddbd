"""The file store: a private bucket, its copy in Canada's other region, their logs, the way to browsers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.grants import Grant
from components.iam import Statement
from components.platform import PROJECT, Platform
from components.records import Record
from components.storage import policies, values
from components.storage.alarms import growth_alarms, oversize_alarm, replication_alarm
from components.storage.bucket import BucketPlan, PrivateBucket, bucket_policy, log_access, private_bucket
from components.storage.delivery import ContentDelivery, Deliverer
from components.storage.lifecycle import files_rules, log_rules
from components.storage.replication import Replication, replicate
from components.storage.uploads import Uploads, accept_uploads
from components.variables import Variable
from settings.storage import StorageSettings


@dataclass(frozen=True, kw_only=True)
class _SigningSecret:
    secret: aws.secretsmanager.Secret
    version: aws.secretsmanager.SecretVersion


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Buckets, policies and logging go by role: `files`, `logs`, and where there are copies `replica…`."""

    account_block: aws.s3.AccountPublicAccessBlock
    buckets: Mapping[str, PrivateBucket]
    policies: Mapping[str, aws.s3.BucketPolicy]
    logging: Mapping[str, aws.s3.BucketLogging]
    replication: Replication | None
    uploads: Uploads
    delivery: ContentDelivery
    signing_secret: _SigningSecret


class Storage(pulumi.ComponentResource):
    """The users' files (ST-1 to ST-9).

    `signing_private_key` is the PEM key whose public half the settings name first; it must be secret.
    """

    files_bucket: pulumi.Output[str]
    files_bucket_arn: pulumi.Output[str]
    logs_bucket: pulumi.Output[str]
    replica_bucket: pulumi.Output[str] | None
    distribution_domain: pulumi.Output[str]
    signing_secret_arn: pulumi.Output[str]
    records: list[Record]
    alarms: list[Alarm]
    variables: list[Variable]
    grants: list[Grant]

    def __init__(
        self,
        name: str,
        settings: StorageSettings,
        *,
        platform: Platform,
        data_key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
        signing_private_key: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Storage", name, None, opts)
        self._settings = settings
        self._platform = platform
        self._host = f"{settings.delivery.hostname_label}.{platform.environment.domain}"

        account_block = self._account_block()
        buckets = self._buckets(data_key_arn, replica_key_arn)
        log_policies = self._log_policies(buckets)
        replication = self._replication(buckets, data_key_arn, replica_key_arn)
        uploads = accept_uploads(buckets["files"].bucket, settings, parent=self, platform=platform)
        delivery = self._delivery(buckets, log_policies)
        file_policies = self._file_policies(buckets, delivery)
        logging = self._logging(buckets, log_policies)
        signing_secret = self._signing_secret(signing_private_key, data_key_arn)

        self.nodes = _Nodes(
            account_block=account_block,
            buckets=buckets,
            policies=log_policies | file_policies,
            logging=logging,
            replication=replication,
            uploads=uploads,
            delivery=delivery,
            signing_secret=signing_secret,
        )
        self.files_bucket = buckets["files"].bucket.bucket
        self.files_bucket_arn = buckets["files"].bucket.arn
        self.logs_bucket = buckets["logs"].bucket.bucket
        self.replica_bucket = buckets["replica"].bucket.bucket if "replica" in buckets else None
        self.distribution_domain = delivery.distribution.domain_name
        self.signing_secret_arn = signing_secret.secret.arn
        self.records = values.records(self._host, delivery.distribution, delivery.proof.certificate)
        self.alarms = self._alarms(uploads.oversize)
        self.variables = values.variables(
            self._host, self.files_bucket, delivery.signing.current.id, signing_private_key
        )
        self.grants = values.grants(self.files_bucket_arn, data_key_arn, region=platform.environment.region)
        self.register_outputs(
            {
                "filesBucket": self.files_bucket,
                "filesBucketArn": self.files_bucket_arn,
                "logsBucket": self.logs_bucket,
                "replicaBucket": self.replica_bucket,
                "distributionDomain": self.distribution_domain,
                "signingSecretArn": self.signing_secret_arn,
            }
        )

    def _child(self) -> pulumi.ResourceOptions:
        return self._platform.child(self)

    def _account_block(self) -> aws.s3.AccountPublicAccessBlock:
        return aws.s3.AccountPublicAccessBlock(
            "account",
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._platform.stateful_child(self),
        )

    def _buckets(
        self, data_key_arn: pulumi.Input[str], replica_key_arn: pulumi.Input[str]
    ) -> dict[str, PrivateBucket]:
        place = self._platform.environment
        ageing = files_rules(self._settings.lifecycle)
        expiring = log_rules(
            self._settings.lifecycle, retention_days=self._settings.access_log_retention_days
        )
        plans = [
            self._plan("logs", place.region, expiring),
            self._plan("files", place.region, ageing, data_key_arn),
        ]
        if self._settings.replication:
            plans += [
                self._plan("replica-logs", place.replica_region, expiring),
                self._plan("replica", place.replica_region, ageing, replica_key_arn),
            ]
        return {plan.role: private_bucket(plan, parent=self, platform=self._platform) for plan in plans}

    def _plan(
        self,
        role: str,
        region: str,
        rules: list[dict[str, object]],
        key_arn: pulumi.Input[str] | None = None,
    ) -> BucketPlan:
        return BucketPlan(
            role=role,
            name=f"{PROJECT}-{role}-{self._platform.environment.name}",
            region=region,
            holds="logs" if key_arn is None else "files",
            key_arn=key_arn,
            lifecycle_rules=rules,
        )

    def _log_policies(self, buckets: Mapping[str, PrivateBucket]) -> dict[str, aws.s3.BucketPolicy]:
        account = self._platform.environment.account_id
        plans = {role: private.plan for role, private in buckets.items()}
        admitted: dict[str, tuple[Statement, ...]] = {
            "logs": (
                policies.access_logs(plans["logs"], plans["files"], account_id=account),
                policies.delivered_logs(plans["logs"], account_id=account),
                policies.load_balancer_logs(
                    plans["logs"], account_id=account, region=self._platform.environment.region
                ),
            )
        }
        if "replica" in plans:
            admitted["replica-logs"] = (
                policies.access_logs(plans["replica-logs"], plans["replica"], account_id=account),
            )
        return {
            role: bucket_policy(buckets[role], *statements, parent=self, platform=self._platform)
            for role, statements in admitted.items()
        }

    def _replication(
        self,
        buckets: Mapping[str, PrivateBucket],
        data_key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
    ) -> Replication | None:
        if "replica" not in buckets:
            return None
        return replicate(
            buckets["files"],
            buckets["replica"],
            source_key_arn=data_key_arn,
            target_key_arn=replica_key_arn,
            parent=self,
            platform=self._platform,
        )

    def _delivery(
        self, buckets: Mapping[str, PrivateBucket], log_policies: Mapping[str, aws.s3.BucketPolicy]
    ) -> ContentDelivery:
        deliverer = Deliverer(self._host, parent=self, platform=self._platform)
        return deliverer.deliver(
            {role: buckets[role].bucket for role in ("files", "replica") if role in buckets},
            signing_keys=self._settings.delivery.signing_public_keys,
            log_bucket=buckets["logs"].bucket,
            log_policy=log_policies["logs"],
        )

    def _file_policies(
        self, buckets: Mapping[str, PrivateBucket], delivery: ContentDelivery
    ) -> dict[str, aws.s3.BucketPolicy]:
        served = {role: buckets[role] for role in ("files", "replica") if role in buckets}
        return {
            role: bucket_policy(
                private,
                policies.declared_prefixes_only(private.plan),
                policies.content_delivery(private.plan, delivery.distribution.arn),
                parent=self,
                platform=self._platform,
            )
            for role, private in served.items()
        }

    def _logging(
        self, buckets: Mapping[str, PrivateBucket], log_policies: Mapping[str, aws.s3.BucketPolicy]
    ) -> dict[str, aws.s3.BucketLogging]:
        targets = {"files": "logs", "replica": "replica-logs"}
        return {
            role: log_access(
                buckets[role],
                buckets[target],
                admitted=log_policies[target],
                parent=self,
                platform=self._platform,
            )
            for role, target in targets.items()
            if role in buckets
        }

    def _signing_secret(self, private_key: pulumi.Input[str], key_arn: pulumi.Input[str]) -> _SigningSecret:
        # No rotation function: the key rotates by adding its successor's public half to the settings first.
        secret = aws.secretsmanager.Secret(
            "files-signing",
            description="Signs URLs of private files",
            kms_key_id=key_arn,
            recovery_window_in_days=30,
            tags=self._platform.tags("storage", **{"jtld:rotation": "by-settings"}),
            opts=self._platform.stateful_child(self),
        )
        version = aws.secretsmanager.SecretVersion(
            "files-signing", secret_id=secret.id, secret_string=private_key, opts=self._child()
        )
        return _SigningSecret(secret=secret, version=version)

    def _alarms(self, oversize: aws.cloudwatch.EventRule) -> list[Alarm]:
        alarms = [
            *growth_alarms(self._settings.alarms, self.files_bucket),
            oversize_alarm(oversize, max_upload_megabytes=self._settings.max_upload_megabytes),
        ]
        if self.replica_bucket is not None:
            alarms.append(replication_alarm(self.files_bucket, self.replica_bucket))
        return alarms
