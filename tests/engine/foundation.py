"""The platform's foundation as a program of its own: small enough to be deployed, broken and killed many times."""

import gc

gc.disable()

import pulumi

from components.access import Access
from components.encryption import Encryption
from components.network import Network
from components.platform import Platform
from components.stack import aws_provider, read_settings
from components.storage import Storage

gc.freeze()
gc.set_threshold(200_000, 50, 1000)
gc.enable()

config = pulumi.Config()
settings = read_settings(pulumi.get_stack(), config.get)
platform = Platform(environment=settings.environment)
aws = aws_provider(platform)
on_aws = pulumi.ResourceOptions(providers=[aws])

encryption = Encryption("encryption", platform=platform, opts=on_aws)
network = Network(
    "network",
    settings.network,
    platform=platform,
    logs_key_arn=encryption.logs_key_arn,
    gateway_clients=settings.gateway_clients,
    opts=on_aws,
)
storage = Storage(
    "storage",
    settings.storage,
    platform=platform,
    data_key_arn=encryption.data_key_arn,
    replica_key_arn=encryption.replica_key_arn,
    signing_private_key=config.require_secret("filesSigningPrivateKey"),
    opts=on_aws,
)
access = Access("access", settings.access, platform=platform, grants=storage.grants, opts=on_aws)

pulumi.export("region", platform.environment.region)
pulumi.export("filesBucket", storage.files_bucket)
