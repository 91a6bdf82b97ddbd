"""Which changes of a plan move the bill, and by what they are charged (TP-4).

Only types with a charge of their own stand here: a security group, a role or a record costs nothing.
Facts: the providers' public price pages; no prices, because those are the account's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ops.plan import Change, Effect


@dataclass(frozen=True)
class Charge:
    """How a type is billed, and the properties whose change changes the bill."""

    basis: str
    drivers: frozenset[str] = frozenset()


def _charge(basis: str, *drivers: str) -> Charge:
    return Charge(basis, frozenset(drivers))


CHARGES: Mapping[str, Charge] = {
    "aws:backup/plan:Plan": _charge("stored backups", "rules"),
    "aws:cloudfront/distribution:Distribution": _charge("requests and traffic", "priceClass"),
    "aws:cloudwatch/dashboard:Dashboard": _charge("per dashboard and month"),
    "aws:cloudwatch/logGroup:LogGroup": _charge("ingested and stored logs", "retentionInDays"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _charge("per alarm and month"),
    "aws:ec2/eip:Eip": _charge("public address by the hour"),
    "aws:ec2/flowLog:FlowLog": _charge("ingested logs", "maxAggregationInterval"),
    "aws:ec2/instance:Instance": _charge("instance hours", "instanceType"),
    "aws:ec2/natGateway:NatGateway": _charge("by the hour and by traffic"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _charge("interface endpoints by zone and hour", "subnetIds"),
    "aws:ecs/service:Service": _charge("task hours", "desiredCount"),
    "aws:ecs/taskDefinition:TaskDefinition": _charge("task size", "cpu", "memory"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _charge(
        "node hours", "nodeType", "numCacheClusters", "replicasPerNodeGroup", "snapshotRetentionLimit"
    ),
    "aws:kms/key:Key": _charge("per key and month, requests"),
    "aws:lb/loadBalancer:LoadBalancer": _charge("by the hour and by traffic"),
    "aws:rds/instance:Instance": _charge(
        "instance hours and storage",
        *("instanceClass", "multiAz", "allocatedStorage", "iops", "storageType", "backupRetentionPeriod"),
    ),
    "aws:rds/proxy:Proxy": _charge("by the database's vCPU hour"),
    "aws:route53/healthCheck:HealthCheck": _charge(
        "per check and month", "requestInterval", "measureLatency"
    ),
    "aws:s3/bucket:Bucket": _charge("stored objects and requests"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _charge("storage class", "rules"),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _charge("second copy and its traffic", "rules"),
    "aws:secretsmanager/secret:Secret": _charge("per secret and month"),
    "cloudflare:index/zone:Zone": _charge("plan of the zone", "type"),
    "cloudflare:index/zoneSubscription:ZoneSubscription": _charge("plan of the zone", "ratePlan"),
    "vercel:index/project:Project": _charge("builds, functions, traffic", "resourceConfig"),
}


def charge_of(change: Change) -> str | None:
    """Return what `change` alters on the bill, or `None` where it alters nothing."""
    charge = CHARGES.get(change.type)
    if charge is None or change.effect in {Effect.SAME, Effect.IMPORT}:
        return None
    if change.effect is Effect.UPDATE and not charge.drivers & set(change.properties):
        return None
    return charge.basis
