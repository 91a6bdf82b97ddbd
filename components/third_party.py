"""The services of others: do they work, what do they cost, how old are the keys to them (TP).

The services themselves are declared in `settings/services.py`; invoices of those outside AWS are recorded by
the job usage-report, which publishes the two percentages that are watched here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData
from components.alerting import Topics
from components.monitoring.bill import check_dollars
from components.monitoring.uptime import probe, status_alarm
from components.platform import Platform
from components.severity import Severity
from services.status.names import METRIC, NAMESPACE
from settings.monitoring import MonitoringSettings
from settings.services import Service
from settings.third_party import Credential, ThirdPartySettings

USAGE_NAMESPACE = "JTLD/ThirdParty"
PLAN_METRIC, COST_METRIC = "PlanUsedPercent", "CostPercent"
PLAN_PERCENT, COST_PERCENT = 80, 120
FAILURES = 3
_DAY = 86_400
# What is there in every account, every minute: a clock to compare dates with. Its silence has an alarm of its own.
_BEAT = Metric(namespace=NAMESPACE, name=METRIC, dimensions={}, statistic="Sum", period_seconds=21_600)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Probes go by service."""

    budget: aws.budgets.Budget
    monitor: aws.costexplorer.AnomalyMonitor
    subscription: aws.costexplorer.AnomalySubscription
    probes: Mapping[str, aws.route53.HealthCheck]


class ThirdParty(pulumi.ComponentResource):
    """Budgets (TP-4), key rotation (TP-2) and checks (TP-3) of everything in the inventory (TP-1).

    `checks` says how the probes ask; `topics` are those of the region where AWS keeps bills.
    `probes_dollars` is what the probes cost a month.
    """

    alarms: list[Alarm]
    probes_dollars: float

    def __init__(
        self,
        name: str,
        settings: ThirdPartySettings,
        *,
        platform: Platform,
        checks: MonitoringSettings,
        topics: Topics,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:ThirdParty", name, None, opts)
        self._settings = settings
        self._platform = platform
        probes = {
            service.name: probe(
                service.name,
                service.probe,
                checks,
                contains=service.probe_contains,
                failures=FAILURES,
                component="third-party",
                parent=self,
                platform=platform,
            )
            for service in (settings.listed if settings.watched else ())
        }
        monitor = self._monitor()
        self.nodes = _Nodes(
            budget=self._budget(topics.routine),
            monitor=monitor,
            subscription=self._subscription(monitor, topics.routine),
            probes=probes,
        )
        self.alarms = [
            *(_rotation_alarm(key) for key in settings.credentials),
            *(
                alarm
                for service in settings.listed
                if service.name in probes
                for alarm in _service_alarms(service, probes[service.name].id)
            ),
        ]
        self.probes_dollars = sum(
            check_dollars(
                contains=service.probe_contains is not None,
                latency=False,
                interval_seconds=checks.interval_seconds,
            )
            for service in settings.listed
            if service.name in probes
        )
        self.register_outputs({"probes": {service: one.id for service, one in probes.items()}})

    def _budget(self, topic_arn: pulumi.Input[str]) -> aws.budgets.Budget:
        expected = self._settings.subscription("aws").monthly_dollars
        notices = (("ACTUAL", PLAN_PERCENT), ("FORECASTED", 100), ("ACTUAL", COST_PERCENT))
        return aws.budgets.Budget(
            "account",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{expected}.0",
            limit_unit="USD",
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "notification_type": kind,
                    "threshold": percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_sns_topic_arns": [topic_arn],
                }
                for kind, percent in notices
            ],
            tags=self._platform.tags("third-party"),
            opts=self._platform.child(self),
        )

    def _monitor(self) -> aws.costexplorer.AnomalyMonitor:
        # One per account: where AWS has made its own already, docs/runbooks/third-party.md says how to adopt it.
        return aws.costexplorer.AnomalyMonitor(
            "services",
            monitor_type="DIMENSIONAL",
            monitor_dimension="SERVICE",
            tags=self._platform.tags("third-party"),
            opts=self._platform.child(self),
        )

    def _subscription(
        self, monitor: aws.costexplorer.AnomalyMonitor, topic_arn: pulumi.Input[str]
    ) -> aws.costexplorer.AnomalySubscription:
        return aws.costexplorer.AnomalySubscription(
            "anomalies",
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor.arn],
            subscribers=[{"type": "SNS", "address": topic_arn}],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [str(self._settings.anomaly_dollars)],
                }
            },
            tags=self._platform.tags("third-party"),
            opts=self._platform.child(self),
        )


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time.min, UTC).timestamp())


def _rotation_alarm(key: Credential) -> Alarm:
    """Return the alarm that rises two weeks before the key is due and stays until the registry has a new date."""
    return Alarm(
        key=f"rotate-{key.name}",
        title=f"{key.name} is due for rotation by {key.due_on}",
        source=Expression(
            expression=f"IF(EPOCH(beat) >= {_epoch(key.remind_on)}, 1, 0)",
            label=f"{key.name} is due",
            metrics={"beat": _BEAT},
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.IGNORE,
        severity=Severity.MEDIUM,
        runbook="rotation",
        requirements=("TP-2",),
    )


def _service_alarms(service: Service, check_id: pulumi.Input[str]) -> list[Alarm]:
    return [
        status_alarm(
            f"{service.name}-down",
            f"{service.title} does not answer",
            check_id,
            minutes=1,
            severity=Severity.HIGH,
            runbook="third-party",
            requirement="TP-3",
        ),
        _share(service, "plan", PLAN_METRIC, PLAN_PERCENT, f"of the plan ({service.limit})"),
        _share(service, "cost", COST_METRIC, COST_PERCENT, "of the expected monthly cost"),
    ]


def _share(service: Service, key: str, metric: str, percent: int, what: str) -> Alarm:
    return Alarm(
        key=f"{service.name}-{key}",
        title=f"{service.title} is beyond {percent} % {what}",
        source=Metric(
            namespace=USAGE_NAMESPACE,
            name=metric,
            dimensions={"Service": service.name},
            statistic="Maximum",
            period_seconds=_DAY,
        ),
        comparison=Comparison.ABOVE,
        threshold=percent,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.IGNORE,
        severity=Severity.LOW,
        runbook="third-party",
        requirements=("TP-4",),
    )
