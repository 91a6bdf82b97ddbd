"""Self-managed hosts: nobody and nothing gets in but by keys, names and accounts of its own (SV-1)."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.resources import Resource
from policies.values import Findings
from settings.server import SHARED_ACCOUNTS

_PASSWORDS = ("passwd", "hashed_passwd", "plain_text_passwd")
_EVERYWHERE = ("0.0.0.0", "*", "::")  # noqa: S104  # looked for, not bound


def _first_start(text: str) -> Mapping[str, Any]:
    """Return cloud-init's document in a template's user data; whatever else it is says nothing in our favour."""
    try:
        document = yaml.safe_load(base64.b64decode(text, validate=True))
    except (binascii.Error, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return document if isinstance(document, Mapping) else {}


def _judged(template: Resource, fact: Callable[[Mapping[str, Any]], bool], says: str) -> Findings:
    data = template["userData"]
    yield data.must(data.test(lambda text: fact(_first_start(str(text)))), says)


def _files(document: Mapping[str, Any], *, below: str) -> Iterator[tuple[str, list[str]]]:
    for file in document.get("write_files", ()):
        if file["path"].startswith(below):
            yield file["path"], [line.strip() for line in file["content"].splitlines()]


def _people(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | str]:
    # Without the key, cloud-init makes the distribution's shared account.
    yield from document.get("users", ("default",))


@policy(
    id="server-metadata-by-session",
    title="A host's credentials are given to sessions of its own",
    severity=Severity.HIGH,
    requirements=("SV-1",),
    controls=("EC2.8", "EC2.170", "CKV_AWS_79", "CKV_AWS_341"),
    remedy="Set metadataOptions.httpTokens to required and httpPutResponseHopLimit to 1.",
    each=(t.LAUNCH_TEMPLATE,),
)
def metadata_by_session(template: Resource) -> Findings:
    """Ask for IMDSv2: a request that somebody smuggles through the host cannot ask for a session first."""
    options = template["metadataOptions"]
    yield options["httpTokens"].must(options["httpTokens"].equals("required"), "must be required")
    hops = options["httpPutResponseHopLimit"]
    yield hops.must(hops.equals(1), "must be 1")


@policy(
    id="server-no-public-address",
    title="A host has no public address",
    severity=Severity.HIGH,
    requirements=("SV-1", "NW-2"),
    controls=("EC2.25", "AutoScaling.5", "CKV_AWS_88"),
    remedy="Set networkInterfaces.associatePublicIpAddress to false; Session Manager needs none.",
    each=(t.LAUNCH_TEMPLATE,),
)
def no_public_address(template: Resource) -> Findings:
    """Ask for a plain no: the default is the subnet's."""
    cards = template["networkInterfaces"]
    refused = cards.given & cards.holds(lambda card: card["associatePublicIpAddress"].equals("false"))
    yield cards.must(refused, "must refuse public addresses")


@policy(
    id="server-disks-encrypted",
    title="A host's disks are encrypted",
    severity=Severity.HIGH,
    requirements=("SV-1",),
    controls=("EC2.7", "CKV_AWS_8"),
    remedy="Set blockDeviceMappings.ebs.encrypted to true for every disk.",
    each=(t.LAUNCH_TEMPLATE,),
)
def disks_encrypted(template: Resource) -> Findings:
    """Take a disk nobody mentions for the image's own, which need not be encrypted."""
    disks = template["blockDeviceMappings"]
    encrypted = disks.given & disks.holds(lambda disk: disk["ebs.encrypted"].equals("true"))
    yield disks.must(encrypted, "must encrypt every disk")


@policy(
    id="server-keys-only",
    title="No password opens a host",
    severity=Severity.CRITICAL,
    requirements=("SV-N1",),
    remedy="Set ssh_pwauth false, give nobody a password, and say PasswordAuthentication no to sshd.",
    each=(t.LAUNCH_TEMPLATE,),
)
def keys_only(template: Resource) -> Findings:
    """Read what cloud-init will do, and what sshd will read."""

    def closed(document: Mapping[str, Any]) -> bool:
        people = [one for one in _people(document) if isinstance(one, Mapping)]
        lines = [line for _, lines in _files(document, below="/etc/ssh/") for line in lines]
        return (
            document.get("ssh_pwauth") is False
            and not document.get("chpasswd")
            and not any(key in one for one in people for key in _PASSWORDS)
            and all(one.get("lock_passwd", True) for one in people)
            and {"PasswordAuthentication no", "PermitRootLogin no"} <= set(lines)
            and "PasswordAuthentication yes" not in lines
        )

    yield from _judged(template, closed, "admits passwords, or root")


@policy(
    id="server-no-root-process",
    title="Nothing that keeps running on a host is root's",
    severity=Severity.HIGH,
    requirements=("SV-N2",),
    remedy="Give the unit a User= of its own; what ends by itself says Type=oneshot.",
    each=(t.LAUNCH_TEMPLATE,),
)
def no_root_process(template: Resource) -> Findings:
    """Read the units that the host is given; overrides of Debian's own keep Debian's user."""

    def unprivileged(document: Mapping[str, Any]) -> bool:
        own = (
            lines
            for path, lines in _files(document, below="/etc/systemd/system/")
            if path.endswith(".service") and "Type=oneshot" not in lines
        )
        users = [[line for line in lines if line.startswith("User=")] for lines in own]
        return bool(document) and all(
            found and found[-1] not in {"User=", "User=root", "User=0"} for found in users
        )

    yield from _judged(template, unprivileged, "runs a service as root")


@policy(
    id="server-no-data-ports",
    title="A host's own Redis answers the host alone",
    severity=Severity.CRITICAL,
    requirements=("SV-N3",),
    remedy="Bind it to 127.0.0.1; what others need belongs into the cache.",
    each=(t.LAUNCH_TEMPLATE,),
)
def no_data_ports(template: Resource) -> Findings:
    """Read the addresses it is told to answer on; ports of security groups are the network's policies' business."""

    def local(document: Mapping[str, Any]) -> bool:
        bound = [
            {line.split()[0]: line.split()[1:] for line in lines if line}.get("bind", ["*"])
            for path, lines in _files(document, below="/etc/redis/")
            if path.endswith(".conf")
        ]
        return not any(address in _EVERYWHERE for addresses in bound for address in addresses)

    yield from _judged(template, local, "lets Redis answer to others")


@policy(
    id="server-no-shared-account",
    title="An account on a host is one person's",
    severity=Severity.HIGH,
    requirements=("SV-N4",),
    remedy="Leave keyName out, list users without default, and name each after its person.",
    each=(t.LAUNCH_TEMPLATE,),
)
def no_shared_account(template: Resource) -> Findings:
    """Look for key pairs, for the distribution's account, and for names of nobody that hold keys."""

    def personal(document: Mapping[str, Any]) -> bool:
        return not any(
            isinstance(one, str) or (one.get("ssh_authorized_keys") and one["name"] in SHARED_ACCOUNTS)
            for one in _people(document)
        )

    yield template["keyName"].must(~template["keyName"].given, "must not be set")
    yield from _judged(template, personal, "has an account that people share")
