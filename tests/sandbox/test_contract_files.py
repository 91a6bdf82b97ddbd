"""Contract files: what is wrong in one is said with its place (design: Contracts)."""

from pathlib import Path

import pytest

from sandbox.contracts import ContractError, Contracts
from sandbox.contracts.loader import read

HEAD = "service: s3\nsources: [x]\n"
BUCKET = "  aws:s3/bucket:Bucket: {id: '{bucket}'}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "contracts" / "aws").mkdir(parents=True)
    return tmp_path / "contracts"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("service: s3\n", "sources: Field required"),
        (HEAD + "types:\n  aws:s3/bucket:Bucket: {id: x, replaces: [bucket]}\n", "replaces: Extra inputs"),
        (HEAD + "types:\n  Bucket: {id: x}\n", "is not a token"),
        (HEAD + "types:\n  aws:s3/bucket:Bucket: {id: x, replace: ['a..b']}\n", "is not a property path"),
        (HEAD + "types:\n  aws:s3/bucket:Bucket: {id: x, validate: [{path: a}]}\n", "a rule needs a test"),
        (HEAD + "types:\n  aws:s3/bucket:Bucket: {id: x, validate: [{pattern: a}]}\n", "needs `path`"),
        (
            HEAD + "types:\n  aws:s3/bucket:Bucket: {id: x, validate: [{path: a, pattern: '('}]}\n",
            "not a regular expression",
        ),
        (HEAD + "types:\n" + BUCKET + BUCKET, "appears twice, the second time in line 5"),
        (HEAD + "types: [", "while parsing a flow node"),
    ],
)
def test_a_mistake_in_a_contract_is_told_with_file_and_place(folder: Path, text: str, reason: str) -> None:
    file = folder / "aws" / "s3.yaml"
    file.write_text(text)
    with pytest.raises(ContractError) as error:
        read(file)
    assert str(file) in str(error.value)
    assert reason in str(error.value)


def test_a_type_in_two_files_or_of_another_package_is_refused(folder: Path) -> None:
    (folder / "aws" / "a.yaml").write_text(HEAD + "types:\n" + BUCKET)
    (folder / "aws" / "b.yaml").write_text(HEAD + "types:\n" + BUCKET)
    with pytest.raises(ContractError, match=r"repeats aws:s3/bucket:Bucket"):
        Contracts(folder).package("aws")
    (folder / "aws" / "b.yaml").write_text(HEAD + "types:\n" + BUCKET.replace("aws", "gcp"))
    with pytest.raises(ContractError, match="of another package"):
        Contracts(folder).package("aws")


@pytest.mark.parametrize(
    ("token", "place"),
    [
        ("aws:s3/bucket:Bucket", "contracts/aws/s3.yaml"),
        ("cloudflare:index/dnsRecord:DnsRecord", "contracts/cloudflare/provider.yaml"),
    ],
)
def test_what_is_missing_is_told_with_the_file_to_add_it_to(folder: Path, token: str, place: str) -> None:
    (folder / "aws" / "ec2.yaml").write_text(HEAD)
    with pytest.raises(ContractError, match=place):
        Contracts(folder).contract(token)
    with pytest.raises(ContractError, match="provider"):
        Contracts(folder).provider(token.split(":", maxsplit=1)[0])


def test_another_provider_needs_one_folder_of_contracts(folder: Path) -> None:
    (folder / "tls").mkdir()
    (folder / "tls" / "tls.yaml").write_text("service: tls\nsources: [x]\nprovider: {framework: plugin}\n")
    assert Contracts(folder).provider("tls").framework == "plugin"
    assert Contracts(folder).packages() == ["tls"]
