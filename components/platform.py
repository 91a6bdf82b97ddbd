"""What every component knows about the place it is built in."""

from dataclasses import dataclass

import pulumi

from components.naming import bounded_name
from components.variables import Target
from settings.environment import EnvironmentSettings

PROJECT = "jtld-platform"
EDGE_REGION = "us-east-1"
"""Where AWS keeps what serves the whole world: CloudFront's certificates and logs, health checks, bills."""
_PREFIX = "jtld"
# Each stack has a Vercel project of its own, whose site is that project's production target. Pull requests
# get their previews beside staging; prod's project has none, so preview never meets its values (HO-2, HO-4).
_TARGETS = {
    "dev": frozenset(Target),
    "staging": frozenset({Target.PRODUCTION, Target.PREVIEW}),
    "prod": frozenset({Target.PRODUCTION}),
}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The environment a component is built for, and the rules that follow from it."""

    environment: EnvironmentSettings

    def name(self, role: str, *, limit: int = 63) -> str:
        """Return the physical name `jtld-<stack>-<role>`, ending in a digest where `limit` cuts it."""
        return bounded_name(_PREFIX, self.environment.name, role, limit=limit)

    def role_in(self, region: str, role: str) -> str:
        """Return the logical name of what has the same `role` in several regions: the bare role at home."""
        if region == self.environment.region:
            return role
        return f"replica-{role}" if region == self.environment.replica_region else f"edge-{role}"

    def tags(self, component: str, **extra: str) -> dict[str, str]:
        """Return the tags of a child of `component`; the provider adds the platform-wide ones."""
        return {"jtld:component": component, **extra}

    @property
    def default_tags(self) -> dict[str, str]:
        """Return the tags every AWS resource carries, set once on the provider."""
        return {
            "jtld:project": PROJECT,
            "jtld:environment": self.environment.name,
            "jtld:owner": self.environment.owner,
            "jtld:cost-centre": self.environment.cost_centre,
            "jtld:managed-by": "pulumi",
        }

    @property
    def disposable(self) -> bool:
        """Return whether destroying the stack may take its data along (SC-3)."""
        return not self.environment.production

    @property
    def targets(self) -> frozenset[Target]:
        """Return the targets of this stack's Vercel project that may exist at all."""
        return _TARGETS[self.environment.name]

    @property
    def boundary_arn(self) -> str:
        """Return the permissions boundary that `bootstrap/` makes and every role carries (DL-1)."""
        return f"arn:aws:iam::{self.environment.account_id}:policy/jtld-workload-boundary"

    def child(
        self,
        parent: pulumi.Resource,
        *,
        depends_on: list[pulumi.Resource] | None = None,
        delete_before_replace: bool | None = None,
    ) -> pulumi.ResourceOptions:
        """Return the options of an ordinary child: its parent and nothing of the caller's.

        `delete_before_replace` is for the types that `components.replacement` lists.
        """
        return pulumi.ResourceOptions(
            parent=parent, depends_on=depends_on, delete_before_replace=delete_before_replace
        )

    def stateful_child(
        self, parent: pulumi.Resource, *, depends_on: list[pulumi.Resource] | None = None
    ) -> pulumi.ResourceOptions:
        """Return the options of a child that holds data, or guards some: in prod neither deleted nor lost (SC-3).

        Which types these are, `components.stateful` lists.
        """
        keep = self.environment.production
        return pulumi.ResourceOptions(
            parent=parent, depends_on=depends_on, protect=keep, retain_on_delete=keep
        )
