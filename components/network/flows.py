"""Who may talk to whom, as data: the security groups and the firewall table are both made from it (NW-2).

Nothing opens 22: Session Manager serves, through the `endpoint` group. 5432 and 6379 are never opened to
addresses; known addresses meet only the gateway, on ports of its own.
"""

from collections.abc import Sequence

from components.firewall import EVERYWHERE, Flow, Rule

GROUPS: dict[str, str] = {
    "gateway": "Entrance to the connection pools, for known addresses outside the network",
    "pool": "Connection pools behind that entrance",
    "load-balancer": "Public entrance of services, behind Cloudflare",
    "service": "Containers: ML service, worker, jobs",
    "database": "PostgreSQL",
    "cache": "Redis",
    "endpoint": "Private addresses of AWS services",
}

CLOUDFLARE = "cloudflare"
"""Name of the prefix list that holds Cloudflare's proxies."""

# https://www.cloudflare.com/ips-v4, read 2026-11: the addresses from which Cloudflare reaches an origin.
CLOUDFLARE_CIDRS = (
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "108.162.192.0/18",
    "131.0.72.0/22",
    "141.101.64.0/18",
    "162.158.0.0/15",
    "172.64.0.0/13",
    "173.245.48.0/20",
    "188.114.96.0/20",
    "190.93.240.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
)

_HTTPS = 443
_SERVICE = 8000
_POSTGRES = 5432
_REDIS = 6379
TRANSACTION_DOOR, SESSION_DOOR, REDIS_DOOR = 6432, 6433, 6380
GATEWAY_PORTS: dict[int, str] = {
    TRANSACTION_DOOR: "DATABASE_URL: transaction pool",
    SESSION_DOOR: "DIRECT_URL: session pool",
    REDIS_DOOR: "REDIS_URL: Redis over TLS",
}

_FLOWS = (
    Flow(source=CLOUDFLARE, target="load-balancer", port=_HTTPS, purpose="Visitors through Cloudflare"),
    Flow(source="load-balancer", target="service", port=_SERVICE, purpose="Requests and health checks"),
    Flow(source="service", target="service", port=_SERVICE, purpose="The worker asks the ML service"),
    Flow(source="service", target="database", port=_POSTGRES, purpose="Jobs and migrations"),
    Flow(source="pool", target="database", port=_POSTGRES, purpose="Pooled connections of the application"),
    Flow(source="service", target="cache", port=_REDIS, purpose="Queues and cached results"),
    Flow(source="pool", target="cache", port=_REDIS, purpose="Cache and sessions of the application"),
    Flow(source="service", target="endpoint", port=_HTTPS, purpose="AWS services, privately"),
    Flow(source="pool", target="endpoint", port=_HTTPS, purpose="AWS services, privately"),
    Flow(source="service", target=EVERYWHERE, port=_HTTPS, purpose="E-mail providers, Sentry and S3 files"),
    Flow(
        source="pool",
        target=EVERYWHERE,
        port=_HTTPS,
        purpose="Image layers, and the certificate of the entrance",
    ),
)


def firewall_rules(clients: Sequence[str]) -> tuple[Rule, ...]:
    """Return every rule of every group, where `clients` are the ranges that may enter the gateway.

    What no rule allows is refused.
    """
    ends = [(cidr, "gateway") for cidr in clients] + [("gateway", "pool")]
    doors = tuple(
        Flow(source=source, target=target, port=port, purpose=purpose)
        for source, target in ends
        for port, purpose in GATEWAY_PORTS.items()
    )
    return tuple(rule for flow in (*_FLOWS, *doors) for rule in flow.rules(frozenset(GROUPS)))
