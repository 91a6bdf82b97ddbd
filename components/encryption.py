"""The customer-managed keys of the platform; how each service uses them is decided by the key's own policy.

What may use a key through IAM is granted where the role is written (`components.access`, the role's own
component); the account's delegation statement makes that possible and nothing more.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Conditions, Statement, document
from components.platform import EDGE_REGION, Platform

_ENVELOPE = ("kms:Decrypt", "kms:GenerateDataKey*")
_PUBLISHERS = (
    "backup",
    "budgets",
    "cloudwatch",
    "costalerts",
    "events",
    "events.rds",
    "scheduler",
    "ses",
)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    data: aws.kms.Key
    logs: aws.kms.Key
    messages: aws.kms.Key
    edge_messages: aws.kms.Key
    replica: aws.kms.Key
    aliases: tuple[aws.kms.Alias, ...]


class Encryption(pulumi.ComponentResource):
    """The keys by purpose: `data` at rest, `logs`, `messages` in topics and queues, `replica` for the other region.

    `edge_messages` is for the topics that alarms on world-wide services need in us-east-1.

    All rotate yearly and take 30 days to delete (KMS.3, KMS.4, CIS 3.6).
    """

    data_key_arn: pulumi.Output[str]
    logs_key_arn: pulumi.Output[str]
    messages_key_arn: pulumi.Output[str]
    edge_messages_key_arn: pulumi.Output[str]
    replica_key_arn: pulumi.Output[str]

    def __init__(self, name: str, *, platform: Platform, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jtld:platform:Encryption", name, None, opts)
        self._platform = platform
        replica_region = platform.environment.replica_region
        data = self._key("data", "Files, databases, caches and secrets", self._content_delivery())
        logs = self._key("logs", "Log groups", self._log_groups(platform.environment.region))
        messages = self._key("messages", "Topics and queues", self._publishers())
        edge_messages = self._key(
            "edge-messages", "Topics of alarms on world-wide services", self._publishers(), region=EDGE_REGION
        )
        replica = self._key(
            "replica",
            "All that is in the replica region",
            self._content_delivery(),
            self._publishers(),
            self._log_groups(replica_region),
            region=replica_region,
        )
        self.nodes = _Nodes(
            data=data,
            logs=logs,
            messages=messages,
            edge_messages=edge_messages,
            replica=replica,
            aliases=(
                self._alias("data", data),
                self._alias("logs", logs),
                self._alias("messages", messages),
                self._alias("edge-messages", edge_messages, EDGE_REGION),
                self._alias("replica", replica, replica_region),
            ),
        )
        self.data_key_arn = data.arn
        self.logs_key_arn = logs.arn
        self.messages_key_arn = messages.arn
        self.edge_messages_key_arn = edge_messages.arn
        self.replica_key_arn = replica.arn
        self.register_outputs(
            {
                "dataKeyArn": self.data_key_arn,
                "logsKeyArn": self.logs_key_arn,
                "messagesKeyArn": self.messages_key_arn,
                "edgeMessagesKeyArn": self.edge_messages_key_arn,
                "replicaKeyArn": self.replica_key_arn,
            }
        )

    def _key(self, role: str, purpose: str, *uses: Statement, region: str | None = None) -> aws.kms.Key:
        return aws.kms.Key(
            role,
            description=f"{purpose} of {self._platform.name(role)}",
            policy=document(self._account_delegation(), *uses),
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=30,
            region=region,
            tags=self._platform.tags("encryption"),
            opts=self._platform.stateful_child(self),
        )

    def _alias(self, role: str, key: aws.kms.Key, region: str | None = None) -> aws.kms.Alias:
        return aws.kms.Alias(
            role,
            name=f"alias/{self._platform.name(role)}",
            target_key_id=key.key_id,
            region=region,
            opts=self._platform.child(self),
        )

    def _account_delegation(self) -> Statement:
        # Without this statement nobody could ever change the key again: KMS refuses such a policy.
        account = self._platform.environment.account_id
        return Statement(
            sid="DelegateToIam",
            actions="kms:*",
            principals={"AWS": f"arn:aws:iam::{account}:root"},
            resources="*",
        )

    def _content_delivery(self) -> Statement:
        account = self._platform.environment.account_id
        return _service_use(
            "ContentDeliveryReads",
            "cloudfront.amazonaws.com",
            actions=("kms:Decrypt",),
            conditions={"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{account}:distribution/*"}},
        )

    def _log_groups(self, region: str) -> Statement:
        groups = f"arn:aws:logs:{region}:{self._platform.environment.account_id}:log-group:*"
        return _service_use(
            "LogGroupsOfThisAccount",
            f"logs.{region}.amazonaws.com",
            actions=(
                "kms:Encrypt*",
                "kms:Decrypt*",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:Describe*",
            ),
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )

    def _publishers(self) -> Statement:
        account = self._platform.environment.account_id
        return _service_use(
            "ServicesThatPublish",
            *(f"{service}.amazonaws.com" for service in _PUBLISHERS),
            actions=_ENVELOPE,
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )


def _service_use(sid: str, *services: str, actions: tuple[str, ...], conditions: Conditions) -> Statement:
    return Statement(
        sid=sid, actions=actions, principals={"Service": list(services)}, resources="*", conditions=conditions
    )
