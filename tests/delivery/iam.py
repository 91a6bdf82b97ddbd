"""Says what a role may do: its documents in the graph, read as IAM reads them (a denial always wins)."""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tests.support import Graph, Node

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"

Statement = Mapping[str, Any]
Context = Mapping[str, tuple[str, ...]]


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(document: str) -> list[Statement]:
    return many(json.loads(document)["Statement"])


def role(graph: Graph, name: str) -> Node:
    return graph.one(ROLE, name)


def held_by(graph: Graph, name: str) -> list[Statement]:
    """The statements of our own policies that are attached to a role, by the role's logical name."""
    documents = {node.outputs["arn"]: node.inputs["policy"] for node in graph.of_type(POLICY)}
    holder = role(graph, name).outputs["name"]
    attached = [
        node.inputs["policyArn"] for node in graph.of_type(ATTACHMENT) if node.inputs["role"] == holder
    ]
    return [part for arn in attached if arn in documents for part in statements(documents[arn])]


def allowed(held: Iterable[Statement], action: str, resource: str, context: Context | None = None) -> bool:
    """Whether `held` allows `action` on `resource`; `context` gives the condition keys of the request."""
    speaking = [part for part in held if _speaks(part, action, resource, context or {})]
    effects = {part["Effect"] for part in speaking}
    return "Allow" in effects and "Deny" not in effects


def _speaks(part: Statement, action: str, resource: str, context: Context) -> bool:
    acts = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in many(part["Action"]))
    reaches = any(fnmatchcase(resource, pattern) for pattern in many(part["Resource"]))
    return (
        acts
        and reaches
        and all(
            _holds(operator, context.get(key, ()), many(values))
            for operator, keys in part.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, given: tuple[str, ...], wanted: list[str]) -> bool:
    match operator.removeprefix("ForAnyValue:"):
        case "StringEquals":
            return any(value in wanted for value in given)
        case "StringLike" | "ArnLike":
            return any(fnmatchcase(value, pattern) for value in given for pattern in wanted)
        case "StringNotEquals":
            return not any(value in wanted for value in given)
    raise AssertionError(f"{operator} is not known to this reader")
