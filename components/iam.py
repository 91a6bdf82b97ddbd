"""IAM documents as data: statements in, JSON out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

Inputs = pulumi.Input[str] | Sequence[pulumi.Input[str]]
Conditions = Mapping[str, Mapping[str, Inputs]]
EVERYONE: Mapping[str, Inputs] = {"AWS": "*"}
"""Every principal: for denials, and for grants that a condition narrows."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy, in IAM's own terms.

    A trust policy leaves `resources` empty, an identity policy `principals`. `except_resources` is IAM's
    `NotResource`. `conditions` maps operator to condition key to value.
    """

    sid: str
    actions: Inputs
    effect: Literal["Allow", "Deny"] = "Allow"
    principals: Mapping[str, Inputs] | None = None
    resources: Inputs = ()
    except_resources: Inputs = ()
    conditions: Conditions | None = None

    def render(self) -> dict[str, Any]:
        """Return the statement as it stands in the JSON document."""
        parts = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principals,
            "Action": self.actions,
            "Resource": self.resources,
            "NotResource": self.except_resources,
            "Condition": self.conditions,
        }
        return {key: value for key, value in parts.items() if value is not None and value != ()}


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the JSON text of a policy, in the order given."""
    rendered = [statement.render() for statement in statements]
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": rendered})


def service_trust(service: str, *, account_id: str, source_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the trust policy of a role for one AWS service acting for one source in one account.

    Without both conditions the service could be made to act for a stranger (the confused deputy).
    """
    return document(
        Statement(
            sid="ServiceOfThisAccount",
            actions="sts:AssumeRole",
            principals={"Service": service},
            conditions={
                "StringEquals": {"aws:SourceAccount": account_id},
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        )
    )
