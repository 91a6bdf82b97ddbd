"""The base model, and how rules carry their reason and way out into the error text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

RULE_ERROR = "rule"
"""The error type under which pydantic reports our own rules."""


@dataclass(frozen=True)
class Rule:
    """What a value must be, why, and what to do: the explanation that replaces pydantic's own.

    As `Annotated` metadata it stands *after* the constraints it explains. It is for scalars: it speaks for
    everything inside. Without a `reason`, the documentation of the field is the reason.
    """

    text: str
    reason: str = ""
    remedy: str = ""

    def __get_pydantic_core_schema__(self, source: type[object], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the inner schema judge and this rule speak."""
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type=RULE_ERROR,
            custom_error_message=self.text,
            custom_error_context={"reason": self.reason, "remedy": self.remedy},
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Let editors show this rule where the text does not fit its pattern."""
        result = handler(schema)
        return result | {"patternErrorMessage": self.text} if "pattern" in result else result


class Violation:
    """A broken rule between fields: where (field names and list positions), what, why, and the way out."""

    def __init__(self, *path: str | int, rule: str, reason: str, remedy: str) -> None:
        self._path = tuple(to_camel(part) if isinstance(part, str) else part for part in path)
        self._error = PydanticCustomError(
            RULE_ERROR, "{rule}", {"rule": rule, "reason": reason, "remedy": remedy}
        )

    def details(self, *parents: str) -> InitErrorDetails:
        """Return the violation in the form in which pydantic collects errors, seen from `parents` above."""
        return InitErrorDetails(type=self._error, loc=(*parents, *self._path), input=None)


_Method = TypeVar("_Method", bound=Callable[..., Iterator[Violation]])


def rule(method: _Method) -> _Method:
    """Mark a method of a `Model` as a rule between its fields; it yields one `Violation` for each breach."""
    method.__dict__["judges"] = "fields"
    return method


def environment_rule(method: _Method) -> _Method:
    """Mark a method of a concern as a rule that depends on the environment, its argument."""
    method.__dict__["judges"] = "environment"
    return method


def repeated(field: str, entries: Sequence[object], *below: str) -> Iterator[Violation]:
    """Yield a violation for each of the `entries` of `field` (or what is `below` them) seen before."""
    for position, entry in enumerate(entries):
        if entry in entries[:position]:
            yield Violation(
                field,
                position,
                *below,
                rule="must not stand in the list twice",
                reason="the same thing cannot be made twice",
                remedy="Delete the entry.",
            )


class Model(BaseModel):
    """A frozen group of settings: camelCase in files, nothing unknown, no silent conversion.

    The docstring under each field is its documentation in the JSON Schema and the reason in its errors.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="after")
    def _obey_the_rules(self) -> Self:
        """Judge every rule, so that one breach does not hide another.

        Raises:
            ValidationError: with one entry for each breach.
        """
        if breaches := list(self.breaches()):
            raise ValidationError.from_exception_data(type(self).__name__, breaches)
        return self

    def breaches(self, *, partial: bool = False) -> Iterator[InitErrorDetails]:
        """Yield what the rules between this model's own fields object to; `partial` as in `violations`."""
        return (violation.details() for violation in self.violations("fields", partial=partial))

    def violations(self, judges: str, *facts: object, partial: bool) -> Iterator[Violation]:
        """Yield the violations of the rules that judge `judges`, given `facts`.

        Of a `partial` model some fields were refused and are missing; rules that need one are skipped.
        """
        for name, method in _rules(type(self)).items():
            if method.__dict__["judges"] == judges:
                try:
                    yield from tuple(getattr(self, name)(*facts))
                except AttributeError:
                    if not partial:
                        raise


@cache
def _rules(model: type[Model]) -> dict[str, Callable[..., Iterator[Violation]]]:
    members = {
        name: member for ancestor in reversed(model.__mro__) for name, member in vars(ancestor).items()
    }
    return {name: member for name, member in members.items() if "judges" in getattr(member, "__dict__", {})}
