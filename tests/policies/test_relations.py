"""Which resource belongs to which: by dependency, by name, by neighbourhood, or not known yet."""

import pytest

from policies.levels import Environment
from policies.relations import identities
from policies.resources import Resource, Stack
from policies.values import UNKNOWN, Truth

BUCKET, SETTING = "aws:s3/bucket:Bucket", "aws:s3/bucketVersioning:BucketVersioning"


def _resource(
    type_: str, name: str, *, parent: str = "component", depends: str = "", **inputs: object
) -> Resource:
    return Resource(
        urn=f"urn:pulumi:prod::p::{type_}::{name}",
        type=type_,
        name=name,
        inputs=inputs,
        parent=parent,
        property_dependencies={"bucket": frozenset({f"urn:pulumi:prod::p::{BUCKET}::{depends}"})}
        if depends
        else {},
        identities=identities(inputs),
    )


A, B = _resource(BUCKET, "a", bucket="name-a"), _resource(BUCKET, "b", bucket="name-b")


@pytest.mark.parametrize(
    ("setting", "belongs"),
    [
        (_resource(SETTING, "dependency", depends="a", bucket=UNKNOWN), Truth.YES),
        (_resource(SETTING, "other's dependency", depends="b", bucket=UNKNOWN), Truth.NO),
        (_resource(SETTING, "name", bucket="name-a"), Truth.YES),
        (_resource(SETTING, "arn", bucket="arn:aws:s3:::name-a"), Truth.YES),
        (_resource(SETTING, "other's name", bucket="name-b"), Truth.NO),
        (_resource(SETTING, "nobody's name", bucket="elsewhere"), Truth.NO),
        (_resource(SETTING, "nothing"), Truth.NO),
        (_resource(SETTING, "unknown between two", bucket=UNKNOWN), Truth.UNKNOWN),
        (_resource(SETTING, "unknown in another component", bucket=UNKNOWN, parent="z"), Truth.UNKNOWN),
    ],
    ids=lambda value: value.name,
)
def test_a_setting_belongs_to_its_bucket(setting: Resource, belongs: Truth) -> None:
    stack = Stack(environment=Environment.PROD, limits={}, resources=(A, B, setting))
    assert stack.link(A, setting, "bucket") is belongs


def test_the_only_bucket_of_a_component_owns_what_refers_to_something_unknown() -> None:
    lonely = _resource(BUCKET, "lonely", parent="own", bucket="x")
    setting = _resource(SETTING, "s", parent="own", bucket=UNKNOWN)
    stack = Stack(environment=Environment.PROD, limits={}, resources=(A, lonely, setting))
    assert stack.link(lonely, setting, "bucket") is Truth.YES
    assert stack.link(A, setting, "bucket") is Truth.NO


def test_something_that_may_belong_to_a_bucket_is_no_proof_that_it_does_not() -> None:
    maybe = _resource(SETTING, "maybe", bucket=UNKNOWN)
    stack = Stack(environment=Environment.PROD, limits={}, resources=(A, B, maybe))
    assert stack.has(A, SETTING, "bucket") is Truth.UNKNOWN
    assert (
        Stack(environment=Environment.PROD, limits={}, resources=(A, B)).has(A, SETTING, "bucket") is Truth.NO
    )
