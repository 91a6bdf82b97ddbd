"""What runs in a task of the gateway: one container for each door, and one that fetches the certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.platform import Platform
from components.way_in import PostgresBehind, RedisBehind, WayIn
from settings.gateway import PooledGateway

CERTIFICATE, TRANSACTION, SESSION, REDIS = "certificate", "transaction", "session", "redis"
_FOLDER = "/run/gateway"
_AUTHORITY = "/opt/gateway/rds-ca-central-1.pem"
_PUBLIC_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
_USER = "10001:10001"
VOLUMES = {"files": _FOLDER, "tmp": "/tmp"}  # noqa: S108 - in the container, where both start empty


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container by its role; `port` is where it listens, `login` the secret it reads user and password from."""

    role: str
    port: int | None = None
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    login: pulumi.Output[str] | None = None

    def definition(
        self, *, image: pulumi.Input[str], log_group: pulumi.Input[str], platform: Platform
    ) -> dict[str, Any]:
        """Return the container as ECS wants it."""
        region = platform.environment.region
        environment = {"AWS_REGION": region, **self.environment}
        secrets = {"USERNAME": "username", "PASSWORD": "password"} if self.login else {}
        container: dict[str, Any] = {
            "name": self.role,
            "image": image,
            "command": [self.role],
            "essential": True,
            "user": _USER,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
            "secrets": [
                {"name": name, "valueFrom": pulumi.Output.concat(self.login or "", f":{key}::")}
                for name, key in secrets.items()
            ],
            "mountPoints": [
                {"sourceVolume": name, "containerPath": path, "readOnly": False}
                for name, path in VOLUMES.items()
            ],
            "healthCheck": {
                "command": ["CMD", "/usr/bin/python3", "-m", "gateway", "healthy", self.role],
                "interval": 15,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 30,
            },
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group,
                    "awslogs-region": region,
                    "awslogs-stream-prefix": self.role,
                    "mode": "non-blocking",
                },
            },
            # Long enough for running queries to end.
            "stopTimeout": 60,
        }
        if self.port is not None:
            container["portMappings"] = [{"containerPort": self.port, "protocol": "tcp"}]
            container["dependsOn"] = [{"containerName": CERTIFICATE, "condition": "HEALTHY"}]
        return container


def serving(
    settings: PooledGateway, way_in: WayIn, *, postgres: PostgresBehind | None, redis: RedisBehind | None
) -> list[Container]:
    """Return a container for each door that leads somewhere."""
    made = []
    if postgres is not None:
        pools = {
            TRANSACTION: (way_in.transaction_port, postgres.pools.transaction_size, "application"),
            SESSION: (way_in.session_port, postgres.pools.session_size, "migration"),
        }
        made += [
            pool(
                role,
                port=port,
                hosts=(postgres.host, postgres.replica_host if role == TRANSACTION else None),
                name=postgres.name,
                upstream_port=postgres.port,
                size=size,
                max_clients=settings.max_clients,
                login=postgres.logins[login],
            )
            for role, (port, size, login) in pools.items()
        ]
    if redis is not None:
        made.append(
            proxy(
                port=way_in.redis_port,
                host=redis.host,
                upstream_port=redis.port,
                max_clients=settings.max_clients,
            )
        )
    return made


def certificate(arn: pulumi.Input[str]) -> Container:
    """Return the container that fetches the certificate and its successors."""
    return Container(role=CERTIFICATE, environment={"CERTIFICATE_ARN": arn})


def pool(
    role: str,
    *,
    port: int,
    hosts: Sequence[pulumi.Output[str] | None],
    name: str,
    upstream_port: int,
    size: int,
    max_clients: int,
    login: pulumi.Output[str],
) -> Container:
    """Return a pool to the database at the first of `hosts`, and to its replica at the second, if there is one."""
    primary, replica = hosts
    assert primary is not None, "a pool leads to a database"
    environment: dict[str, pulumi.Input[str]] = {
        "DATABASE_HOST": primary,
        "DATABASE_PORT": str(upstream_port),
        "DATABASE_NAME": name,
        "DATABASE_AUTHORITY": _AUTHORITY,
        "LISTEN_PORT": str(port),
        "POOL_SIZE": str(size),
        "MAX_CLIENTS": str(max_clients),
    }
    if replica is not None:
        environment["REPLICA_HOST"] = replica
    return Container(role=role, port=port, environment=environment, login=login)


def proxy(*, port: int, host: pulumi.Output[str], upstream_port: int, max_clients: int) -> Container:
    """Return the proxy to the cache."""
    return Container(
        role=REDIS,
        port=port,
        environment={
            "REDIS_HOST": host,
            "REDIS_PORT": str(upstream_port),
            "REDIS_AUTHORITY": _PUBLIC_AUTHORITIES,
            "LISTEN_PORT": str(port),
            "MAX_CLIENTS": str(max_clients),
        },
    )
