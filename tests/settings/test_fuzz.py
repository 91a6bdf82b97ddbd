"""Generated documents: bad ones are refused in words, never with a traceback or a secret; good ones survive."""

import hashlib
import json
import random
import re
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pydantic import ValidationError

from settings import Settings, SettingsError, load, load_stack_file
from settings.base import RULE_ERROR
from settings.errors import Problem
from settings.schema import schema
from settings.stack_file import ROOT_KEYS
from tests.settings.documents import (
    GONE,
    STACKS,
    at,
    changed,
    places,
    stack_document,
    stack_file,
    stack_values,
)


def fuzz(examples: int = 100) -> settings:
    """Return the same documents on every machine, so that a failure can be repeated."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


SCHEMA = Draft7Validator(schema())
VALUES = {stack: stack_values(stack) for stack in STACKS}

TAILS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20)]
KNOWN_SECRETS = [
    secret
    for tail in TAILS
    for secret in (
        f"AKIA{tail[:16].upper()}",
        f"ghp_{tail[:36]}",
        f"xoxb-{tail[:24]}",
        f"postgres://app:{tail[:12]}@db.internal/jobs",
        "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n".format("PRIVATE KEY", tail),
    )
]
UNKNOWN_SECRETS = [*TAILS, *(f"hunter-password-{tail[:4]}" for tail in TAILS)]
CANARIES = [*KNOWN_SECRETS, *UNKNOWN_SECRETS]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats()
    | st.text(max_size=30)
    | st.text(string.printable, max_size=200)
    | st.sampled_from(
        ["", " ", "0", "-1", "true", "null", "0.0.0.0/0", "..", "\0", "\u202e", "é" * 200, "x" * 100_000]
    )
)
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, dict[str, Any], str | None]:
    """Return a stack, a document of it with one to three changes, and the canary hidden in it, if any."""
    stack = draw(st.sampled_from(STACKS))
    values, canary = VALUES[stack], None
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(values))))
        match draw(
            st.sampled_from(["delete", "replace", "rename", "number", "add", "canary", "canary key", "nest"])
        ):
            case "delete":
                values = changed(values, path, GONE)
            case "replace":
                values = changed(values, path, draw(garbage))
            case "rename" if isinstance(path[-1], str):
                moved = at(values, path)
                name = draw(
                    st.sampled_from([path[-1].upper(), path[-1] + "s", "_" + path[-1], path[-1][1:]])
                    | st.text()
                )
                values = changed(changed(values, path, GONE), (*path[:-1], name), moved)
            case "number":
                values = changed(
                    values, path, draw(st.sampled_from([0, -1, 10**9, 10**19, 10**400, 0.5, float("nan")]))
                )
            case "canary":
                canary = draw(st.sampled_from(CANARIES))
                values = changed(values, path, canary)
            case "canary key" if isinstance(at(values, path[:-1]), dict):
                canary = draw(st.sampled_from(CANARIES))
                values = changed(
                    values, (*path[:-1], draw(st.sampled_from(["login", "apiKey", "note"]))), canary
                )
            case "nest":
                values = changed(values, path, {"a": [{"b": at(values, path)}]})
            case _:
                values = changed(values, (draw(st.text()),), draw(garbage))
    return stack, values, canary


def check_problems(error: SettingsError, file: str, canary: str | None) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.file == file
        assert re.match(r"jtld-platform:|[^.\[]", problem.path)
        assert problem.path.startswith(("jtld-platform:", *ROOT_KEYS, '"')) or len(problem.path) < 100
        assert all((problem.value, problem.rule, problem.reason, problem.remedy))
        assert f"{file}" in str(problem)
        assert problem.path in str(problem)
    told = f"{error} {error!r} {error.problems!r}"
    assert "Traceback" not in told
    assert canary is None or canary not in told
    assert canary is None or not any(tail[:16] in told.lower() for tail in TAILS)


@pytest.mark.timeout(180)
def test_a_thousand_bad_documents_are_refused_in_words_and_without_secrets() -> None:
    refused: list[Problem] = []

    @fuzz(1300)
    @given(spoilt())
    def judge(case: tuple[str, dict[str, Any], str | None]) -> None:
        stack, values, canary = case
        try:
            load(stack, values, source=f"Pulumi.{stack}.yaml")
        except SettingsError as error:
            check_problems(error, f"Pulumi.{stack}.yaml", canary)
            refused.append(error.problems[0])
        else:
            assert canary not in KNOWN_SECRETS or canary not in json.dumps(values)

    judge()
    assert len(refused) >= 1000


@pytest.mark.timeout(180)
def test_bad_stack_files_are_refused_at_a_line_and_without_secrets(tmp_path: Path) -> None:
    @fuzz(150)
    @given(spoilt(), st.sampled_from(CANARIES))
    def judge(case: tuple[str, dict[str, Any], str | None], second: str) -> None:
        stack, values, canary = case
        path = stack_file(tmp_path, stack, {**values, "filesSigningPrivateKey": second})
        with pytest.raises(SettingsError) as caught:
            load_stack_file(path)
        check_problems(caught.value, path.name, canary)
        assert second not in str(caught.value)
        assert all(problem.line for problem in caught.value.problems)

    judge()


@pytest.mark.timeout(180)
def test_stack_files_with_damaged_text_are_refused_in_words(tmp_path: Path) -> None:
    """A slip of the hand anywhere in the text: cut, doubled, swapped, or strange characters."""
    chance = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    pieces = [
        "\t",
        "  ",
        ": ",
        "- ",
        "[",
        "}",
        "'",
        '"',
        "&a ",
        "*a",
        "!!x ",
        "|",
        "\0",
        "\n",
        "%",
        "@",
        "#",
        "?",
    ]
    for _ in range(250):
        stack = chance.choice(STACKS)
        text = (Path(__file__).parents[2] / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
        start = chance.randrange(len(text))
        end = min(len(text), start + chance.randrange(30))
        damaged = text[:start] + chance.choice(["", text[start:end] * 2, *pieces]) + text[end:]
        path = tmp_path / f"Pulumi.{stack}.yaml"
        path.write_text(damaged, encoding="utf-8")
        try:
            load_stack_file(path)
        except SettingsError as error:
            check_problems(error, path.name, None)


@pytest.mark.timeout(180)
def test_the_schema_catches_every_fault_of_form_and_nothing_that_is_right() -> None:
    @fuzz(300)
    @given(spoilt())
    def judge(case: tuple[str, dict[str, Any], str | None]) -> None:
        stack, values, _ = case
        try:
            text = json.dumps(values, allow_nan=False)
            form = Settings.model_validate_json(text, by_alias=True, by_name=False) and []
        except ValidationError as error:
            form = [
                finding for finding in error.errors() if finding["type"] not in {RULE_ERROR, "json_invalid"}
            ]
        except ValueError:
            return
        taken_by_the_schema = SCHEMA.is_valid(stack_document(values))
        if form:
            whole = [
                f
                for f in form
                if f["type"] != "int_type" or not isinstance(f["input"], float) or f["input"] % 1
            ]
            assert not (taken_by_the_schema and whole)
        if not taken_by_the_schema:
            with pytest.raises(SettingsError):
                load(stack, values, source="x")

    judge()


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return value


@fuzz()
@given(st.sampled_from(STACKS), st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(stack: str, chance: random.Random) -> None:
    values = shuffled(VALUES[stack], chance)
    assert load(stack, values, source="x") == load(stack, VALUES[stack], source="x")


days = st.integers(30, 365)
admins = st.integers(0, 255).map(lambda host: f"198.51.100.{host}/32")


@fuzz()
@given(
    st.sampled_from(("dev", "staging")),
    st.builds(
        lambda infrequent, more, versions: {
            "infrequentAccessDays": infrequent,
            "glacierDays": infrequent + more,
            "noncurrentVersions": versions,
        },
        days,
        st.integers(30, 3000),
        st.integers(1, 100),
    ),
    st.lists(admins, unique=True, max_size=5),
    st.integers(1, 10**10),
)
def test_any_good_document_comes_back_the_same(
    stack: str, lifecycle: Any, ranges: list[str], objects: int
) -> None:
    values = changed(VALUES[stack], "storage.lifecycle", lifecycle)
    values = changed(changed(values, "network.adminCidrs", ranges), "storage.alarms.objectCount", objects)
    said = load(stack, values, source="x")
    again = load(stack, json.loads(said.model_dump_json(by_alias=True)), source="x")
    assert again == said
    assert said.storage.lifecycle.glacier_days == lifecycle["glacierDays"]
    assert json.loads(said.model_dump_json(by_alias=True, exclude_unset=True)) == values
