"""What a destroy of prod leaves behind (SC-3): what cannot be built again, and what guards it meanwhile.

The plan comment, the preview gate and the policy pack share these lists, so that they agree on what is at risk.
"""

from collections.abc import Mapping

STATEFUL_TYPES: Mapping[str, str] = {
    "aws:backup/vault:Vault": "recovery points",
    "aws:cloudwatch/logGroup:LogGroup": "logs",
    "aws:ecr/repository:Repository": "container images",
    "aws:elasticache/replicationGroup:ReplicationGroup": "cache and sessions",
    "aws:elasticache/serverlessCache:ServerlessCache": "cache and sessions",
    "aws:kms/key:Key": "everything encrypted with the key",
    "aws:kms/replicaKey:ReplicaKey": "everything encrypted with the key",
    # AWS itself refuses to delete it in prod: only what is protected here as well does a destroy pass by.
    "aws:lb/loadBalancer:LoadBalancer": "the address that clients and DNS know",
    "aws:rds/cluster:Cluster": "database",
    "aws:rds/instance:Instance": "database",
    "aws:s3/bucket:Bucket": "objects and their versions",
    "aws:secretsmanager/secret:Secret": "secret values",
    "aws:sesv2/emailIdentity:EmailIdentity": "verification and sending reputation",
    "aws:sqs/queue:Queue": "messages",
    "cloudflare:index/zone:Zone": "name servers and every record",
    "sentry:index/sentryProject:SentryProject": "errors and their history",
    "vercel:index/project:Project": "deployments and their history",
}
"""Resources whose replacement or deletion loses something that cannot be built again, and what that is."""

GUARD_TYPES: Mapping[str, str] = {
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": "recovery points could be deleted early",
    "aws:backup/vaultPolicy:VaultPolicy": "recovery points could be deleted by anyone who may delete",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": "a bucket could be opened to the world",
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": "new versions would not be locked",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "an object could be opened by its own list",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "the bucket could be opened to the world",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "new objects would not be under our key"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": "an overwritten object would be lost",
}
"""Settings of a store that are resources of their own, and what would happen without each: a store that outlives
its stack stays as closed, as whole and as encrypted as it was."""
