"""What holds for every contract: it speaks of things that exist, and says where it knows them from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.contracts.loader import ROOT, read
from sandbox.contracts.model import Contract
from sandbox.contracts.parts import Rule
from tests.contracts.absent import ABSENT
from tests.contracts.reading import FUNCTIONS, TYPE_TOKENS, TYPES, has, names, shape

FILES = sorted(ROOT.glob("*/*.yaml"))
CONSTANTS = {"account", "region", "partition", "dnsSuffix", "logicalName", "id", "zone", "zones", "value"}
# Names that only mean something inside `$each` and lookups.
LOCAL = ("item", "found")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_loads_and_names_its_sources(path: Path) -> None:
    file = read(path)
    assert file.service == path.stem
    assert all(len(source) > 20 for source in file.sources), "a source names a document or a file"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_type_stands_in_the_file_that_the_error_for_a_missing_contract_names(path: Path) -> None:
    for token in (*read(path).types, *read(path).functions):
        module = token.split(":")[1].split("/")[0]
        assert module in (path.stem, "index"), f"{token} belongs into {module}.yaml"


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_every_property_a_contract_names_exists_in_the_installed_sdk(token: str) -> None:
    unknown = [path for path in _paths(TYPES[token]) if path != "region" and not has(token, path)]
    assert not unknown, f"{token} has no {unknown}"


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_defaults_and_names_are_inputs(token: str) -> None:
    contract = TYPES[token]
    given = [*contract.defaults, *contract.not_imported, *contract.write_only]
    given += [contract.autoname.property] if contract.autoname else []
    given += [path for prefix in contract.prefixes for path in (prefix.property, prefix.of)]
    assert not [path for path in given if not has(token, path, inputs_only=True)]


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_every_computed_property_of_the_sdk_has_a_value_or_a_reason(token: str) -> None:
    """An output that the contract forgets would stay empty for ever, and look like the program's fault."""
    if TYPES[token].generator:
        return
    given = {re.split(r"[.\[]", path)[0] for path in TYPES[token].outputs}
    assert not shape(token).computed - given - ABSENT.get(token, set()) - {"tagsAll", "region"}


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_templates_read_only_what_is_there(token: str) -> None:
    contract = TYPES[token]
    templates = [contract.id, contract.import_id, contract.outputs, *_errors(contract)]
    read_names = {name for template in templates for name in names(template)}
    unknown = [
        name
        for name in sorted(read_names)
        if name not in CONSTANTS and not name.startswith(LOCAL) and not has(token, name) and not _lax(name)
    ]
    assert not unknown, f"{token}: {unknown}"


def _lax(name: str) -> bool:
    """Tell whether the text in braces is prose: a set of characters in an error message."""
    return not re.fullmatch(r"[A-Za-z][\w.>\[\]*]*", name)


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_every_reference_leads_to_a_type_with_a_contract(token: str) -> None:
    contract = TYPES[token]
    for path in contract.references:
        for reference in contract.reference(path):
            for target in reference.types:
                assert target in TYPES, f"{path} refers to {target}"
                assert any(has(target, key) for key in reference.keys)
    blockers = {blocked.type: blocked.property for blocked in contract.delete.blocked_by}
    for target, held in blockers.items():
        assert target in TYPES, f"{target} blocks the deletion"
        assert has(target, held)


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_what_can_carry_tags_says_so(token: str) -> None:
    assert TYPES[token].taggable == ("tagsAll" in shape(token).outputs)


@pytest.mark.parametrize("token", TYPE_TOKENS)
def test_only_what_takes_no_region_is_global(token: str) -> None:
    if token.startswith("aws:"):
        assert TYPES[token].is_global == ("region" not in shape(token).inputs)


@pytest.mark.parametrize("token", sorted(FUNCTIONS))
def test_functions_return_only_what_the_sdk_declares(token: str) -> None:
    known = shape(token).outputs
    given = [key for key in FUNCTIONS[token].outputs if not key.startswith("$")]
    assert not [key for key in given if key.split(".")[0] not in known]
    lookup = FUNCTIONS[token].lookup
    if lookup:
        assert lookup.type in TYPES
        assert not [argument for argument in lookup.by if argument not in shape(token).inputs]
        searched = [*lookup.by.values(), *lookup.filters.values()]
        assert not [path for path in searched if not has(lookup.type, path) and path != "tagsAll"]


def test_no_contract_is_written_in_prose_that_yaml_reads_otherwise() -> None:
    """`on`, `off`, `yes` and bare dates change their type; an enum would then never match."""
    for path in FILES:
        for token, contract in read(path).types.items():
            for rule in contract.validations:
                booleans = [item for item in rule.enum or [] if isinstance(item, bool)]
                assert not booleans or len(rule.enum or []) == 1, f"{token} {rule.path}: {rule.enum}"


def test_error_texts_begin_with_the_apis_code_when_the_api_refuses() -> None:
    """What the plan refuses is worded by the provider; what the API refuses carries its error code."""
    for token, contract in TYPES.items():
        if not token.startswith("aws:"):
            continue
        for error in [
            *(rule.error for rule in contract.validations if rule.moment == "create" and rule.error),
            *(unique.error for unique in contract.unique),
            *(blocked.error for blocked in contract.delete.blocked_by),
            *(refusal.error for refusal in contract.refuse),
        ]:
            # Some providers look at a combination only when they build the request, in their own words.
            own = re.match(r'one of|"\w+" is required unless', error)
            assert own or re.match(r"[A-Z][A-Za-z0-9.]+: ", error), f"{token}: {error}"


def _paths(contract: Contract) -> Iterator[str]:
    yield from contract.defaults
    yield from contract.outputs
    yield from contract.replace
    yield from contract.immutable
    yield from contract.unordered
    yield from contract.case_insensitive
    yield from contract.volatile
    yield from contract.secret
    yield from contract.singleton
    yield from contract.open_enums
    yield from contract.references
    for change in (*contract.replace_when, *contract.suppress, *contract.refuse):
        yield change.path
        yield from (condition.path for condition in (*change.before, *change.after))
    yield from contract.stable if isinstance(contract.stable, list) else []
    yield from (path for group in contract.switch for path in group)
    for unique in contract.unique:
        yield from unique.by
        if unique.scope not in ("global", "partition", "account", "region"):
            yield unique.scope
    for blocked in contract.delete.blocked_by:
        yield blocked.by
    for protected in contract.delete.protected:
        yield protected.property
    for rule in contract.validations:
        yield from _rule_paths(rule)


def _rule_paths(rule: Rule) -> Iterator[str]:
    inside = f"{rule.path}." if rule.relational and rule.path else ""
    if rule.path:
        yield rule.path
    relations = (
        rule.exactly_one_of,
        rule.at_least_one_of,
        rule.conflicts,
        rule.together,
        rule.require,
        rule.forbid,
        rule.same,
        rule.ordered,
        rule.product,
        [rule.min_of.path] if rule.min_of else None,
        [condition.path for condition in rule.conditions],
    )
    for relation in relations:
        yield from (inside + path for path in relation or ())
    yield from (path for path in (rule.member_of, rule.within, rule.disjoint) if path)


def _errors(contract: Contract) -> list[str]:
    rules = [rule.error for rule in contract.validations]
    uniques = [unique.error for unique in contract.unique]
    blocked = [blocked.error for blocked in contract.delete.blocked_by]
    references = [ref.error for path in contract.references for ref in contract.reference(path)]
    refused = [refusal.error for refusal in contract.refuse]
    return [error for error in (*rules, *uniques, *blocked, *references, *refused) if error]
