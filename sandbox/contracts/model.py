"""What a contract file may say about a provider's resources and functions.

A contract holds only what the SDK's types cannot tell: names, identifiers, computed values and the
rules of the cloud behind the provider. Paths are dotted property paths in which `[*]` stands for
every element of a list (`rules[*].status`). Templates are described in `sandbox.templates`.
"""

from typing import Any, Literal

from pydantic import Field

from sandbox.contracts.parts import (
    Change,
    Condition,
    Crossing,
    Part,
    Path,
    Pattern,
    Refusal,
    Rule,
    Template,
    Token,
)


class Autoname(Part):
    """The name property that Check fills in when the program leaves it out."""

    property: Path
    max: int = Field(gt=0)
    lower: bool = False
    separator: str = "-"
    prefix: str = ""
    fifo_suffix: Path | None = Field(default=None, description="adds `.fifo` when this property is true")


class Prefix(Part):
    """A `xxxPrefix` input: the cloud makes the name of `of` from it at creation."""

    property: Path
    of: Path


class Unique(Part):
    """Values that no two living resources of the type may share within a scope.

    `scope` is `global`, `partition`, `account`, `region`, or the path of a property that names the
    parent (`vpcId`). `types` adds other types that share the name space. Of lists (`aliases[*]`) one
    common element collides; a resource without any of the values claims nothing. `when` narrows to
    those that meet it; what meets `against` instead stands in their way, and the other way round.
    """

    scope: str = "account"
    by: list[Path] = Field(min_length=1)
    types: list[Token] = Field(default=[])
    when: Condition | list[Condition] = Field(default=[])
    against: Condition | list[Condition] | None = None
    error: str

    @property
    def claims(self) -> list[Condition]:
        """Return the conditions under which a resource claims the values."""
        return self.when if isinstance(self.when, list) else [self.when]

    @property
    def holds(self) -> list[Condition]:
        """Return the conditions under which a living resource stands in the way."""
        if self.against is None:
            return self.claims
        return self.against if isinstance(self.against, list) else [self.against]


class Reference(Part):
    """A property that must name an existing resource when it is created or updated.

    `by` is `id` or the target's property (`arn`, `name`); several mean any of them. A value that
    matches `unless` names something outside the sandbox (an AWS-managed policy) and is not looked
    up, nor is with `anyAccount` the ARN of another account. `anyRegion` is for references that cross regions
    (certificates, replicas).
    """

    type: Token | list[Token]
    by: str | list[str] = "id"
    unless: Pattern | None = None
    any_region: bool = False
    any_account: bool = False
    error: str | None = None

    @property
    def types(self) -> list[str]:
        """Return the acceptable target types."""
        return [self.type] if isinstance(self.type, str) else self.type

    @property
    def keys(self) -> list[str]:
        """Return the target's properties of which one must equal the value."""
        return [self.by] if isinstance(self.by, str) else self.by


class BlockedBy(Part):
    """Deletion is refused while a `type` resource's `property` holds this resource's `by`."""

    type: Token
    property: Crossing
    by: str = "id"
    where: Condition | None = Field(default=None, description="only those blockers that meet it")
    unless: Condition | None = Field(default=None, description="not when the deleted resource meets it")
    error: str


class Protected(Part):
    """Deletion is refused while `property` equals `equals`."""

    property: Path
    equals: Any = True
    unless: Condition | None = None
    error: str


class Delete(Part):
    """What stands against deletion, and what stays after it.

    `keeps: pending` leaves the resource behind as pending deletion: it is no longer found, but its
    unique names stay taken (a KMS key, a secret in its recovery window). `keeps: settings` is for
    what cannot be deleted at all (a zone setting): deletion succeeds and the cloud forgets nothing.
    """

    blocked_by: list[BlockedBy] = Field(default=[])
    protected: list[Protected] = Field(default=[])
    keeps: Literal["nothing", "pending", "settings"] = "nothing"
    keeps_unless: Condition | None = None


class Contract(Part):
    """Everything the sandbox knows of one resource type beyond its SDK shape."""

    id: Template = Field(description="the physical id")
    framework: Literal["sdk", "plugin"] | None = Field(
        default=None,
        description="Terraform SDKv2 or plugin framework; absent: the package's",
    )
    import_id: Template | None = Field(
        default=None, alias="import", description="template of the id `pulumi import` takes"
    )
    shared_id: bool = Field(
        default=False, description="others have the same id: `import` is what tells the resource apart"
    )
    autoname: Autoname | None = None
    prefix: Prefix | list[Prefix] | None = None
    defaults: dict[Path, Any] = Field(default={}, description="what an omitted optional input becomes")
    outputs: dict[Path, Any] = Field(
        default={}, description="computed outputs as templates; an input given wins"
    )
    filled: list[Path] = Field(
        default=[], description="inputs that the cloud fills in where they are left out: that is no change"
    )
    generator: str | None = Field(
        default=None, description="a function of `sandbox.generators` computing outputs"
    )
    stable: list[Path] | Literal["all"] | None = Field(
        default=None,
        description="computed outputs known when an update is previewed; absent: sdk all, plugin none",
    )
    volatile: list[Path] = Field(default=[], description="computed outputs that are new after each update")
    replace: list[Path] = Field(default=[], description="paths whose change replaces the resource")
    replace_when: list[Change] = Field(default=[], description="changes that replace in some cases only")
    suppress: list[Change] = Field(default=[], description="differences that the provider does not count")
    replace_all: bool = Field(default=False, description="every change of an input replaces (random)")
    delete_before_replace: bool = Field(default=False, description="the real provider deletes first")
    switch: list[list[Path]] = Field(
        default=[], description="groups of properties: changing from one of a group to another replaces"
    )
    immutable: dict[Path, str] = Field(
        default={}, description="paths the cloud refuses to change, each with its error"
    )
    refuse: list[Refusal] = Field(default=[], description="changes that the cloud refuses in some cases only")
    unordered: list[Path] = Field(default=[], description="lists that are sets: another order is no change")
    case_insensitive: list[Path] = Field(default=[], description="values compared without regard to case")
    secret: list[Path] = Field(default=[], description="outputs that are secret beyond what the SDK marks")
    write_only: list[Path] = Field(default=[], description="inputs the provider never returns nor keeps")
    not_imported: list[Path] = Field(default=[], description="inputs a read by import cannot know")
    unique: list[Unique] = Field(default=[])
    references: dict[Path, Reference | list[Reference]] = Field(default={})
    delete: Delete = Delete()
    singleton: list[Path] = Field(default=[], description="at most one resource for these values")
    on_existing: Literal["overwrite", "refuse"] = "overwrite"
    existing_error: str | None = None
    validations: list[Rule] = Field(default=[], alias="validate")
    regions: list[str] | None = Field(default=None, description="the only regions that have it")
    is_global: bool = Field(default=False, alias="global")
    taggable: bool = False
    open_enums: list[Path] = Field(
        default=[], description="paths where the SDK's list of values is not complete"
    )

    @property
    def local(self) -> bool:
        """Tell whether no cloud holds it: the state of the stack is all there is (random)."""
        return self.generator is not None

    def reference(self, path: str) -> list[Reference]:
        """Return what the property at a contract path may refer to."""
        found = self.references.get(path, [])
        return found if isinstance(found, list) else [found]

    @property
    def prefixes(self) -> list[Prefix]:
        """Return the prefix inputs."""
        if self.prefix is None:
            return []
        return self.prefix if isinstance(self.prefix, list) else [self.prefix]


class Lookup(Part):
    """A function that reads the cloud: the arguments given must equal the resource's properties.

    `by` maps argument to property; `filters` maps the names usable in `filters[*].name` to
    properties. `many` returns every match: its outputs are templates over `item` inside `$each: found`.
    """

    type: Token
    by: dict[str, str] = Field(default={})
    filters: dict[str, str] = Field(default={})
    many: bool = False
    error: str = "no matching resource found"


class Function(Part):
    """An invoke: constant or computed outputs, or a lookup in the cloud.

    A lookup's result starts from the found resource's own outputs as far as the function has them.
    """

    lookup: Lookup | None = None
    outputs: dict[str, Any] = Field(default={})
    validations: list[Rule] = Field(default=[], alias="validate")
    document: Literal["iamPolicy"] | None = Field(
        default=None, description="builds a policy document from its arguments"
    )


class Region(Part):
    """A region the provider knows."""

    partition: str = "aws"
    dns_suffix: str = "amazonaws.com"
    zones: dict[str, str] = Field(default={}, description="availability zone name to zone id")


class ProviderContract(Part):
    """The provider itself: how it is configured."""

    framework: Literal["sdk", "plugin"]
    regions: dict[str, Region] = Field(default={})
    account: str = Field(default="", description="account when the configuration names none")
    validations: list[Rule] = Field(default=[], alias="validate")


class ServiceFile(Part):
    """One contract file."""

    service: str
    sources: list[str] = Field(min_length=1)
    provider: ProviderContract | None = None
    types: dict[Token, Contract] = Field(default={})
    functions: dict[Token, Function] = Field(default={})
