"""What a person reads when settings are wrong: everything at once, where, why, the way out, and no secret."""

import json
from pathlib import Path

import pytest

from settings import Settings, SettingsError, concerns, load, load_stack_file
from settings.secrets import SECRETS, check_secrets
from tests.settings.documents import GONE, changed, dated, problems, stack_file, stack_values

AWS_KEY = "AKIA" + "J7" * 8
PRIVATE_KEY = "-----BEGIN RSA {0}-----\nMIIEow\n-----END RSA {0}-----\n".format("PRIVATE KEY")


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load_stack_file(path)
    return caught.value


def test_a_message_has_place_value_rule_reason_and_way_out(tmp_path: Path) -> None:
    error = refusal(stack_file(tmp_path, "prod", changed(stack_values("prod"), "network.nat", "single")))
    (problem,) = error.problems
    assert str(error) == (
        "1 setting is wrong.\n\n"
        f"Pulumi.prod.yaml:{problem.line}  jtld-platform:network.nat\n"
        '  given   "single"\n'
        "  rule    must be perZone in prod\n"
        "  reason  the failure of one zone must not cut the others off (NW-1)\n"
        "  fix     Write perZone, or leave the key out: it is the default."
    )


def test_a_message_names_the_line_of_its_key(tmp_path: Path) -> None:
    path = stack_file(tmp_path, "prod", changed(stack_values("prod"), "storage.alarms.objectCount", 0))
    (problem,) = refusal(path).problems
    assert problem.line is not None
    assert '"objectCount": 0' in path.read_text().splitlines()[problem.line - 1]


def test_a_missing_key_is_shown_at_the_mapping_that_lacks_it(tmp_path: Path) -> None:
    path = stack_file(tmp_path, "prod", changed(stack_values("prod"), "access.vercel.teamSlug", GONE))
    (problem,) = refusal(path).problems
    assert problem.line is not None
    assert '"vercel": {' in path.read_text().splitlines()[problem.line - 1]


def test_everything_wrong_is_said_at_once_even_between_fields_of_a_concern_with_bad_fields() -> None:
    values = stack_values("prod")
    for key, value in {
        "environment.domain": "not a domain",
        "environment.replicaRegion": "ca-central-1",
        "network.cidr": "10.0.0.0/8",
        "network.nat": "single",
        "network.availabilityZones.0": "ca-west-1a",
        "network.ipv6": True,
        "storage.replication": False,
        "storage.lifecycle.glacierDays": 100,
        "storage.lifecycle.tempExpirationDays": 0,
        "access.vercel.teamId": GONE,
    }.items():
        values = changed(values, key, value)
    assert {problem.path.removeprefix("jtld-platform:") for problem in problems("prod", values)} == {
        "environment.domain",
        "environment.replicaRegion",
        "network.cidr",
        "network.nat",
        "network.availabilityZones[0]",
        "network.ipv6",
        "storage.replication",
        "storage.lifecycle.glacierDays",
        "storage.lifecycle.tempExpirationDays",
        "access.vercel.teamId",
    }


def test_a_refused_field_raises_no_false_alarm_about_its_default() -> None:
    values = changed(
        stack_values("prod"), "storage.lifecycle", {"infrequentAccessDays": 360, "glacierDays": "late"}
    )
    (problem,) = problems("prod", values)
    assert problem.rule == "must be a whole number"


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("network.adminCidr", "adminCidrs"), ("network.admin_cidrs", "adminCidrs"), ("storge", "storage")],
)
def test_an_unknown_key_suggests_the_nearest(key: str, nearest: str) -> None:
    (problem,) = problems("prod", changed(stack_values("prod"), key, []))
    assert problem.remedy.startswith(f"Write {nearest},")


def test_a_misspelt_secret_suggests_the_secret() -> None:
    (problem,) = problems(
        "prod", changed(stack_values("prod"), "filesSigningPrivatKey", {"secure": "v1:abc"})
    )
    assert problem.remedy.startswith("Write filesSigningPrivateKey,")


def test_an_unknown_key_without_a_neighbour_lists_the_keys() -> None:
    (problem,) = problems("prod", changed(stack_values("prod"), "access.zzz", 1))
    assert problem.remedy == "Delete it; the keys here are vercel."


def test_a_rule_about_an_absent_key_says_that_the_default_holds() -> None:
    (problem,) = problems(
        "prod", changed(stack_values("prod"), "storage.lifecycle", {"infrequentAccessDays": 350})
    )
    assert problem.path == "jtld-platform:storage.lifecycle.glacierDays"
    assert problem.value == "nothing, so the default holds"


@pytest.mark.parametrize("stack", ["qa", "", "prod\n", "Prod"])
def test_a_stack_without_an_environment_is_refused(stack: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(stack, stack_values("prod"), source="Pulumi.qa.yaml")
    (problem,) = caught.value.problems
    assert problem.path == "jtld-platform:environment.name"
    assert "dev, staging, prod" in problem.rule


def test_the_program_and_the_file_give_the_same_messages(tmp_path: Path) -> None:
    values = changed(
        changed(stack_values("prod"), "network.nat", 3), "storage.delivery.signingPublicKeys.0.name", "A"
    )
    from_file = refusal(stack_file(tmp_path, "prod", values)).problems
    from_program = problems("prod", values)
    assert {(p.file, p.path, p.value, p.rule, p.reason, p.remedy) for p in from_file} == {
        (p.file, p.path, p.value, p.rule, p.reason, p.remedy) for p in from_program
    }


def test_the_program_may_hand_over_the_text_that_pulumi_keeps() -> None:
    values = stack_values("prod")
    as_text = {key: json.dumps(value) for key, value in values.items()}
    assert load("prod", as_text, source="x") == load("prod", values, source="x")


@pytest.mark.parametrize("text", ["", "{", "[" * 50_000, "no json", "NaN", '"text"', "1e999", "\ud800"])
def test_a_concern_that_is_no_object_is_refused_by_name(text: str) -> None:
    (problem,) = problems("prod", {**stack_values("prod"), "network": text})
    assert problem.path == "jtld-platform:network"


def test_the_program_reads_one_key_for_each_concern() -> None:
    assert concerns()[:4] == ("environment", "network", "storage", "access")
    assert len(concerns()) == len(Settings.model_fields)


@pytest.mark.parametrize(
    "secret",
    [
        AWS_KEY,
        PRIVATE_KEY,
        "ghp_" + "a1" * 18,
        "xoxb-1234567890-abcdef",
        "SG." + "x" * 22 + "." + "y" * 43,
        "postgres://app:hunter2@db.example/jobs",
        "eyJhbGciOiJI.eyJzdWIiOiIx.c2ln",
        "sk_live_" + "4" * 24,
        "pul-" + "0f" * 20,
    ],
)
@pytest.mark.parametrize(
    "key", ["environment.owner", "network.adminCidrs.0", "access.vercel.teamSlug", "anything"]
)
def test_a_secret_in_a_setting_is_refused_and_never_repeated(key: str, secret: str) -> None:
    """HO-N1, DL-N3."""
    values = changed(changed(stack_values("prod"), "network.adminCidrs", []), key, secret)
    error = SettingsError(problems("prod", values))
    assert [problem.path for problem in error.problems if problem.rule == "must not be in plain text"]
    assert secret not in str(error)
    assert secret[6:20] not in str(error) + repr(error)


@pytest.mark.parametrize(
    "text", ["Tr0ub4dor&3-password", "9f86d081884c7d659a2feaa0c55ad015", "bXlTZWNyZXRLZXk9MTIzNDU2Nzg5MA=="]
)
def test_a_value_that_might_be_a_secret_is_not_repeated(text: str) -> None:
    (problem,) = problems("prod", changed(stack_values("prod"), "network.nat", text))
    assert text not in str(problem)


def test_the_value_of_an_unknown_key_is_not_repeated() -> None:
    (problem,) = problems("prod", changed(stack_values("prod"), "environment.login", "hunter2"))
    assert "hunter2" not in str(problem)


def test_a_secret_as_a_key_is_not_repeated() -> None:
    error = SettingsError(problems("prod", changed(stack_values("prod"), ("environment", AWS_KEY), 1)))
    assert AWS_KEY not in str(error)


def test_a_known_stack_secret_must_be_encrypted(tmp_path: Path) -> None:
    """HO-N1."""
    path = stack_file(tmp_path, "prod", {**stack_values("prod"), "filesSigningPrivateKey": "hunter2"})
    (problem,) = refusal(path).problems
    assert (problem.path, problem.rule) == (
        "jtld-platform:filesSigningPrivateKey",
        "must not be in plain text",
    )
    assert "hunter2" not in str(problem)


def test_a_secret_that_only_claims_to_be_encrypted_is_refused(tmp_path: Path) -> None:
    values = {**stack_values("prod"), "filesSigningPrivateKey": {"secure": PRIVATE_KEY}}
    (problem,) = refusal(stack_file(tmp_path, "prod", values)).problems
    assert problem.path == "jtld-platform:filesSigningPrivateKey"


def test_an_encrypted_stack_secret_is_taken_unseen(tmp_path: Path) -> None:
    values = {**stack_values("prod"), "filesSigningPrivateKey": {"secure": "v1:abc:def"}}
    assert load_stack_file(stack_file(tmp_path, "prod", values)) == load(
        "prod", stack_values("prod"), source="x"
    )


def test_the_program_may_hand_over_stack_secrets_which_nobody_looks_at() -> None:
    values = {**stack_values("prod"), "filesSigningPrivateKey": PRIVATE_KEY}
    assert load("prod", values, source="x") == load("prod", stack_values("prod"), source="x")


def test_a_setting_cannot_be_encrypted() -> None:
    (problem, *_) = problems("prod", changed(stack_values("prod"), "storage.lifecycle", {"secure": "v1:abc"}))
    assert problem.path == "jtld-platform:storage.lifecycle.secure"
    assert "plain value" in problem.remedy


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_every_stand_in_secret_has_the_form_of_a_real_one(stack: str) -> None:
    settings = load(stack, stack_values(stack), source="x")
    check_secrets(settings, {name: secret.stand_in() for name, secret in SECRETS.items()}, source="x")
    assert all(secret.stand_in() != secret.stand_in() for secret in SECRETS.values())


def test_missing_and_malformed_secrets_are_named_and_not_shown() -> None:
    values = {name: secret.stand_in() for name, secret in SECRETS.items()}
    settings = load("prod", stack_values("prod"), source="x")
    with pytest.raises(SettingsError) as missing:
        check_secrets(settings, {}, source="Pulumi.prod.yaml")
    assert len(missing.value.problems) == sum(secret.required(settings) for secret in SECRETS.values())
    with pytest.raises(SettingsError) as malformed:
        check_secrets(settings, {**values, "filesSigningPrivateKey": "hunter2"}, source="Pulumi.prod.yaml")
    (problem,) = malformed.value.problems
    assert problem.path == "jtld-platform:filesSigningPrivateKey"
    assert "hunter2" not in str(malformed.value)
    assert "pulumi config set --secret --stack prod" in problem.remedy


def test_the_addresses_of_services_are_asked_for_where_services_are_used() -> None:
    """DB-5, CA-1."""
    addresses = ("externalDatabaseUrl", "externalDirectUrl", "externalRedisUrl")
    values = dated(stack_values("dev"), *addresses) | {
        "database": {"kind": "external", "service": "neon"},
        "cache": {"kind": "external", "service": "upstash"},
        "gateway": {"kind": "external"},
    }
    given = {"filesSigningPrivateKey": SECRETS["filesSigningPrivateKey"].stand_in()}
    with pytest.raises(SettingsError) as missing:
        check_secrets(load("dev", values, source="x"), given, source="Pulumi.dev.yaml")
    assert {problem.path for problem in missing.value.problems} >= {
        f"jtld-platform:{name}" for name in addresses
    }
    open_redis = {name: secret.stand_in() for name, secret in SECRETS.items()} | {
        "externalRedisUrl": "redis://user:password@cache.example.com:6379"
    }
    with pytest.raises(SettingsError, match="rediss://"):
        check_secrets(load("dev", values, source="x"), open_redis, source="Pulumi.dev.yaml")
