"""SV-1: the host is there when a stack file asks for it, and nowhere else."""

from tests.policies.harness import Pack
from tests.server.optional import with_a_server
from tests.support import STACKS, as_configured
from tests.support.run import ROOT

COMPONENT = "jtld:platform:Server"


def test_no_stack_has_a_server_unless_it_asks_for_one() -> None:
    assert not [stack for stack in STACKS if as_configured(stack).graph.of_type(COMPONENT)]


def test_the_pack_finds_nothing_wrong_with_the_documented_server() -> None:
    graph = with_a_server()
    assert graph.of_type(COMPONENT)
    assert Pack("prod").check(graph.nodes) == []


def test_asking_for_a_server_adds_it_and_its_alarms_and_changes_nothing_else() -> None:
    before = {(node.type, node.name) for node in as_configured("prod").graph.nodes}
    added = [node for node in with_a_server().nodes if (node.type, node.name) not in before]
    alarms = {node.name for node in added if node.type == "aws:cloudwatch/metricAlarm:MetricAlarm"}
    assert {name.rpartition("server-")[2] for name in alarms if "server-" in name} == {
        "cpu",
        "memory",
        "disk",
    }
    assert {node.type for node in added if "Server" in node.parent} == {
        "aws:autoscaling/group:Group",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:ssm/document:Document",
    }
    assert before <= {(node.type, node.name) for node in with_a_server().nodes}


def test_its_alarms_have_a_runbook() -> None:
    """MO-N4."""
    assert (ROOT / "docs" / "runbooks" / "server.md").is_file()
    assert (ROOT / "docs" / "runbooks" / "status.md").is_file()
