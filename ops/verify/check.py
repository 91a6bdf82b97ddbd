"""What a check is, what it finds, and how findings are told: a table, JSON and JUnit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table

_PROOF = "how proven"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One condition on one thing, which `cells` name in the check's columns.

    `proof` says how it is known; where it does not `hold`, what is wrong, and `remedy` the way out.
    """

    cells: tuple[str, ...]
    holds: bool
    proof: str
    remedy: str = ""


class Check(Protocol):
    """One promise of the requirements, checked against what is deployed."""

    @property
    def id(self) -> str:
        """Name it in reports."""

    @property
    def title(self) -> str:
        """Say what holds where every finding holds."""

    @property
    def requirements(self) -> tuple[str, ...]:
        """Name the requirements that ask for it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Head the cells of the findings."""

    def findings(self) -> Iterable[Finding]:
        """Look, and yield one finding for each thing that was looked at."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A check that has been made."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Tell whether everything was found as promised; a check that found nothing to look at has shown nothing."""
        return bool(self.findings) and all(one.holds for one in self.findings)

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {
            "check": self.check.id,
            "requirements": list(self.check.requirements),
            "holds": self.holds,
            "findings": [self._row(one) for one in self.findings],
        }

    def _row(self, finding: Finding) -> Mapping[str, Any]:
        named = {column.replace(" ", "_"): cell for column, cell in self._named(finding)}
        return {**named, "holds": finding.holds, "proof": finding.proof, "remedy": finding.remedy}

    def _named(self, finding: Finding) -> Iterable[tuple[str, str]]:
        return zip(self.check.columns, finding.cells, strict=True)


def carry_out(checks: Iterable[Check]) -> tuple[Done, ...]:
    """Make the checks one after the other."""
    return tuple(Done(check=check, findings=tuple(check.findings())) for check in checks)


def show(done: Sequence[Done], console: Console) -> None:
    """Print a table a check, and below it what to do about what does not hold."""
    for one in done:
        verdict = "[green]holds[/]" if one.holds else "[red]does not hold[/]"
        console.print(f"\n[bold]{one.check.title}[/] ({', '.join(one.check.requirements)}): {verdict}")
        table = Table(*one.check.columns, _PROOF, box=None, header_style="bold", pad_edge=False)
        for finding in one.findings:
            said = f"[red]no[/]: {finding.proof}" if not finding.holds else finding.proof
            table.add_row(*finding.cells, said)
        console.print(table)
        for remedy in dict.fromkeys(finding.remedy for finding in one.findings if finding.remedy):
            console.print(f"  → {remedy}", soft_wrap=True)


def write_junit(done: Sequence[Done], path: Path) -> None:
    """Write the findings as JUnit, one test case each, for whatever shows test results."""
    suites = ET.Element("testsuites")
    for one in done:
        failed = [finding for finding in one.findings if not finding.holds]
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=f"{one.check.id} ({', '.join(one.check.requirements)})",
            tests=str(len(one.findings)),
            failures=str(len(failed)),
        )
        for finding in one.findings:
            case = ET.SubElement(
                suite, "testcase", classname=f"verify.{one.check.id}", name=", ".join(finding.cells)
            )
            if not finding.holds:
                ET.SubElement(case, "failure", message=finding.proof).text = finding.remedy
    ET.indent(suites)
    path.write_text(ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n", encoding="utf-8")
