"""Recovery points: sealed, far away, for long enough, tried; and every store complete (BK)."""

import re

from pulumi_policy import Severity

from policies import tokens as t
from policies.alarms import links_a_runbook
from policies.buckets import holds_files
from policies.decorator import policy
from policies.documents import some_statement
from policies.resources import Resource, Stack
from policies.uptime import watches
from policies.values import Findings, Truth, Value, all_of, any_of

_DAILY = re.compile(
    r"cron\(\d+ [\d,*/-]+ (\* \* \?|\? \* \*) \*\)|rate\(([1-9]|1\d|2[0-4]) hours?\)|rate\(1 day\)"
)
_DATA = "jtld:data"
_STORES = (t.DATABASE, t.BUCKET, t.REPLICATION_GROUP)


@policy(
    id="backup-own-key",
    title="Recovery points are encrypted with a key of the stack",
    severity=Severity.HIGH,
    requirements=("BK-N2",),
    controls=("Backup.1", "CKV_AWS_166"),
    remedy="Set kmsKeyArn to the key of the vault's region.",
    each=(t.VAULT,),
)
def own_key(vault: Resource) -> Findings:
    """Refuse the service's default key."""
    key = vault["kmsKeyArn"]
    yield key.must(vault.refers(key, t.KEY, t.REPLICA_KEY), "must name a key of the stack")


@policy(
    id="backup-sealed",
    title="Nobody empties a vault early",
    severity=Severity.CRITICAL,
    requirements=("BK-2", "SC-3"),
    controls=("own: vault lock",),
    remedy="Lock the vault, deny deletion in its policy, and leave forceDestroy out.",
    prod_only=True,
    limits={"days": 7},
    across=(t.VAULT, t.VAULT_LOCK, t.VAULT_POLICY),
)
def sealed(stack: Stack) -> Findings:
    """Look for the lock, the denial, and no short cut."""
    for vault in stack.of(t.VAULT):
        locked = stack.has(
            vault,
            t.VAULT_LOCK,
            "backupVaultName",
            lambda lock: lock["minRetentionDays"].at_least(stack.limits["days"]),
        )
        denied = stack.has(
            vault,
            t.VAULT_POLICY,
            "backupVaultName",
            lambda one: some_statement(
                one["policy"],
                lambda statement: (
                    statement.denies_everyone
                    and not statement.conditions
                    and statement.covers("backup:DeleteRecoveryPoint")
                    and statement.everything
                ),
            ),
        )
        yield vault.must(locked, "has no lock")
        yield vault.must(denied, "has no policy that denies deletion")
        yield vault.must(~vault["forceDestroy"].true, "is emptied when destroyed")


@policy(
    id="backup-failures-told",
    title="A backup that fails is told",
    severity=Severity.HIGH,
    requirements=("BK-4",),
    controls=("own: vault notifications",),
    remedy="Add backup.VaultNotifications to the vault that plans write to.",
    limits={"events": ["BACKUP_JOB_FAILED", "COPY_JOB_FAILED", "RESTORE_JOB_FAILED"], "replica": "ca-west-1"},
    across=(t.VAULT, t.VAULT_NOTIFICATIONS),
)
def failures_told(stack: Stack) -> Findings:
    """Look at the vaults at home; a copy that fails is told by the vault it leaves."""

    def tells(notifications: Resource) -> Truth:
        events = notifications["backupVaultEvents"]
        return all_of(any_of(event.equals(wanted) for event in events) for wanted in stack.limits["events"])

    for vault in stack.of(t.VAULT):
        told = stack.has(vault, t.VAULT_NOTIFICATIONS, "backupVaultName", tells)
        yield vault.must(told | vault["region"].equals(stack.limits["replica"]), "tells nobody of failures")


@policy(
    id="backup-plan-far-and-long",
    title="Recovery points live long enough, and in two regions",
    severity=Severity.HIGH,
    requirements=("BK-2", "BK-N1", "BK-N4"),
    controls=("own: backup plan",),
    remedy="Give every rule lifecycle.deleteAfter and a copy to the replica region; keep 35 days or more.",
    prod_only=True,
    limits={"days": 35, "replica": "ca-west-1"},
    each=(t.BACKUP_PLAN,),
)
def plan_far_and_long(plan: Resource) -> Findings:
    """Check each rule, since any of them may be the only one that ran."""
    for rule in plan["rules"]:
        days, copies = rule["lifecycle.deleteAfter"], rule["copyActions"]
        yield days.must(days.at_least(plan.limits["days"]), "is shorter than asked, or for ever")
        yield copies.must(copies.given, "copies nowhere")
        for copy in copies:
            kept, vault = copy["lifecycle.deleteAfter"], copy["destinationVaultArn"]
            yield kept.must(kept.at_least(plan.limits["days"]), "is shorter than asked, or for ever")
            far = vault.test(lambda arn: str(arn).split(":")[3:4] == [plan.limits["replica"]])
            yield vault.must(far, "is not in the replica region")
    daily = plan["rules"].some(lambda rule: rule["schedule"].test(lambda text: bool(_DAILY.fullmatch(text))))
    yield plan["rules"].must(daily, "has no rule for every day")


@policy(
    id="backup-elsewhere-out-of-reach",
    title="Copies in another account belong to it, and outlive the originals",
    severity=Severity.HIGH,
    requirements=("BK-1", "BK-N1", "BK-N2"),
    controls=("own: replication to another account",),
    remedy="Hand the copies over (accessControlTranslation), encrypt with a key there, copy no deletions, measure.",
    each=(t.BUCKET_REPLICATION,),
)
def elsewhere_out_of_reach(replication: Resource) -> Findings:
    """Look at rules that name an account: a copy that this one owns, opens or deletes is no second one."""
    for rule in replication["rules"]:
        target = rule["destination"]
        account, key = target["account"], target["encryptionConfiguration.replicaKmsKeyId"]
        at_home, owner = ~account.given, target["accessControlTranslation.owner"]
        deletions = rule["deleteMarkerReplication.status"]
        measured = target["metrics.status"].equals("Enabled") & target["replicationTime.status"].equals(
            "Enabled"
        )
        theirs = key.test(lambda arn, number=account.raw: str(arn).split(":")[4:5] == [number])  # type: ignore[misc]
        yield owner.must(at_home | owner.equals("Destination"), "leaves the copies to this account")
        yield key.must(at_home | theirs, "must name a key of the other account")
        yield deletions.must(at_home | ~deletions.equals("Enabled"), "copies deletions")
        yield target.must(at_home | measured, "does not say how late the copies are")


@policy(
    id="stores-complete",
    title="Every data store has alarms, a runbook and a backup",
    severity=Severity.HIGH,
    requirements=("BK-2", "MO-8", "ST-9"),
    controls=("RDS.26", "CKV2_AWS_8"),
    remedy="Tag the store jtld:data with a value that Backup covers, and declare alarms on it.",
    across=(*_STORES, t.METRIC_ALARM, t.BACKUP_SELECTION),
)
def stores_complete(stack: Stack) -> Findings:
    """Look at databases that are no replicas, at the bucket that users upload to, and at caches."""

    def explained(alarm: Resource) -> Truth:
        return alarm["alarmDescription"].test(links_a_runbook)

    for store in stack.of(*_STORES):
        matters = _matters(store)
        seen = any_of(watches(alarm, store) & explained(alarm) for alarm in stack.of(t.METRIC_ALARM))
        # ElastiCache, which AWS Backup does not know, takes its snapshots itself: cache-kept looks at them.
        covered = Truth.of(store.type == t.REPLICATION_GROUP) | any_of(
            _names(one["selectionTags"], store, _DATA) & ~one["notResources"].given & ~one["conditions"].given
            for one in stack.of(t.BACKUP_SELECTION)
        )
        yield store.must(~matters | seen, "no alarm with a runbook watches it")
        yield store.must(~matters | covered, "nothing backs it up")


@policy(
    id="stores-tried",
    title="Every data store's recovery points are tried",
    severity=Severity.HIGH,
    requirements=("BK-N3",),
    controls=("own: restore testing",),
    remedy="Add a backup.RestoreTestingSelection for the store's value of jtld:data.",
    prod_only=True,
    across=(t.DATABASE, t.BUCKET, t.RESTORE_SELECTION),
)
def stores_tried(stack: Stack) -> Findings:
    """Look at what AWS Backup takes: only prod pays for a monthly restore."""
    for store in stack.of(t.DATABASE, t.BUCKET):
        tried = any_of(
            _names(one["protectedResourceConditions.stringEquals"], store, f"aws:ResourceTag/{_DATA}")
            for one in stack.of(t.RESTORE_SELECTION)
        )
        yield store.must(~_matters(store) | tried, "no restore test tries it")


def _matters(store: Resource) -> Truth:
    """Return whether a store holds what cannot be had elsewhere: a replica is its source's copy."""
    match store.type:
        case t.DATABASE:
            return ~store["replicateSourceDb"].given
        case t.BUCKET:
            return holds_files(store)
        case _:
            return Truth.YES


def _names(pairs: Value, store: Resource, key: str) -> Truth:
    kind = store[f"tags.{_DATA}"]
    return pairs.some(lambda pair: pair["key"].equals(key) & pair["value"].same_as(kind))
