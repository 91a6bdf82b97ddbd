"""The dashboards in a Grafana as well: a folder, a data source for each region, and the role they read with (MO-4).

Not here: the organisation and its service account, which exist, and alarms, which CloudWatch raises and SNS
delivers. Only a program whose settings ask for it imports this module.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumiverse_grafana as grafana

from components.alarms import Expression, Metric
from components.grafana.model import dashboard, uid
from components.grafana.reading import Reading, reading
from components.monitoring.boards import Board
from components.platform import EDGE_REGION, Platform
from settings.grafana import GrafanaSettings

__all__ = ["Grafana", "provider"]

_LOOK_ONLY: Mapping[str, str] = {"Viewer": "View", "Editor": "View"}
"""Administrators can do everything in any case; the service account of the provider is one."""


def provider(settings: GrafanaSettings, token: pulumi.Input[str]) -> grafana.Provider:
    """Return the stack's Grafana provider."""
    # Left out, the second would be taken from the environment of whoever runs the program.
    return grafana.Provider("grafana", url=settings.url, insecure_skip_verify=False, auth=token)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """Data sources go by region, dashboards by name."""

    reading: Reading
    folder: grafana.oss.Folder
    permission: grafana.oss.FolderPermission
    sources: Mapping[str, grafana.oss.DataSource]
    dashboards: Mapping[str, grafana.oss.Dashboard]


class Grafana(pulumi.ComponentResource):
    """Everything Grafana needs to show the `boards` that CloudWatch shows, with the `deployments` in them."""

    folder_url: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        settings: GrafanaSettings,
        *,
        platform: Platform,
        boards: Sequence[Board],
        deployments: Metric,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jtld:platform:Grafana", name, None, opts)
        self._platform = platform
        reader = reading(settings.reader, parent=self, platform=platform)
        folder = grafana.oss.Folder(
            "folder",
            uid=uid(platform, "dashboards"),
            title=settings.folder,
            # What people have put beside ours is theirs.
            prevent_destroy_if_not_empty=True,
            opts=platform.child(self),
        )
        sources = {region: self._source(region, reader, boards) for region in self._regions()}
        self.nodes = _Nodes(
            reading=reader,
            folder=folder,
            permission=self._permission(folder),
            sources=sources,
            dashboards={board.name: self._dashboard(board, deployments, folder, sources) for board in boards},
        )
        self.folder_url = folder.url
        self.register_outputs({"folderUrl": self.folder_url})

    def _regions(self) -> tuple[str, ...]:
        place = self._platform.environment
        return (place.region, place.replica_region, EDGE_REGION)

    def _permission(self, folder: grafana.oss.Folder) -> grafana.oss.FolderPermission:
        return grafana.oss.FolderPermission(
            "folder",
            folder_uid=folder.uid,
            permissions=[{"role": role, "permission": right} for role, right in _LOOK_ONLY.items()],
            opts=self._platform.child(self),
        )

    def _source(self, region: str, reader: Reading, boards: Sequence[Board]) -> grafana.oss.DataSource:
        return grafana.oss.DataSource(
            region,
            uid=uid(self._platform, region),
            name=f"JTLD {self._platform.environment.name}, {region}",
            type="cloudwatch",
            access_mode="proxy",
            json_data_encoded=pulumi.Output.json_dumps(
                {
                    **reader.authentication,
                    "defaultRegion": region,
                    "customMetricsNamespaces": ",".join(_own_namespaces(boards)),
                }
            ),
            # A source without rights shows an empty graph, and nobody knows why.
            opts=self._platform.child(self, depends_on=[reader.policy], delete_before_replace=True),
        )

    def _dashboard(
        self,
        board: Board,
        deployments: Metric,
        folder: grafana.oss.Folder,
        sources: Mapping[str, grafana.oss.DataSource],
    ) -> grafana.oss.Dashboard:
        uids = {region: source.uid for region, source in sources.items()}
        content = pulumi.Output.json_dumps(
            dashboard(board, deployments, platform=self._platform, sources=uids)
        )
        return grafana.oss.Dashboard(
            board.name,
            folder=folder.uid,
            config_json=content,
            # Whatever else has this uid is not ours to take; what was changed by hand in ours is overwritten.
            overwrite=False,
            message=content.apply(self._message),
            opts=self._platform.child(self),
        )

    def _message(self, content: str) -> str:
        """Return what Grafana's history says of a version: it names the content, and so changes with it alone."""
        digest = hashlib.sha256(content.encode()).hexdigest()[:12]
        return f"jtld-platform, {self._platform.environment.name}: content {digest}"


def _own_namespaces(boards: Sequence[Board]) -> list[str]:
    """Return the namespaces that Grafana's editor cannot know: those that are not AWS's own."""
    curves = (curve for board in boards for graph in board.graphs for curve in graph.curves.values())
    metrics = (
        metric
        for curve in curves
        for metric in (curve.metrics.values() if isinstance(curve, Expression) else (curve,))
    )
    return sorted({metric.namespace for metric in metrics if not metric.namespace.startswith("AWS/")})
