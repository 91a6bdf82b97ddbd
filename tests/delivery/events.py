"""Engine events as the CLI writes them with `--event-log` (apitype.EngineEvent of the Pulumi SDK)."""

import json
from collections.abc import Mapping
from typing import Any

DATABASE = "aws:rds/instance:Instance"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def urn(type_: str, name: str, stack: str = "prod") -> str:
    return f"urn:pulumi:{stack}::jtld-platform::jtld:platform:Database${type_}::{name}"


def event(kind: str, **body: Any) -> str:
    return json.dumps({"sequence": 0, "timestamp": 1795360082, kind: body}) + "\n"


def state(type_: str, name: str, values: Mapping[str, Any], **flags: bool) -> dict[str, Any]:
    return {
        "type": type_,
        "urn": urn(type_, name),
        "custom": True,
        "id": f"id-of-{name}",
        "parent": "",
        "inputs": dict(values),
        "outputs": dict(values),
        "provider": "",
        **flags,
    }


def step(
    op: str,
    type_: str,
    name: str,
    *,
    values: Mapping[str, Any] | None = None,
    keys: tuple[str, ...] = (),
    diffs: tuple[str, ...] = (),
    **flags: bool,
) -> str:
    old = None if op == "create" else state(type_, name, values or {}, **flags)
    new = None if op == "delete" else state(type_, name, values or {})
    detailed = {path: {"diffKind": "update", "inputDiff": False} for path in diffs}
    metadata = {"op": op, "urn": urn(type_, name), "type": type_, "old": old, "new": new}
    return event("resourcePreEvent", metadata=metadata | {"keys": list(keys), "detailedDiff": detailed})


def replacement(type_: str, name: str, **kwargs: Any) -> list[str]:
    """The three steps as which the engine reports one replacement."""
    return [step(op, type_, name, **kwargs) for op in ("create-replacement", "replace", "delete-replaced")]


def violation(policy: str, urn_: str = "", level: str = "mandatory", message: str = "") -> str:
    return event(
        "policyEvent",
        resourceUrn=urn_,
        message=message,
        color="raw",
        policyName=policy,
        policyPackName="jtld",
        policyPackVersion="1",
        policyPackVersionTag="1",
        enforcementLevel=level,
    )


def passed(*policies: str) -> str:
    return event(
        "policyAnalyzeSummaryEvent",
        resourceUrn="",
        policyPackName="jtld",
        policyPackVersion="",
        policyPackVersionTag="",
        passed=list(policies),
    )


def error(message: str = "boom") -> str:
    return event("diagnosticEvent", message=message, color="never", severity="error")


def summary(**changes: int) -> str:
    packs = {"jtld": "v1"}
    return event(
        "summaryEvent",
        maybeCorrupt=False,
        durationSeconds=1,
        resourceChanges=changes,
        PolicyPacks=packs,
        isPreview=True,
    )
