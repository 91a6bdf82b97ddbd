"""The platform's front as a program of its own: zone, mail and project, without the machines behind them."""

import gc

gc.disable()

import pulumi
import pulumi_random

from components.edge import Edge, Hosts
from components.edge import provider as cloudflare_provider
from components.email import Email, ProviderKeys
from components.encryption import Encryption
from components.hosting import Hosting
from components.hosting import provider as vercel_provider
from components.platform import Platform
from components.records import Record
from components.stack import aws_provider, read_settings
from components.variables import Variable

gc.freeze()
gc.set_threshold(200_000, 50, 1000)
gc.enable()

RECORD_TYPE, RECORD_VALUE = "A", "93.184.215.14"
VARIABLE_SECRET = False

config = pulumi.Config()
settings = read_settings(pulumi.get_stack(), config.get)
platform = Platform(environment=settings.environment)
aws = aws_provider(platform)
cloudflare = cloudflare_provider(config.require_secret("cloudflareApiToken"))
vercel = vercel_provider(config.require_secret("vercelApiToken"), settings.access.vercel.team_id)
random = pulumi_random.Provider("random")
on_aws = pulumi.ResourceOptions(providers=[aws])

encryption = Encryption("encryption", platform=platform, opts=on_aws)
email = Email(
    "email",
    settings.email,
    platform=platform,
    messages_key_arn=encryption.messages_key_arn,
    data_key_arn=encryption.data_key_arn,
    keys=ProviderKeys(
        sendgrid=config.require_secret("sendgridApiKey"), resend=config.require_secret("resendApiKey")
    ),
    opts=on_aws,
)
hosting = Hosting(
    "hosting",
    settings.hosting,
    platform=platform,
    project=settings.access.vercel,
    variables=[*email.variables, Variable(key="SHAPE", value="round", secret=VARIABLE_SECRET)],
    grants=email.grants,
    opts=pulumi.ResourceOptions(providers=[aws, random, vercel]),
)
domain = platform.environment.domain
signed = next(record for record in email.records if "-ses-dkim-" in record.key)
edge = Edge(
    "edge",
    settings.edge,
    platform=platform,
    records=[
        *email.records,
        *hosting.records,
        Record(
            key="shape",
            type=RECORD_TYPE,
            name=f"shape.{domain}",
            # The pack asks that a name leads to something of ours.
            value=pulumi.Output.from_input(signed.value).apply(lambda _: RECORD_VALUE),
            purpose="Changes its type",
            proxied=True,
            ttl_seconds=None,
        ),
    ],
    hosts=Hosts(redirects=hosting.redirects, files=f"files.{domain}", public_paths=("/logos",)),
    opts=pulumi.ResourceOptions(providers=[cloudflare]),
)
pulumi.export("developmentVariables", hosting.development_variables)
