"""A world in which the operators' pages can be followed to the letter, without an account.

The commands of a page run in bash, as an operator would type them. `pulumi` finds the sandbox's providers; the state's
bucket and key, once the bootstrap has made them in the sandbox, are served by moto over the real S3 and KMS protocols.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml

from ops.toolchain import ensure
from sandbox.cloud import Cloud
from settings.delivery import required_secrets
from settings.loader import load_stack_file
from settings.secrets import SECRETS
from tests.delivery.aws import Served, serving_aws

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "operators"
BLOCK = re.compile(r"^```sh(?P<only>[^\n]*)\n(?P<script>.*?)^```$", re.MULTILINE | re.DOTALL)
REGION = "ca-central-1"


def blocks(page: str, *, after: str = "", before: str = "") -> list[str]:
    """The commands of a page in order, of the part between two headings where they are given."""
    text = (PAGES / page).read_text()
    text = text.split(after, 1)[1] if after else text
    text = text.split(before, 1)[0] if before else text
    return [match["script"] for match in BLOCK.finditer(text)]


@dataclass
class World:
    """A checkout, a home, a cloud, and for each stack the terminal in which an operator works on it.

    `asked` is what the commands typed last needed of S3 and KMS, as `(action, resource)`.
    """

    checkout: Path
    home: Path
    aws: Served
    asked: list[tuple[str, str]] = field(default_factory=list)
    terminals: dict[str, dict[str, str]] = field(default_factory=dict)
    _cloud: threading.Lock = field(default_factory=threading.Lock)
    _git: threading.Lock = field(default_factory=threading.Lock)

    def cloud(self, stack: str) -> Path:
        """The accounts of a stack: no two environments share one."""
        return self.home / "clouds" / stack

    def terminal(self, stack: str) -> dict[str, str]:
        """The variables of the terminal for `stack`; a new one starts like every other."""
        folders = [self.checkout / "sandbox" / "bin", Path(sys.executable).parent]
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", "Operator"), ("EMAIL", "operator@example.com"))
        }
        return self.terminals.setdefault(
            stack,
            identity
            | {
                "PATH": os.pathsep.join([*map(str, folders), ensure().search_path, "/usr/bin", "/bin"]),
                "HOME": str(self.home),
                "PWD": str(self.checkout),
                "PULUMI_HOME": str(self.home / f".pulumi-{stack}"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                # The state is written at the end of each run, not around each step: a third of the time.
                "PULUMI_EXPERIMENTAL": "true",
                "PULUMI_SKIP_CHECKPOINTS": "true",
                "GOGC": "400",
                "JTLD_SANDBOX": str(self.cloud(stack)),
                "AWS_ENDPOINT_URL": self.aws.url,
            },
        )

    def type(self, stack: str, script: str, *, expect: int = 0, **more: str) -> str:
        """Run commands in the terminal of `stack`, which keeps what they set and where they went.

        Variables in `more` hold for these commands only. The terminals of several stacks may be typed in at the
        same time; their commits wait for each other.
        """
        terminal = self.terminal(stack) | more
        after = self.home / f"after-{stack}"
        known = len(self.aws.asked)
        whole = f"set -eo pipefail -o allexport\n{script}\nenv -0 > '{after}'\n"
        with self._git if "git commit" in script else nullcontext():
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-c", whole],
                cwd=terminal["PWD"],
                env=terminal,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=900,
            )
        self.asked = self.aws.asked[known:]
        heard = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        assert done.returncode == expect, f"{script}\nended with {done.returncode}:\n{heard}"
        if expect == 0:
            pairs = (line.partition("=") for line in after.read_text().split("\0") if line)
            self.terminals[stack] = {name: value for name, _, value in pairs if name not in more}
        with self._cloud:
            self._serve_what_exists(stack)
        return done.stdout + done.stderr

    def lay_ready(self, stack: str) -> None:
        """Fill the secrets' folders, as the guide asks, with stand-ins."""
        folder = self.home / "jtld-secrets" / stack
        document = yaml.safe_load((self.checkout / "bootstrap" / f"Pulumi.{stack}.yaml").read_text())
        for name in required_secrets(document["config"]["jtld-bootstrap:delivery"]):
            (folder / "bootstrap" / name).write_text(f"stand-in-{name}")
        settings = load_stack_file(self.checkout / f"Pulumi.{stack}.yaml")
        for secret in SECRETS.values():
            if secret.required(settings):
                (folder / "platform" / secret.name).write_text(secret.stand_in())

    def s3(self) -> Any:
        return self._client("s3")

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.aws.url,
            region_name=REGION,
            aws_access_key_id="stand-in",
            aws_secret_access_key="stand-in",
        )

    def _serve_what_exists(self, stack: str) -> None:
        """Give moto the state buckets and keys that the sandbox's cloud has by now."""
        if not (self.cloud(stack) / "cloud.sqlite3").exists():
            return
        cloud = Cloud(self.cloud(stack) / "cloud.sqlite3")
        s3, kms = self.s3(), self._client("kms")
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        aliases = {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
        for bucket in cloud.find(type_="aws:s3/bucket:Bucket"):
            name = bucket.outputs["bucket"]
            if "-state-" in name and name not in there:
                s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        for alias in cloud.find(type_="aws:kms/alias:Alias"):
            name = alias.outputs["name"]
            if name.endswith("-state") and name not in aliases:
                key = kms.create_key()["KeyMetadata"]["KeyId"]
                kms.create_alias(AliasName=name, TargetKeyId=key)
        cloud.close()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world whose checkout holds the files as they are now, committed."""
    checkout, home = folder / "checkout", folder / "home"
    home.mkdir()
    copy_checkout(checkout)
    (home / ".aws").mkdir()
    for name, kind in (("config", "region = ca-central-1"), ("credentials", "aws_access_key_id = stand-in")):
        extra = "\naws_secret_access_key = stand-in" if name == "credentials" else ""
        sections = [
            f"[{'profile ' if name == 'config' else ''}jtld-{stack}]\n{kind}{extra}\n"
            for stack in ("dev", "staging", "prod")
        ]
        (home / ".aws" / name).write_text("\n".join(sections))
    with serving_aws() as aws:
        yield World(checkout=checkout, home=home, aws=aws)


def copy_checkout(checkout: Path) -> None:
    """Make a repository of the files as they are now, committed, with the environment of this run."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name)
    (checkout / ".venv").symlink_to(Path(sys.executable).parent.parent)
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *identity, *command], cwd=checkout, check=True, capture_output=True)
