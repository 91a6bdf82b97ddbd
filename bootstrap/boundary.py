"""The most that any role of the platform can ever be given, by whomever (DL-1)."""

import pulumi
import pulumi_aws as aws

from bootstrap.names import buckets, data_keys
from components.backup.admission import SEALING, WRITING, role_pattern
from components.iam import Statement, document
from components.platform import Platform
from settings.environment import EnvironmentSettings


class Boundary(pulumi.ComponentResource):
    """The permissions boundary of the platform's roles.

    Its name is what `Platform.boundary_arn` says; the deploy role gives rights only to roles that carry it.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, *, platform: Platform, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jtld:bootstrap:Boundary", name, None, opts)
        self.policy = aws.iam.Policy(
            "workload",
            name="jtld-workload-boundary",
            description="The most that any role of the platform can ever be given",
            policy=document(*_statements(platform.environment)),
            tags=platform.tags("delivery"),
            opts=platform.child(self),
        )
        self.arn = self.policy.arn
        self.register_outputs({"arn": self.arn})


def _statements(place: EnvironmentSettings) -> tuple[Statement, ...]:
    account = place.account_id
    return (
        Statement(
            sid="Files",
            actions=(
                "s3:AbortMultipartUpload",
                "s3:Delete*",
                "s3:Get*",
                "s3:List*",
                "s3:Put*",
                "s3:Replicate*",
            ),
            resources=[arn for bucket in buckets(place) for arn in (bucket, f"{bucket}/*")],
        ),
        data_keys(
            place,
            "DataKeys",
            ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"),
            "state",  # the role that copies the state carries the boundary too
            "state-replica",
        ),
        Statement(
            sid="ByName",
            actions=(
                *("acm:ExportCertificate", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"),
                *("ecr:GetDownloadUrlForLayer", "ecs:ListTasks"),
                *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
                *("ec2:UnassignPrivateIpAddresses", "ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask"),
                *("cloudwatch:Describe*", "events:Put*", "iam:PassRole", "lambda:InvokeFunction"),
                *("logs:Create*", "logs:Describe*", "logs:Put*"),
                *("rds-db:connect", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
                *("ses:Send*", "sns:Publish", "ssm:UpdateInstanceInformation"),
                *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueue*", "sqs:ReceiveMessage"),
                *("sqs:SendMessage", "xray:Put*"),
            ),
            resources=[f"arn:aws:*:*:{account}:*"],
        ),
        Statement(
            sid="Unrestrictable",
            actions=(
                *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics"),
                *("cloudwatch:ListMetrics", "cloudwatch:PutMetricData", "ec2:Describe*", "ec2messages:*"),
                *("ecr:GetAuthorizationToken", "s3:ListAllMyBuckets", "ssmmessages:*"),
                *("tag:GetResources", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
            ),
            resources="*",
        ),
        Statement(
            sid="CopiesInAnotherAccount",  # whose vault decides whom it takes copies from (BK-1)
            actions=("backup:CopyIntoBackupVault",),
            resources=["arn:aws:backup:*:*:backup-vault:*"],
        ),
        Statement(
            sid="DumpsInAnotherAccount",  # by the one role that copies them (BK-1)
            actions=WRITING,
            resources=["arn:aws:s3:::*/*"],
            conditions={
                "ArnLike": {"aws:PrincipalArn": role_pattern(place)},
                "StringNotEquals": {"aws:ResourceAccount": account},
            },
        ),
        Statement(
            sid="SealDumpsInAnotherAccount",
            actions=SEALING,
            resources=[f"arn:aws:kms:{place.replica_region}:*:key/*"],
            conditions={
                "ArnLike": {"aws:PrincipalArn": role_pattern(place)},
                "StringEquals": {"kms:ViaService": f"s3.{place.replica_region}.amazonaws.com"},
                "StringNotEquals": {"aws:ResourceAccount": account},
            },
        ),
        Statement(
            sid="Backups",  # what AWS's own policies for AWS Backup need, of RDS and S3
            actions=(
                *("backup:*Recovery*", "backup:Copy*", "backup:Describe*", "backup:List*", "backup:Start*"),
                *("events:DeleteRule", "events:DescribeRule", "events:RemoveTargets", "kms:DescribeKey"),
                *("rds:*Snapshot*", "rds:AddTagsToResource", "rds:CreateDBInstance", "rds:DeleteDBInstance"),
                *("rds:Describe*", "rds:List*", "rds:ModifyDBInstance", "rds:Restore*"),
            ),
            resources=[f"arn:aws:*:*:{account}:*"],
        ),
    )
