"""Does it answer, from several places, fast enough, with a certificate that lasts (MO-1, TP-3)."""

from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Metric, MissingData
from components.platform import EDGE_REGION, Platform
from components.severity import Severity
from settings.monitoring import Endpoint, MonitoringSettings

CHECK_NAMESPACE = "AWS/Route53"
CERTIFICATE_NAMESPACE, CERTIFICATE_METRIC = "JTLD/Jobs", "CertificateDaysLeft"
"""Where the job ssl-check reports the days left of the certificate that visitors see (JB-1)."""

FAILURES_OF_OURS = 2
_HTTPS = 443


def health_check(
    endpoint: Endpoint, settings: MonitoringSettings, *, parent: pulumi.Resource, platform: Platform
) -> aws.route53.HealthCheck:
    """Check an endpoint from every place of the settings, failing after two answers missed."""
    labels = (endpoint.host_label, platform.environment.domain)
    return probe(
        endpoint.name,
        f"https://{'.'.join(filter(None, labels))}{endpoint.path}",
        settings,
        contains=endpoint.contains,
        failures=FAILURES_OF_OURS,
        component="monitoring",
        parent=parent,
        platform=platform,
    )


def probe(
    name: str,
    url: str,
    settings: MonitoringSettings,
    *,
    contains: str | None,
    failures: int,
    component: str,
    parent: pulumi.Resource,
    platform: Platform,
) -> aws.route53.HealthCheck:
    """Ask for `url` over HTTPS; `failures` misses in a row make it unhealthy."""
    parts = urlsplit(url)
    return aws.route53.HealthCheck(
        name,
        type="HTTPS_STR_MATCH" if contains else "HTTPS",
        fqdn=parts.hostname,
        port=_HTTPS,
        resource_path=parts.path or "/",
        search_string=contains,
        enable_sni=True,
        measure_latency=component == "monitoring",
        request_interval=settings.interval_seconds,
        failure_threshold=failures,
        regions=list(settings.checker_regions),
        tags=platform.tags(component, Name=platform.name(name)),
        opts=platform.child(parent),
    )


def endpoint_alarms(name: str, check_id: pulumi.Input[str], settings: MonitoringSettings) -> list[Alarm]:
    """Return the alarms of one endpoint: two misses, five minutes down, slow in three checks."""
    return [
        status_alarm(
            f"{name}-failing", f"{name} does not answer", check_id, minutes=1, severity=Severity.HIGH
        ),
        status_alarm(
            f"{name}-down",
            f"{name} has not answered for five minutes",
            check_id,
            minutes=5,
            severity=Severity.CRITICAL,
        ),
        Alarm(
            key=f"{name}-slow",
            title=f"{name} takes longer than {settings.slow_seconds:g} s to begin its answer",
            source=_checked(check_id, "TimeToFirstByte", "Average"),
            comparison=Comparison.ABOVE,
            threshold=settings.slow_seconds * 1000,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            missing_data=MissingData.NOT_BREACHING,
            severity=Severity.MEDIUM,
            runbook="website",
            requirements=("MO-1",),
            region=EDGE_REGION,
        ),
    ]


def status_alarm(
    key: str,
    title: str,
    check_id: pulumi.Input[str],
    *,
    minutes: int,
    severity: Severity,
    runbook: str = "website",
    requirement: str = "MO-1",
) -> Alarm:
    """Return the alarm on a health check that fails for some minutes; a check that is gone fails too."""
    return Alarm(
        key=key,
        title=title,
        source=_checked(check_id, "HealthCheckStatus", "Minimum"),
        comparison=Comparison.BELOW,
        threshold=1,
        evaluation_periods=minutes,
        datapoints_to_alarm=minutes,
        missing_data=MissingData.BREACHING,
        severity=severity,
        runbook=runbook,
        requirements=(requirement,),
        region=EDGE_REGION,
    )


def certificate_alarm(domain: str, days: int) -> Alarm:
    """Return the alarm on a certificate near its end, or on a check that nobody makes."""
    return Alarm(
        key="certificate-expiring",
        title=f"The certificate of {domain} ends in less than {days} days, or nobody looked",
        source=Metric(
            namespace=CERTIFICATE_NAMESPACE,
            name=CERTIFICATE_METRIC,
            dimensions={"Host": domain},
            statistic="Minimum",
            period_seconds=86_400,
        ),
        comparison=Comparison.BELOW,
        threshold=days,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.BREACHING,
        severity=Severity.HIGH,
        runbook="certificate",
        requirements=("MO-1",),
    )


def _checked(check_id: pulumi.Input[str], name: str, statistic: str) -> Metric:
    return Metric(
        namespace=CHECK_NAMESPACE,
        name=name,
        dimensions={"HealthCheckId": check_id},
        statistic=statistic,
        period_seconds=60,
    )
