import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.toolchain import ensure

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing of this machine's own Pulumi, AWS or GitHub set-up exists."""
    path = os.pathsep.join((str(Path(sys.executable).parent), ensure().search_path, os.environ["PATH"]))
    return {
        "PATH": path,
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        "PULUMI_HOME": str(tmp_path / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
    }


@pytest.fixture
def run(clean_environment: dict[str, str]) -> Run:
    """Run a command in the clean environment; `env` adds to it."""

    def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=cwd,
            env=clean_environment | (env or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return _run
