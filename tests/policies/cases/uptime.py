from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="uptime-checked-well",
        breaks=lambda draft: draft.set(t.HEALTH_CHECK, "type", "HTTP", "site"),
    ),
    Case(
        policy="uptime-checked-well",
        breaks=lambda draft: draft.set(t.HEALTH_CHECK, "requestInterval", 600, "site"),
    ),
    Case(
        policy="uptime-checked-well",
        breaks=lambda draft: draft.set(t.HEALTH_CHECK, "regions", ["us-east-1"], "site"),
    ),
    Case(
        policy="uptime-alarmed",
        breaks=lambda draft: draft.drop(t.METRIC_ALARM, "third-party-slack-down"),
    ),
    Case(policy="logs-masked", breaks=lambda draft: draft.drop(t.LOG_MASKING)),
)
