"""Budgets and unusual costs: somebody is told before the invoice (TP-4)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, Value


@policy(
    id="cost-budget-told",
    title="The budget tells somebody of what was spent and of what will be",
    severity=Severity.MEDIUM,
    requirements=("TP-4",),
    controls=("own: budgets",),
    remedy="Give the budget notifications at 80 % and 120 % of actual cost and one on the forecast.",
    limits={"plan": 80, "excess": 120},
    each=(t.BUDGET,),
)
def budget_told(budget: Resource) -> Findings:
    """Look for the three notices, each with a subscriber."""

    def notice(kind: str, percent: float | None) -> Truth:
        def fits(found: Value) -> Truth:
            told = found["subscriberSnsTopicArns"].given | found["subscriberEmailAddresses"].given
            right = Truth.YES if percent is None else found["threshold"].equals(percent)
            right &= found["thresholdType"].equals("PERCENTAGE")
            right &= found["comparisonOperator"].equals("GREATER_THAN")
            return found["notificationType"].equals(kind) & right & told

        return budget["notifications"].some(fits)

    limits = budget.limits
    yield budget["timeUnit"].must(budget["timeUnit"].equals("MONTHLY"), "must be MONTHLY")
    yield budget["notifications"].must(notice("ACTUAL", limits["plan"]), "no notice at 80 %")
    yield budget["notifications"].must(notice("ACTUAL", limits["excess"]), "no notice at 120 %")
    yield budget["notifications"].must(notice("FORECASTED", None), "no notice on the forecast")


@policy(
    id="cost-anomalies-told",
    title="An unusual cost is told at once",
    severity=Severity.LOW,
    requirements=("TP-4",),
    controls=("own: budgets",),
    remedy="Add a costexplorer.AnomalySubscription with frequency IMMEDIATE.",
    across=(t.ANOMALY_MONITOR, t.ANOMALY_SUBSCRIPTION),
)
def anomalies_told(stack: Stack) -> Findings:
    """Follow monitor → subscription."""
    for monitor in stack.of(t.ANOMALY_MONITOR):
        told = stack.has(
            monitor,
            t.ANOMALY_SUBSCRIPTION,
            "monitorArnLists",
            lambda one: one["frequency"].equals("IMMEDIATE") & one["subscribers"].given,
        )
        yield monitor.must(told, "tells nobody")
