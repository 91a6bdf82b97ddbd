"""Every IAM document of the platform and its bootstrap, and the linter that judges them: cfn-lint, AWS's own.

It knows each action, what each acts on, and the form of identity, resource and trust policies from the data it
ships (released monthly), offline. Documents are shown to it as the CloudFormation resources they would be.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests.delivery.bootstrapped import as_committed
from tests.support import STACKS, Graph, as_configured
from tests.support.documents import strings

Document = Mapping[str, Any]

# Masks personal data in logs: statements of another language.
NOT_IAM = frozenset({"aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy"})
_TEMPLATES: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "aws:backup/vaultPolicy:VaultPolicy": (
        "AWS::Backup::BackupVault",
        "AccessPolicy",
        {"BackupVaultName": "{name}"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        "AWS::EC2::VPCEndpoint",
        "PolicyDocument",
        {"VpcId": "vpc-0123456789abcdef0", "ServiceName": "com.amazonaws.ca-central-1.s3"},
    ),
    "aws:iam/policy:Policy": ("AWS::IAM::ManagedPolicy", "PolicyDocument", {}),
    "aws:iam/role:Role": ("AWS::IAM::Role", "AssumeRolePolicyDocument", {}),
    "aws:iam/rolePolicy:RolePolicy": ("AWS::IAM::ManagedPolicy", "PolicyDocument", {}),
    "aws:kms/key:Key": ("AWS::KMS::Key", "KeyPolicy", {}),
    "aws:s3/bucketPolicy:BucketPolicy": ("AWS::S3::BucketPolicy", "PolicyDocument", {"Bucket": "{name}"}),
    "aws:sns/topicPolicy:TopicPolicy": (
        "AWS::SNS::TopicPolicy",
        "PolicyDocument",
        {"Topics": ["arn:aws:sns:ca-central-1:111111111111:{name}"]},
    ),
    "aws:sqs/queuePolicy:QueuePolicy": (
        "AWS::SQS::QueuePolicy",
        "PolicyDocument",
        {"Queues": ["https://sqs.ca-central-1.amazonaws.com/111111111111/{name}"]},
    ),
}
# A removed resource is Pulumi's business; CloudFormation would have to be told what to do with it.
_STAYS = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A document, the type of its resource, and where it is: `prod`, or `bootstrap prod`, and the URN."""

    type: str
    origin: str
    urn: str
    document: Document


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the linter says of a document, under the number of its rule."""

    rule: str
    message: str
    about: Found


def documents() -> list[Found]:
    """Return every document that the three stacks and their bootstraps produce."""
    runs = {stack: as_configured(stack).graph for stack in STACKS}
    runs |= {f"bootstrap {stack}": as_committed(stack) for stack in STACKS}
    return [found for origin, graph in runs.items() for found in documents_of(graph, origin)]


def documents_of(graph: Graph, origin: str) -> Iterable[Found]:
    """Yield the documents of one program."""
    for node in graph.nodes:
        for _, text in strings(node.inputs):
            if '"Statement"' in text and node.type not in NOT_IAM:
                yield Found(type=node.type, origin=origin, urn=node.urn, document=json.loads(text))


def judge(found: Iterable[Found]) -> list[Finding]:
    """Return all that the linter has to say, remarks included, in one run."""
    named = {f"Document{number}": one for number, one in enumerate(found)}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {name: _resource(name, one) for name, one in named.items()},
    }
    said = lint(json.dumps(template), config=ManualArgs(regions=["ca-central-1"], include_checks=["I"]))
    return [
        Finding(rule=match.rule.id, message=match.message, about=named[str((match.path or [])[1])])
        for match in said
    ]


def _resource(name: str, found: Found) -> dict[str, Any]:
    type_, place, others = _TEMPLATES[found.type]
    filled = json.loads(json.dumps(others).replace("{name}", name.lower()))
    return {"Type": type_, **_STAYS, "Properties": {**filled, place: found.document}}
