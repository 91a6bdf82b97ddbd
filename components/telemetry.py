"""What the application says about itself: its log, and the numbers that are read from it.

The application writes one JSON object a line: `{"event": "request", "status": 200, "durationMs": 31, …}` for
each request, `{"event": "deployed", "release": "<sha>"}` when a deployment first runs. Personal data that
slips in all the same is masked (MO-N5).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.grants import Grant, Role
from components.graphs import Graph
from components.platform import Platform
from components.severity import Severity
from components.variables import Variable
from settings.monitoring import MonitoringSettings, Traffic

NAMESPACE = "JTLD/Application"
_FIVE_MINUTES = 300
_REQUEST = '$.event = "request"'
_PERSONAL = ("Address", "AwsSecretKey", "CreditCardNumber", "EmailAddress", "IpAddress", "Name")


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """How a number is read from a line of the log."""

    pattern: str
    value: str = "1"
    unit: str = "Count"


_READINGS = {
    "Requests": _Reading(pattern=f"{{ {_REQUEST} }}"),
    "Errors": _Reading(pattern=f"{{ {_REQUEST} && $.status >= 500 }}"),
    "Latency": _Reading(pattern=f"{{ {_REQUEST} }}", value="$.durationMs", unit="Milliseconds"),
    "Deployments": _Reading(pattern='{ $.event = "deployed" }'),
}


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    log: aws.cloudwatch.LogGroup
    masking: aws.cloudwatch.LogDataProtectionPolicy
    filters: Mapping[str, aws.cloudwatch.LogMetricFilter]


class Telemetry(pulumi.ComponentResource):
    """The application's log, its numbers, and the alarms on them (MO-3, MO-4, MO-N5).

    `deployments` counts deployments: the marker on every graph.
    """

    log_group: pulumi.Output[str]
    deployments: Metric
    graphs: list[Graph]
    alarms: list[Alarm]
    grants: list[Grant]
    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: MonitoringSettings,
        *,
        platform: Platform,
        logs_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Telemetry", name, None, opts)
        log = aws.cloudwatch.LogGroup(
            "application",
            retention_in_days=settings.application_log_days,
            kms_key_id=logs_key_arn,
            tags=platform.tags("telemetry"),
            opts=platform.stateful_child(self),
        )
        masking = aws.cloudwatch.LogDataProtectionPolicy(
            "application",
            log_group_name=log.name,
            policy_document=_masking(),
            opts=platform.child(self),
        )
        filters = {
            name: aws.cloudwatch.LogMetricFilter(
                name.lower(),
                log_group_name=log.name,
                pattern=reading.pattern,
                metric_transformation={
                    "namespace": NAMESPACE,
                    "name": name,
                    "value": reading.value,
                    "unit": reading.unit,
                },
                opts=platform.child(self),
            )
            for name, reading in _READINGS.items()
        }
        self.nodes = _Nodes(log=log, masking=masking, filters=filters)
        self.log_group = log.name
        self.deployments = _metric("Deployments", "Sum")
        self.graphs = _graphs()
        self.alarms = _alarms(settings.traffic)
        self.grants = [
            Grant(
                role=Role.APPLICATION,
                sid="WriteItsLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=(pulumi.Output.concat(log.arn, ":*"),),
            )
        ]
        self.variables = [Variable(key="LOG_GROUP_NAME", value=log.name, secret=False)]
        self.register_outputs({"logGroup": self.log_group})


def _masking() -> str:
    identifiers = [f"arn:aws:dataprotection::aws:data-identifier/{kind}" for kind in _PERSONAL]
    operations: dict[str, object] = {"Audit": {"FindingsDestination": {}}, "Deidentify": {"MaskConfig": {}}}
    return json.dumps(
        {
            "Name": "personal-data",
            "Version": "2021-06-01",
            "Statement": [
                {"Sid": kind, "DataIdentifier": identifiers, "Operation": {kind: how}}
                for kind, how in operations.items()
            ],
        }
    )


def _metric(name: str, statistic: str) -> Metric:
    return Metric(
        namespace=NAMESPACE, name=name, dimensions={}, statistic=statistic, period_seconds=_FIVE_MINUTES
    )


def _error_rate(few: int) -> Expression:
    return Expression(
        expression=f"IF(requests > {few}, 100 * FILL(errors, 0) / requests, 0)",
        label="Failed requests in percent",
        metrics={"errors": _metric("Errors", "Sum"), "requests": _metric("Requests", "Sum")},
    )


def _graphs() -> list[Graph]:
    return [
        Graph(title="Requests", curves={"in five minutes": _metric("Requests", "Sum")}),
        Graph(title="Failed requests", curves={"percent": _error_rate(0)}),
        Graph(
            title="Time to answer, in milliseconds",
            curves={f"P{share}": _metric("Latency", f"p{share}") for share in (50, 95, 99)},
        ),
    ]


def _alarms(traffic: Traffic) -> list[Alarm]:
    return [
        _alarm(
            "error-rate",
            f"More than {traffic.error_percent:g} % of the requests fail",
            _error_rate(traffic.few_requests),
            traffic.error_percent,
            periods=1,
        ),
        _alarm(
            "latency",
            f"Five of 100 requests take longer than {traffic.p95_seconds:g} s",
            _metric("Latency", "p95"),
            traffic.p95_seconds * 1000,
            periods=2,
        ),
    ]


def _alarm(key: str, title: str, source: Metric | Expression, threshold: float, *, periods: int) -> Alarm:
    return Alarm(
        key=key,
        title=title,
        source=source,
        comparison=Comparison.ABOVE,
        threshold=threshold,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.HIGH,
        runbook="website",
        requirements=("MO-3",),
    )
