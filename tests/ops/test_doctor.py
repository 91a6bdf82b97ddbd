"""`./jtld doctor` sees what would otherwise fail in words that name something else."""

import shutil
from pathlib import Path

import pytest

from ops import doctor

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
