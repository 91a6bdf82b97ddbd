"""S3: what is kept survives mistakes and regions, what is temporary goes away (ST-3, ST-7, ST-9)."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.buckets import holds_files, made_anew, takes_copies, takes_logs
from policies.decorator import policy
from policies.levels import Level
from policies.resources import Resource, Stack
from policies.values import Findings, Truth, Value, any_of


def _enabled(rule: Value) -> Truth:
    return rule["status"].equals("Enabled")


def _of_every_object(rule: Value) -> Truth:
    """Return whether a rule speaks of the whole bucket: a prefix, a tag or a size would leave the rest for ever."""
    parts = ("and", "tag", "objectSizeGreaterThan", "objectSizeLessThan", "prefix")
    return ~rule["prefix"].given & ~any_of(rule["filter"][part].given for part in parts)


@policy(
    id="storage-life-cycle",
    title="Every bucket forgets old versions and broken uploads",
    severity=Severity.MEDIUM,
    requirements=("ST-3",),
    controls=("S3.13", "S3.10", "CKV2_AWS_61", "CKV_AWS_300"),
    remedy="Add life-cycle rules that expire non-current versions and abort multipart uploads.",
    limits={"abortDays": 7, "versionDays": 365},
    across=(t.BUCKET, t.BUCKET_LIFECYCLE),
)
def life_cycle(stack: Stack) -> Findings:
    """Look for both rules; one rule may do both."""

    def bounds_versions(rule: Value) -> Truth:
        days = rule["noncurrentVersionExpiration.noncurrentDays"]
        return _enabled(rule) & _of_every_object(rule) & days.at_most(stack.limits["versionDays"])

    def aborts_uploads(rule: Value) -> Truth:
        days = rule["abortIncompleteMultipartUpload.daysAfterInitiation"]
        return _enabled(rule) & _of_every_object(rule) & days.at_most(stack.limits["abortDays"])

    for bucket in stack.of(t.BUCKET):
        for fact, missing in (
            (bounds_versions, "expires non-current versions"),
            (aborts_uploads, "aborts stale uploads"),
        ):
            found = stack.has(
                bucket,
                t.BUCKET_LIFECYCLE,
                "bucket",
                lambda rules, fact=fact: rules["rules"].some(fact),  # type: ignore[misc]
            )
            yield bucket.must(found, f"no life-cycle rule {missing}")


@policy(
    id="storage-temp-expires",
    title="Temporary uploads disappear after a day",
    severity=Severity.MEDIUM,
    requirements=("ST-3", "ST-N5"),
    remedy="Add a life-cycle rule for the prefix temp/ that expires objects after one day.",
    limits={"prefix": "temp/", "days": 1},
    across=(t.BUCKET, t.BUCKET_LIFECYCLE),
)
def temp_expires(stack: Stack) -> Findings:
    """Look at the bucket that users upload to."""

    def expires(rule: Value) -> Truth:
        prefix, days = stack.limits["prefix"], stack.limits["days"]
        # Beside a prefix, `and` holds a tag or a size, which would leave the other objects there.
        return _enabled(rule) & rule["filter.prefix"].equals(prefix) & rule["expiration.days"].at_most(days)

    for bucket in stack.of(t.BUCKET):
        found = stack.has(bucket, t.BUCKET_LIFECYCLE, "bucket", lambda rules: rules["rules"].some(expires))
        yield bucket.must(~holds_files(bucket) | found, "no rule expires temporary uploads")


@policy(
    id="storage-versioned",
    title="Every bucket keeps versions",
    severity=Severity.HIGH,
    requirements=("ST-1", "ST-N3"),
    controls=("S3.14", "CKV_AWS_21"),
    remedy="Add an s3.BucketVersioning with status Enabled.",
    across=(t.BUCKET, t.BUCKET_VERSIONING),
)
def versioned(stack: Stack) -> Findings:
    """Look for versioning that is on, not suspended."""
    for bucket in stack.of(t.BUCKET):
        on = stack.has(
            bucket,
            t.BUCKET_VERSIONING,
            "bucket",
            lambda versioning: versioning["versioningConfiguration.status"].equals("Enabled"),
        )
        yield bucket.must(on, "versioning is not enabled")


@policy(
    id="storage-replicated",
    title="Files have a copy in the second Canadian region",
    severity=Severity.HIGH,
    requirements=("ST-9",),
    controls=("S3.7", "CKV_AWS_144"),
    remedy="Add an enabled replication rule to the replica bucket with the replica region's key.",
    prod_only=True,
    limits={"replica": "ca-west-1"},
    across=(t.BUCKET, t.BUCKET_REPLICATION, t.BUCKET_LOGGING, t.KEY, t.REPLICA_KEY),
)
def replicated(stack: Stack) -> Findings:
    """Look at buckets that are neither log targets nor copies themselves, nor made anew every minute."""

    def copies(replication: Resource) -> Truth:
        def fact(rule: Value) -> Truth:
            target = rule["destination"]
            key = target["encryptionConfiguration.replicaKmsKeyId"]
            ours = target["account"].given | any_of(
                target["bucket"].is_in(bucket.identities) for bucket in stack.of(t.BUCKET)
            )
            return _enabled(rule) & replication.refers(key, t.KEY, t.REPLICA_KEY) & ours

        return replication["rules"].given & replication["rules"].holds(fact)

    for bucket in stack.of(t.BUCKET):
        copied = stack.has(bucket, t.BUCKET_REPLICATION, "bucket", copies)
        exempt = takes_logs(stack, bucket) | takes_copies(stack, bucket) | made_anew(bucket)
        exempt |= bucket["region"].equals(stack.limits["replica"])
        yield bucket.must(copied | exempt, "no enabled replication rule with a key for the copies")


@policy(
    id="storage-backups-locked",
    title="Nobody can delete a backup, or a stack's state, before its time",
    severity=Severity.HIGH,
    requirements=("BK-1", "DL-4", "DL-N5"),
    controls=("S3.15", "CKV_AWS_143"),
    remedy="Create the bucket with objectLockEnabled and add a default retention.",
    limits={"days": 30},
    across=(t.BUCKET, t.BUCKET_OBJECT_LOCK),
)
def backups_locked(stack: Stack) -> Findings:
    """Look at the buckets that are named or tagged as such."""

    def retains(lock: Resource) -> Truth:
        retention = lock["rule.defaultRetention"]
        return retention["days"].at_least(stack.limits["days"]) | retention["years"].at_least(1)

    for bucket in stack.of(t.BUCKET):
        named = any_of(
            Truth.of(word in bucket.name)
            | bucket["bucket"].test(lambda name, word=word: word in name.split("-"))  # type: ignore[misc]
            for word in ("backup", "backups", "dumps")
        )
        kept = named | bucket["tags.jtld:data"].is_in(("backup", "state"))
        locked = bucket["objectLockEnabled"].true & stack.has(bucket, t.BUCKET_OBJECT_LOCK, "bucket", retains)
        yield bucket.must(~kept | locked, "kept for recovery without object lock and default retention")


@policy(
    id="storage-uploads-seen",
    title="Uploads raise events",
    severity=Severity.LOW,
    requirements=("ST-8",),
    controls=("S3.11", "CKV2_AWS_62"),
    remedy="Add an s3.BucketNotification with eventbridge=True to the file bucket.",
    level=Level.ADVISORY,
    across=(t.BUCKET, t.BUCKET_NOTIFICATION),
)
def uploads_seen(stack: Stack) -> Findings:
    """Look at the bucket that users upload to."""

    def emits(events: Resource) -> Truth:
        return events["eventbridge"].true | any_of(
            events[to].given for to in ("queues", "topics", "lambdaFunctions")
        )

    for bucket in stack.of(t.BUCKET):
        seen = stack.has(bucket, t.BUCKET_NOTIFICATION, "bucket", emits)
        yield bucket.must(~holds_files(bucket) | seen, "nobody is told of uploads")


@policy(
    id="storage-no-force-destroy",
    title="Deleting a stack never empties its buckets",
    severity=Severity.CRITICAL,
    requirements=("SC-3",),
    remedy="Leave forceDestroy out.",
    prod_only=True,
    each=(t.BUCKET,),
)
def no_force_destroy(bucket: Resource) -> Findings:
    """Take absent for false, the provider's default."""
    yield bucket["forceDestroy"].must(~bucket["forceDestroy"].true, "must not be true")
