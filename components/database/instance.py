"""The RDS instance, its replica, and what they need around them (DB-1, DB-2, DB-5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform
from settings.database import RdsDatabase

MASTER = "jtld_master"
SLOW_MILLISECONDS = 500
METRICS = "JTLD/Database"
_COMPONENT = "database"
_LOGS = ("postgresql", "upgrade")
_MONITORING_SECONDS = 60
_INSIGHTS_DAYS = {"standard": 7, "advanced": 465}


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Log groups go by the name of the log."""

    primary: aws.rds.Instance
    replica: aws.rds.Instance | None
    parameters: aws.rds.ParameterGroup
    subnets: aws.rds.SubnetGroup
    monitoring: aws.iam.Role
    monitoring_policy: aws.iam.RolePolicy
    logs: Mapping[str, aws.cloudwatch.LogGroup]
    slow_query_filter: aws.cloudwatch.LogMetricFilter


@dataclass(frozen=True)
class InstanceBuilder:
    """Builds the instance as the settings describe it, below `parent`."""

    settings: RdsDatabase
    parent: pulumi.Resource
    platform: Platform
    data_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]

    def build(
        self, *, subnet_ids: Sequence[pulumi.Input[str]], security_group_id: pulumi.Input[str]
    ) -> Instance:
        """Make the instance in these subnets, open to the rules of one security group."""
        name = self.platform.name(_COMPONENT)
        subnets = aws.rds.SubnetGroup(
            "subnets", subnet_ids=list(subnet_ids), tags=self._tags(), opts=self._child()
        )
        parameters = self._parameters()
        monitoring, monitoring_policy = self._monitoring(name)
        logs = {log: self._log(name, log) for log in _LOGS}
        shared = self._shared(parameters, monitoring, security_group_id)
        # RDS makes missing log groups itself, without key and retention: ours must be there first.
        primary = self._primary(name, shared, subnets, [monitoring_policy, *logs.values()])
        return Instance(
            primary=primary,
            replica=self._replica(name, shared, primary) if self.settings.replica else None,
            parameters=parameters,
            subnets=subnets,
            monitoring=monitoring,
            monitoring_policy=monitoring_policy,
            logs=logs,
            slow_query_filter=self._slow_query_filter(logs["postgresql"]),
        )

    def _tags(self, **extra: str) -> dict[str, str]:
        return self.platform.tags(_COMPONENT, **extra)

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.platform.child(self.parent, depends_on=list(after) or None)

    def _parameters(self) -> aws.rds.ParameterGroup:
        at_start = {
            "max_connections": str(self.settings.max_connections),
            "shared_preload_libraries": "pg_stat_statements",
        }
        at_once = {
            "rds.force_ssl": "1",
            "rds.accepted_password_auth_method": "scram",
            "password_encryption": "scram-sha-256",
            "log_min_duration_statement": str(SLOW_MILLISECONDS),
            # Statements are logged without their parameters, which hold people's data (MO-N5).
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_statement": "ddl",
            "log_connections": "1",
            "log_disconnections": "1",
            "log_lock_waits": "1",
            "log_temp_files": "10240",
            "pg_stat_statements.track": "all",
        }
        return aws.rds.ParameterGroup(
            "parameters",
            family=f"postgres{self.settings.version}",
            description=f"PostgreSQL of {self.platform.name(_COMPONENT)}",
            parameters=[
                {"name": name, "value": value, "apply_method": method}
                for values, method in ((at_start, "pending-reboot"), (at_once, "immediate"))
                for name, value in values.items()
            ],
            tags=self._tags(),
            opts=self._child(),
        )

    def _monitoring(self, name: str) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        place = self.platform.environment
        role = aws.iam.Role(
            "monitoring",
            description="Sends the database's operating system metrics to CloudWatch",
            assume_role_policy=service_trust(
                "monitoring.rds.amazonaws.com",
                account_id=place.account_id,
                source_arn=f"arn:aws:rds:{place.region}:{place.account_id}:db:{name}*",
            ),
            permissions_boundary=self.platform.boundary_arn,
            tags=self._tags(),
            opts=self._child(),
        )
        group = f"arn:aws:logs:{place.region}:{place.account_id}:log-group:RDSOSMetrics"
        policy = aws.iam.RolePolicy(
            "monitoring",
            role=role.id,
            policy=document(
                Statement(
                    sid="Group", actions=("logs:CreateLogGroup", "logs:PutRetentionPolicy"), resources=group
                ),
                Statement(
                    sid="Streams",
                    actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                    resources=f"{group}:log-stream:*",
                ),
            ),
            opts=self._child(),
        )
        return role, policy

    def _log(self, name: str, log: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            log,
            name=f"/aws/rds/instance/{name}/{log}",
            retention_in_days=self.settings.log_retention_days,
            kms_key_id=self.logs_key_arn,
            tags=self._tags(),
            opts=self.platform.stateful_child(self.parent),
        )

    def _slow_query_filter(self, log: aws.cloudwatch.LogGroup) -> aws.cloudwatch.LogMetricFilter:
        return aws.cloudwatch.LogMetricFilter(
            "slow-queries",
            log_group_name=log.name,
            pattern='"LOG: " "duration: "',
            metric_transformation={
                "name": "SlowQueries",
                "namespace": METRICS,
                "value": "1",
                "default_value": "0",
            },
            opts=self._child(),
        )

    def _shared(
        self,
        parameters: aws.rds.ParameterGroup,
        monitoring: aws.iam.Role,
        security_group_id: pulumi.Input[str],
    ) -> dict[str, Any]:
        """Return what primary and replica have in common."""
        settings = self.settings
        return {
            "instance_class": settings.instance_class,
            "storage_type": "gp3",
            "max_allocated_storage": settings.max_storage_gigabytes,
            "storage_encrypted": True,
            "vpc_security_group_ids": [security_group_id],
            "publicly_accessible": settings.publicly_accessible,
            "parameter_group_name": parameters.name,
            "maintenance_window": settings.maintenance_window,
            "auto_minor_version_upgrade": True,
            "apply_immediately": self.platform.disposable,
            "deletion_protection": settings.deletion_protection,
            "copy_tags_to_snapshot": True,
            "monitoring_interval": _MONITORING_SECONDS,
            "monitoring_role_arn": monitoring.arn,
            "performance_insights_enabled": True,
            "performance_insights_kms_key_id": self.data_key_arn,
            "performance_insights_retention_period": _INSIGHTS_DAYS[settings.insights],
            "database_insights_mode": settings.insights,
            "enabled_cloudwatch_logs_exports": list(_LOGS),
            "iam_database_authentication_enabled": True,
            "ca_cert_identifier": "rds-ca-rsa2048-g1",
            "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        }

    def _primary(
        self,
        name: str,
        shared: Mapping[str, Any],
        subnets: aws.rds.SubnetGroup,
        after: Sequence[pulumi.Resource],
    ) -> aws.rds.Instance:
        settings, disposable = self.settings, self.platform.disposable
        return aws.rds.Instance(
            "primary",
            **shared,
            identifier=name,
            engine="postgres",
            engine_version=settings.version,
            allocated_storage=settings.storage_gigabytes,
            kms_key_id=self.data_key_arn,
            db_name="jtld",
            username=MASTER,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=self.data_key_arn,
            db_subnet_group_name=subnets.name,
            multi_az=settings.multi_az,
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window,
            delete_automated_backups=disposable,
            skip_final_snapshot=disposable,
            final_snapshot_identifier=None if disposable else f"{name}-final",
            tags=self._tags(**{"jtld:data": "database"}),
            opts=self.platform.stateful_child(self.parent, depends_on=list(after)),
        )

    def _replica(self, name: str, shared: Mapping[str, Any], primary: aws.rds.Instance) -> aws.rds.Instance:
        # A copy of what the primary holds: nothing of its own to keep, so no snapshot and no backups.
        return aws.rds.Instance(
            "replica",
            **shared,
            identifier=f"{name}-replica",
            replicate_source_db=primary.identifier,
            skip_final_snapshot=True,
            tags=self._tags(),
            opts=self.platform.stateful_child(self.parent),
        )
