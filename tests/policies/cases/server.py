import base64
from typing import Any

import yaml

from components.server.cloud_init import cloud_config
from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node
from tests.server.example import settings


def start(**changes: Any) -> str:
    """The first start of the documented host, some of it changed."""
    document = cloud_config(settings(), region="ca-central-1", log_group=lambda kind: kind) | changes
    return base64.b64encode(b"#cloud-config\n" + yaml.safe_dump(document).encode()).decode()


def rewritten(path: str, old: str, new: str) -> str:
    files = cloud_config(settings(), region="ca-central-1", log_group=lambda kind: kind)["write_files"]
    (found,) = (file for file in files if file["path"] == path)
    assert old in found["content"]
    found["content"] = found["content"].replace(old, new)
    return start(write_files=files)


def given(**inputs: Any) -> Any:
    def breaks(draft: Draft) -> None:
        for path, value in inputs.items():
            draft.set(t.LAUNCH_TEMPLATE, path.replace("__", "."), value)

    return breaks


TEMPLATE = node(
    t.LAUNCH_TEMPLATE,
    "server",
    {
        "imageId": "ami-0123456789abcdef0",
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "networkInterfaces": [{"deviceIndex": 0, "associatePublicIpAddress": "false"}],
        "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true"}}],
        "userData": start(),
        "tags": {"jtld:component": "server"},
    },
)
BREAKS = (
    ("server-metadata-by-session", given(metadataOptions__httpTokens="optional")),
    ("server-metadata-by-session", given(metadataOptions__httpPutResponseHopLimit=2)),
    ("server-no-public-address", given(networkInterfaces__0__associatePublicIpAddress="true")),
    ("server-no-public-address", given(networkInterfaces=[])),
    ("server-disks-encrypted", given(blockDeviceMappings__0__ebs__encrypted="false")),
    ("server-keys-only", given(userData=start(ssh_pwauth=True))),
    ("server-keys-only", given(userData=start(chpasswd={"users": [{"name": "a"}]}))),
    (
        "server-keys-only",
        given(
            userData=rewritten(
                "/etc/ssh/sshd_config.d/10-jtld.conf",
                "PasswordAuthentication no",
                "PasswordAuthentication yes",
            )
        ),
    ),
    (
        "server-no-root-process",
        given(userData=rewritten("/etc/systemd/system/jtld-pm2.service", "User=worker", "User=root")),
    ),
    (
        "server-no-root-process",
        given(userData=rewritten("/etc/systemd/system/jtld-exporter@.service", "User=worker\n", "")),
    ),
    (
        "server-no-data-ports",
        given(userData=rewritten("/etc/redis/jtld.conf", "bind 127.0.0.1", "bind 0.0.0.0")),
    ),
    ("server-no-data-ports", given(userData=rewritten("/etc/redis/jtld.conf", "bind 127.0.0.1\n", ""))),
    ("server-no-shared-account", given(keyName="everybody")),
    ("server-no-shared-account", given(userData=start(users=["default"]))),
    (
        "server-no-shared-account",
        given(userData=start(users=[{"name": "deploy", "ssh_authorized_keys": ["ssh-ed25519 A"]}])),
    ),
)
CASES = tuple(Case(policy=policy, adds=(TEMPLATE,), breaks=breaks) for policy, breaks in BREAKS)
