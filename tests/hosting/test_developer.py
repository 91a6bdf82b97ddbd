"""`./jtld env`: a file that Next.js reads back unchanged, for its owner's eyes only (HO-2, HO-7)."""

import json
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from components.platform import Platform
from components.variables import Target
from ops.cli import app
from ops.developer import (
    FOR_DEVELOPERS,
    OUTPUT,
    DeveloperError,
    check_stack,
    env_file,
    functions_fragment,
    variables,
    write,
)
from ops.ending import result_of
from ops.outcome import Result
from settings import load_stack_file
from tests.support import STACKS
from tests.support.run import ROOT

_LINE = re.compile(r"""^(\w+)=(?:'([^']*)'|"([^"]*)"|`([^`]*)`)$""", re.MULTILINE)


def read(text: str) -> dict[str, str]:
    """Read a .env file as dotenv and dotenv-expand do: newlines in double quotes only, then `\\$`."""
    found = {}
    for key, single, double, backtick in _LINE.findall(text):
        value = single or backtick or double.replace("\\n", "\n")
        assert not re.search(r"(?<!\\)\$", value), "would be expanded"
        found[key] = value.replace("\\$", "$")
    return found


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True),
        st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\\"'")),
    )
)
def test_any_printable_value_survives(values: dict[str, str]) -> None:
    assert read(env_file(values)) == values


def test_keys_dollars_and_line_breaks_survive() -> None:
    values = {
        "KEY": "-----BEGIN-----\nab$c==\n-----END-----\n",
        "URL": "postgres://a:p$x'y@h/db",
        "SAY": 'a "b"',
    }
    assert read(env_file(values)) == values


def test_a_value_that_no_file_can_carry_is_named_and_not_shown() -> None:
    with pytest.raises(DeveloperError, match="BAD holds quotes"):
        env_file({"BAD": "'\"`"})


def test_the_file_is_private_and_never_written_through_a_link(tmp_path: Path) -> None:
    """HO-N1."""
    victim, file = tmp_path / "victim", tmp_path / ".env.local"
    victim.write_text("untouched")
    file.symlink_to(victim)
    write(file, {"A": "1"})
    assert victim.read_text() == "untouched"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read(file.read_text()) == {"A": "1"}


def test_what_a_developer_wrote_by_hand_is_never_lost(tmp_path: Path) -> None:
    """HO-2: only a file of its own is written anew."""
    file = tmp_path / ".env.local"
    file.write_text("MINE=1\n")
    with pytest.raises(DeveloperError, match="would be lost: move it away"):
        write(file, {"A": "1"})
    assert file.read_text() == "MINE=1\n"
    file.unlink()
    write(file, {"A": "1"})
    write(file, {"A": "2"})
    assert read(file.read_text()) == {"A": "2"}


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeveloperError, match=r"cannot write .*nowhere/\.env \(No such file or directory\)"):
        write(tmp_path / "nowhere" / ".env", {})


@pytest.mark.parametrize("stack", STACKS)
def test_only_the_stack_with_a_development_target_serves_laptops(stack: str) -> None:
    """HO-2: said before anybody deploys a stack for nothing."""
    platform = Platform(environment=load_stack_file(ROOT / f"Pulumi.{stack}.yaml").environment)
    assert (stack == FOR_DEVELOPERS) is (Target.DEVELOPMENT in platform.targets)
    if stack == FOR_DEVELOPERS:
        check_stack(stack)
        return
    with pytest.raises(DeveloperError, match=r"use `\./jtld env dev`"):
        check_stack(stack)


@pytest.mark.parametrize(
    ("outputs", "complaint"),
    [
        ("", "no developmentVariables"),
        ("[]", "no developmentVariables"),
        ('{"domain": "x"}', "no developmentVariables"),
        (json.dumps({OUTPUT: "[secret]"}), "is masked"),
    ],
)
def test_other_outputs_are_refused_with_the_command_that_makes_the_right_ones(
    outputs: str, complaint: str
) -> None:
    """HO-2."""
    with pytest.raises(DeveloperError, match=rf"{complaint}.*pulumi stack output .*--show-secrets"):
        variables(outputs)


def test_a_real_stacks_values_come_through_a_pipe(tmp_path: Path) -> None:
    """HO-2: `pulumi stack output … | ./jtld env dev --outputs -`, so that no secret touches the disk twice."""
    file = tmp_path / ".env.local"
    given = json.dumps({OUTPUT: {"NEXTAUTH_URL": "http://localhost:3000", "KEY": "k3y"}})
    done = CliRunner().invoke(app, ["env", "dev", "--outputs", "-", "--file", str(file)], input=given)
    assert done.exit_code == 0, done.output
    assert read(file.read_text()) == {"NEXTAUTH_URL": "http://localhost:3000", "KEY": "k3y"}
    assert "k3y" not in done.output
    refused = CliRunner().invoke(app, ["env", "prod", "--file", str(file)]).exception
    assert refused
    assert result_of(refused) is Result.MISUSED


def test_heavy_routes_get_thirty_seconds() -> None:
    """HO-7: the fragment for the application's vercel.json."""
    settings = load_stack_file(ROOT / "Pulumi.prod.yaml")
    limits = json.loads(functions_fragment(settings.hosting.functions))["functions"]
    assert limits["app/api/resumes/parse/route.ts"] == {"maxDuration": 30}
