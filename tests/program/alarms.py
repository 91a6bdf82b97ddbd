"""Every alarm of every stack as a page: `python -m tests.program.alarms` writes docs/runbooks/alarms.md (MO-3)."""

from components.alarms import Alarm, Comparison, Expression
from tests.support import STACKS, as_configured
from tests.support.run import ROOT

PAGE = ROOT / "docs" / "runbooks" / "alarms.md"
_SIGNS = {
    Comparison.ABOVE: ">",
    Comparison.AT_LEAST: "≥",
    Comparison.BELOW: "<",
    Comparison.AT_MOST: "≤",
}


def declared(stack: str) -> dict[str, Alarm]:
    """Return the alarms of a stack by `<component>/<key>`."""
    found = as_configured(stack).value.monitoring.declared
    return {f"{area}/{alarm.key}": alarm for area, alarms in found.items() for alarm in alarms}


def render() -> str:
    """Return the page."""
    stacks = {stack: declared(stack) for stack in STACKS}
    rows = {key: alarm for stack in STACKS for key, alarm in stacks[stack].items()}
    lines = [
        "# Alarms",
        "",
        "Made by `python -m tests.program.alarms` from what the components declare; a test compares. Mailbox and",
        "Slack hear all, the pager hears the critical ones, once an incident. Thresholds are those of the last",
        "stack that is named.",
        "",
        "| Alarm | Says | When | Severity | Runbook | Requirements | Stacks |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, alarm in sorted(rows.items()):
        where = ", ".join(stack for stack in STACKS if key in stacks[stack])
        lines.append(
            f"| `{key}` | {alarm.title} | {_when(alarm)} | {alarm.severity} | [{alarm.runbook}]({alarm.runbook}.md) | "
            f"{', '.join(alarm.requirements)} | {where} |"
        )
    lines += [
        "",
        "## What monitoring costs",
        "",
        "AWS's list prices, 2026-11; ThirdParty's checks are among the dollars. Metrics of our own are paid by the",
        "hours in which they are sent: the last column is their cost if all were sent in every hour, while a job's",
        "are sent once a day. Logs cost by volume and stand nowhere here.",
        "",
        "| Stack | Alarms | Pages | Dashboards | Checks | USD a month | Own metrics | USD at most |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for stack in STACKS:
        report = as_configured(stack).value.monitoring.report
        counts = " | ".join(str(report[name]) for name in ("alarms", "pages", "dashboards", "healthChecks"))
        own = f"{report['ownMetrics']} | {report['ownMetricsAtMostDollars']:.2f}"
        lines.append(f"| {stack} | {counts} | {report['monthlyDollars']:.2f} | {own} |")
    return "\n".join([*lines, ""])


def _when(alarm: Alarm) -> str:
    source = alarm.source
    metric = next(iter(source.metrics.values())) if isinstance(source, Expression) else source
    name = source.label if isinstance(source, Expression) else f"{metric.statistic} of {metric.name}"
    needed, given = alarm.datapoints_to_alarm, alarm.evaluation_periods
    limit = f"{_SIGNS[alarm.comparison]} {alarm.threshold:g}"
    return f"{name} {limit}, {needed} of {given} periods of {metric.period_seconds} s"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
