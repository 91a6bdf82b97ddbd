"""Whom alarms reach: topics, and who listens to them. The alarms themselves are Monitoring's.

There is a pair of topics in each region that has alarms, since an alarm speaks to topics of its own region
only. Mailbox and Slack hear both topics of a pair, the pager the critical one alone (MO-2, MO-N2). People
confirm the mailbox's subscriptions once, and admit Amazon Q Developer to the Slack workspace once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.iam import EVERYONE, Statement, document, service_trust
from components.platform import EDGE_REGION, Platform
from components.severity import ROUTES, Route, Severity
from settings.alerting import AlertingSettings, PagerDuty, Slack, Sms

# Amazon Q Developer in chat applications has end points in four regions, none of them in Canada; it is told
# of alarms, which hold no personal data.
CHAT_REGION = "us-east-2"
_PUBLISHERS = ("backup", "budgets", "cloudwatch", "costalerts", "events", "events.rds")

# Nothing is ever published here: an alarm on silence stays as it was set only until CloudWatch looks again.
_NAMESPACE = "JTLD/Alerting"


@dataclass(frozen=True, kw_only=True)
class Topics:
    """The ARNs of one region's pair."""

    critical: pulumi.Output[str]
    routine: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class _Topic:
    topic: aws.sns.Topic
    policy: aws.sns.TopicPolicy
    subscriptions: tuple[aws.sns.TopicSubscription, ...]


@dataclass(frozen=True, kw_only=True)
class _Slack:
    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    channel: aws.chatbot.SlackChannelConfiguration


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Topics go by region and route."""

    topics: Mapping[tuple[str, Route], _Topic]
    slack: _Slack | None


class Alerting(pulumi.ComponentResource):
    """The channels of MO-2.

    `topics` goes by region: the platform's, that of the copies, and that of world-wide services. `pager_key`
    is PagerDuty's integration key, secret; without PagerDuty it is not looked at.
    """

    topics: Mapping[str, Topics]
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        settings: AlertingSettings,
        *,
        platform: Platform,
        messages_key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
        edge_messages_key_arn: pulumi.Input[str],
        pager_key: pulumi.Output[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Alerting", name, None, opts)
        self._settings = settings
        self._platform = platform
        self._pager_key = pager_key
        keys = {
            platform.environment.region: messages_key_arn,
            platform.environment.replica_region: replica_key_arn,
            EDGE_REGION: edge_messages_key_arn,
        }
        topics = {
            (region, route): self._topic(region, route, key_arn)
            for region, key_arn in keys.items()
            for route in ROUTES
        }
        self.nodes = _Nodes(topics=topics, slack=self._slack(settings.slack, topics))
        self.topics = {
            region: Topics(
                critical=topics[region, "critical"].topic.arn, routine=topics[region, "routine"].topic.arn
            )
            for region in keys
        }
        self.alarms = [
            *(self._undelivered(region, topics[region, "critical"].topic) for region in keys),
            *(self._test(region, route) for region in keys for route in ROUTES),
        ]
        self.register_outputs(
            {"topics": {region: [pair.critical, pair.routine] for region, pair in self.topics.items()}}
        )

    def _topic(self, region: str, route: Route, key_arn: pulumi.Input[str]) -> _Topic:
        platform, role = self._platform, self._platform.role_in(region, route)
        topic = aws.sns.Topic(
            role,
            display_name=f"JTLD {platform.environment.name} {route}",
            kms_master_key_id=key_arn,
            region=region,
            tags=platform.tags("alerting", **{"jtld:route": route}),
            opts=platform.child(self),
        )
        policy = aws.sns.TopicPolicy(
            role,
            arn=topic.arn,
            region=region,
            policy=document(
                Statement(
                    sid="ServicesOfThisAccount",
                    actions="sns:Publish",
                    principals={"Service": [f"{service}.amazonaws.com" for service in _PUBLISHERS]},
                    resources=topic.arn,
                    conditions={"StringEquals": {"aws:SourceAccount": platform.environment.account_id}},
                ),
                Statement(
                    sid="EncryptedConnectionsOnly",
                    effect="Deny",
                    actions="sns:Publish",
                    principals=EVERYONE,
                    resources=topic.arn,
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ),
            opts=platform.child(self),
        )
        mailbox = self._subscribe(
            f"{role}-mailbox", topic, region=region, protocol="email", endpoint=self._settings.email
        )
        pagers = self._pagers(role, topic, region) if route == "critical" else ()
        return _Topic(topic=topic, policy=policy, subscriptions=(mailbox, *pagers))

    def _pagers(self, role: str, topic: aws.sns.Topic, region: str) -> tuple[aws.sns.TopicSubscription, ...]:
        match self._settings.pager:
            case PagerDuty():
                assert self._pager_key is not None, "the settings' secrets ask for the key beside PagerDuty"
                endpoint = pulumi.Output.concat(
                    "https://events.pagerduty.com/integration/", self._pager_key, "/enqueue"
                )
                return (
                    self._subscribe(
                        f"{role}-pager", topic, region=region, protocol="https", endpoint=endpoint
                    ),
                )
            case Sms(numbers=numbers):
                return tuple(
                    self._subscribe(
                        f"{role}-telephone-{number.removeprefix('+')}",
                        topic,
                        region=region,
                        protocol="sms",
                        endpoint=number,
                    )
                    for number in numbers
                )
            case _:
                return ()

    def _subscribe(
        self, name: str, topic: aws.sns.Topic, *, region: str, protocol: str, endpoint: pulumi.Input[str]
    ) -> aws.sns.TopicSubscription:
        return aws.sns.TopicSubscription(
            name,
            topic=topic.arn,
            protocol=protocol,
            endpoint=endpoint,
            endpoint_auto_confirms=protocol == "https",
            region=region,
            opts=self._platform.child(self),
        )

    def _slack(self, settings: Slack | None, topics: Mapping[tuple[str, Route], _Topic]) -> _Slack | None:
        if settings is None:
            return None
        platform = self._platform
        account = platform.environment.account_id
        role = aws.iam.Role(
            "slack",
            description="What people may ask about alarms in Slack",
            assume_role_policy=service_trust(
                "chatbot.amazonaws.com", account_id=account, source_arn=f"arn:aws:chatbot::{account}:*"
            ),
            permissions_boundary=platform.boundary_arn,
            tags=platform.tags("alerting"),
            opts=platform.child(self),
        )
        return _Slack(
            role=role,
            policy=aws.iam.RolePolicy(
                "slack",
                role=role.id,
                policy=document(
                    Statement(
                        sid="ReadAlarms",
                        actions=("cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmHistory"),
                        resources=[f"arn:aws:cloudwatch:*:{account}:alarm:{platform.name('')}*"],
                    )
                ),
                opts=platform.child(self),
            ),
            channel=aws.chatbot.SlackChannelConfiguration(
                "ops-alerts",
                configuration_name=platform.name("ops-alerts"),
                slack_team_id=settings.workspace_id,
                slack_channel_id=settings.channel_id,
                iam_role_arn=role.arn,
                # Without a guard rail of ours the service takes AdministratorAccess.
                guardrail_policy_arns=["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
                sns_topic_arns=[one.topic.arn for one in topics.values()],
                logging_level="ERROR",
                region=CHAT_REGION,
                tags=platform.tags("alerting"),
                opts=platform.child(self),
            ),
        )

    def _undelivered(self, region: str, topic: aws.sns.Topic) -> Alarm:
        return Alarm(
            key=f"{self._platform.role_in(region, 'critical')}-undelivered",
            title="A critical alarm did not reach the pager",
            source=Metric(
                namespace="AWS/SNS",
                name="NumberOfNotificationsFailed",
                dimensions={"TopicName": topic.name},
                statistic="Sum",
                period_seconds=300,
            ),
            comparison=Comparison.ABOVE,
            threshold=0,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.HIGH,
            runbook="alerting",
            requirements=("MO-2",),
            region=self._elsewhere(region),
        )

    def _test(self, region: str, route: Route) -> Alarm:
        return Alarm(
            key=f"{self._platform.role_in(region, route)}-test",
            title=f"This is a test of the {route} channels: nothing is wrong",
            source=Metric(
                namespace=_NAMESPACE,
                name="Test",
                dimensions={"Route": route},
                statistic="Sum",
                period_seconds=60,
            ),
            comparison=Comparison.ABOVE,
            threshold=0,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.CRITICAL if route == "critical" else Severity.LOW,
            runbook="test-alert",
            requirements=("MO-7",),
            region=self._elsewhere(region),
            rehearses=route,
        )

    def _elsewhere(self, region: str) -> str | None:
        return None if region == self._platform.environment.region else region
