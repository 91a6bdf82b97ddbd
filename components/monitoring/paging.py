"""One page an incident: while one critical alarm of a region is on, further ones do not call again (MO-2)."""

from collections.abc import Iterable, Mapping

import pulumi
import pulumi_aws as aws

from components.alerting import Topics
from components.monitoring.raising import Raised, describe
from components.platform import Platform
from components.severity import Severity


def page_once(
    raised: Iterable[Raised], topics: Mapping[str, Topics], *, parent: pulumi.Resource, platform: Platform
) -> dict[str, aws.cloudwatch.CompositeAlarm]:
    """Make the page of each region: the only alarms that reach the critical topics (MO-N2)."""
    critical: dict[str, list[Raised]] = {}
    for one in raised:
        if one.alarm.severity is Severity.CRITICAL:
            critical.setdefault(one.region, []).append(one)
    return {
        region: _page(region, alarms, topics[region].critical, parent=parent, platform=platform)
        for region, alarms in critical.items()
    }


def _page(
    region: str,
    alarms: list[Raised],
    topic_arn: pulumi.Output[str],
    *,
    parent: pulumi.Resource,
    platform: Platform,
) -> aws.cloudwatch.CompositeAlarm:
    role = platform.role_in(region, "page")
    on = pulumi.Output.all(*(one.made.name for one in alarms))
    return aws.cloudwatch.CompositeAlarm(
        role,
        alarm_name=platform.name(role),
        alarm_description=describe(
            "At least one critical alarm is on; the others of this region call no second time",
            Severity.CRITICAL,
            "incident",
        ),
        alarm_rule=on.apply(lambda names: " OR ".join(f'ALARM("{name}")' for name in names)),
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        region=None if region == platform.environment.region else region,
        tags=platform.tags("monitoring", **{"jtld:severity": Severity.CRITICAL.value}),
        opts=platform.child(parent),
    )
