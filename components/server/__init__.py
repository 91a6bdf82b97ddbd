"""The optional host for workers that are managed by hand: hardened, reached without an open port (SV-1).

Not here: the release in `/srv/jtld/current`, which a deployment brings, and the containers of `Compute`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.firewall import Direction, Rule
from components.iam import Statement, document
from components.platform import Platform
from components.server.agent import NAMESPACE, SENT
from components.server.alarms import host_alarms
from components.server.cloud_init import user_data
from settings.server import ServerSettings

_ROLE = "server"
GROUP = "server"
"""The host's own security group; it is in the containers' group `service` as well."""


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    logs: Mapping[str, aws.cloudwatch.LogGroup]
    role: aws.iam.Role
    policy: aws.iam.RolePolicy
    profile: aws.iam.InstanceProfile
    firewall: aws.ec2.SecurityGroup
    rules: Mapping[str, aws.vpc.SecurityGroupIngressRule]
    template: aws.ec2.LaunchTemplate
    group: aws.autoscaling.Group
    sessions: aws.ssm.Document


class Server(pulumi.ComponentResource):
    """One host in a private subnet, made again whenever it is lost; `rules` is what it opens beyond a container."""

    group_name: pulumi.Output[str]
    rules: tuple[Rule, ...]
    alarms: list[Alarm]

    def __init__(
        self,
        name: str,
        settings: ServerSettings,
        *,
        platform: Platform,
        vpc_id: pulumi.Input[str],
        subnet_ids: Sequence[pulumi.Input[str]],
        service_group_id: pulumi.Input[str],
        admin_cidrs: Sequence[str],
        logs_key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Server", name, None, opts)
        self._settings = settings
        self._platform = platform
        self.rules = firewall_rules(settings, admin_cidrs)
        start = user_data(settings, region=platform.environment.region, log_group=self._log_group)

        logs = {kind: self._log(kind, logs_key_arn) for kind in SENT}
        role = self._role()
        policy = self._policy(role, logs)
        profile = aws.iam.InstanceProfile(_ROLE, role=role.name, tags=self._tags(), opts=self._child())
        firewall = self._firewall(vpc_id)
        rules = {rule.key: self._rule(rule, firewall) for rule in self.rules}
        template = self._template(start, profile, [firewall.id, service_group_id])
        group = self._group(template, subnet_ids, after=[policy, *logs.values(), *rules.values()])

        self.nodes = _Nodes(
            logs=logs,
            role=role,
            policy=policy,
            profile=profile,
            firewall=firewall,
            rules=rules,
            template=template,
            group=group,
            sessions=self._sessions(),
        )
        self.group_name = group.name
        self.alarms = host_alarms(group.name)
        self.register_outputs({"groupName": self.group_name})

    def _tags(self) -> dict[str, str]:
        return self._platform.tags("server", Name=self._platform.name(_ROLE))

    def _child(self, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return self._platform.child(self, depends_on=list(depends_on))

    def _log_group(self, kind: str) -> str:
        # The host must know the names before anything exists.
        return self._platform.name(f"server-{kind}")

    def _log(self, kind: str, key_arn: pulumi.Input[str]) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            kind,
            name=self._log_group(kind),
            retention_in_days=self._settings.log_retention_days,
            kms_key_id=key_arn,
            tags=self._tags(),
            opts=self._platform.stateful_child(self),
        )

    def _role(self) -> aws.iam.Role:
        # EC2 names no source when it takes a role on; the instance profile names the role.
        trust = Statement(sid="Ec2", actions="sts:AssumeRole", principals={"Service": "ec2.amazonaws.com"})
        return aws.iam.Role(
            _ROLE,
            description="What the server may do: be reached, measured and logged",
            assume_role_policy=document(trust),
            permissions_boundary=self._platform.boundary_arn,
            tags=self._tags(),
            opts=self._child(),
        )

    def _policy(self, role: aws.iam.Role, logs: Mapping[str, aws.cloudwatch.LogGroup]) -> aws.iam.RolePolicy:
        place = self._platform.environment
        return aws.iam.RolePolicy(
            _ROLE,
            role=role.id,
            policy=document(
                # Session Manager's channels and the agent's metrics know no resource.
                Statement(
                    sid="BeReached",
                    actions=[
                        f"ssmmessages:{verb}{kind}Channel"
                        for verb in ("Create", "Open")
                        for kind in ("Control", "Data")
                    ],
                    resources="*",
                ),
                Statement(
                    sid="SayThatItLives",
                    actions="ssm:UpdateInstanceInformation",
                    resources=[f"arn:aws:ec2:{place.region}:{place.account_id}:instance/*"],
                ),
                Statement(
                    sid="Measure",
                    actions="cloudwatch:PutMetricData",
                    resources="*",
                    conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
                ),
                Statement(
                    sid="WriteLogs",
                    actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
                    resources=[pulumi.Output.concat(log.arn, ":*") for log in logs.values()],
                ),
            ),
            opts=self._child(),
        )

    def _sessions(self) -> aws.ssm.Document:
        """Open sessions as the caller's own account: `ssm-user` would be everybody's (SV-N4)."""
        preferences = {
            "schemaVersion": "1.0",
            "description": "Sessions run as the account that the caller's tag SSMSessionRunAs names",
            "sessionType": "Standard_Stream",
            "inputs": {
                "runAsEnabled": True,
                "runAsDefaultUser": "",
                "idleSessionTimeout": "20",
                "maxSessionDuration": "480",
            },
        }
        return aws.ssm.Document(
            "sessions",
            # The one name under which Session Manager looks for its preferences, once in a region.
            name="SSM-SessionManagerRunShell",
            document_type="Session",
            document_format="JSON",
            content=json.dumps(preferences),
            tags=self._tags(),
            opts=self._child(),
        )

    def _firewall(self, vpc_id: pulumi.Input[str]) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            _ROLE,
            vpc_id=vpc_id,
            description="Server: SSH where settings ask for it, nothing else",
            tags=self._tags(),
            opts=self._child(),
        )

    def _rule(self, rule: Rule, firewall: aws.ec2.SecurityGroup) -> aws.vpc.SecurityGroupIngressRule:
        return aws.vpc.SecurityGroupIngressRule(
            rule.key,
            security_group_id=firewall.id,
            ip_protocol=rule.protocol,
            from_port=rule.from_port,
            to_port=rule.to_port,
            cidr_ipv4=rule.peer,
            description=rule.purpose,
            tags=self._tags(),
            opts=self._child(),
        )

    def _template(
        self,
        start: str,
        profile: aws.iam.InstanceProfile,
        group_ids: Sequence[pulumi.Input[str]],
    ) -> aws.ec2.LaunchTemplate:
        # AWS's own EBS key: under a customer key the auto scaling service needs a grant, or nothing starts.
        disk = {
            "encrypted": "true",
            "volume_type": "gp3",
            "volume_size": self._settings.disk_gigabytes,
            "delete_on_termination": "true",
        }
        return aws.ec2.LaunchTemplate(
            _ROLE,
            description="Hardened host for workers",
            image_id=self._settings.image_id,
            instance_type=self._settings.instance_type,
            user_data=start,
            update_default_version=True,
            ebs_optimized="true",
            iam_instance_profile={"arn": profile.arn},
            monitoring={"enabled": True},
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            block_device_mappings=[{"device_name": "/dev/xvda", "ebs": disk}],
            network_interfaces=[
                {
                    "device_index": 0,
                    "associate_public_ip_address": "false",
                    "delete_on_termination": "true",
                    "security_groups": list(group_ids),
                }
            ],
            tag_specifications=[
                {"resource_type": kind, "tags": self._platform.default_tags | self._tags()}
                for kind in ("instance", "volume", "network-interface")
            ],
            tags=self._tags(),
            opts=self._child(),
        )

    def _group(
        self,
        template: aws.ec2.LaunchTemplate,
        subnet_ids: Sequence[pulumi.Input[str]],
        *,
        after: Sequence[pulumi.Resource],
    ) -> aws.autoscaling.Group:
        return aws.autoscaling.Group(
            _ROLE,
            min_size=1,
            max_size=1,
            vpc_zone_identifiers=list(subnet_ids),
            launch_template={
                "id": template.id,
                "version": template.latest_version.apply(str),
            },
            health_check_type="EC2",
            health_check_grace_period=300,
            # One host is enough for work that waits in queues: the old one goes before the new one comes.
            instance_refresh={"strategy": "Rolling", "preferences": {"min_healthy_percentage": 0}},
            tags=[
                {"key": key, "value": value, "propagate_at_launch": False}
                for key, value in (self._platform.default_tags | self._tags()).items()
            ],
            opts=self._child(*after),
        )


def firewall_rules(settings: ServerSettings, admin_cidrs: Sequence[str]) -> tuple[Rule, ...]:
    """Return what the host opens: SSH to the administrators' ranges, and nothing where Session Manager serves."""
    if settings.access == "sessionManager":
        return ()
    return tuple(
        Rule(
            group=GROUP,
            direction=Direction.INGRESS,
            protocol="tcp",
            from_port=settings.ssh_port,
            to_port=settings.ssh_port,
            peer=cidr,
            purpose="SSH of administrators",
        )
        for cidr in admin_cidrs
    )
