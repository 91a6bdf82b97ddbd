from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node


def silence(draft: Draft, area: str) -> None:
    """Leave a component without alarms."""
    for name in [one.name for one in draft.nodes if one.type == t.METRIC_ALARM]:
        if name.startswith(area):
            draft.drop(t.METRIC_ALARM, name)


_ELSEWHERE = node(
    t.BUCKET_REPLICATION,
    "elsewhere",
    {
        "bucket": "jtld-platform-dumps-prod",
        "role": "arn:aws:iam::333333333333:role/jtld-prod-dump-copies-1",
        "region": "ca-west-1",
        "rules": [
            {
                "id": "every-dump",
                "status": "Enabled",
                "deleteMarkerReplication": {"status": "Disabled"},
                "destination": {
                    "account": "444444444444",
                    "bucket": "arn:aws:s3:::jtld-company-dumps",
                    "accessControlTranslation": {"owner": "Destination"},
                    "encryptionConfiguration": {
                        "replicaKmsKeyId": "arn:aws:kms:ca-west-1:444444444444:key/1a2b3c4d"
                    },
                    "metrics": {"status": "Enabled", "eventThreshold": {"minutes": 15}},
                    "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
                },
            }
        ],
    },
)


def _elsewhere(path: str, value: str) -> Case:
    """Spoil one thing of a replication to another account."""
    return Case(
        policy="backup-elsewhere-out-of-reach",
        adds=(_ELSEWHERE,),
        breaks=lambda draft: draft.set(t.BUCKET_REPLICATION, f"rules.0.{path}", value, "elsewhere"),
    )


CASES = (
    _elsewhere("deleteMarkerReplication.status", "Enabled"),
    _elsewhere("destination.metrics.status", "Disabled"),
    _elsewhere("destination.replicationTime.status", "Disabled"),
    _elsewhere(
        "destination.encryptionConfiguration.replicaKmsKeyId", "arn:aws:kms:ca-west-1:333333333333:key/1"
    ),
    Case(
        policy="backup-elsewhere-out-of-reach",
        adds=(_ELSEWHERE,),
        breaks=lambda draft: draft.unset(
            t.BUCKET_REPLICATION, "rules.0.destination.accessControlTranslation", "elsewhere"
        ),
    ),
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
