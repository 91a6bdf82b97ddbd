"""JTLD's platform in one environment: settings in, components composed, outputs out."""

import gc

# The SDKs' modules alone are millions of objects that live to the end: looking through them again and again for
# garbage takes half of the program's time (bench/). So nobody looks while they are made, and never at them again.
gc.disable()

import pulumi
import pulumi_random

from components.access import Access
from components.alerting import Alerting
from components.backup import Backup
from components.cache import Cache
from components.compute import Compute, ContainerSecret
from components.database import Database, ExternalUrls
from components.edge import Edge, Hosts
from components.edge import provider as cloudflare_provider
from components.email import Email, ProviderKeys
from components.encryption import Encryption
from components.gateway import Gateway
from components.gateway import Image as GatewayImage
from components.hosting import Hosting
from components.hosting import provider as vercel_provider
from components.jobs import Jobs, job_environment
from components.monitoring import Monitoring
from components.network import Network
from components.platform import EDGE_REGION, Platform
from components.queues import Queues
from components.server import Server
from components.stack import aws_provider, read_settings
from components.status import Status, status_alarms
from components.storage import Storage
from components.telemetry import Telemetry
from components.third_party import ThirdParty
from components.variables import Target, Variable, plain
from components.way_in import way_in
from settings.prefixes import PREFIXES

gc.freeze()
gc.set_threshold(200_000, 50, 1000)
gc.enable()

config = pulumi.Config()
settings = read_settings(pulumi.get_stack(), config.get)
platform = Platform(environment=settings.environment)

aws = aws_provider(platform)
on_aws = pulumi.ResourceOptions(providers=[aws])
cloudflare = cloudflare_provider(config.require_secret("cloudflareApiToken"))
random = pulumi_random.Provider("random")
on_aws_and_random = pulumi.ResourceOptions(providers=[aws, random])
vercel = vercel_provider(config.require_secret("vercelApiToken"), settings.access.vercel.team_id)

encryption = Encryption("encryption", platform=platform, opts=on_aws)

alerting = Alerting(
    "alerting",
    settings.alerting,
    platform=platform,
    messages_key_arn=encryption.messages_key_arn,
    replica_key_arn=encryption.replica_key_arn,
    edge_messages_key_arn=encryption.edge_messages_key_arn,
    pager_key=config.get_secret("pagerDutyIntegrationKey"),
    opts=on_aws,
)

telemetry = Telemetry(
    "telemetry",
    settings.monitoring,
    platform=platform,
    logs_key_arn=encryption.logs_key_arn,
    opts=on_aws,
)

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

entrance = way_in(settings.gateway, settings.environment)

database = Database(
    "database",
    settings.database,
    platform=platform,
    subnet_ids={"isolated": network.isolated_subnet_ids, "private": network.private_subnet_ids},
    security_group_ids=network.security_group_ids,
    data_key_arn=encryption.data_key_arn,
    logs_key_arn=encryption.logs_key_arn,
    way_in=entrance,
    external=ExternalUrls(
        pooled=config.get_secret("externalDatabaseUrl"), direct=config.get_secret("externalDirectUrl")
    ),
    opts=on_aws_and_random,
)

cache = Cache(
    "cache",
    settings.cache,
    platform=platform,
    subnet_ids=network.isolated_subnet_ids,
    security_group_id=network.security_group_ids["cache"],
    data_key_arn=encryption.data_key_arn,
    logs_key_arn=encryption.logs_key_arn,
    way_in=entrance,
    external_url=config.get_secret("externalRedisUrl"),
    opts=on_aws_and_random,
)

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

queues = Queues(
    "queues",
    settings.jobs,
    platform=platform,
    messages_key_arn=encryption.messages_key_arn,
    opts=on_aws,
)

backup = Backup(
    "backup",
    settings.backup,
    platform=platform,
    data_key_arn=encryption.data_key_arn,
    replica_key_arn=encryption.replica_key_arn,
    topic_arn=alerting.topics[platform.environment.region].routine,
    opts=on_aws,
)

grants = [*storage.grants, *email.grants, *queues.grants, *telemetry.grants, *backup.grants]

access = Access(
    "access",
    settings.access,
    platform=platform,
    grants=grants,
    opts=on_aws,
)

container_environment = {
    **plain([*storage.variables, *email.variables, *queues.variables]),
    **job_environment(settings.jobs),
    "QUEUE_EMAIL_EVENTS_URL": email.event_queue_url,
    "BACKUP_BUCKET_NAME": backup.dump_bucket,
}
container_secrets = {
    "DATABASE_URL": ContainerSecret(arn=database.secret_arns["application"], key="url"),
    "REDIS_URL": ContainerSecret(arn=cache.secret_arn, key="url"),
}

server = settings.server and Server(
    "server",
    settings.server,
    platform=platform,
    vpc_id=network.vpc_id,
    subnet_ids=network.private_subnet_ids,
    service_group_id=network.security_group_ids["service"],
    admin_cidrs=settings.network.admin_cidrs,
    logs_key_arn=encryption.logs_key_arn,
    opts=on_aws,
)

compute = Compute(
    "compute",
    settings.compute,
    platform=platform,
    vpc_id=network.vpc_id,
    private_subnet_ids=network.private_subnet_ids,
    public_subnet_ids=network.public_subnet_ids,
    public_ready=network.public_ready,
    security_group_ids=network.security_group_ids,
    logs_bucket=storage.logs_bucket,
    data_key_arn=encryption.data_key_arn,
    logs_key_arn=encryption.logs_key_arn,
    grants=grants,
    worker_environment=container_environment,
    worker_secrets={
        **container_secrets,
        "SENDGRID_API_KEY": ContainerSecret(arn=email.secret_arns["sendgrid"], key="key"),
        "RESEND_API_KEY": ContainerSecret(arn=email.secret_arns["resend"], key="key"),
    },
    opts=on_aws_and_random,
)

gateway = Gateway(
    "gateway",
    settings.gateway,
    platform=platform,
    way_in=entrance,
    vpc_id=network.vpc_id,
    subnet_ids={"public": network.public_subnet_ids, "private": network.private_subnet_ids},
    public_ready=network.public_ready,
    private_route_table_ids=network.private_route_table_ids,
    security_group_ids=network.security_group_ids,
    cluster_arn=compute.cluster_arn,
    image=GatewayImage(
        repository_url=compute.repository_urls["gateway"], repository_arn=compute.repository_arns["gateway"]
    ),
    postgres=database.behind,
    redis=cache.behind,
    data_key_arn=encryption.data_key_arn,
    logs_key_arn=encryption.logs_key_arn,
    opts=on_aws,
)

jobs = Jobs(
    "jobs",
    settings.jobs,
    platform=platform,
    cluster_arn=compute.cluster_arn,
    image=compute.images["worker"],
    subnet_ids=network.private_subnet_ids,
    security_group_id=network.security_group_ids["service"],
    data_key_arn=encryption.data_key_arn,
    logs_key_arn=encryption.logs_key_arn,
    messages_key_arn=encryption.messages_key_arn,
    grants=grants,
    environment=container_environment,
    secrets=container_secrets,
    backup_role_arn=access.backup_role_arn,
    backup_secrets={"DIRECT_URL": ContainerSecret(arn=database.secret_arns["migration"], key="url")},
    opts=on_aws,
)

error_tracking = None
if settings.error_tracking:
    # Who does not ask for it does not pay for the SDK's start.
    from components.error_tracking import ErrorTracking
    from components.error_tracking import provider as sentry_provider

    error_tracking = ErrorTracking(
        "error-tracking",
        settings.error_tracking,
        platform=platform,
        opts=pulumi.ResourceOptions(providers=[sentry_provider(config.require_secret("sentryApiToken"))]),
    )

sentry_token = Variable(key="SENTRY_AUTH_TOKEN", value=config.require_secret("sentryAuthToken"), secret=True)

hosting = Hosting(
    "hosting",
    settings.hosting,
    platform=platform,
    project=settings.access.vercel,
    variables=[
        *database.variables,
        *cache.variables,
        *storage.variables,
        *access.variables,
        *email.variables,
        *queues.variables,
        *compute.variables,
        *telemetry.variables,
        sentry_token,
        *(error_tracking.variables if error_tracking else ()),
    ],
    grants=grants,
    opts=pulumi.ResourceOptions(providers=[aws, random, vercel]),
)

third_party = ThirdParty(
    "third-party",
    settings.third_party,
    platform=platform,
    checks=settings.monitoring,
    topics=alerting.topics[EDGE_REGION],
    opts=on_aws,
)

monitoring = Monitoring(
    "monitoring",
    settings.monitoring,
    platform=platform,
    topics=alerting.topics,
    alarms={
        "alerting": alerting.alarms,
        "telemetry": telemetry.alarms,
        "network": network.alarms,
        "storage": storage.alarms,
        "database": database.alarms,
        "cache": cache.alarms,
        "email": email.alarms,
        "queues": queues.alarms,
        "backup": backup.alarms,
        "compute": compute.alarms,
        "server": server.alarms if server else [],
        "gateway": gateway.alarms,
        "jobs": jobs.alarms,
        "third-party": third_party.alarms,
        "status": status_alarms(platform),
    },
    graphs={"telemetry": telemetry.graphs},
    deployments=telemetry.deployments,
    probes_dollars=third_party.probes_dollars,
    opts=on_aws,
)

if settings.grafana:
    # As with Sentry: who does not ask for it does not pay for the SDK's start.
    from components.grafana import Grafana
    from components.grafana import provider as grafana_provider

    grafana = Grafana(
        "grafana",
        settings.grafana,
        platform=platform,
        boards=monitoring.boards,
        deployments=telemetry.deployments,
        opts=pulumi.ResourceOptions(
            providers=[aws, grafana_provider(settings.grafana, config.require_secret("grafanaToken"))]
        ),
    )
    pulumi.export("grafanaFolder", grafana.folder_url)

status = Status(
    "status",
    settings.status,
    platform=platform,
    replica_key_arn=encryption.replica_key_arn,
    alarms=monitoring.declared,
    alarm_arns=monitoring.alarm_arns,
    opts=on_aws,
)

edge = Edge(
    "edge",
    settings.edge,
    platform=platform,
    records=[
        *storage.records,
        *email.records,
        *compute.records,
        *gateway.records,
        *hosting.records,
        *status.records,
    ],
    hosts=Hosts(
        redirects=hosting.redirects,
        files=f"{settings.storage.delivery.hostname_label}.{platform.environment.domain}",
        public_paths=tuple(f"/{prefix.path.rstrip('/')}" for prefix in PREFIXES if prefix.public),
    ),
    opts=pulumi.ResourceOptions(providers=[cloudflare]),
)

pulumi.export("domain", platform.environment.domain)
pulumi.export("region", platform.environment.region)
pulumi.export("vpcId", network.vpc_id)
pulumi.export("filesBucket", storage.files_bucket)
pulumi.export("filesDomain", storage.distribution_domain)
pulumi.export("applicationRoleArn", access.application_role_arn)
pulumi.export("backupRoleArn", access.backup_role_arn)
pulumi.export("statusPage", f"https://{status.host}")
pulumi.export("statusPageDomain", status.distribution_domain)
pulumi.export("monitoring", monitoring.report)
pulumi.export("dumpBucket", backup.dump_bucket)
pulumi.export("emailEventQueueUrl", email.event_queue_url)
pulumi.export("clusterArn", compute.cluster_arn)
pulumi.export("scheduleGroup", jobs.schedule_group)
pulumi.export("projectId", hosting.project_id)
if Target.DEVELOPMENT in platform.targets:
    pulumi.export("developmentVariables", hosting.development_variables)
pulumi.export("nameServers", edge.name_servers)
pulumi.export("delegationSigner", edge.delegation_signer)
