"""SV-1: the host as a resource: hard to reach, made again when lost, allowed little."""

import base64
import json
from typing import Any

import pytest
import yaml

from components.encryption import Encryption
from components.network import Network
from components.platform import Platform
from components.server import Server
from settings.loader import load_stack_file
from tests.server.example import settings
from tests.support import STACKS, Built, resolve, run_component
from tests.support.documents import statements
from tests.support.run import ROOT

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ADMINS = ("203.0.113.7/32", "198.51.100.0/29")
DATA_PORTS = {5432, 6379}


def made(stack: str = "prod", **changes: Any) -> Built[Server]:
    whole = load_stack_file(ROOT / f"Pulumi.{stack}.yaml")

    def build(platform: Platform) -> Server:
        keys = Encryption("encryption", platform=platform)
        network = Network(
            "network",
            whole.network,
            platform=platform,
            logs_key_arn=keys.logs_key_arn,
            gateway_clients=whole.gateway_clients,
        )
        return Server(
            "server",
            settings(**changes),
            platform=platform,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            service_group_id=network.security_group_ids["service"],
            admin_cidrs=ADMINS,
            logs_key_arn=keys.logs_key_arn,
        )

    return run_component(build, stack=stack)


@pytest.fixture(scope="module", params=STACKS)
def built(request: pytest.FixtureRequest) -> Built[Server]:
    return made(request.param)


def test_the_host_answers_metadata_to_itself_alone(built: Built[Server]) -> None:
    """EC2.8: IMDSv2."""
    options = built.graph.one(TEMPLATE).inputs["metadataOptions"]
    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


def test_the_disk_is_encrypted_and_the_address_private(built: Built[Server]) -> None:
    template = built.graph.one(TEMPLATE).inputs
    assert [disk["ebs"]["encrypted"] for disk in template["blockDeviceMappings"]] == ["true"]
    assert [card["associatePublicIpAddress"] for card in template["networkInterfaces"]] == ["false"]
    assert "keyName" not in template, "a key pair is an account of everybody (SV-N4)"


def test_there_is_always_one_host_in_a_private_subnet(built: Built[Server]) -> None:
    group = built.graph.one("aws:autoscaling/group:Group").inputs
    private = {
        node.id for node in built.graph.of_type("aws:ec2/subnet:Subnet") if node.name.startswith("private")
    }
    assert (group["minSize"], group["maxSize"]) == (1, 1)
    assert set(group["vpcZoneIdentifiers"]) == private
    assert group["launchTemplate"]["version"] == str(built.graph.one(TEMPLATE).outputs["latestVersion"])


def test_the_role_carries_the_boundary_and_little_else(built: Built[Server]) -> None:
    role = built.graph.one("aws:iam/role:Role", "server").inputs
    granted = statements(built.graph.one("aws:iam/rolePolicy:RolePolicy", "server"))
    assert role["permissionsBoundary"].endswith(":policy/jtld-workload-boundary")
    assert {sid for sid, one in granted.items() if one["Resource"] == "*"} == {"BeReached", "Measure"}
    assert granted["Measure"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "JTLD/Server"}}


def test_where_session_manager_serves_no_port_is_open(built: Built[Server]) -> None:
    """NW-2."""
    own = [
        node for node in built.graph.nodes if node.parent.endswith("Server::server") and "Rule" in node.type
    ]
    assert built.value.rules == ()
    assert [node for node in own if "ingress" in node.type.lower()] == []


def test_ssh_is_opened_to_administrators_alone() -> None:
    """NW-2, SV-N3."""
    server = made(access="ssh", sshPort=2222)
    opened = {
        (node.inputs["cidrIpv4"], node.inputs["fromPort"], node.inputs["toPort"])
        for node in server.graph.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if node.name.startswith("server-")
    }
    assert opened == {(cidr, 2222, 2222) for cidr in ADMINS}
    assert {(rule.peer, rule.from_port, rule.to_port) for rule in server.value.rules} == opened
    assert not DATA_PORTS & {port for _, port, _ in opened}


def test_the_logs_go_where_the_agent_sends_them(built: Built[Server]) -> None:
    text = base64.b64decode(built.graph.one(TEMPLATE).inputs["userData"]).decode()
    files = {file["path"]: file["content"] for file in yaml.safe_load(text)["write_files"]}
    groups = {
        node.inputs["name"]: node.inputs
        for node in built.graph.of_type("aws:cloudwatch/logGroup:LogGroup")
        if "server" in node.inputs.get("name", "")
    }
    collected = yaml.safe_load(files["/etc/jtld/cloudwatch-agent.json"])["logs"]["logs_collected"]["files"]
    assert {one["log_group_name"] for one in collected["collect_list"]} == set(groups)
    assert len(groups) == 4
    assert all(group["kmsKeyId"] for group in groups.values())


@pytest.mark.parametrize(
    ("key", "metric", "threshold"),
    [("cpu", "CPUUtilization", 80), ("memory", "mem_used_percent", 85), ("disk", "disk_used_percent", 80)],
)
def test_the_thresholds_are_those_of_the_requirements(
    built: Built[Server], key: str, metric: str, threshold: float
) -> None:
    """MO-3, SV-1: processor above 80 % for 10 minutes, memory above 85 %, disk above 80 %."""
    (alarm,) = (alarm for alarm in resolve(built.value.alarms) if alarm.key == key)
    assert (alarm.source.name, alarm.threshold) == (metric, threshold)
    assert alarm.source.period_seconds * alarm.evaluation_periods == 600
    assert alarm.source.dimensions == {"AutoScalingGroupName": resolve(built.value.group_name)}


def test_a_session_is_its_callers_own(built: Built[Server]) -> None:
    """SV-N4: without this, every session is ssm-user's."""
    document = built.graph.one("aws:ssm/document:Document").inputs
    assert document["name"] == "SSM-SessionManagerRunShell"
    inputs = json.loads(document["content"])["inputs"]
    assert inputs["runAsEnabled"] is True
    assert inputs["runAsDefaultUser"] == "", "nobody without a tag of his own"
