"""What is installed, what is missing, and how to get it; nothing is fetched or changed."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from ops import install, toolchain
from ops.outcome import Result
from ops.sandbox import ROOT
from sandbox import shapes
from sandbox.contracts.loader import shared


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is looked at. What is not `needed` may be missing."""

    name: str
    good: bool
    found: str
    remedy: str = ""
    needed: bool = True


def report() -> Result:
    """Print the findings; `FAILED` when something needed is missing."""
    console = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 140)
    table = Table("", "what", "found", "how to get it", box=None, header_style="bold", pad_edge=False)
    found = list(findings())
    for one in found:
        sign = "[green]ok[/]" if one.good else "[red]missing[/]" if one.needed else "[yellow]absent[/]"
        table.add_row(sign, one.name, one.found, "" if one.good else one.remedy)
    console.print(table)
    return Result.DONE if all(one.good or not one.needed for one in found) else Result.FAILED


def findings() -> Iterator[Finding]:
    """Look at everything, most basic first."""
    yield Finding(name="Python", good=True, found=f"{platform.python_version()} at {sys.prefix}")
    for lock, needed in (("requirements.lock", True), ("requirements-dev.lock", False)):
        good = install.is_installed(lock)
        command = "./jtld up" if needed else "./jtld test"
        yield Finding(
            name=lock,
            good=good,
            found="installed" if good else "not as locked",
            remedy=f"{command} installs it",
            needed=needed,
        )
    cli = toolchain.find()
    yield Finding(
        name="Pulumi CLI",
        good=cli is not None,
        found=f"{'.'.join(map(str, cli.version))} at {cli.pulumi} ({cli.origin})" if cli else "none",
        remedy="./jtld up installs or builds one; or install Pulumi yourself",
    )
    yield from _providers()
    for tool, use in (("git", "shows what changed; nothing here needs it"), ("uv", "makes set-up faster")):
        where = shutil.which(tool)
        yield Finding(name=tool, good=where is not None, found=where or "none", remedy=use, needed=False)
    free = shutil.disk_usage(ROOT).free / 2**30
    wanted = 1 if cli else 4  # a build of the CLI fetches Go and three gigabytes of modules
    yield Finding(name="disk", good=free > wanted, found=f"{free:.0f} GiB free", remedy=f"free {wanted} GiB")


def _providers() -> Iterator[Finding]:
    for name in shared().packages():
        try:
            found = shapes.package(name).version
        except shapes.ShapeError as error:
            yield Finding(name=f"provider {name}", good=False, found="none", remedy=str(error))
            continue
        binary = ROOT / "sandbox" / "bin" / f"pulumi-resource-{name}"
        place = binary.relative_to(ROOT)
        here, runs = binary.exists(), os.access(binary, os.X_OK)
        yield Finding(
            name=f"provider {name}",
            good=runs,
            found=f"SDK {found}, sandbox provider {'present' if runs else 'not executable' if here else 'missing'}",
            remedy=f"chmod +x {place}: some tools unpack without that"
            if here
            else f"restore {place} from git",
        )
