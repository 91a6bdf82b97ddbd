"""The CloudWatch agent: memory and disk, which EC2 does not know, and the logs (SV-1, MO-3)."""

import json
from collections.abc import Callable

from components.server.file import LOG_KINDS, LOGS, SUDO_LOG, File

NAMESPACE = "JTLD/Server"
CONFIGURATION = "/etc/jtld/cloudwatch-agent.json"
SENT = (*LOG_KINDS, "sudo")
"""The logs that leave the host: what the workers write, and who became root."""


def agent(log_group: Callable[[str], str]) -> File:
    """Return what the agent reads; `log_group` names the group of a log."""
    paths = {**{kind: f"{LOGS}/{kind}/*.log" for kind in LOG_KINDS}, "sudo": SUDO_LOG}
    # The agent fills in what stands in ${aws:…} itself.
    group = {"AutoScalingGroupName": "${aws:AutoScalingGroupName}"}
    configuration = {
        "agent": {"metrics_collection_interval": 60, "run_as_user": "root"},
        "metrics": {
            "namespace": NAMESPACE,
            "append_dimensions": group,
            "aggregation_dimensions": [list(group)],
            "metrics_collected": {
                "mem": {"measurement": ["mem_used_percent"]},
                "disk": {"measurement": ["disk_used_percent"], "resources": ["/"]},
            },
        },
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {
                            "file_path": paths[kind],
                            "log_group_name": log_group(kind),
                            "log_stream_name": "{instance_id}",
                        }
                        for kind in SENT
                    ]
                }
            }
        },
    }
    return File(path=CONFIGURATION, content=json.dumps(configuration, indent=1) + "\n")
