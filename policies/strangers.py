"""Other accounts: nothing here trusts, feeds or uses one that nobody has named."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import Severity

from policies.decorator import policy
from policies.resources import Resource
from policies.values import UNKNOWN, Finding, Findings, Truth, Value

_ROOT = Path(__file__).parents[1]
_IN_ARN = re.compile(r"arn:aws[a-z-]*:[^:\s\"]*:[^:\s\"]*:([0-9]{12}|cloudfront):")
_ALONE = re.compile(r'(?:^|")([0-9]{12})(?:$|")')
# The canonical user is an account by another name, which nobody can read.
_CANONICAL = '"CanonicalUser"'
# Names of files, thousands of them, and no reference among them.
_CONTENTS = ("code",)


def partners(stack: str, *, root: Path = _ROOT) -> frozenset[str]:
    """Return every account that a stack's file names: beside its own the one that keeps second copies (BK-1)."""
    path = root / f"Pulumi.{stack}.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return frozenset(account for text in _texts(settings) for account in _accounts(str(text)))


@policy(
    id="identity-no-strangers",
    title="No other account is let in, sent anything or relied on",
    severity=Severity.CRITICAL,
    requirements=("ST-N1", "ST-N7", "HO-6", "BK-N1"),
    controls=("S3.6", "CKV_AWS_60", "CKV_AWS_61"),
    remedy="Use this account's resource; name a second one in the stack file, one of AWS's in this policy's limits.",
    # Grafana Cloud's, which reads CloudWatch where a stack asks for it (components/grafana).
    limits={"accounts": ["008923505280"]},
    each=("aws:*",),
)
def no_strangers(resource: Resource) -> Findings:
    """Look at every account that stands anywhere in the inputs: in an ARN, a document or a field."""
    own = Value("allowedAccountIds", resource.provider.get("allowedAccountIds")).decoded()
    ours = {str(account.raw) for account in own} | resource.partners | {*resource.limits["accounts"]}
    if own.raw is None:  # stack-account-pinned speaks of the provider; nothing can be compared here
        return
    unknown = False
    for name, value in resource.inputs.items():
        strange = False
        for text in () if name in _CONTENTS else _texts(value):
            unknown |= text is UNKNOWN
            strange |= isinstance(text, str) and _names_a_stranger(text, ours)
        yield Finding(where=name, holds=Truth.of(not strange), says="speaks of an account that is not ours")
    if unknown:
        yield resource.must(Truth.UNKNOWN, "speaks of an account that is not ours")


def _names_a_stranger(text: str, ours: set[str]) -> bool:
    return not _accounts(text) <= ours or _CANONICAL in text


def _accounts(text: str) -> set[str]:
    return {*_IN_ARN.findall(text), *_ALONE.findall(text)}


def _texts(value: Any) -> Iterator[Any]:
    """Yield the texts and unknowns inside a value."""
    match value:
        case Mapping():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case _:
            yield value
