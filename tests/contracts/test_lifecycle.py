"""ST-3: lifecycle rules as S3 takes them."""

from typing import Any

import pytest

from tests.contracts.account import Account, Made, OperationError, RefusedError


@pytest.fixture
def bucket(aws: Account) -> Made:
    return aws.make("s3/bucket:Bucket", bucket="jtld-files")


def lifecycle(**rule: Any) -> dict[str, Any]:
    return {"rules": [{"id": "r", "status": "Enabled", "filter": {"prefix": "temp/"}, **rule}]}


LIFECYCLE = "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"transitions": [{"days": 7, "storageClass": "STANDARD_IA"}]}, "greater than or equal to 30"),
        (
            {"transitions": [{"days": 90, "storageClass": "GLACIER"}], "expiration": {"days": 90}},
            "must be greater than",
        ),
        ({"transitions": [{"days": 90, "storageClass": "FREEZER"}]}, "must be one of"),
        ({"transitions": [{"storageClass": "GLACIER"}]}, "one of"),
        ({"expiration": {"days": 0}}, "positive integer"),
        ({"status": "On", "expiration": {"days": 1}}, "must be one of"),
        ({}, "At least one action"),
        ({"noncurrentVersionExpiration": {"noncurrentDays": 0}}, "at least"),
        (
            {
                "filter": {"tag": {"key": "a", "value": "b"}},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            },
            "cannot be specified with Tags",
        ),
    ],
)
def test_a_lifecycle_rule_that_s3_refuses_is_refused(
    aws: Account, bucket: Made, rule: dict[str, Any], why: str
) -> None:
    with pytest.raises((OperationError, RefusedError), match=why):
        aws.make(LIFECYCLE, bucket=bucket.id, **lifecycle(**rule))


def test_the_requirements_lifecycle_is_accepted(aws: Account, bucket: Made) -> None:
    """ST-3: temporary files for a day, infrequent access after 90 days, archive after a year."""
    rules = [
        {"id": "temp", "status": "Enabled", "filter": {"prefix": "temp/"}, "expiration": {"days": 1}},
        {
            "id": "age",
            "status": "Enabled",
            "filter": {"prefix": "resumes/"},
            "transitions": [
                {"days": 90, "storageClass": "STANDARD_IA"},
                {"days": 365, "storageClass": "GLACIER"},
            ],
        },
        {
            "id": "abort",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        },
    ]
    assert aws.make(LIFECYCLE, bucket=bucket.id, rules=rules)
    with pytest.raises(OperationError, match="must be unique"):
        aws.make(LIFECYCLE, bucket=bucket.id, rules=[rules[0], rules[0]])
