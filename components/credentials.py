"""A login that we make ourselves: a password, and the secret that containers read it from (DB-3, CA-1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.platform import Platform

_LENGTH = 40


@dataclass(frozen=True, kw_only=True)
class Login:
    """A user, the password, and the secret with the fields of a connection."""

    user: str
    password: random.RandomPassword
    secret: aws.secretsmanager.Secret
    version: aws.secretsmanager.SecretVersion


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A secret whose value comes from elsewhere."""

    secret: aws.secretsmanager.Secret
    version: aws.secretsmanager.SecretVersion


@dataclass(frozen=True, kw_only=True)
class Safe:
    """Where a component keeps its secrets: under which key, as whose children."""

    component: str
    key_arn: pulumi.Input[str]
    parent: pulumi.Resource
    platform: Platform

    def keep(self, role: str, purpose: str, value: pulumi.Input[str]) -> Kept:
        """Keep a value that already exists; it rotates where it was made."""
        secret = aws.secretsmanager.Secret(
            role,
            description=purpose,
            kms_key_id=self.key_arn,
            recovery_window_in_days=30,
            tags=self.platform.tags(self.component, **{"jtld:rotation": "by-settings"}),
            opts=self.platform.stateful_child(self.parent),
        )
        version = aws.secretsmanager.SecretVersion(
            role, secret_id=secret.id, secret_string=value, opts=self.platform.child(self.parent)
        )
        return Kept(secret=secret, version=version)

    def password(self, role: str, *, generation: int) -> random.RandomPassword:
        """Make a password; another `generation` makes another one."""
        # Letters and digits only: the password stands in URLs, in which others would have to be escaped.
        return random.RandomPassword(
            role,
            length=_LENGTH,
            special=False,
            keepers={"generation": str(generation)},
            opts=self.platform.child(self.parent),
        )

    def login(
        self,
        role: str,
        *,
        user: str,
        password: random.RandomPassword,
        purpose: str,
        fields: Mapping[str, pulumi.Input[str]],
    ) -> Login:
        """Keep a login: user, password, and `fields` beside them."""
        whole = {"username": user, "password": password.result, **fields}
        kept = self.keep(role, purpose, pulumi.Output.secret(pulumi.Output.json_dumps(whole)))
        return Login(user=user, password=password, secret=kept.secret, version=kept.version)
