"""An access key beside federation, for as long as some tool cannot do without (HO-6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.grants import Grant, Role
from components.iam import Statement, document
from components.platform import Platform
from components.variables import Variable
from settings.hosting import StaticKey


@dataclass(frozen=True, kw_only=True)
class StaticKeys:
    """The user, what it may do, its living keys by serial, and the variables that carry the current one."""

    user: aws.iam.User
    policy: aws.iam.Policy
    attachment: aws.iam.UserPolicyAttachment
    keys: dict[int, aws.iam.AccessKey]
    variables: tuple[Variable, ...]


def static_keys(
    settings: StaticKey, *, grants: Sequence[Grant], parent: pulumi.Resource, platform: Platform
) -> StaticKeys:
    """Make a user that may do exactly what the application's role may, with one key, or two while rotating."""
    user = aws.iam.User(
        "application-key",
        path="/jtld/",
        permissions_boundary=platform.boundary_arn,
        tags=platform.tags("hosting"),
        opts=platform.child(parent),
    )
    granted = (
        Statement(
            sid=grant.sid, actions=grant.actions, resources=list(grant.resources), conditions=grant.conditions
        )
        for grant in grants
        if grant.role is Role.APPLICATION
    )
    living = [settings.serial - 1] if settings.keep_previous and settings.serial > 1 else []
    keys = {
        serial: aws.iam.AccessKey(f"application-key-{serial}", user=user.name, opts=platform.child(parent))
        for serial in (*living, settings.serial)
    }
    current = keys[settings.serial]
    # A user's inline policies share 2048 characters; a managed one has 6144.
    policy = aws.iam.Policy(
        "application-key",
        description="What the application's role may do, for a tool that cannot federate",
        policy=document(*granted),
        tags=platform.tags("hosting"),
        opts=platform.child(parent),
    )
    return StaticKeys(
        user=user,
        policy=policy,
        attachment=aws.iam.UserPolicyAttachment(
            "application-key", user=user.name, policy_arn=policy.arn, opts=platform.child(parent)
        ),
        keys=keys,
        variables=(
            Variable(key="AWS_ACCESS_KEY_ID", value=current.id, secret=True),
            Variable(key="AWS_SECRET_ACCESS_KEY", value=current.secret, secret=True),
        ),
    )
