"""PostgreSQL for the application: our own on RDS, or a service's, behind the same outputs."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.alarms import Alarm
from components.credentials import Kept, Login, Safe
from components.database.alarms import database_alarms, slow_queries
from components.database.bootstrap import Bootstrap, Bootstrapper
from components.database.instance import Instance, InstanceBuilder
from components.platform import Platform
from components.variables import Variable
from components.way_in import PostgresBehind, WayIn
from settings.database import DatabaseSettings, RdsDatabase

NAME = "jtld"
PORT = 5432
APPLICATION, MIGRATION = "application", "migration"
_ROLES = {APPLICATION: "jtld_application", MIGRATION: "jtld_migration"}


@dataclass(frozen=True, kw_only=True)
class ExternalUrls:
    """A service's addresses, with their passwords: pooled, and direct for migrations; empty without a service."""

    pooled: pulumi.Output[str] | None
    direct: pulumi.Output[str] | None


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Logins and kept addresses go by role: `application`, `migration`."""

    instance: Instance | None
    logins: Mapping[str, Login]
    kept: Mapping[str, Kept]
    bootstrap: Bootstrap | None


class Database(pulumi.ComponentResource):
    """PostgreSQL (DB-1 to DB-7).

    `secret_arns` names the secret of each role (`application`, `migration`): JSON whose field `url` is the
    address for containers inside the network. `variables` are the application's, through the `way_in`.
    `behind` is what a gateway leads to. `ready` holds what must exist before a client connects: the roles.
    """

    secret_arns: Mapping[str, pulumi.Output[str]]
    behind: PostgresBehind | None
    identifier: pulumi.Output[str] | None
    ready: list[pulumi.Resource]
    alarms: list[Alarm]
    variables: list[Variable]

    def __init__(
        self,
        name: str,
        settings: DatabaseSettings,
        *,
        platform: Platform,
        subnet_ids: Mapping[str, list[pulumi.Output[str]]],
        security_group_ids: Mapping[str, pulumi.Output[str]],
        data_key_arn: pulumi.Input[str],
        logs_key_arn: pulumi.Input[str],
        way_in: WayIn | None,
        external: ExternalUrls,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Database", name, None, opts)
        self._platform = platform
        self._safe = Safe(component="database", key_arn=data_key_arn, parent=self, platform=platform)
        self.alarms, self.ready, self.behind, self.identifier = [], [], None, None

        if isinstance(settings, RdsDatabase):
            assert way_in is not None, "the settings refuse a database of our own that nobody can reach"
            instance = InstanceBuilder(
                settings, parent=self, platform=platform, data_key_arn=data_key_arn, logs_key_arn=logs_key_arn
            ).build(subnet_ids=subnet_ids["isolated"], security_group_id=security_group_ids["database"])
            primary = instance.primary
            logins = self._logins(settings, primary.address)
            bootstrap = Bootstrapper(
                parent=self, platform=platform, key_arn=data_key_arn, logs_key_arn=logs_key_arn
            ).build(
                primary,
                database=NAME,
                secret_arns={_ROLES[role]: login.secret.arn for role, login in logins.items()},
                retention_days=settings.log_retention_days,
                generation=settings.credentials_generation,
                subnet_ids=subnet_ids["private"],
                security_group_id=security_group_ids["service"],
                after=[login.version for login in logins.values()],
            )
            self.nodes = _Nodes(instance=instance, logins=logins, kept={}, bootstrap=bootstrap)
            self.identifier, self.ready = primary.identifier, [bootstrap.run]
            self.behind = PostgresBehind(
                host=primary.address,
                replica_host=instance.replica.address if instance.replica else None,
                port=PORT,
                name=NAME,
                logins={role: login.secret.arn for role, login in logins.items()},
                pools=settings.pools,
                slow_queries=slow_queries(instance.slow_query_filter),
                ready=self.ready,
            )
            self.alarms = database_alarms(settings, primary.identifier, replica=instance.replica)
            self.secret_arns = {role: login.secret.arn for role, login in logins.items()}
            self.variables = self._variables(settings, way_in, logins)
        else:
            urls = _given(external)
            kept = self._kept(urls)
            self.nodes = _Nodes(instance=None, logins={}, kept=kept, bootstrap=None)
            self.secret_arns = {role: one.secret.arn for role, one in kept.items()}
            self.variables = [
                Variable(key="DATABASE_URL", value=urls[APPLICATION], secret=True),
                Variable(key="DIRECT_URL", value=urls[MIGRATION], secret=True),
            ]
        self.register_outputs({"identifier": self.identifier, "secretArns": self.secret_arns})

    def _logins(self, settings: RdsDatabase, host: pulumi.Output[str]) -> dict[str, Login]:
        purposes = {
            APPLICATION: "The application's role in PostgreSQL: rows, no tables",
            MIGRATION: "The migrations' role in PostgreSQL: tables",
        }
        return {role: self._login(role, purposes[role], settings, host) for role in _ROLES}

    def _login(self, role: str, purpose: str, settings: RdsDatabase, host: pulumi.Output[str]) -> Login:
        password = self._safe.password(role, generation=settings.credentials_generation)
        url = _url(_ROLES[role], password.result, host, PORT, f"{NAME}?sslmode=require")
        fields: dict[str, pulumi.Input[str]] = {"host": host, "port": str(PORT), "dbname": NAME, "url": url}
        return self._safe.login(role, user=_ROLES[role], password=password, purpose=purpose, fields=fields)

    def _kept(self, urls: Mapping[str, pulumi.Output[str]]) -> dict[str, Kept]:
        purpose = "Address of the PostgreSQL service, for the"
        return {
            role: self._safe.keep(
                role, f"{purpose} {role}", pulumi.Output.secret(pulumi.Output.json_dumps({"url": url}))
            )
            for role, url in urls.items()
        }

    def _variables(self, settings: RdsDatabase, way_in: WayIn, logins: Mapping[str, Login]) -> list[Variable]:
        """Return the addresses through the gateway; Prisma's own options are part of them."""
        limit = settings.pools.function_connections
        # Without pgbouncer=true, Prisma prepares statements on one connection and runs them on another.
        pooled = f"sslmode=require&sslaccept=strict&pgbouncer=true&connection_limit={limit}"
        plans = {
            "DATABASE_URL": (APPLICATION, way_in.transaction_port, f"{NAME}?{pooled}"),
            "DIRECT_URL": (MIGRATION, way_in.session_port, f"{NAME}?sslmode=require&sslaccept=strict"),
        }
        if settings.replica:
            replica = f"{NAME}_replica?{pooled}"
            plans["DATABASE_REPLICA_URL"] = (APPLICATION, way_in.transaction_port, replica)
        return [
            Variable(
                key=key,
                value=_url(logins[role].user, logins[role].password.result, way_in.host, port, rest),
                secret=True,
            )
            for key, (role, port, rest) in plans.items()
        ]


def _given(external: ExternalUrls) -> dict[str, pulumi.Output[str]]:
    """Return the service's addresses by role; the settings have asked for both."""
    assert external.pooled is not None
    assert external.direct is not None
    return {APPLICATION: external.pooled, MIGRATION: external.direct}


def _url(
    user: str, password: pulumi.Input[str], host: pulumi.Input[str], port: int, rest: str
) -> pulumi.Output[str]:
    return pulumi.Output.concat("postgresql://", user, ":", password, "@", host, f":{port}/{rest}")


__all__ = ["NAME", "PORT", "Database", "ExternalUrls"]
