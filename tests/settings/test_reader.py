"""Files that are broken, hostile, or mean different things to different readers of YAML."""

from pathlib import Path

import pytest

from settings import SettingsError, load_stack_file
from settings.errors import Problem
from tests.settings.documents import ROOT, STACKS, stack_file, stack_values

DEV = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def refused(tmp_path: Path, content: str | bytes, name: str = "Pulumi.dev.yaml") -> tuple[Problem, ...]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError) as caught:
        load_stack_file(path)
    assert all(problem.file == name for problem in caught.value.problems)
    return caught.value.problems


UNREADABLE = {
    "a tab for indentation": DEV.replace("    name: dev", "\t\tname: dev"),
    "an open bracket": DEV + "  aws:x: [1, 2\n",
    "an open quote": DEV.replace('"111111111111"', '"111111111111'),
    "two documents": DEV + "---\nconfig: {}\n",
    "a byte that is not UTF-8": DEV.encode() + b"# \xff\n",
    "UTF-16": DEV.encode("utf-16"),
    "a NUL character": DEV + "# \0\n",
    "an anchor": DEV.replace("config:\n", "config: &all\n"),
    "an alias": DEV + "  aws:x: *all\n",
    "a bomb of aliases": "a: &a [x]\n"
    + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
    "a tag": DEV.replace("name: dev", "name: !!python/object/apply:os.system [id]"),
    "nesting without end": "config: " + "[" * 5_000,
    "nesting of mappings without end": "config: " + "{a: " * 5_000,
    "a file of megabytes": DEV + "#" * 300_000,
    "binary": bytes(range(256)) * 4,
    "control characters": DEV.replace("name: dev", "name: d\x1bv"),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_is_one_clear_problem(tmp_path: Path, content: str | bytes) -> None:
    (problem,) = refused(tmp_path, content)
    assert problem.line is not None
    assert problem.rule.startswith("must be one plain YAML document")


def test_a_broken_file_names_the_nearest_of_our_keys(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, DEV.replace("    cidr: 10.", "    cidr: [10."))
    assert problem.path == "jtld-platform:network"


def test_the_text_around_a_syntax_error_is_not_repeated(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "config:\n  jtld-platform:x: *hunter2\n")
    assert "hunter2" not in str(problem)
    (problem,) = refused(tmp_path, 'config:\n  jtld-platform:x: "hunter2\\q"\n')
    assert "hunter2" not in str(problem)


SHAPES = {
    "nothing": ("", "jtld-platform:environment"),
    "a list": ("- config\n", "config"),
    "a text": ("config\n", "config"),
    "a number": ("42\n", "config"),
    "config as a list": ("config: [a]\n", "config"),
    "config as a text": ("config: a\n", "config"),
    "config as false": ("config: false\n", "config"),
    "an unknown key at the top": (DEV + "settings: {}\n", "settings"),
    "a key without a namespace": (DEV + "  network: {}\n", "network"),
    "a key without a name": (DEV + "  'aws:': x\n", "aws:"),
    "a mapping as a key": (DEV + "  ? {a: b}\n  : c\n", "(key)"),
}


@pytest.mark.parametrize(("content", "path"), SHAPES.values(), ids=SHAPES.keys())
def test_a_file_of_the_wrong_shape_is_refused_at_the_key(tmp_path: Path, content: str, path: str) -> None:
    assert path in [problem.path for problem in refused(tmp_path, content)]


def test_a_key_that_stands_twice_is_refused_at_its_second_line(tmp_path: Path) -> None:
    text = DEV.replace("    nat: single", "    nat: perZone\n    nat: single")
    (problem,) = refused(tmp_path, text)
    assert problem.path == "jtld-platform:network.nat"
    assert problem.line is not None
    assert text.splitlines()[problem.line - 1].startswith("    nat: single")


@pytest.mark.parametrize(
    "text",
    [
        "0x1F",
        "0o17",
        "017",
        "1_000",
        ".inf",
        "-.INF",
        ".nan",
        "2026-11-22",
        "9" * 30,
        "9" * 9_999,
        "1e3",
        "1e999",
        "12.",
    ],
)
def test_a_number_that_readers_disagree_on_is_refused(tmp_path: Path, text: str) -> None:
    problems = refused(tmp_path, DEV.replace("sizeGigabytes: 20", f"sizeGigabytes: {text}"))
    assert [problem.path for problem in problems][:1] == ["jtld-platform:storage.alarms.sizeGigabytes"]
    assert "in quotes" in problems[0].rule


@pytest.mark.parametrize(
    "text", ["yes", "on", "1:30", "~", "", "true", "'20'", "20.5", "2026-11-22T00:00:00Z"]
)
def test_nothing_but_a_number_is_taken_for_one(tmp_path: Path, text: str) -> None:
    problems = refused(tmp_path, DEV.replace("sizeGigabytes: 20", f"sizeGigabytes: {text}"))
    assert problems[0].path == "jtld-platform:storage.alarms.sizeGigabytes"


def test_a_text_with_half_a_character_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, DEV.replace("owner: platform-team", 'owner: "\\ud800"'))
    assert problem.path == "jtld-platform:environment.owner"


@pytest.mark.parametrize("name", ["Pulumi.dev.yml", "Pulumi.dev.yaml"])
def test_both_suffixes_that_pulumi_knows_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(DEV)
    assert load_stack_file(tmp_path / name).environment.name == "dev"


def test_the_file_of_another_stack_is_refused(tmp_path: Path) -> None:
    (problem,) = [
        p for p in refused(tmp_path, DEV, "Pulumi.prod.yaml") if p.path == "jtld-platform:environment.name"
    ]
    assert "must equal the name of the stack" in problem.rule


@pytest.mark.parametrize("missing", ["Pulumi.qa.yaml", "no/such/folder/Pulumi.dev.yaml", "."])
def test_a_file_that_cannot_be_opened_is_a_settings_error(tmp_path: Path, missing: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_stack_file(tmp_path / missing)
    assert "Traceback" not in str(caught.value)
    assert "dev, staging, prod" in str(caught.value)


def test_what_pulumi_keeps_beside_our_settings_is_accepted(tmp_path: Path) -> None:
    values = stack_values("dev")
    path = stack_file(
        tmp_path,
        "dev",
        values,
        encryptionsalt="v1:abc=:v1:def:ghi==",
        secretsprovider="awskms://alias/jtld",
        encryptedkey="QUJD",
        environment=["jtld/dev"],
    )
    text = path.read_text().replace(
        '"config": {',
        '"config": {"aws:region": "us-east-1", "aws:skipCredentialsValidation": true,'
        ' "cloudflare:apiToken": {"secure": "v1:abc"}, "pulumi:tags": {"a": [1]},',
    )
    path.write_text(text)
    assert load_stack_file(path).environment.name == "dev"


@pytest.mark.parametrize(
    "line",
    [
        "  cloudflare:apiToken: abcdefgh-ijklmnop",
        "  aws:secretKey: {value: abcdefghijklmnop}",
        "  aws:profile: " + "AKIA" + "Q7" * 8,
        "  pulumi:tags: [x, {password: abcdefghijklmnop}]",
        "  # was: AKIA" + "Q7" * 8,
        "  aws:region: ca-central-1 # ghp_" + "a1" * 18,
    ],
)
def test_a_plain_secret_anywhere_in_the_file_is_refused(tmp_path: Path, line: str) -> None:
    """HO-N1, DL-N3."""
    (problem,) = refused(tmp_path, f"{DEV}{line}\n")
    assert "plain text" in problem.rule
    assert not any(secret in str(problem) for secret in ("abcdefgh", "Q7Q7", "a1a1"))


@pytest.mark.parametrize("stack", STACKS)
def test_a_byte_order_mark_and_other_line_ends_do_no_harm(tmp_path: Path, stack: str) -> None:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    path = tmp_path / f"Pulumi.{stack}.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load_stack_file(path) == load_stack_file(ROOT / path.name)
