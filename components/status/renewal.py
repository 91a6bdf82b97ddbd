"""The function that makes the page, and the schedule that calls it every minute (MO-5)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components.iam import Statement, document, service_trust
from components.platform import Platform
from services.status.names import NAMESPACE

SOURCE = Path(__file__).parents[2] / "services"
_ROLE = "status"
_FOURTEEN_DAYS = 1_209_600


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The function, who calls it, and where calls that failed are kept for people to look at."""

    logs: aws.cloudwatch.LogGroup
    missed: aws.sqs.Queue
    allowance: aws.sqs.RedriveAllowPolicy
    roles: Mapping[str, aws.iam.Role]
    policies: Mapping[str, aws.iam.RolePolicy]
    function: aws.lambda_.Function
    attempts: aws.lambda_.FunctionEventInvokeConfig
    schedule: aws.scheduler.Schedule


def missed_name(platform: Platform) -> str:
    """Return the name of the queue of failed calls: fixed, since its alarm is declared before the page is made."""
    return platform.name("status-missed")


@cache
def files() -> Mapping[str, Path]:
    """Return what the function consists of: path in the archive to file."""
    own = (path for path in (SOURCE / "status").iterdir() if path.suffix in {".py", ".html", ".css", ".js"})
    return {str(path.relative_to(SOURCE.parent)): path for path in (SOURCE / "__init__.py", *sorted(own))}


@dataclass(frozen=True)
class Renewer:
    """Builds a `Renewal` whose resources are children of `parent`, all of them in the replica region."""

    parent: pulumi.Resource
    platform: Platform
    key_arn: pulumi.Input[str]

    def renew(self, page: aws.s3.Bucket, *, event: Mapping[str, Any], log_days: int) -> Renewal:
        """Call the function every minute with `event`; each call replaces the page in the bucket `page`."""
        here = self.platform.environment.replica_region
        logs = aws.cloudwatch.LogGroup(
            _ROLE,
            retention_in_days=log_days,
            kms_key_id=self.key_arn,
            region=here,
            tags=self._tags(),
            opts=self.platform.stateful_child(self.parent),
        )
        missed = aws.sqs.Queue(
            "status-missed",
            name=missed_name(self.platform),
            kms_master_key_id=self.key_arn,
            message_retention_seconds=_FOURTEEN_DAYS,
            region=here,
            tags=self._tags(),
            opts=self.platform.stateful_child(self.parent),
        )
        page_role = self._role(_ROLE, "Makes the status page", self._lambda_trust())
        page_policy = self._policy(_ROLE, page_role, *self._page_rights(page, logs, missed))
        function = self._function(page_role, logs, page, after=[page_policy])
        caller = self._role("status-schedule", "Calls the status page's function", self._scheduler_trust())
        caller_policy = self._policy("status-schedule", caller, *self._caller_rights(function, missed))
        return Renewal(
            logs=logs,
            missed=missed,
            allowance=aws.sqs.RedriveAllowPolicy(
                "status-missed",
                queue_url=missed.url,
                redrive_allow_policy=json.dumps({"redrivePermission": "denyAll"}),
                region=here,
                opts=self._child(),
            ),
            roles={"page": page_role, "schedule": caller},
            policies={"page": page_policy, "schedule": caller_policy},
            function=function,
            attempts=self._attempts(function, missed),
            schedule=self._schedule(function, caller, missed, event, after=[caller_policy]),
        )

    def _tags(self) -> dict[str, str]:
        return self.platform.tags("status")

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return self.platform.child(self.parent, depends_on=list(depends_on))

    def _lambda_trust(self) -> pulumi.Output[str]:
        # Lambda names no source when it takes a role on; the function itself names the role.
        return document(
            Statement(sid="Lambda", actions="sts:AssumeRole", principals={"Service": "lambda.amazonaws.com"})
        )

    def _scheduler_trust(self) -> pulumi.Output[str]:
        place = self.platform.environment
        return service_trust(
            "scheduler.amazonaws.com",
            account_id=place.account_id,
            source_arn=f"arn:aws:scheduler:{place.replica_region}:{place.account_id}:schedule-group/default",
        )

    def _role(self, role: str, description: str, trust: pulumi.Output[str]) -> aws.iam.Role:
        return aws.iam.Role(
            role,
            description=description,
            assume_role_policy=trust,
            permissions_boundary=self.platform.boundary_arn,
            tags=self._tags(),
            opts=self._child(),
        )

    def _policy(self, name: str, role: aws.iam.Role, *statements: Statement) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(name, role=role.id, policy=document(*statements), opts=self._child())

    def _page_rights(
        self, page: aws.s3.Bucket, logs: aws.cloudwatch.LogGroup, missed: aws.sqs.Queue
    ) -> tuple[Statement, ...]:
        here = self.platform.environment.replica_region
        return (
            Statement(
                sid="WriteLog",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=[pulumi.Output.concat(logs.arn, ":*")],
            ),
            Statement(
                sid="ReplacePage",
                actions=("s3:GetObject", "s3:PutObject"),
                resources=[pulumi.Output.concat(page.arn, "/*")],
            ),
            # Tells an absent history from a forbidden one.
            Statement(sid="SeeWhatIsThere", actions="s3:ListBucket", resources=[page.arn]),
            Statement(sid="KeepFailedCalls", actions="sqs:SendMessage", resources=[missed.arn]),
            self._key_use("s3", "sqs", region=here),
            # CloudWatch shows composite alarms only to whom it shows all; metrics are held to one namespace instead.
            Statement(sid="ReadAlarms", actions="cloudwatch:DescribeAlarms", resources="*"),
            Statement(
                sid="Heartbeat",
                actions="cloudwatch:PutMetricData",
                resources="*",
                conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
            ),
        )

    def _caller_rights(self, function: aws.lambda_.Function, missed: aws.sqs.Queue) -> tuple[Statement, ...]:
        return (
            Statement(sid="CallFunction", actions="lambda:InvokeFunction", resources=[function.arn]),
            Statement(sid="KeepFailedCalls", actions="sqs:SendMessage", resources=[missed.arn]),
            self._key_use("sqs", region=self.platform.environment.replica_region),
        )

    def _key_use(self, *services: str, region: str) -> Statement:
        return Statement(
            sid="UseKey",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=[self.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]
                }
            },
        )

    def _function(
        self,
        role: aws.iam.Role,
        logs: aws.cloudwatch.LogGroup,
        page: aws.s3.Bucket,
        *,
        after: list[pulumi.Resource],
    ) -> aws.lambda_.Function:
        place = self.platform.environment
        return aws.lambda_.Function(
            _ROLE,
            description="Makes the status page from the alarms, every minute",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="services.status.handler.handle",
            code=pulumi.AssetArchive({name: pulumi.FileAsset(str(path)) for name, path in files().items()}),
            memory_size=256,
            timeout=45,
            # Two at once would write the history over each other.
            reserved_concurrent_executions=1,
            environment={"variables": {"BUCKET": page.bucket, "HOME_REGION": place.region}},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            region=place.replica_region,
            tags=self._tags(),
            opts=self._child(*after),
        )

    def _attempts(
        self, function: aws.lambda_.Function, missed: aws.sqs.Queue
    ) -> aws.lambda_.FunctionEventInvokeConfig:
        """Never repeat a call: the next one is a minute away and knows better."""
        return aws.lambda_.FunctionEventInvokeConfig(
            _ROLE,
            function_name=function.name,
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=60,
            destination_config={"on_failure": {"destination": missed.arn}},
            region=self.platform.environment.replica_region,
            opts=self._child(),
        )

    def _schedule(
        self,
        function: aws.lambda_.Function,
        caller: aws.iam.Role,
        missed: aws.sqs.Queue,
        event: Mapping[str, Any],
        *,
        after: list[pulumi.Resource],
    ) -> aws.scheduler.Schedule:
        return aws.scheduler.Schedule(
            _ROLE,
            description="Renews the status page",
            schedule_expression="rate(1 minute)",
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": function.arn,
                "role_arn": caller.arn,
                "input": pulumi.Output.json_dumps(event),
                "retry_policy": {"maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 60},
                "dead_letter_config": {"arn": missed.arn},
            },
            state="ENABLED",
            kms_key_arn=self.key_arn,
            region=self.platform.environment.replica_region,
            opts=self._child(*after),
        )
