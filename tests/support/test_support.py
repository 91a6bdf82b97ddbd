"""The helper that every other test trusts: what it must record, and what it must refuse."""

import gc

import pulumi
import pulumi_aws as aws
import pytest

from components.platform import Platform
from sandbox.values import UNKNOWN
from tests.support import resolve, run_component
from tests.support.cloud import RefusedError
from tests.support.monitor import DuplicateUrnError


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, *, silent: bool = False) -> None:
        super().__init__("jtld:platform:Box", name)
        self.topic = aws.sns.Topic("topic", opts=pulumi.ResourceOptions(parent=self, protect=True))
        if not silent:
            self.register_outputs({"arn": self.topic.arn})


def test_a_graph_knows_parents_options_and_outputs() -> None:
    graph = run_component(lambda _: Box("box")).graph
    box, topic = graph.one("jtld:platform:Box"), graph.one("aws:sns/topic:Topic")

    assert graph.children(box.urn) == (topic,)
    assert graph.component_of(topic) == box
    assert topic.urn.endswith("::jtld:platform:Box$aws:sns/topic:Topic::topic"), "as the engine forms it"
    assert topic.protect
    assert box.outputs == {"arn": topic.outputs["arn"]}


def test_a_component_that_registers_no_outputs_is_seen() -> None:
    assert run_component(lambda _: Box("box", silent=True)).graph.one("jtld:platform:Box").outputs is None


def test_dependencies_are_recorded_by_property() -> None:
    def build(_: Platform) -> None:
        topic = aws.sns.Topic("topic")
        aws.sns.TopicSubscription(
            "mail", topic=topic.arn, protocol="email", endpoint="ops@jtldconsulting.com"
        )

    graph = run_component(build).graph
    topic, mail = graph.one("aws:sns/topic:Topic"), graph.one("aws:sns/topicSubscription:TopicSubscription")

    assert mail.property_dependencies["topic"] == {topic.urn}
    assert topic.urn in mail.dependencies


def test_secrets_are_recorded_with_their_path() -> None:
    def build(_: Platform) -> None:
        secret = aws.secretsmanager.Secret("s")
        aws.secretsmanager.SecretVersion(
            "v", secret_id=secret.id, secret_string=pulumi.Output.secret("canary")
        )

    version = run_component(build).graph.one("aws:secretsmanager/secretVersion:SecretVersion")

    assert version.inputs["secretString"] == "canary", "in the clear, as a policy sees it"
    assert "secretString" in version.secret_inputs
    assert "secretString" in version.secret_outputs


def test_two_resources_of_one_name_are_refused() -> None:
    def build(_: Platform) -> None:
        for _ in range(2):
            aws.sns.Topic("topic")

    with pytest.raises(DuplicateUrnError, match="registered twice"):
        run_component(build)


def test_an_input_that_the_provider_does_not_know_is_refused() -> None:
    def build(_: Platform) -> None:
        aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/40")

    with pytest.raises(RefusedError, match="cidrBlock"):
        run_component(build)


def test_a_reference_to_nothing_is_refused() -> None:
    def build(_: Platform) -> None:
        aws.ec2.Subnet("subnet", vpc_id="vpc-00000000000000000", cidr_block="10.0.0.0/24")

    with pytest.raises(RefusedError, match="vpc-00000000000000000"):
        run_component(build)


def test_a_function_nobody_described_is_refused() -> None:
    with pytest.raises(Exception, match="no contract"):
        run_component(lambda _: aws.ec2.get_spot_price(instance_type="m5.large"))


def test_an_error_in_the_program_reaches_the_test() -> None:
    def build(_: Platform) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_component(build)


def test_an_error_inside_an_apply_reaches_the_test() -> None:
    """The SDK's own mocks lose it: an assert in there passes for ever (pulumi#11994)."""

    def build(_: Platform) -> None:
        aws.sns.Topic("topic").arn.apply(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run_component(build)


def test_a_preview_leaves_unknown_what_only_creation_tells() -> None:
    built = run_component(lambda _: Box("box"), preview=True)

    assert built.graph.one("aws:sns/topic:Topic").outputs["arn"] is UNKNOWN
    assert built.graph.one("aws:sns/topic:Topic").id == ""


def test_runs_know_nothing_of_each_other() -> None:
    first, second = (run_component(lambda _: Box("box")) for _ in range(2))
    gc.collect()

    assert first.graph.one("aws:sns/topic:Topic") == second.graph.one("aws:sns/topic:Topic"), "same ids, too"
    assert resolve(first.value.topic.arn) == resolve(second.value.topic.arn)


def test_a_stack_is_chosen_by_name() -> None:
    built = run_component(lambda platform: platform.environment.name, stack="dev")

    assert built.value == "dev"
