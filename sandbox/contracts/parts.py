"""The building blocks of contracts: paths, conditions and rules."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

_SEGMENT = r"[A-Za-z_][A-Za-z0-9_-]*(\[\*\])*"
_PATH = re.compile(rf"{_SEGMENT}(\.{_SEGMENT})*")
_CROSSING = re.compile(rf"{_SEGMENT}([.>]{_SEGMENT})*")
_TOKEN = re.compile(r"[a-z0-9-]+:[A-Za-z0-9/_-]+:[A-Za-z0-9]+")


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        msg = f"{value!r} is not a property path such as `bucket` or `rules[*].status`"
        raise ValueError(msg)
    return value


def _crossing(value: str) -> str:
    if not _CROSSING.fullmatch(value):
        msg = f"{value!r} is not a path such as `vpcId>cidrBlock`"
        raise ValueError(msg)
    return value


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        msg = f"{value!r} is not a token such as `aws:s3/bucket:Bucket`"
        raise ValueError(msg)
    return value


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        msg = f"{value!r} is not a regular expression: {error}"
        raise ValueError(msg) from error
    return value


Path = Annotated[str, AfterValidator(_path)]
Crossing = Annotated[str, AfterValidator(_crossing)]
"""A path that may continue, after `>`, in the resource that a property refers to."""
Token = Annotated[str, AfterValidator(_token)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Template = str | dict[str, Any]
JsonKind = Literal["json", "containers", "iamPolicy", "resourcePolicy", "trustPolicy"]


class Part(BaseModel):
    """Base of everything in a contract file: camelCase keys, nothing unknown, never changed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Condition(Part):
    """Holds when the property at `path` is present and meets every given test.

    A path may cross references (`vpcId>enableDnsHostnames`).

    With `absent: true` it holds when the property is missing instead; with several values at the
    path (`[*]`), when any of them meets the tests.
    """

    path: Crossing
    equals: Any = None
    one_of: list[Any] | None = Field(default=None, alias="in")
    not_in: list[Any] | None = None
    matches: Pattern | None = None
    absent: bool = False

    @property
    def tests(self) -> bool:
        """Tell whether it tests a value instead of presence."""
        return bool(self.model_fields_set & {"equals", "one_of", "not_in", "matches"})


class Change(Part):
    """A change at `path`, narrowed: what providers decide by looking at both sides of it.

    `was` speaks of the state before the change, `when` of the resource after it. `by` is how the value
    changes: `lowers` a number or version; `loses` an element of a list; `swaps` elements, some gone and
    some new; `empties` or fills what held nothing. With `part`, only what its first group finds counts.
    """

    path: Path
    was: Condition | list[Condition] = Field(default=[])
    when: Condition | list[Condition] = Field(default=[])
    by: Literal["lowers", "loses", "swaps", "empties"] | None = None
    part: Pattern | None = None

    @property
    def before(self) -> list[Condition]:
        """Return what must hold before the change."""
        return self.was if isinstance(self.was, list) else [self.was]

    @property
    def after(self) -> list[Condition]:
        """Return what must hold after the change."""
        return self.when if isinstance(self.when, list) else [self.when]


class Refusal(Change):
    """A change that the cloud refuses, with its error: a template, over the resource as it was wanted."""

    error: str


class Minimum(Part):
    """The property at `path`, inside the rule's scope, is at least `min`."""

    path: Path
    min: float


class Existence(Part):
    """A resource of `type` whose `property` equals the template `equals`, and which meets `where`."""

    type: Token
    property: Path
    equals: str
    where: Condition | None = None


class Rule(Part):
    """One check beyond the SDK's types; it says one thing and its error says what the real one says.

    Either `path` with tests of each value there, or a relation between properties, or `when` with
    `require` or `forbid`. `when` narrows any of them. Relations under `path: "rules[*]"` are judged
    inside each element. What looks at other resources (a path with `>`, `within`, `disjoint`,
    `exists`, `notExists`) is judged when the resource is created or updated, like `at: create`;
    everything else in Check. `error` is a template; `{value}` is the value that failed.
    """

    path: Crossing | None = None
    pattern: Pattern | None = None
    not_pattern: Pattern | None = None
    enum: list[Any] | None = None
    min: float | None = None
    max: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    distinct: bool = False
    cidr: bool = Field(default=False, description="an address block, whatever its host bits")
    network: bool = Field(default=False, description="an address block without host bits")
    family: Literal[4, 6] | None = None
    prefix_length: tuple[int, int] | None = None
    zone: bool = Field(default=False, description="an availability zone of the resource's region")
    json_kind: JsonKind | None = Field(default=None, alias="json")
    member_of: Path | None = Field(default=None, description="one of the values at this path")
    within: Crossing | None = Field(default=None, description="a block inside one of the blocks there")
    disjoint: Path | None = Field(
        default=None, description="no overlap with the blocks of resources that have the same value there"
    )

    exactly_one_of: list[Path] | None = None
    at_least_one_of: list[Path] | None = None
    conflicts: list[Path] | None = None
    together: list[Path] | None = None
    require: list[Path] | None = None
    forbid: list[Path] | None = None
    same: tuple[Crossing, Crossing] | None = Field(
        default=None, description="equal values, if both are there"
    )
    ordered: tuple[Crossing, Crossing] | None = Field(
        default=None, description="the first not above the second"
    )
    strict: bool = Field(default=False, description="with `ordered`: below")
    min_of: Minimum | None = None
    product: tuple[Path, Path] | None = Field(default=None, description="judged by `max`")
    exists: Existence | None = None
    not_exists: Existence | None = None

    when: Condition | list[Condition] | None = None
    error: str | None = None
    at: Literal["check", "create"] = "check"

    @property
    def conditions(self) -> list[Condition]:
        """Return the conditions under which the rule applies."""
        if self.when is None:
            return []
        return self.when if isinstance(self.when, list) else [self.when]

    @property
    def relational(self) -> bool:
        """Tell whether the rule relates properties to each other instead of testing values."""
        return bool(self.model_fields_set & RELATIONS)

    @property
    def moment(self) -> Literal["check", "create"]:
        """Return when the rule can be judged: what looks at other resources, not before creation."""
        texts = [self.path, *(self.same or ()), *(self.ordered or ()), *(c.path for c in self.conditions)]
        elsewhere = any((self.within, self.disjoint, self.exists, self.not_exists))
        return "create" if elsewhere or any(text and ">" in text for text in texts) else self.at

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        tests = self.model_fields_set - {"path", "when", "error", "at", "strict"}
        if not tests:
            msg = "a rule needs a test (pattern, enum, min, exactlyOneOf, require, …)"
            raise ValueError(msg)
        if self.path is None and not self.relational:
            msg = "a rule that tests a value needs `path`"
            raise ValueError(msg)
        return self


RELATIONS = frozenset(
    {
        "exactly_one_of",
        "at_least_one_of",
        "conflicts",
        "together",
        "require",
        "forbid",
        "same",
        "ordered",
        "min_of",
        "product",
        "exists",
        "not_exists",
    }
)
