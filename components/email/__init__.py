"""Sending e-mail: identities, streams, authentication records, events and templates.

Mailboxes, the accounts at SendGrid and Resend, and SES's production access are not managed here: people do that, and
record it in the settings. Soft bounces are retried by the worker, which reads the queue made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.credentials import Kept, Safe
from components.email import alarms as watch
from components.email.events import EventQueue, event_queue
from components.email.messages import MESSAGES, Message, StreamName
from components.email.records import dkim_records, domain_records, mail_from_domain, stream_records
from components.email.rendering import render
from components.grants import Grant, Role
from components.platform import Platform
from components.queues import receiving
from components.records import Record
from components.variables import Variable
from settings.email import EmailSettings, Stream

__all__ = ["Email", "ProviderKeys"]

_SUPPRESSED = ["BOUNCE", "COMPLAINT"]
_COUNTED = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"]
_WORKED_OFF = ["BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"]


@dataclass(frozen=True, kw_only=True)
class ProviderKeys:
    """The keys of the services beside SES, which need none (EM-7)."""

    sendgrid: pulumi.Input[str]
    resend: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class _StreamNodes:
    configuration: aws.sesv2.ConfigurationSet
    identity: aws.sesv2.EmailIdentity
    mail_from: aws.sesv2.EmailIdentityMailFromAttributes
    metrics: aws.sesv2.ConfigurationSetEventDestination
    events: aws.sesv2.ConfigurationSetEventDestination


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    suppression: aws.sesv2.AccountSuppressionAttributes
    streams: Mapping[StreamName, _StreamNodes]
    queue: EventQueue
    templates: Mapping[str, aws.ses.Template]
    keys: Mapping[str, Kept]


class Email(pulumi.ComponentResource):
    """Two streams on SES with SendGrid and Resend ready beside them (EM-1 to EM-8).

    `event_queue_url` is the queue of bounces and complaints for the worker (EM-4). `secret_arns` names the secret
    of each service beside SES (`sendgrid`, `resend`): JSON whose field `key` is what the worker sends with (EM-7).
    """

    event_queue_url: pulumi.Output[str]
    secret_arns: Mapping[str, pulumi.Output[str]]
    records: list[Record]
    alarms: list[Alarm]
    variables: list[Variable]
    grants: list[Grant]

    def __init__(
        self,
        name: str,
        settings: EmailSettings,
        *,
        platform: Platform,
        messages_key_arn: pulumi.Input[str],
        data_key_arn: pulumi.Input[str],
        keys: ProviderKeys,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Email", name, None, opts)
        self._platform = platform
        self._settings = settings
        streams = {
            StreamName.TRANSACTIONAL: settings.streams.transactional,
            StreamName.MARKETING: settings.streams.marketing,
        }
        self.nodes = _Nodes(
            suppression=aws.sesv2.AccountSuppressionAttributes(
                "suppression", suppressed_reasons=_SUPPRESSED, opts=platform.child(self)
            ),
            streams={stream: self._stream(stream, self._host(plan)) for stream, plan in streams.items()},
            queue=event_queue(
                configuration_sets=[platform.name(stream) for stream in streams],
                key_arn=messages_key_arn,
                parent=self,
                platform=platform,
            ),
            templates={message.name: self._template(message) for message in MESSAGES},
            keys=self._kept(keys, data_key_arn),
        )
        self.event_queue_url = self.nodes.queue.queue.url
        self.secret_arns = {service: kept.secret.arn for service, kept in self.nodes.keys.items()}
        self.records = self._records(streams)
        self.alarms = [
            *(alarm for stream in streams for alarm in watch.stream_alarms(stream)),
            watch.quota_alarm(settings.sending.per_day),
            *watch.queue_alarms(self.nodes.queue.queue.name, self.nodes.queue.dead_letters.name),
        ]
        self.variables = self._variables(streams, keys)
        self.grants = [
            *(self._sending_grant(role, streams) for role in (Role.APPLICATION, Role.WORKER)),
            *receiving(
                "MailEvents",
                (self.nodes.queue.queue.arn,),
                messages_key_arn,
                region=platform.environment.region,
            ),
        ]
        self.register_outputs({"eventQueueUrl": self.event_queue_url})

    def _host(self, stream: Stream) -> str:
        return f"{stream.label}.{self._platform.environment.domain}"

    def _stream(self, stream: StreamName, host: str) -> _StreamNodes:
        platform = self._platform
        configuration = aws.sesv2.ConfigurationSet(
            stream,
            configuration_set_name=platform.name(stream),
            delivery_options={"tls_policy": "REQUIRE"},
            reputation_options={"reputation_metrics_enabled": True},
            sending_options={"sending_enabled": self._settings.sending.enabled},
            suppression_options={"suppressed_reasons": _SUPPRESSED},
            tags=platform.tags("email", **{"jtld:stream": stream.value}),
            opts=platform.child(self),
        )
        identity = aws.sesv2.EmailIdentity(
            stream,
            email_identity=host,
            configuration_set_name=configuration.configuration_set_name,
            dkim_signing_attributes={"next_signing_key_length": "RSA_2048_BIT"},
            tags=platform.tags("email", **{"jtld:stream": stream.value}),
            opts=platform.stateful_child(self),
        )
        return _StreamNodes(
            configuration=configuration,
            identity=identity,
            mail_from=aws.sesv2.EmailIdentityMailFromAttributes(
                stream,
                email_identity=identity.email_identity,
                mail_from_domain=mail_from_domain(host),
                # Without its MX, mail would leave unaligned from amazonses.com and fail DMARC: rather not at all.
                behavior_on_mx_failure="REJECT_MESSAGE",
                opts=platform.child(self),
            ),
            metrics=self._destination(
                f"{stream}-metrics",
                configuration,
                _COUNTED,
                cloud_watch_destination={
                    "dimension_configurations": [
                        {
                            "dimension_name": watch.DIMENSION,
                            "dimension_value_source": "MESSAGE_TAG",
                            "default_dimension_value": stream.value,
                        }
                    ]
                },
            ),
            events=self._destination(
                f"{stream}-events",
                configuration,
                _WORKED_OFF,
                event_bridge_destination={"event_bus_arn": self._default_bus},
            ),
        )

    def _destination(
        self, role: str, configuration: aws.sesv2.ConfigurationSet, events: list[str], **target: object
    ) -> aws.sesv2.ConfigurationSetEventDestination:
        return aws.sesv2.ConfigurationSetEventDestination(
            role,
            configuration_set_name=configuration.configuration_set_name,
            event_destination_name=role,
            event_destination={"enabled": True, "matching_event_types": events, **target},
            opts=self._platform.child(self, delete_before_replace=True),
        )

    @property
    def _default_bus(self) -> str:
        place = self._platform.environment
        return f"arn:aws:events:{place.region}:{place.account_id}:event-bus/default"

    def _template(self, message: Message) -> aws.ses.Template:
        parts = render(message, sender=self._settings.sender)
        return aws.ses.Template(
            message.name,
            name=self._platform.name(message.name, limit=64),
            subject=parts.subject,
            html=parts.html,
            text=parts.text,
            opts=self._platform.child(self, delete_before_replace=True),
        )

    def _kept(self, keys: ProviderKeys, data_key_arn: pulumi.Input[str]) -> dict[str, Kept]:
        safe = Safe(component="email", key_arn=data_key_arn, parent=self, platform=self._platform)
        given = {"sendgrid": ("SendGrid", keys.sendgrid), "resend": ("Resend", keys.resend)}
        return {
            service: safe.keep(
                service,
                f"The key with which the worker sends through {name}",
                pulumi.Output.secret(pulumi.Output.json_dumps({"key": key})),
            )
            for service, (name, key) in given.items()
        }

    def _records(self, streams: Mapping[StreamName, Stream]) -> list[Record]:
        place = self._platform.environment
        found = list(domain_records(self._settings, place.domain))
        for stream, plan in streams.items():
            found += stream_records(stream, self._settings, plan, domain=place.domain, region=place.region)
            tokens = self.nodes.streams[stream].identity.dkim_signing_attributes.tokens
            found += dkim_records(stream, self._host(plan), tokens)
        return found

    def _variables(self, streams: Mapping[StreamName, Stream], keys: ProviderKeys) -> list[Variable]:
        sending = self._settings.sending
        plain = {
            "EMAIL_PROVIDER": self._settings.provider,
            "EMAIL_SENDING_ENABLED": str(sending.enabled).lower(),
            "EMAIL_MAX_PER_SECOND": str(sending.per_second),
            "EMAIL_TEMPLATE_PREFIX": self._platform.name(""),
        }
        for stream, plan in streams.items():
            plain[f"EMAIL_{stream.name}_FROM"] = f"no-reply@{self._host(plan)}"
            plain[f"EMAIL_{stream.name}_CONFIGURATION_SET"] = self._platform.name(stream)
        secret = {"SENDGRID_API_KEY": keys.sendgrid, "RESEND_API_KEY": keys.resend}
        return [
            *(Variable(key=key, value=value, secret=False) for key, value in plain.items()),
            *(Variable(key=key, value=value, secret=True) for key, value in secret.items()),
        ]

    def _sending_grant(self, role: Role, streams: Mapping[StreamName, Stream]) -> Grant:
        nodes = self.nodes
        return Grant(
            role=role,
            sid="SendMail",
            # Not SendBulkEmail: SES tells IAM no sender for it, so that it could not be held to our own addresses.
            actions=("ses:SendEmail",),
            resources=(
                *(stream.identity.arn for stream in nodes.streams.values()),
                *(stream.configuration.arn for stream in nodes.streams.values()),
                *(template.arn for template in nodes.templates.values()),
            ),
            conditions={
                "StringLike": {"ses:FromAddress": [f"*@{self._host(plan)}" for plan in streams.values()]}
            },
        )
