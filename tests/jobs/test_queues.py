"""The queues: where work waits, where failed work waits, who may put it there (JB-4)."""

import json

import pytest

from tests.support import STACKS, Graph, as_configured, resolve
from tests.support.documents import listed, statements

QUEUE = "aws:sqs/queue:Queue"
QUEUES = ("resume-parsing", "email", "index-updates")


@pytest.fixture(params=QUEUES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_message_is_tried_four_times_and_then_kept_for_people(graph: Graph, name: str) -> None:
    """JB-4, JB-2: the first delivery and three more; fourteen days in the dead letters."""
    queue, dead = graph.one(QUEUE, name), graph.one(QUEUE, f"{name}-dead-letters")

    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": dead.outputs["arn"],
        "maxReceiveCount": 4,
    }
    assert dead.inputs["messageRetentionSeconds"] == 14 * 86_400
    assert queue.inputs["messageRetentionSeconds"] < dead.inputs["messageRetentionSeconds"]


def test_only_its_own_queue_hands_dead_letters_over(graph: Graph, name: str) -> None:
    """JB-4."""
    allowance = graph.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", name)

    assert allowance.inputs["queueUrl"] == graph.one(QUEUE, f"{name}-dead-letters").outputs["url"]
    assert json.loads(allowance.inputs["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [graph.one(QUEUE, name).outputs["arn"]],
    }


def test_messages_are_encrypted_with_the_messages_key(graph: Graph, name: str) -> None:
    """JB-4, SQS.1."""
    key = graph.one("aws:kms/key:Key", "messages").outputs["arn"]

    assert {graph.one(QUEUE, one).inputs["kmsMasterKeyId"] for one in (name, f"{name}-dead-letters")} == {key}


def test_a_message_stays_hidden_while_somebody_works_on_it(graph: Graph) -> None:
    """JB-4: six times the longest work; résumés take longest."""
    hidden = {name: graph.one(QUEUE, name).inputs["visibilityTimeoutSeconds"] for name in QUEUES}

    assert hidden == {"resume-parsing": 1800, "email": 360, "index-updates": 360}


@pytest.mark.parametrize("stack", STACKS)
def test_every_queue_is_watched_at_both_ends(stack: str) -> None:
    """JB-4: the first dead letter, and a worker that does not keep up."""
    built = as_configured(stack)
    alarms = {one.key: resolve(one) for one in built.value.queues.alarms}

    for name in QUEUES:
        dead, waiting = alarms[f"{name}-dead-letters"], alarms[f"{name}-waiting"]
        assert dead.threshold == 0
        assert dead.source.dimensions == {
            "QueueName": built.graph.one(QUEUE, f"{name}-dead-letters").inputs["name"]
        }
        assert waiting.source.name == "ApproximateAgeOfOldestMessage"
        assert waiting.source.dimensions == {"QueueName": built.graph.one(QUEUE, name).inputs["name"]}


def test_the_application_fills_queues_and_empties_none(graph: Graph) -> None:
    """JB-4."""
    policy = statements(graph.one("aws:iam/rolePolicy:RolePolicy", "application"))

    assert set(listed(policy["QueuesSend"]["Resource"])) == {
        graph.one(QUEUE, one).outputs["arn"] for one in QUEUES
    }
    assert listed(policy["QueuesSend"]["Action"]) == ["sqs:SendMessage"]
    assert "QueuesReceive" not in policy


def test_the_application_learns_where_the_queues_are() -> None:
    """JB-4, HO-2."""
    built = as_configured("prod")
    variables = {one.key: resolve(one).value for one in built.value.queues.variables}

    assert variables == {
        f"QUEUE_{name.upper().replace('-', '_')}_URL": built.graph.one(QUEUE, name).outputs["url"]
        for name in QUEUES
    }
