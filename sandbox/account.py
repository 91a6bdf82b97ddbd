"""What an account holds before any stack comes to it: the part of `bootstrap/` that the stacks rely on."""

import json

from sandbox.cloud import Cloud
from sandbox.provider import Autonaming, Provider

_POLICY = "aws:iam/policy:Policy"
_BOUNDARY = "jtld-workload-boundary"


def prepare(cloud: Cloud, account_id: str) -> None:
    """Make sure that the account has the permissions boundary which every role of the platform carries (DL-1).

    Its URN names the project `jtld-bootstrap`: no stack's state knows it.
    """
    if any(policy.outputs.get("name") == _BOUNDARY for policy in cloud.find(type_=_POLICY)):
        return
    aws = Provider("aws", cloud)
    aws.configure({"region": "ca-central-1", "allowedAccountIds": [account_id]})
    urn = f"urn:pulumi:{account_id}::jtld-bootstrap::{_POLICY}::workload-boundary"
    everything = {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everything]}
    checked = aws.check(urn, {}, {"name": _BOUNDARY, "policy": json.dumps(policy)}, Autonaming(_BOUNDARY))
    aws.create(urn, checked.inputs)
