"""What AWS refuses in a policy document before it looks at what the document grants."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_KEYS = frozenset(
    [
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    ]
)
_BODY_KEYS = frozenset({"Version", "Id", "Statement"})


def parse(text: str) -> Any:
    """Return the document, or raise ValueError."""
    return json.loads(text)


def equivalent(one: str, other: str, kind: str) -> bool:
    """Tell whether two JSON texts say the same.

    In a policy one value and a list of it are equal; containers come back from ECS with its defaults.
    """
    try:
        first, second = parse(one), parse(other)
    except ValueError:
        return False
    if kind == "containers":
        return bool(_containers(first) == _containers(second))
    return bool(first == second if kind == "json" else _canonical(first) == _canonical(second))


def problems(kind: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a document of `kind` (json, iamPolicy, resourcePolicy, trustPolicy)."""
    try:
        document = parse(text)
    except ValueError as error:
        yield f"contains an invalid JSON: {error}"
        return
    if kind in ("json", "containers"):
        return
    if not isinstance(document, Mapping):
        yield "contains an invalid JSON policy: not a JSON object"
        return
    yield from _policy_problems(kind, document)


def _policy_problems(kind: str, document: Mapping[str, Any]) -> Iterator[str]:
    unknown = sorted(document.keys() - _BODY_KEYS)
    if unknown:
        yield f"MalformedPolicyDocument: Syntax errors in policy: unknown element {unknown[0]}"
    if "Version" in document and document["Version"] not in _VERSIONS:
        yield f"MalformedPolicyDocument: The policy must contain a valid version string, one of {', '.join(_VERSIONS)}"
    statements = document.get("Statement")
    if not statements:
        yield "MalformedPolicyDocument: Syntax errors in policy: Statement is missing or empty"
        return
    sids = [s["Sid"] for s in _listed(statements) if isinstance(s, Mapping) and s.get("Sid")]
    if len(sids) != len(set(sids)):
        yield "MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique"
    for index, statement in enumerate(_listed(statements)):
        for problem in _statement_problems(kind, statement):
            yield f"MalformedPolicyDocument: Statement[{index}]: {problem}"


def _statement_problems(kind: str, statement: Any) -> Iterator[str]:
    if not isinstance(statement, Mapping):
        yield "is not an object"
        return
    unknown = sorted(statement.keys() - _STATEMENT_KEYS)
    if unknown:
        yield f"unknown element {unknown[0]}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Effect must be Allow or Deny"
    if ("Action" in statement) == ("NotAction" in statement):
        yield "must contain exactly one of Action and NotAction"
    for action in _listed(statement.get("Action", [])):
        if not isinstance(action, str) or (action != "*" and ":" not in action):
            yield "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    yield from _reach_problems(kind, statement)


def _reach_problems(kind: str, statement: Mapping[str, Any]) -> Iterator[str]:
    has_principal = "Principal" in statement or "NotPrincipal" in statement
    has_resource = "Resource" in statement or "NotResource" in statement
    if kind == "iamPolicy" and has_principal:
        yield "Policy document should not specify a principal"
    if kind in ("resourcePolicy", "trustPolicy") and not has_principal:
        yield "Missing required field Principal"
    if kind == "trustPolicy" and has_resource:
        yield "Has prohibited field Resource"
    if kind in ("iamPolicy", "resourcePolicy") and not has_resource:
        yield "Policy statement must contain resources"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        return (
            items[0] if len(items) == 1 else sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
        )
    return value


def _containers(value: Any) -> Any:
    """Return container definitions without what ECS adds to them, in an order of their own."""
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return value
    return sorted((_container(one) for one in value), key=_name)


def _container(given: Mapping[str, Any]) -> dict[str, Any]:
    told = {"essential": True, **given}
    if told.get("cpu") == 0:
        del told["cpu"]
    for named in ("environment", "secrets"):
        told[named] = sorted(told.get(named) or [], key=_name)
    told["portMappings"] = [_port(one) for one in told.get("portMappings") or []]
    if told.get("healthCheck"):
        told["healthCheck"] = {"interval": 30, "retries": 3, "timeout": 5, **told["healthCheck"]}
    return {name: item for name, item in told.items() if item not in (None, [])}


def _port(given: Mapping[str, Any]) -> dict[str, Any]:
    # In the network mode awsvpc, the only one of Fargate, both ports are the same.
    port = {"protocol": "tcp", **given}
    return {**port, "hostPort": port.get("hostPort") or port.get("containerPort")}


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("name"))


def policy_document(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of `aws.iam.getPolicyDocument`: the document as indented and as compact JSON."""
    statements = [
        statement
        for source in arguments.get("sourcePolicyDocuments") or []
        for statement in _listed(parse(source)["Statement"])
    ]
    statements += [_statement(given) for given in arguments.get("statements") or []]
    for source in arguments.get("overridePolicyDocuments") or []:
        for statement in _listed(parse(source)["Statement"]):
            statements = [s for s in statements if not s.get("Sid") or s.get("Sid") != statement.get("Sid")]
            statements.append(statement)
    document = {"Version": arguments.get("version") or _VERSIONS[0], "Statement": statements}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    return {
        "json": json.dumps(document, indent=2),
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": given.get("effect") or "Allow"}
    if given.get("sid"):
        statement["Sid"] = given["sid"]
    for argument in ("actions", "notActions", "resources", "notResources"):
        if given.get(argument):
            name = argument[0].upper() + argument[1:-1]
            statement[name] = _single(sorted(given[argument]))
    for argument in ("principals", "notPrincipals"):
        if given.get(argument):
            statement[argument[0].upper() + argument[1:-1]] = _principals(given[argument])
    for condition in given.get("conditions") or []:
        tests = statement.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = _single(condition["values"])
    return statement


def _principals(given: list[Mapping[str, Any]]) -> Any:
    if any(principal["type"] == "*" for principal in given):
        return "*"
    return {principal["type"]: _single(sorted(principal["identifiers"])) for principal in given}


def _single(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
