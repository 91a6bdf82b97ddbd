from policies import tokens as t
from tests.policies.drafts import Case

CASES = (
    Case(
        policy="keys-rotated",
        breaks=lambda draft: draft.set(t.KEY, "enableKeyRotation", False, "data"),
    ),
    Case(
        policy="keys-rotated",
        breaks=lambda draft: draft.set(t.KEY, "rotationPeriodInDays", 2560, "data"),
    ),
    Case(
        policy="keys-policy-explicit",
        breaks=lambda draft: draft.unset(t.KEY, "policy", "data"),
    ),
    Case(
        policy="keys-no-open-principal",
        breaks=lambda draft: draft.statement(
            t.KEY, "policy", "data", Principal={"AWS": "*"}, Action="kms:Decrypt", Resource="*"
        ),
    ),
    Case(
        policy="keys-deletion-slow",
        breaks=lambda draft: draft.set(t.KEY, "deletionWindowInDays", 7, "data"),
    ),
    Case(
        policy="keys-deletion-slow",
        breaks=lambda draft: draft.set(t.KEY, "bypassPolicyLockoutSafetyCheck", True, "data"),
    ),
)
