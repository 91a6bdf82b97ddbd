"""The resources whose replacement or deletion loses something that cannot be built again (SC-3).

The plan comment, the preview gate and the policy pack share this list, so that they agree on what is at risk.
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
    "aws:rds/cluster:Cluster": "database",
    "aws:rds/instance:Instance": "database",
    "aws:s3/bucket:Bucket": "objects and their versions",
    "aws:secretsmanager/secret:Secret": "secret values",
    "aws:sesv2/emailIdentity:EmailIdentity": "verification and sending reputation",
    "aws:sqs/queue:Queue": "messages",
    "cloudflare:index/zone:Zone": "name servers and every record",
    "vercel:index/project:Project": "deployments and their history",
}
