"""What is watched, and how it is told: checks from outside, every component's alarms, pages, dashboards.

Whom alarms reach is Alerting's business, what they are about each component's own. Health checks and bills
have their metrics in us-east-1 alone, so their alarms live there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Metric
from components.alerting import Topics
from components.graphs import Graph
from components.monitoring.bill import alarm_dollars, check_dollars, own_metric_dollars, own_metrics
from components.monitoring.boards import Board, boards
from components.monitoring.dashboards import dashboards
from components.monitoring.paging import page_once
from components.monitoring.raising import Raised, raise_alarm
from components.monitoring.uptime import certificate_alarm, endpoint_alarms, health_check
from components.platform import Platform
from settings.monitoring import MonitoringSettings


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Checks go by endpoint, alarms by `<area>/<key>`, pages by region, dashboards by name."""

    checks: Mapping[str, aws.route53.HealthCheck]
    alarms: Mapping[str, Raised]
    pages: Mapping[str, aws.cloudwatch.CompositeAlarm]
    dashboards: Mapping[str, aws.cloudwatch.Dashboard]


class Monitoring(pulumi.ComponentResource):
    """Checks, alarms, pages and dashboards (MO-1 to MO-4).

    `alarms` and `graphs` are what the components declare, by component, and `boards` is what dashboards show
    of them. `alarm_arns` says by `<component>/<key>` what became of each alarm; the checks' own are under
    `monitoring`. `report` counts
    what was made and says what it costs a month, with the `probes_dollars` of ThirdParty's checks; metrics of
    ours cost by the hours in which they are sent, and have their upper bound beside it; logs cost by volume.
    """

    alarm_arns: Mapping[str, pulumi.Output[str]]
    boards: tuple[Board, ...]
    declared: Mapping[str, Sequence[Alarm]]
    report: Mapping[str, float]

    def __init__(
        self,
        name: str,
        settings: MonitoringSettings,
        *,
        platform: Platform,
        topics: Mapping[str, Topics],
        alarms: Mapping[str, Sequence[Alarm]],
        graphs: Mapping[str, Sequence[Graph]],
        deployments: Metric,
        probes_dollars: float,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Monitoring", name, None, opts)
        checks = {
            endpoint.name: health_check(endpoint, settings, parent=self, platform=platform)
            for endpoint in settings.endpoints
        }
        own = [
            *(alarm for name, check in checks.items() for alarm in endpoint_alarms(name, check.id, settings)),
            certificate_alarm(platform.environment.domain, settings.certificate_days),
        ]
        self.declared = {"monitoring": own, **alarms}
        raised = {
            f"{area}/{alarm.key}": raise_alarm(area, alarm, topics, parent=self, platform=platform)
            for area, declared in self.declared.items()
            for alarm in declared
        }
        watching = [one for one in raised.values() if one.alarm.rehearses is None]
        self.boards = boards(watching, graphs)
        self.nodes = _Nodes(
            checks=checks,
            alarms=raised,
            pages=page_once(watching, topics, parent=self, platform=platform),
            dashboards=dashboards(self.boards, deployments, parent=self, platform=platform)
            if settings.dashboards
            else {},
        )
        self.alarm_arns = {key: one.made.arn for key, one in raised.items()}
        ours = own_metrics(one.alarm for one in watching)
        self.report = {
            "alarms": len(raised),
            "pages": len(self.nodes.pages),
            "dashboards": len(self.nodes.dashboards),
            "healthChecks": len(checks),
            "monthlyDollars": round(self._dollars(settings) + probes_dollars, 2),
            "ownMetrics": ours,
            "ownMetricsAtMostDollars": round(own_metric_dollars(ours), 2),
        }
        self.register_outputs({"alarmArns": self.alarm_arns, "report": self.report})

    def _dollars(self, settings: MonitoringSettings) -> float:
        nodes = self.nodes
        alarms = [one.alarm for one in nodes.alarms.values()]
        return alarm_dollars(alarms, pages=len(nodes.pages), dashboards=len(nodes.dashboards)) + sum(
            check_dollars(
                contains=endpoint.contains is not None,
                latency=True,
                interval_seconds=settings.interval_seconds,
            )
            for endpoint in settings.endpoints
        )
