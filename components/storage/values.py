"""What the file store tells the other components: DNS records, the application's variables, permissions."""

import pulumi
import pulumi_aws as aws

from components.grants import Grant, Role
from components.records import Record
from components.variables import Variable
from settings.prefixes import PREFIXES, RESUMES


def records(
    host: str, distribution: aws.cloudfront.Distribution, certificate: aws.acm.Certificate
) -> list[Record]:
    """Return the host of files, and the proof by which its certificate is issued and renewed."""
    validation = certificate.domain_validation_options[0]
    return [
        Record(
            key="files",
            type="CNAME",
            name=host,
            value=distribution.domain_name,
            purpose="Files: public assets, and private ones by signed URL",
            proxied=True,
            ttl_seconds=None,
        ),
        Record(
            key="files-certificate",
            type="CNAME",
            name=validation.resource_record_name.apply(_without_final_dot),
            value=validation.resource_record_value.apply(_without_final_dot),
            purpose="Proves to AWS that the files' certificate is ours; renewals need it too",
        ),
    ]


def variables(
    host: str, bucket: pulumi.Input[str], key_id: pulumi.Input[str], private_key: pulumi.Input[str]
) -> list[Variable]:
    """Return what the application needs to upload files and to sign their URLs."""
    return [
        Variable(key="S3_BUCKET_NAME", value=bucket, secret=False),
        Variable(key="FILES_URL", value=f"https://{host}", secret=False),
        Variable(key="FILES_SIGNING_KEY_ID", value=key_id, secret=False),
        Variable(key="FILES_SIGNING_PRIVATE_KEY", value=private_key, secret=True),
    ]


def grants(bucket_arn: pulumi.Input[str], key_arn: pulumi.Input[str], *, region: str) -> list[Grant]:
    """Return ST-4: the application works under the declared prefixes, the backup only reads.

    The worker reads résumés, the cleaner deletes what is temporary or went with its account (ST-7).
    """
    passing = tuple(prefix for prefix in PREFIXES if prefix.temporary or prefix.personal)
    allowed = (
        (
            Role.APPLICATION,
            PREFIXES,
            ("s3:ListBucket",),
            ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"),
            ("kms:Decrypt", "kms:GenerateDataKey"),
        ),
        (
            Role.BACKUP,
            PREFIXES,
            ("s3:ListBucket", "s3:ListBucketVersions"),
            ("s3:GetObject", "s3:GetObjectVersion"),
            ("kms:Decrypt",),
        ),
        (
            Role.CLEANER,
            passing,
            ("s3:ListBucket", "s3:ListBucketVersions"),
            ("s3:DeleteObject", "s3:DeleteObjectVersion"),
            (),
        ),
        (Role.WORKER, (RESUMES,), (), ("s3:GetObject",), ("kms:Decrypt",)),
    )
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    found: list[Grant] = []
    for role, prefixes, on_bucket, on_objects, on_key in allowed:
        objects = tuple(pulumi.Output.concat(bucket_arn, "/", prefix.path, "*") for prefix in prefixes)
        found += [
            Grant(role=role, sid="FilesBucket", actions=on_bucket, resources=(bucket_arn,)),
            Grant(role=role, sid="Files", actions=on_objects, resources=objects),
            Grant(role=role, sid="FilesKey", actions=on_key, resources=(key_arn,), conditions=through_s3),
        ]
    return [grant for grant in found if grant.actions]


def _without_final_dot(name: str) -> str:
    return name.removesuffix(".")
