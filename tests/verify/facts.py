"""The facts of a stack as its file describes it, every subscription confirmed."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from ops.verify.channels import Channel, channels
from ops.verify.world import Alarm, Topic, World, world_of
from sandbox.values import transform
from settings.loader import load_stack_file
from tests.support import as_configured
from tests.support.run import ROOT

# What moto calls the account of whoever asks.
MOTO_ACCOUNT = "123456789012"


def wanted(stack: str) -> tuple[Channel, ...]:
    return channels(load_stack_file(ROOT / f"Pulumi.{stack}.yaml").alerting)


@cache
def deployed(stack: str, account: str = "") -> World:
    """The world right after the first deployment, in the stack's account or another."""
    own = as_configured(stack).value.settings.environment.account_id
    resources = [
        (node.type, transform(node.outputs, lambda leaf: _moved(leaf, own, account or own)))
        for node in as_configured(stack).graph.nodes
        if node.custom and node.type.startswith("aws:")
    ]
    return world_of(resources, account or own)


def _moved(leaf: object, own: str, account: str) -> object:
    return leaf.replace(own, account) if isinstance(leaf, str) else leaf


def confirmed(world: World) -> World:
    """The same after people have followed the links in their mails."""
    return change(
        world,
        lambda topic: replace(
            topic, subscriptions=tuple(replace(one, confirmed=True) for one in topic.subscriptions)
        ),
    )


def change(world: World, how: Callable[[Topic], Topic]) -> World:
    return replace(world, topics=tuple(how(topic) for topic in world.topics))


def change_alarms(world: World, how: Callable[[Alarm], Alarm]) -> World:
    return replace(world, alarms=tuple(how(alarm) for alarm in world.alarms))
