"""What AWS refuses in a policy document before it looks at what the document grants."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_ORDER = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
_STATEMENT_KEYS = frozenset(_STATEMENT_ORDER)
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
    """Return the result of `aws.iam.getPolicyDocument`: the document as indented and as compact JSON.

    Raises:
        LookupError: A Sid appears twice among the sources or among the statements, or a variable needs a newer version.
    """
    version = arguments.get("version") or _VERSIONS[0]
    sources = [parse(text) for text in arguments.get("sourcePolicyDocuments") or []]
    _require_own_sids([one for source in sources for one in _listed(source.get("Statement", []))])
    statements = [_statement(given, version) for given in arguments.get("statements") or []]
    _require_own_sids(statements)
    own = {"Version": version, "Id": arguments.get("policyId") or "", "Statement": statements}
    merged: dict[str, Any] = {"Version": "", "Id": "", "Statement": []}
    for document in (
        *sources,
        own,
        *(parse(text) for text in arguments.get("overridePolicyDocuments") or []),
    ):
        _merge(merged, document)
    told = {name: item for name, item in merged.items() if item}
    return {"json": _go_json(told, indent=2), "minifiedJson": _go_json(told, separators=(",", ":"))}


def _require_own_sids(statements: Sequence[Mapping[str, Any]]) -> None:
    sids = [one["Sid"] for one in statements if one.get("Sid")]
    twice = next((sid for sid in sids if sids.count(sid) > 1), None)
    if twice is not None:
        raise LookupError(f"writing IAM Policy Document: duplicate Sid ({twice}). Ensure the Sid is unique.")


def _merge(merged: dict[str, Any], document: Mapping[str, Any]) -> None:
    """Take a document in: a statement with a known Sid goes where that one stood."""
    merged["Id"] = document.get("Id") or merged["Id"]
    merged["Version"] = max(merged["Version"], document.get("Version", ""))
    for one in _listed(document.get("Statement", [])):
        new = {name: one[name] for name in _STATEMENT_ORDER if one.get(name)}
        places = [
            index for index, old in enumerate(merged["Statement"]) if old.get("Sid") == new.get("Sid", "")
        ]
        if places:
            merged["Statement"][places[0]] = new
        else:
            merged["Statement"].append(new)


def _statement(given: Mapping[str, Any], version: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Sid": given.get("sid"), "Effect": given.get("effect") or "Allow"}
    for argument in ("actions", "notActions"):
        statement[_element(argument)] = _backwards(given.get(argument) or [])
    for argument in ("resources", "notResources"):
        statement[_element(argument)] = _backwards(_filled_in(given.get(argument) or [], version))
    for argument in ("principals", "notPrincipals"):
        statement[_element(argument)] = _principals(given.get(argument) or [], version)
    conditions: dict[str, dict[str, list[str]]] = {}
    for one in given.get("conditions") or []:
        tests = conditions.setdefault(one["test"], {})
        tests.setdefault(one["variable"], []).extend(_filled_in(one["values"], version))
    statement["Condition"] = {
        test: {variable: _single(values) for variable, values in sorted(variables.items())}
        for test, variables in sorted(conditions.items())
    }
    return statement


def _element(argument: str) -> str:
    return argument[0].upper() + argument[1:-1]


def _filled_in(items: list[str], version: str) -> list[str]:
    """Return texts with IAM's variables, which Terraform writes `&{…}`, as IAM writes them."""
    if version == _VERSIONS[1] and any("&{" in item for item in items):
        raise LookupError(f"found &{{ sequence, which is not supported in document version {version}")
    return [item.replace("&{", "${") for item in items]


def _principals(given: list[Mapping[str, Any]], version: str) -> Any:
    by_type: dict[str, list[str]] = {}
    for one in given:
        named = sorted(_filled_in(one["identifiers"], version), reverse=True)
        by_type.setdefault(one["type"], []).extend(named)
    if by_type == {"*": ["*"]}:
        return "*"
    return {type_: _single(identifiers) for type_, identifiers in sorted(by_type.items())}


def _backwards(items: list[str]) -> Any:
    return _single(sorted(items, reverse=True))


def _single(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _go_json(value: Any, **options: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, **options)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
