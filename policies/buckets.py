"""What a bucket is for, which decides what the storage policies ask of it."""

from policies import tokens as t
from policies.resources import Resource, Stack
from policies.values import Truth


def takes_logs(stack: Stack, bucket: Resource) -> Truth:
    """Return whether other buckets log to this one: it cannot log to itself, and S3 delivers with SSE-S3.

    A bucket that holds something else does not become a log by being written to.
    """
    holds_more = holds_files(bucket) | bucket["tags.jtld:data"].test(lambda kind: kind != "logs")
    return stack.has(bucket, t.BUCKET_LOGGING, "targetBucket") & ~holds_more


def takes_copies(stack: Stack, bucket: Resource) -> Truth:
    """Return whether another bucket replicates to this one."""
    return stack.has(bucket, t.BUCKET_REPLICATION, "rules.destination.bucket")


def holds_files(bucket: Resource) -> Truth:
    """Return whether this is the bucket users upload to: ST-1 fixes its name."""
    return bucket["bucket"].test(lambda name: name.startswith("jtld-platform-files-"))


def made_anew(bucket: Resource) -> Truth:
    """Return whether this bucket holds nothing but the status page, which is made anew every minute (MO-5)."""
    return bucket["bucket"].test(lambda name: name.startswith("jtld-platform-status-"))
