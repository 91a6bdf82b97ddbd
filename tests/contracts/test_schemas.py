"""Every contract beside CloudFormation's schema of the type: what AWS refuses and cannot change."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from sandbox.contracts.parts import Rule
from sandbox.shapes import Spec
from sandbox.value_tests import problems
from tests.contracts.cloudformation import COMPARED, Pair, create_only, pairs
from tests.contracts.reading import TYPES

# A text that no name, id, ARN or address of AWS allows.
WRONG = "\u00ac wrong \u00ac"


# Rules that look at other resources find nothing there.
NOWHERE = Mock(zones={})


def wrongs(pair: Pair) -> Iterator[tuple[str, Any]]:
    """Yield values that CloudFormation's schema refuses, each with the keyword that does."""
    schema, kind = pair.schema, _kind(pair.spec)
    bounds: dict[str, dict[str, Callable[[Any], Any]]] = {
        "number": {"minimum": lambda least: least - 1, "maximum": lambda most: most + 1},
        "string": {
            "enum": lambda _: WRONG,
            "minLength": lambda least: "a" * (least - 1),
            "maxLength": lambda most: "a" * (most + 1),
            "pattern": lambda _: WRONG,
        },
        "list": {
            "minItems": lambda least: ["a"] * (least - 1),
            "maxItems": lambda most: ["a"] * (most + 1),
        },
    }
    for keyword, beyond in bounds.get(kind, {}).items():
        if keyword not in schema or (keyword == "pattern" and not _excludes(schema[keyword], WRONG)):
            continue
        yield keyword, beyond(schema[keyword])


def _excludes(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is None
    except re.error:
        return False  # Java's classes of characters (`\\p{L}`) are not Python's


def _kind(spec: Spec) -> str:
    if isinstance(spec, dict):
        if "oneOf" in spec:
            return next((_kind(option) for option in spec["oneOf"]), "")
        return {"enum": "string", "list": "list"}.get(next(iter(spec)), "")
    return {"integer": "number", "number": "number", "string": "string"}.get(spec, "")


def refused(token: str, pair: Pair, value: Any) -> bool:
    """Tell whether the sandbox refuses a value: by its type, a rule, or because nothing is called so."""
    contract = TYPES[token]
    if contract.reference(pair.path) and isinstance(value, str):
        return True
    if isinstance(pair.spec, dict) and "enum" in pair.spec and pair.path not in contract.open_enums:
        return True
    if value in ("", []):
        return True  # what is empty is absent to Terraform
    return any(_judges(rule, pair.path, value) for rule in contract.validations)


def _judges(rule: Rule, path: str, value: Any) -> bool:
    if rule.path != path or rule.relational:
        return False
    if rule.cidr or rule.network or rule.within or rule.disjoint or rule.json_kind or rule.member_of:
        return isinstance(value, str)
    return any(problems(rule, value, {}, NOWHERE))


# Properties whose limits no contract repeats, with the reason.
LEFT_OUT = {
    "tags": "the same for every type: sandbox/admission.py",
    "mixedInstancesPolicy": "a language of its own for fleets of machines; the platform has one machine",
    "predictiveScalingPolicyConfiguration": "needs weeks of history; the platform scales by steps",
}

# What CloudFormation's schema refuses and the provider or the API takes, with the reason.
KNOWN: dict[tuple[str, str, str], str] = {
    ("aws:lambda/function:Function", "reservedConcurrentExecutions", "minimum"): "-1 is how one says none",
    ("aws:ec2/managedPrefixList:ManagedPrefixList", "entries", "maxItems"): (
        "100 is the limit of one request; the provider sends several"
    ),
    ("aws:cloudwatch/logDelivery:LogDelivery", "recordFields[*]", "maxLength"): "the API reference says 64",
}


@pytest.mark.parametrize("token", COMPARED)
def test_what_cloudformation_s_schema_refuses_is_refused_here(token: str) -> None:
    taken = [
        f"{pair.path}: {keyword} {str(pair.schema[keyword])[:120]}"
        for pair in pairs(token)
        if pair.path.split(".")[0].split("[")[0] not in LEFT_OUT
        for keyword, value in wrongs(pair)
        if not refused(token, pair, value) and (token, pair.path, keyword) not in KNOWN
    ]
    assert not taken, "the sandbox takes what AWS refuses:\n" + "\n".join(taken)


# What CloudFormation replaces and the Terraform provider changes in place, with the reason.
_MODIFIED = "ModifySecurityGroupRules changes a rule in place; another kind of source replaces it (`switch`)"
IN_PLACE: dict[tuple[str, str], str] = {
    ("aws:acm/certificate:Certificate", "options.export"): "UpdateCertificateOptions",
    ("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration", "configurationName"): (
        "no plan modifier in slack_channel_configuration.go: the update is sent without it"
    ),
    ("aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration", "slackTeamId"): "likewise",
    ("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination", "deliveryDestinationType"): (
        "computed by the provider, follows from the destination"
    ),
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId"): "ReplaceRouteTableAssociation",
    ("aws:elasticache/replicationGroup:ReplicationGroup", "preferredCacheClusterAzs"): (
        "no ForceNew in replication_group.go: only creation reads it"
    ),
    ("aws:iam/user:User", "name"): "UpdateUser renames",
    ("aws:rds/instance:Instance", "identifier"): "ModifyDBInstance renames (NewDBInstanceIdentifier)",
    ("aws:rds/instance:Instance", "dbSubnetGroupName"): "ModifyDBInstance moves it to another network",
    **{
        (f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule", path): _MODIFIED
        for way in ("Egress", "Ingress")
        for path in ("cidrIpv6", "fromPort", "ipProtocol", "toPort")
    },
}


@pytest.mark.parametrize("token", COMPARED)
def test_what_cloudformation_cannot_change_replaces_here(token: str) -> None:
    fixed, contract = create_only(token), TYPES[token]
    replacing = {*contract.replace, *(change.path for change in contract.replace_when)}
    changing = {
        pair.path
        for pair in pairs(token)
        if pair.theirs in fixed and not any(_at_or_below(path, pair.path) for path in replacing)
    }
    assert changing == {path for type_, path in IN_PLACE if type_ == token}


# What the Terraform provider replaces although CloudFormation changes it in place: its own ForceNew.
FORCED = {
    "aws:acm/certificate:Certificate": {"validationMethod"},
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {"actionsEnabled"},
    "aws:cloudwatch/eventRule:EventRule": {"eventBusName"},
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": {"logType", "resourceArn"},
    "aws:cloudwatch/logGroup:LogGroup": {"logGroupClass"},
    "aws:costexplorer/anomalySubscription:AnomalySubscription": {"accountId"},
    "aws:ec2/eip:Eip": {"domain", "publicIpv4Pool"},
    "aws:ec2/managedPrefixList:ManagedPrefixList": {"addressFamily"},
    "aws:ec2/natGateway:NatGateway": {"secondaryPrivateIpAddressCount"},
    "aws:ec2/networkAclRule:NetworkAclRule": {"cidrBlock", "ipv6CidrBlock", "protocol", "ruleAction"},
    "aws:ecs/service:Service": {"deploymentController.type", "launchType", "name"},
    "aws:elasticache/parameterGroup:ParameterGroup": {"description"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"nodeGroupConfigurations"},
    "aws:kms/key:Key": {"keyUsage", "multiRegion"},
    "aws:rds/instance:Instance": {"availabilityZone", "engine"},
    "aws:s3/bucket:Bucket": {"objectLockConfiguration.objectLockEnabled", "objectLockEnabled"},
    "aws:scheduler/schedule:Schedule": {"groupName"},
    "aws:secretsmanager/secret:Secret": {"type"},
    "aws:servicediscovery/httpNamespace:HttpNamespace": {"description"},
}


@pytest.mark.parametrize("token", COMPARED)
def test_what_replaces_beyond_cloudformation_is_known(token: str) -> None:
    """A contract that replaces too much hides a change that a real deployment makes in place."""
    fixed = create_only(token)
    beyond = {
        pair.path
        for pair in pairs(token)
        if pair.path in TYPES[token].replace and not any(_at_or_below(pair.theirs, path) for path in fixed)
    }
    assert beyond == FORCED.get(token, set())


def _at_or_below(declared: str, path: str) -> bool:
    return path == declared or path.startswith((f"{declared}.", f"{declared}["))
