from policies import tokens as t
from tests.policies.drafts import Case, Draft


def silence(draft: Draft, area: str) -> None:
    """Leave a component without alarms."""
    for name in [node.name for node in draft.nodes if node.type == t.METRIC_ALARM]:
        if name.startswith(area):
            draft.drop(t.METRIC_ALARM, name)


CASES = (
    Case(policy="backup-own-key", breaks=lambda draft: draft.unset(t.VAULT, "kmsKeyArn", "recovery")),
    Case(policy="backup-sealed", breaks=lambda draft: draft.drop(t.VAULT_LOCK, "copies")),
    Case(policy="backup-sealed", breaks=lambda draft: draft.drop(t.VAULT_POLICY, "recovery")),
    Case(policy="backup-sealed", breaks=lambda draft: draft.set(t.VAULT, "forceDestroy", True, "recovery")),
    Case(policy="backup-failures-told", breaks=lambda draft: draft.drop(t.VAULT_NOTIFICATIONS)),
    Case(
        policy="backup-plan-far-and-long",
        breaks=lambda draft: draft.set(t.BACKUP_PLAN, "rules.0.lifecycle.deleteAfter", 14),
    ),
    Case(
        policy="backup-plan-far-and-long",
        breaks=lambda draft: draft.unset(t.BACKUP_PLAN, "rules.1.copyActions"),
    ),
    Case(policy="stores-tried", breaks=lambda draft: draft.drop(t.RESTORE_SELECTION, "database")),
    Case(policy="stores-complete", breaks=lambda draft: silence(draft, "cache-")),
    Case(policy="stores-complete", breaks=lambda draft: draft.drop(t.BACKUP_SELECTION)),
)
