"""The `random` provider with the real one's meaning (issue 3: Sandbox)."""

import base64
import re
import uuid
from typing import Any

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import inventory
from sandbox.cloud import CLOUD_FILE, Cloud
from sandbox.provider import OperationError
from sandbox.values import UNKNOWN, Secret, reveal
from tests.sandbox.conftest import Account, account, urn


def token(name: str) -> str:
    return f"random:index/{name[0].lower()}{name[1:]}:{name}"


@pytest.fixture
def random(cloud: Cloud) -> Account:
    return account(cloud, package="random")


def test_a_password_has_its_length_and_at_least_what_each_class_demands(random: Account) -> None:
    inputs = {
        "length": 12,
        "minLower": 3,
        "minUpper": 3,
        "minNumeric": 3,
        "minSpecial": 3,
        "overrideSpecial": "_",
    }
    outputs = random.create(token("RandomPassword"), "p", inputs).outputs
    result = reveal(outputs["result"])
    assert len(result) == 12
    for characters in ("[a-z]", "[A-Z]", "[0-9]", "_"):
        assert len(re.findall(characters, result)) == 3


def test_a_password_is_secret_hashed_and_not_its_own_id(random: Account) -> None:
    created = random.create(token("RandomPassword"), "p", {"length": 20})
    assert isinstance(created.outputs["result"], Secret)
    assert bcrypt.checkpw(
        reveal(created.outputs["result"]).encode(), reveal(created.outputs["bcryptHash"]).encode()
    )
    assert created.id == "none"


@given(st.lists(st.booleans(), min_size=3, max_size=3).filter(any))
def test_a_switched_off_class_never_appears(classes: list[bool]) -> None:
    random = account(Cloud(":memory:"), package="random")
    inputs = dict(zip(("lower", "upper", "numeric"), classes, strict=True)) | {"length": 40, "special": False}
    result = random.create(token("RandomString"), "s", inputs).outputs["result"]
    for wanted, characters in zip(classes, ("[a-z]", "[A-Z]", "[0-9]"), strict=True):
        assert wanted or not re.search(characters, result)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"length": 3, "minLower": 2, "minUpper": 2}, "at least sum of"),
        ({"length": 0}, "at least"),
        (
            {"length": 8, "lower": False, "upper": False, "numeric": False, "special": False},
            "At least one attribute",
        ),
        ({"length": "ten"}, "expected integer type"),
        ({}, "Missing required property 'length'"),
    ],
)
def test_a_password_that_cannot_be_made_is_refused_before_it_is_made(
    random: Account, inputs: dict[str, Any], reason: str
) -> None:
    failures = random.check(token("RandomPassword"), "p", inputs).failures
    assert any(reason in failure.reason for failure in failures), failures


def test_keepers_and_every_other_change_replace(random: Account) -> None:
    random.create(token("RandomId"), "i", {"byteLength": 4, "keepers": {"a": "1"}})
    assert random.diff(token("RandomId"), "i", {"byteLength": 4, "keepers": {"a": "2"}}).replaces == [
        "keepers"
    ]
    assert random.diff(token("RandomId"), "i", {"byteLength": 5, "keepers": {"a": "1"}}).replaces == [
        "byteLength"
    ]
    assert not random.diff(token("RandomId"), "i", {"byteLength": 4, "keepers": {"a": "1"}}).changes


def test_an_id_s_encodings_are_of_the_same_bytes_and_carry_the_prefix(random: Account) -> None:
    outputs = random.create(token("RandomId"), "i", {"byteLength": 6, "prefix": "p-"}).outputs
    raw = bytes.fromhex(outputs["hex"].removeprefix("p-"))
    assert len(raw) == 6
    assert outputs["dec"] == "p-" + str(int.from_bytes(raw, "big"))
    assert outputs["b64Std"] == "p-" + base64.b64encode(raw).decode()
    assert (
        outputs["b64Url"] == "p-" + outputs["id"] == "p-" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    )


def test_the_others_are_what_they_say(random: Account) -> None:
    def made(name: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return dict(reveal(random.create(token(name), name, inputs).outputs))

    octets = made("RandomBytes", {"length": 9})
    assert len(base64.b64decode(octets["base64"])) == 9
    assert octets["id"] == octets["base64"], "computeRandomBytesID in pulumi-random"
    assert uuid.UUID(made("RandomUuid4", {})["result"]).version == 4
    assert uuid.UUID(made("RandomUuid7", {})["result"]).version == 7
    assert 3 <= made("RandomInteger", {"min": 3, "max": 5})["result"] <= 5
    assert len(made("RandomPet", {"length": 3, "separator": "."})["id"].split(".")) == 3
    assert sorted(made("RandomShuffle", {"inputs": ["a", "b", "c"]})["results"]) == ["a", "b", "c"]
    assert len(made("RandomShuffle", {"inputs": ["a", "b"], "resultCount": 5})["results"]) == 5


def test_a_seed_repeats_an_integer(random: Account) -> None:
    inputs = {"min": 1, "max": 1_000_000, "seed": "x"}
    first = random.create(token("RandomInteger"), "one", inputs).outputs["result"]
    assert random.create(token("RandomInteger"), "two", inputs).outputs["result"] == first


def test_an_impossible_range_is_refused_when_the_number_is_made(random: Account) -> None:
    """`resource_integer.go` compares in Create; the schema has no validator."""
    with pytest.raises(OperationError, match="smaller than or equal"):
        random.create(token("RandomInteger"), "i", {"min": 5, "max": 1})


def test_a_plain_uuid_has_no_version(cloud: Cloud) -> None:
    """`resource_uuid.go`: go-uuid formats random bytes as they come, so any version digit turns up."""
    random = account(cloud, package="random")
    made = [random.create(token("RandomUuid"), f"u{n}", {}).outputs["result"] for n in range(60)]
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in made)
    assert len({one[14] for one in made}) > 1


def test_an_empty_list_of_special_characters_means_the_usual_ones(random: Account) -> None:
    """`string.go`: only a text that is not empty overrides them; the schema takes both."""
    inputs = {"length": 60, "overrideSpecial": "", "lower": False, "upper": False, "numeric": False}
    assert re.search(r"[!@#$%&*()]", random.create(token("RandomString"), "s", inputs).outputs["result"])


def test_results_are_unknown_before_creation(random: Account) -> None:
    outputs = random.preview(token("RandomString"), "s", {"length": 8}).outputs
    assert outputs["result"] is UNKNOWN
    assert outputs["special"] is True


@pytest.mark.parametrize(
    ("name", "id_", "inputs", "property_", "value"),
    [
        ("RandomPassword", "s3cret!", {"length": 7}, "result", "s3cret!"),
        ("RandomId", "p-,AAEC", {"byteLength": 3, "prefix": "p-"}, "hex", "p-000102"),
        ("RandomInteger", "7,1,9", {"min": 1, "max": 9}, "result", 7),
        (
            "RandomUuid",
            "aabbccdd-eeff-0011-2233-445566778899",
            {},
            "result",
            "aabbccdd-eeff-0011-2233-445566778899",
        ),
        ("RandomBytes", "AAEC", {"length": 3}, "hex", "000102"),
    ],
)
def test_an_import_takes_the_value_from_the_id_and_leaves_nothing_to_change(
    random: Account, *, name: str, id_: str, inputs: dict[str, Any], property_: str, value: Any
) -> None:
    there = urn(token(name), "x")
    state = random.provider.read(there, id_, {}, {})
    assert state.inputs == inputs
    assert reveal(state.outputs[property_]) == value
    checked = random.provider.check(there, {}, inputs)
    assert not random.provider.diff(there, state.inputs, state.outputs, checked.inputs).changes


def test_what_cannot_be_imported_says_so(random: Account) -> None:
    with pytest.raises(OperationError, match="cannot be imported"):
        random.provider.read(urn(token("RandomPet"), "x"), "proud-puffin", {}, {})
    with pytest.raises(OperationError, match="cannot be imported"):
        random.provider.read(urn(token("RandomUuid"), "x"), "no uuid", {}, {})


def test_random_values_are_in_no_cloud_and_a_refresh_keeps_them(tmp_path: Any) -> None:
    random = account(Cloud(tmp_path / CLOUD_FILE), package="random")
    created = random.create(token("RandomString"), "s", {"length": 8})
    assert inventory.rows(tmp_path) == []
    assert random.refresh(token("RandomString"), "s").outputs == created.outputs
