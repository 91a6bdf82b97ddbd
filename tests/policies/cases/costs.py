from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="cost-budget-told",
        breaks=lambda draft: draft.set(t.BUDGET, "notifications.0.threshold", 95),
    ),
    Case(
        policy="cost-budget-told",
        breaks=lambda draft: draft.set(t.BUDGET, "notifications.1.notificationType", "ACTUAL"),
    ),
    Case(policy="cost-anomalies-told", breaks=lambda draft: draft.drop(t.ANOMALY_SUBSCRIPTION)),
)
