"""The three committed stack files: right, different only where they must be, and explained by the schema."""

import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jsonschema import Draft7Validator

from settings import Settings, load_stack_file
from settings.base import Model
from settings.explain import models_of
from settings.schema import PATH, schema, text
from tests.settings.documents import ROOT, STACKS, good, stack_document, stack_values

SETTINGS = {stack: load_stack_file(ROOT / f"Pulumi.{stack}.yaml") for stack in STACKS}


def all_models(model: type[Model] = Settings) -> Iterator[type[Model]]:
    yield model
    for field in model.model_fields.values():
        for inner in models_of(field.annotation):
            yield from all_models(inner)


@pytest.mark.parametrize("stack", STACKS)
def test_the_file_and_an_independent_yaml_reader_agree(stack: str) -> None:
    assert good(stack, stack_values(stack)) == SETTINGS[stack]


@pytest.mark.parametrize("stack", STACKS)
def test_the_stack_file_points_editors_to_the_schema(stack: str) -> None:
    first = (ROOT / f"Pulumi.{stack}.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={PATH.relative_to(ROOT).as_posix()}"


def test_they_are_read_on_a_machine_without_time_zones() -> None:
    """JB-N3: a slim container has no /usr/share/zoneinfo; the package `tzdata` stands in for it."""
    code = (
        "import zoneinfo; assert not zoneinfo.TZPATH\n"
        "from settings import load_stack_file; load_stack_file('Pulumi.prod.yaml')"
    )
    environment = os.environ | {"PYTHONTZPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_stacks_share_no_domain_account_or_address() -> None:
    """SC-3: an environment can be made and destroyed without touching another."""
    for first, second in combinations(SETTINGS.values(), 2):
        assert first.environment.domain != second.environment.domain
        assert first.environment.account_id != second.environment.account_id
        assert not ipaddress.ip_network(first.network.cidr).overlaps(
            ipaddress.ip_network(second.network.cidr)
        )
        assert first.access.vercel.project_name != second.access.vercel.project_name


def test_stacks_share_no_signing_key() -> None:
    """ST-5, HO-2: what one environment signs, no other accepts."""
    pems = [
        key.pem for settings in SETTINGS.values() for key in settings.storage.delivery.signing_public_keys
    ]
    assert len(set(pems)) == len(pems)


def test_account_ids_are_plainly_stand_ins() -> None:
    assert all(len(set(settings.environment.account_id)) == 1 for settings in SETTINGS.values())


@pytest.mark.parametrize("stack", STACKS)
def test_committed_signing_keys_are_what_another_library_reads_as_rsa_2048(stack: str) -> None:
    for key in SETTINGS[stack].storage.delivery.signing_public_keys:
        public = load_pem_public_key(key.pem.encode())
        assert isinstance(public, RSAPublicKey)
        assert public.key_size == 2048


def test_data_stays_in_canada() -> None:
    """ST-1, ST-9."""
    for settings in SETTINGS.values():
        assert (settings.environment.region, settings.environment.replica_region) == (
            "ca-central-1",
            "ca-west-1",
        )


def test_production_lowers_no_default() -> None:
    """What prod says has no default, or is the number of its zones: safe values are the defaults."""
    for name in ("environment", "network", "storage"):
        concern = getattr(SETTINGS["prod"], name)
        defaulted = {key for key, field in type(concern).model_fields.items() if not field.is_required()}
        assert concern.model_fields_set & defaulted <= {"gateway_client_cidrs"}


def test_dev_is_cheap_by_its_stack_file_alone() -> None:
    """NW-1."""
    dev = SETTINGS["dev"]
    assert (dev.network.nat, dev.network.interface_endpoints, dev.storage.replication) == (
        "single",
        (),
        False,
    )


def test_the_committed_schema_is_the_one_the_models_give() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m settings.schema"


def test_the_schema_is_a_valid_draft_07_schema_without_references() -> None:
    Draft7Validator.check_schema(schema())
    assert "$ref" not in text()
    assert json.loads(text()) == schema()


@pytest.mark.parametrize("stack", STACKS)
def test_the_stack_file_validates_against_the_schema(stack: str) -> None:
    errors = list(Draft7Validator(schema()).iter_errors(stack_document(stack_values(stack))))
    assert errors == []


def test_the_schema_takes_what_pulumi_keeps_beside_our_settings() -> None:
    document = stack_document(stack_values("dev")) | {"encryptionsalt": "v1:a", "environment": ["jtld/dev"]}
    document["config"] |= {"aws:region": "x", "jtld-platform:filesSigningPrivateKey": {"secure": "v1:a"}}
    assert Draft7Validator(schema()).is_valid(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("jtld-platform:filesSigningPrivateKey", "plain"),
        ("jtld-platform:unknown", {}),
        ("network", {}),
    ],
)
def test_the_schema_refuses_plain_secrets_and_unknown_keys(key: str, value: object) -> None:
    document = stack_document(stack_values("dev"))
    document["config"][key] = value
    assert not Draft7Validator(schema()).is_valid(document)


@pytest.mark.parametrize(
    "model", sorted(set(all_models()), key=lambda model: model.__qualname__), ids=lambda m: m.__name__
)
def test_every_setting_says_what_it_is_for(model: type[Model]) -> None:
    """The documentation of a field is its hover text in editors and the reason in its errors."""
    silent = [name for name, field in model.model_fields.items() if not field.description]
    assert silent == []
    assert model.__doc__
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
