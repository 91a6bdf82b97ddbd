"""When growth, cost or a single upload stops being normal, or a copy fails (ST-8, ST-9)."""

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, Comparison, Expression, Metric, MissingData, Occurrence
from components.platform import EDGE_REGION
from components.severity import Severity
from components.storage.replication import REPLICATED
from settings.storage import StorageAlarms

_DAY = 86_400
_BYTES_PER_GIGABYTE = 1024**3
_STORAGE_TYPES = {
    "standard": "StandardStorage",
    "infrequent": "StandardIAStorage",
    "archive": "GlacierInstantRetrievalStorage",
}


def growth_alarms(limits: StorageAlarms, bucket: pulumi.Input[str]) -> list[Alarm]:
    """Return the alarms on total size, number of objects and monthly cost."""
    size = Expression(
        expression="SUM(METRICS())",
        label="Bytes of all storage classes",
        metrics={key: _stored("BucketSizeBytes", bucket, type_) for key, type_ in _STORAGE_TYPES.items()},
    )
    count = _stored("NumberOfObjects", bucket, "AllStorageTypes")
    # Cost metrics exist in one region for the whole world, and only per service.
    cost = Metric(
        namespace="AWS/Billing",
        name="EstimatedCharges",
        dimensions={"ServiceName": "AmazonS3", "Currency": "USD"},
        statistic="Maximum",
        period_seconds=21_600,
    )
    return [
        _growth(
            "size", "The files take more room than planned", size, limits.size_gigabytes * _BYTES_PER_GIGABYTE
        ),
        _growth("object-count", "There are more files than planned", count, limits.object_count),
        _growth(
            "monthly-cost",
            "Storage costs more than its budget",
            cost,
            limits.monthly_budget_dollars,
            EDGE_REGION,
        ),
    ]


def oversize_alarm(rule: aws.cloudwatch.EventRule, *, max_upload_megabytes: int) -> Alarm:
    """Return the alarm on a single upload that `rule` finds too large; the key is left out, it names a person."""
    found = Occurrence(
        rule=rule.name,
        facts={
            "bytes": "$.detail.object.size",
            "bucket": "$.detail.bucket.name",
            "request": "$.detail.request-id",
        },
    )
    return Alarm(
        key="oversize-upload",
        title=f"Somebody uploaded a file of more than {max_upload_megabytes} MB",
        source=found.count,
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.LOW,
        runbook="storage",
        requirements=("ST-8",),
        occurrence=found,
    )


def replication_alarm(source: pulumi.Input[str], target: pulumi.Input[str]) -> Alarm:
    """Return the alarm on objects that could not be copied to the replica region."""
    failed = {
        rule: Metric(
            namespace="AWS/S3",
            name="OperationsFailedReplication",
            dimensions={"SourceBucket": source, "DestinationBucket": target, "RuleId": rule},
            statistic="Sum",
            period_seconds=300,
        )
        for rule in REPLICATED
    }
    return Alarm(
        key="replication-failing",
        title="Files are not being copied to the replica region",
        source=Expression(expression="SUM(METRICS())", label="Failed copies", metrics=failed),
        comparison=Comparison.ABOVE,
        threshold=0,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.HIGH,
        runbook="storage",
        requirements=("ST-9",),
    )


def _stored(name: str, bucket: pulumi.Input[str], storage_type: str) -> Metric:
    return Metric(
        namespace="AWS/S3",
        name=name,
        dimensions={"BucketName": bucket, "StorageType": storage_type},
        statistic="Average",
        period_seconds=_DAY,
    )


def _growth(
    key: str, title: str, source: Metric | Expression, threshold: float, region: str | None = None
) -> Alarm:
    return Alarm(
        key=key,
        title=title,
        source=source,
        comparison=Comparison.ABOVE,
        threshold=threshold,
        evaluation_periods=1,
        datapoints_to_alarm=1,
        missing_data=MissingData.NOT_BREACHING,
        severity=Severity.LOW,
        runbook="storage",
        requirements=("ST-8",),
        region=region,
    )
