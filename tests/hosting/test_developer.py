"""`./jtld env`: a file that Next.js reads back unchanged, for its owner's eyes only (HO-2, HO-7)."""

import json
import re
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.developer import NoDeveloperError, env_file, functions_fragment, variables, write
from settings import load_stack_file
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
    with pytest.raises(ValueError, match="BAD holds quotes"):
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


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_other_stacks_keep_their_values(stack: str) -> None:
    """HO-2."""
    with pytest.raises(NoDeveloperError, match=r"\./jtld env dev"):
        variables({"domain": "x"}, stack)


def test_heavy_routes_get_thirty_seconds() -> None:
    """HO-7: the fragment for the application's vercel.json."""
    settings = load_stack_file(ROOT / "Pulumi.prod.yaml")
    limits = json.loads(functions_fragment(settings.hosting.functions))["functions"]
    assert limits["app/api/resumes/parse/route.ts"] == {"maxDuration": 30}
