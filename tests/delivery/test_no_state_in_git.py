"""DL-N2: git never holds state. DL-N3: nor a credential."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What makes a JSON document a checkpoint, an export or an update plan of Pulumi.
STATE = (
    {"deployment", "version"},
    {"checkpoint", "version"},
    {"manifest", "resources"},
    {"resourcePlans", "manifest"},
)
CREDENTIALS = re.compile(
    r"(?<![A-Z0-9])(AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[A-Z0-9]{16}(?![A-Z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}"
    r"|pul-[0-9a-f]{40}|xox[baprs]-[0-9]{8,}-[A-Za-z0-9-]{20,}"
    r"|https://hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}"
)


def is_state(text: str) -> bool:
    """Whether a file's text is a state of Pulumi's (or Terraform's), whatever the file is called."""
    if '"resources"' not in text and '"checkpoint"' not in text and '"resourcePlans"' not in text:
        return False
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and (
        any(keys <= document.keys() for keys in STATE) or "terraform_version" in document
    )


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def tracked() -> list[Path]:
    names = git("ls-files", "-z").decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_tracked_file_is_a_state() -> None:
    found = [path for path in tracked() if is_state(path.read_text(errors="ignore"))]
    assert found == []


def test_no_commit_ever_held_a_state() -> None:
    """A state that was committed once stays readable for ever."""
    history = git("log", "--all", "--pretty=format:", "--name-only", "--diff-filter=A").decode().splitlines()
    suspicious = re.compile(
        r"(^|/)\.pulumi/|\.checkpoint\.json|\.tfstate|stack-export.*\.json|update-plan.*\.json"
    )
    assert [name for name in history if suspicious.search(name)] == []


@pytest.mark.parametrize(
    "name", [".pulumi/stacks/jtld-platform/prod.json", "prod.checkpoint.json", "stack-export-prod.json"]
)
def test_what_holds_state_is_ignored(name: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT, check=False)
    assert ignored.returncode == 0


@pytest.mark.parametrize(
    "document",
    [
        {"version": 3, "deployment": {"resources": []}},
        {"version": 3, "checkpoint": {"latest": {"resources": []}}},
        {"manifest": {}, "resources": []},
        {"terraform_version": "1.9", "resources": []},
    ],
)
def test_a_state_would_be_found_under_any_name(document: dict[str, object]) -> None:
    assert is_state(json.dumps(document))


def test_no_tracked_file_holds_a_credential() -> None:
    """DL-N3."""
    found = {
        str(path.relative_to(ROOT)): match[0][:8]
        for path in tracked()
        if (match := CREDENTIALS.search(path.read_text(errors="ignore")))
    }
    assert found == {}


def test_a_credential_would_be_found() -> None:
    for secret in ("AKIA" + "Q" * 16, "ghp_" + "a1" * 18, "pul-" + "0f" * 20):
        assert CREDENTIALS.search(f"token = {secret}\n")
