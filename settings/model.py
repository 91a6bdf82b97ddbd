"""All settings of one stack, and the rules between its concerns."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from settings.access import AccessSettings
from settings.alerting import AlertingSettings
from settings.backup import BackupSettings
from settings.base import Model, Violation, rule
from settings.cache import Cache, ExternalCache
from settings.compute import ComputeSettings
from settings.database import Database, ExternalDatabase, RdsDatabase
from settings.edge import EdgeSettings
from settings.email import EmailSettings
from settings.environment import EnvironmentSettings
from settings.error_tracking import ErrorTrackingSettings
from settings.gateway import Gateway, NoGateway, PublicGateway, SecureCompute
from settings.grafana import GrafanaSettings
from settings.hosting import HostingSettings
from settings.jobs import JobsSettings
from settings.monitoring import MonitoringSettings
from settings.network import NetworkSettings
from settings.secrets import SECRETS
from settings.server import ServerSettings
from settings.status import StatusSettings
from settings.storage import StorageSettings
from settings.third_party import ThirdPartySettings

POOLED_PERCENT = 80
"""Share of the database's connections that the pools may hold when all are full."""


class Settings(Model):
    """Everything a stack file says: one field for each `jtld-platform:<concern>` key."""

    environment: EnvironmentSettings
    """Which environment this is, where it lives, and who answers for it."""

    network: NetworkSettings
    """The virtual network (NW-1, NW-2)."""

    storage: StorageSettings
    """The file bucket and its delivery (ST-1 to ST-9)."""

    access: AccessSettings
    """The federated identities (HO-6, ST-4)."""

    email: EmailSettings
    """Sending and receiving e-mail (EM-1 to EM-8)."""

    hosting: HostingSettings
    """The application's project on Vercel (HO-1 to HO-7)."""

    edge: EdgeSettings
    """DNS, TLS, cache and firewall on Cloudflare (ED-1 to ED-9)."""

    database: Database
    """PostgreSQL (DB-1 to DB-6)."""

    cache: Cache
    """Redis (CA-1)."""

    gateway: Gateway
    """The application's way to both (DB-4)."""

    compute: ComputeSettings
    """The services in containers (CT-1, CT-2, CT-4)."""

    jobs: JobsSettings = JobsSettings()
    """The scheduled jobs and the queues (JB-1 to JB-4)."""

    alerting: AlertingSettings
    """Whom alarms reach (MO-2)."""

    monitoring: MonitoringSettings = MonitoringSettings()
    """Checks, alarms and dashboards (MO-1, MO-3, MO-4)."""

    backup: BackupSettings = BackupSettings()
    """Dumps, recovery points and their tests (BK-1 to BK-4)."""

    third_party: ThirdPartySettings
    """The services of others, their keys and all costs (TP-1 to TP-6)."""

    status: StatusSettings = StatusSettings()
    """The public status page (MO-5)."""

    server: ServerSettings | None = None
    """A host for workers that are managed by hand; there is none unless this is given (SV-1)."""

    error_tracking: ErrorTrackingSettings | None = None
    """Sentry's project, made from code; without it, SENTRY_DSN is a variable of hosting (MO-7)."""

    grafana: GrafanaSettings | None = None
    """The dashboards in a Grafana too; CloudWatch has them in any case (MO-4)."""

    @property
    def gateway_clients(self) -> tuple[str, ...]:
        """Return the ranges that the gateway admits."""
        match self.gateway:
            case SecureCompute():
                return (self.gateway.peer_cidr,)
            case NoGateway():
                return ()
            case _:
                return self.network.gateway_client_cidrs

    @rule
    def _pools_fit_the_instance(self) -> Iterator[Violation]:
        if isinstance(self.database, RdsDatabase):
            most = self.database.max_connections * POOLED_PERCENT // 100
            demand = self.database.pools.demand(self.gateway.most_tasks)
            if demand > most:
                yield Violation(
                    "database",
                    "pools",
                    rule=f"must ask for at most {most} connections altogether, and asks for {demand}",
                    reason=f"a {self.database.instance_class} admits {self.database.max_connections}, and full "
                    f"pools must leave a fifth to people and to the alarm above 80 % (DB-4, DB-6)",
                    remedy="Lower the sizes or gateway.tasks, which multiplies them, or take a larger "
                    "instanceClass.",
                )

    @rule
    def _what_is_ours_has_a_way_in(self) -> Iterator[Violation]:
        ours = [
            name
            for name, concern in (("database", self.database), ("cache", self.cache))
            if not isinstance(concern, ExternalDatabase | ExternalCache)
        ]
        if bool(ours) == isinstance(self.gateway, NoGateway):
            yield Violation(
                "gateway",
                "kind",
                rule=f"must be gateway or secureCompute beside our own {' and '.join(ours)}"
                if ours
                else "must be external where database and cache are",
                reason="functions on Vercel are outside the network that holds the data (DB-4)"
                if ours
                else "there is nothing a gateway could lead to (DB-5)",
                remedy="Change the kind of the gateway, or of what it leads to.",
            )

    @rule
    def _somebody_may_enter(self) -> Iterator[Violation]:
        if isinstance(self.gateway, PublicGateway) and not self.network.gateway_client_cidrs:
            yield Violation(
                "network",
                "gateway_client_cidrs",
                rule="must list at least one range while gateway.kind is gateway",
                reason="the gateway admits nobody else: the application would reach neither database nor cache (DB-4)",
                remedy="List the static egress addresses from the team's settings in Vercel.",
            )

    @rule
    def _the_peer_lies_elsewhere(self) -> Iterator[Violation]:
        if isinstance(self.gateway, SecureCompute) and IPv4Network(self.gateway.peer_cidr).overlaps(
            IPv4Network(self.network.cidr)
        ):
            yield Violation(
                "gateway",
                "peer_cidr",
                rule=f"must not overlap network.cidr, {self.network.cidr}",
                reason="peered networks cannot share addresses (DB-4)",
                remedy="Choose another range in Vercel, or for this network.",
            )

    @rule
    def _the_server_can_be_made_and_reached(self) -> Iterator[Violation]:
        if self.server is None:
            return
        if self.network.nat == "none":
            yield Violation(
                "server",
                rule="must be left out when network.nat is none",
                reason="without a way out, the host reaches neither Debian's updates nor its agents (SV-1)",
                remedy="Set network.nat to single.",
            )
        if self.server.access == "ssh" and not self.network.admin_cidrs:
            yield Violation(
                "server",
                "access",
                rule="must be sessionManager while network.adminCidrs is empty",
                reason="SSH is opened to the administrators' ranges alone (NW-2)",
                remedy="List the ranges in network.adminCidrs, or leave access out.",
            )

    @rule
    def _errors_have_one_address(self) -> Iterator[Violation]:
        if self.error_tracking and "SENTRY_DSN" in self.hosting.variables:
            yield Violation(
                "hosting",
                "variables",
                rule="must not have SENTRY_DSN beside errorTracking",
                reason="the project that errorTracking makes has an address of its own (MO-7)",
                remedy="Delete the variable; the application is given the new address with the same update.",
            )

    @rule
    def _every_secret_has_a_date(self) -> Iterator[Violation]:
        dated = [(one.service, key.name) for one in self.third_party.services for key in one.credentials]
        for secret in SECRETS.values():
            held = [service for service, name in dated if name == secret.name]
            if secret.required(self) and (secret.service not in held if secret.service else not held):
                yield Violation(
                    "third_party",
                    "services",
                    rule=f"must list {secret.service or 'the service'} with the credential {secret.name}",
                    reason=f"a key without a date is a key for ever (TP-2), and this one {secret.purpose}",
                    remedy="Add it with rotatedOn, the day on which the key in use was made.",
                )

    def breaches(self, *, partial: bool = False) -> Iterator[InitErrorDetails]:
        """Yield the breaches between concerns, and those of each concern in this environment."""
        yield from super().breaches(partial=partial)
        given = self.__dict__
        if environment := given.get("environment"):
            for name, concern in given.items():
                if concern is None:
                    continue
                for violation in concern.violations("environment", environment, partial=partial):
                    yield violation.details(to_camel(name))
