"""What every program over this platform begins with: its settings, and the provider of its AWS account."""

from collections.abc import Callable

import pulumi
import pulumi_aws

from components.platform import Platform
from settings.errors import SettingsError
from settings.loader import concerns, load
from settings.model import Settings
from settings.secrets import SECRETS, check_secrets


def read_settings(stack: str, read: Callable[[str], str | None]) -> Settings:
    """Return the settings of `stack`, whose keys `read` looks up, its secrets looked at but not held.

    Raises:
        pulumi.RunError: with everything that is wrong; the engine shows it without a traceback.
    """
    source = f"Pulumi.{stack}.yaml"
    given = {concern: read(concern) for concern in concerns()}
    try:
        settings = load(
            stack, {key: value for key, value in given.items() if value is not None}, source=source
        )
        check_secrets(settings, {name: read(name) for name in SECRETS}, source=source)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    return settings


def aws_provider(platform: Platform) -> pulumi_aws.Provider:
    """Return the provider of the stack's own account: it refuses any other, and tags what it makes."""
    return pulumi_aws.Provider(
        "aws",
        region=platform.environment.region,
        allowed_account_ids=[platform.environment.account_id],
        default_tags={"tags": platform.default_tags},
    )
