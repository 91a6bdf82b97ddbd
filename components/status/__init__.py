"""The public status page: made every minute from the alarms, in another region than what it reports on (MO-5).

It shares nothing with the platform but the DNS zone: neither Vercel nor Cloudflare's proxy is on its way, and
its bucket, function and schedule live in the replica region. Where an alarm is silent, the page says "unknown".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.platform import Platform
from components.records import Record
from components.severity import Severity
from components.status.parts import parts
from components.status.publishing import Publication, Publisher
from components.status.renewal import Renewal, Renewer, missed_name
from services.status.names import METRIC, NAMESPACE
from settings.status import StatusSettings

_SHORT_TTL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    publication: Publication
    renewal: Renewal


class Status(pulumi.ComponentResource):
    """The page on `status.<domain>` and what renews it.

    `alarms` are the alarms that the components declare, by component, and `alarm_arns` what became of them,
    by `<component>/<key>`. `distribution_domain` serves the page too, should the zone itself be gone.
    """

    host: str
    distribution_domain: pulumi.Output[str]
    records: list[Record]

    def __init__(
        self,
        name: str,
        settings: StatusSettings,
        *,
        platform: Platform,
        replica_key_arn: pulumi.Input[str],
        alarms: Mapping[str, Sequence[Alarm]],
        alarm_arns: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Status", name, None, opts)
        self.host = f"{settings.hostname_label}.{platform.environment.domain}"
        log_days = settings.log_retention_days
        publication = Publisher(self.host, self, platform).publish(key_arn=replica_key_arn, log_days=log_days)
        renewal = Renewer(self, platform, replica_key_arn).renew(
            publication.page.bucket,
            event={"site": platform.environment.domain, "parts": parts(alarms, alarm_arns)},
            log_days=log_days,
        )

        self.nodes = _Nodes(publication=publication, renewal=renewal)
        self.distribution_domain = publication.distribution.domain_name
        self.records = _records(self.host, publication)
        self.register_outputs({"host": self.host, "distributionDomain": self.distribution_domain})


def status_alarms(platform: Platform) -> list[Alarm]:
    """Return the alarms on the page's renewal; the component itself is made of alarms, and comes after them."""
    return [renewal_alarm(), _calls_missed(platform)]


def renewal_alarm() -> Alarm:
    """Return the alarm on a page that is no longer renewed."""
    return Alarm(
        key="page-not-renewed",
        title="The public status page has not been renewed for five minutes",
        source=Metric(namespace=NAMESPACE, name=METRIC, dimensions={}, statistic="Sum", period_seconds=60),
        comparison=Comparison.BELOW,
        threshold=1,
        evaluation_periods=5,
        datapoints_to_alarm=5,
        missing_data=MissingData.BREACHING,
        severity=Severity.HIGH,
        runbook="status",
        requirements=("MO-5",),
    )


def _calls_missed(platform: Platform) -> Alarm:
    """Return the alarm on calls that failed: the next one a minute later may do, and hide what is wrong."""
    return Alarm(
        key="calls-missed",
        title="Calls to renew the public status page have failed and wait for people",
        source=Metric(
            namespace="AWS/SQS",
            name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": missed_name(platform)},
            statistic="Maximum",
            period_seconds=300,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.MEDIUM,
        runbook="status",
        requirements=("MO-5",),
        region=platform.environment.replica_region,
    )


def _records(host: str, publication: Publication) -> list[Record]:
    validation = publication.proof.certificate.domain_validation_options[0]
    return [
        Record(
            key="status",
            type="CNAME",
            name=host,
            value=publication.distribution.domain_name,
            purpose="Status page: not proxied, since it reports on the proxy as well",
            ttl_seconds=_SHORT_TTL_SECONDS,
        ),
        Record(
            key="status-certificate",
            type="CNAME",
            name=validation.resource_record_name.apply(_without_final_dot),
            value=validation.resource_record_value.apply(_without_final_dot),
            purpose="Proves to AWS that the status page's certificate is ours",
        ),
    ]


def _without_final_dot(name: str) -> str:
    return name.rstrip(".")
