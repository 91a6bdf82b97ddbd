"""Every policy of the pack, by concern, in the order the documentation shows them."""

from collections.abc import Mapping
from types import ModuleType

from policies import (
    alarms,
    backups,
    bucket_policies,
    caches,
    certificates,
    containers,
    costs,
    databases,
    delivery,
    dns,
    edge,
    functions,
    grafana,
    hosting,
    identity,
    images,
    isolation,
    jobs,
    keys,
    load_balancers,
    logs,
    mail,
    network,
    ownership,
    permissions,
    residency,
    retention,
    secrets_manager,
    server,
    stack,
    storage,
    strangers,
    uptime,
    zone,
)
from policies.decorator import Policy

CONCERNS: Mapping[str, ModuleType] = {
    "Storage: who gets in": storage,
    "Storage: bucket policies": bucket_policies,
    "Storage: what is kept": retention,
    "Delivery of files": delivery,
    "Certificates": certificates,
    "DNS": dns,
    "Edge: the zone": zone,
    "Edge: firewall and cache": edge,
    "E-mail": mail,
    "Hosting": hosting,
    "Containers": containers,
    "Container images": images,
    "Load balancers": load_balancers,
    "Queues and schedules": jobs,
    "Databases": databases,
    "Caches": caches,
    "Functions": functions,
    "Keys": keys,
    "Secrets": secrets_manager,
    "Identity: who acts": identity,
    "Identity: what is granted": permissions,
    "Identity: other accounts": strangers,
    "Network": network,
    "Network: isolation": isolation,
    "Self-managed hosts": server,
    "Logs": logs,
    "Alarms and who hears them": alarms,
    "Checks and traces": uptime,
    "Grafana": grafana,
    "Backups": backups,
    "Costs": costs,
    "Residency": residency,
    "Whole stack": stack,
    "Whole stack: ownership": ownership,
}


def policies_of(module: ModuleType) -> tuple[Policy, ...]:
    """Return the policies a module defines, in the order they stand there."""
    return tuple(value for value in vars(module).values() if isinstance(value, Policy))


def all_policies() -> tuple[Policy, ...]:
    """Return every policy of the pack."""
    return tuple(policy for module in CONCERNS.values() for policy in policies_of(module))
