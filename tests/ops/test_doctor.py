"""`./jtld doctor` sees what would otherwise fail in words that name something else."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops import doctor
from ops.toolchain import Toolchain

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("mode", "found", "remedy"),
    [
        (0o755, "present", ""),
        (0o644, "not executable", "chmod +x sandbox/bin/pulumi-resource-aws"),
        (None, "missing", "restore sandbox/bin/pulumi-resource-aws from git"),
    ],
)
def test_a_provider_that_the_engine_cannot_start_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int | None, found: str, remedy: str
) -> None:
    """Some tools unpack an archive without the right to run what is in it."""
    shutil.copytree(ROOT / "sandbox" / "bin", tmp_path / "sandbox" / "bin")
    aws = tmp_path / "sandbox" / "bin" / "pulumi-resource-aws"
    if mode is None:
        aws.unlink()
    else:
        aws.chmod(mode)
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    finding = next(one for one in doctor.findings() if one.name == "provider aws")
    assert found in finding.found
    assert finding.good is (mode == 0o755)
    assert finding.remedy.startswith(remedy)


@pytest.mark.parametrize(("cli", "wanted"), [(True, 1), (False, 4)])
def test_the_disk_must_hold_what_is_still_to_be_made(
    monkeypatch: pytest.MonkeyPatch, wanted: int, *, cli: bool
) -> None:
    """A build of the CLI needs more than all the rest."""
    made = Toolchain(pulumi=ROOT, version=(4, 0, 0), origin="a test") if cli else None
    monkeypatch.setattr(doctor.toolchain, "find", lambda: made)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    finding = next(one for one in doctor.findings() if one.name == "disk")
    assert not finding.good
    assert finding.remedy == f"free {wanted} GiB"
