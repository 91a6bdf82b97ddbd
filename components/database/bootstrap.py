"""Runs the versioned SQL inside the network, during the update that brings it (DB-3, DB-7)."""

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document
from components.platform import Platform

SOURCE = Path(__file__).parents[2] / "services" / "database"
AUTHORITY = SOURCE.with_name("gateway") / "rds-ca-central-1.pem"
"""Who vouches for RDS' servers; the gateway's image holds the same file."""

# The driver and all it needs; a test compares with what the packages themselves say.
DRIVER = ("pg8000", "scramp", "asn1crypto", "python-dateutil", "six")
_ROLE = "bootstrap"


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """The function, what it needs, and its run."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    logs: aws.cloudwatch.LogGroup
    function: aws.lambda_.Function
    run: aws.lambda_.Invocation


@cache
def files() -> Mapping[str, Path]:
    """Return what the function consists of: path in the archive to file."""
    own = [path for path in SOURCE.rglob("*") if path.suffix in {".py", ".sql"}]
    driver = {
        str(file): Path(str(file.locate()))
        for package in DRIVER
        for file in importlib.metadata.files(package) or ()
        # Some packages ask at run time which version of themselves is installed.
        if file.suffix == ".py" or file.name == "METADATA"
    }
    return (
        {str(path.relative_to(SOURCE)): path for path in sorted(own)} | {AUTHORITY.name: AUTHORITY} | driver
    )


@cache
def version() -> str:
    """Return a digest of the scripts and of what runs them: a new one is a new run."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files().values())).hexdigest()


@dataclass(frozen=True)
class Bootstrapper:
    """Builds the function below `parent`."""

    parent: pulumi.Resource
    platform: Platform
    key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]

    def build(
        self,
        instance: aws.rds.Instance,
        *,
        database: str,
        secret_arns: Mapping[str, pulumi.Output[str]],
        retention_days: int,
        generation: int,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
    ) -> Bootstrap:
        """Make the function and run it on `instance`; it reads each role's password from its secret."""
        master = instance.master_user_secrets[0].secret_arn
        logs = aws.cloudwatch.LogGroup(
            _ROLE,
            retention_in_days=retention_days,
            kms_key_id=self.logs_key_arn,
            tags=self._tags(),
            opts=self.platform.stateful_child(self.parent),
        )
        role = self._role()
        policy = aws.iam.RolePolicy(
            _ROLE,
            role=role.id,
            policy=document(*self._permissions(logs, [master, *secret_arns.values()])),
            opts=self.platform.child(self.parent),
        )
        function = self._function(role, logs, subnet_ids, security_group_id, after=[policy])
        event = {
            "host": instance.address,
            "port": instance.port,
            "database": database,
            "master": master,
            "roles": secret_arns,
            "version": version(),
            "generation": generation,
        }
        run = aws.lambda_.Invocation(
            _ROLE,
            function_name=function.name,
            input=pulumi.Output.json_dumps(event),
            opts=self.platform.child(self.parent, depends_on=[instance, *after]),
        )
        return Bootstrap(role=role, policy=policy, logs=logs, function=function, run=run)

    def _tags(self) -> dict[str, str]:
        return self.platform.tags("database")

    def _role(self) -> aws.iam.Role:
        # Lambda names no source when it takes a role on; the function itself names the role.
        trust = Statement(
            sid="Lambda", actions="sts:AssumeRole", principals={"Service": "lambda.amazonaws.com"}
        )
        return aws.iam.Role(
            _ROLE,
            description="Makes roles and privileges in the database",
            assume_role_policy=document(trust),
            permissions_boundary=self.platform.boundary_arn,
            tags=self._tags(),
            opts=self.platform.child(self.parent),
        )

    def _permissions(
        self, logs: aws.cloudwatch.LogGroup, secret_arns: Sequence[pulumi.Output[str]]
    ) -> tuple[Statement, ...]:
        place = self.platform.environment
        network = f"arn:aws:ec2:{place.region}:{place.account_id}"
        return (
            Statement(
                sid="WriteLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(logs.arn, ":*")],
            ),
            Statement(
                sid="ReadPasswords", actions="secretsmanager:GetSecretValue", resources=list(secret_arns)
            ),
            Statement(
                sid="DecryptPasswords",
                actions="kms:Decrypt",
                resources=[self.key_arn],
                conditions={
                    "StringEquals": {"kms:ViaService": f"secretsmanager.{place.region}.amazonaws.com"}
                },
            ),
            Statement(
                sid="StandInTheNetwork",
                actions=("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
                resources=[
                    f"{network}:{kind}/*" for kind in ("network-interface", "security-group", "subnet")
                ],
            ),
            # These know no resource.
            Statement(
                sid="LookAround",
                actions=("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"),
                resources="*",
            ),
        )

    def _function(
        self,
        role: aws.iam.Role,
        logs: aws.cloudwatch.LogGroup,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_id: pulumi.Input[str],
        *,
        after: list[pulumi.Resource],
    ) -> aws.lambda_.Function:
        return aws.lambda_.Function(
            _ROLE,
            description="Makes roles, privileges and tables in the database",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="bootstrap.handler",
            code=pulumi.AssetArchive({name: pulumi.FileAsset(str(path)) for name, path in files().items()}),
            memory_size=256,
            timeout=120,
            # Two at once would only wait for each other.
            reserved_concurrent_executions=1,
            logging_config={"log_format": "JSON", "log_group": logs.name},
            vpc_config={"subnet_ids": list(subnet_ids), "security_group_ids": [security_group_id]},
            tags=self._tags(),
            opts=self.platform.child(self.parent, depends_on=after),
        )
