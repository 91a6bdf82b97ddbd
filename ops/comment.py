"""A plan as one Markdown comment: data at risk first, never a value, never over GitHub's limit (DL-1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.costs import charge_of
from ops.plan import Change, Effect, Plan, Violation

LIMIT_BYTES = 65_000
"""GitHub refuses a body over 65,536 characters; a text never has fewer bytes than characters."""

_NAME_CHARACTERS = 120
_CLOSING_BYTES = 400
_COUNTED = (Effect.DELETE, Effect.REPLACE, Effect.UPDATE, Effect.CREATE, Effect.IMPORT, Effect.SAME)


@dataclass(frozen=True, kw_only=True)
class _Section:
    """A heading, the rows below it, and what goes around them."""

    opening: str
    rows: Sequence[str]
    closing: str = ""


def marker(stack: str) -> str:
    """Return the hidden line by which the comment of `stack` is found again and updated in place."""
    return f"<!-- jtld-plan:{stack} -->"


def render(
    plan: Plan, stack: str, *, commit: str | None = None, titles: Mapping[str, str] | None = None
) -> str:
    """Return the comment for `plan`: headline, data at risk, counts, policies, costs, then every change.

    Only names that stand in the code or in a provider's schema appear: no property values, outputs or
    configuration, and no message of the engine, a provider or a policy, since each may quote a value.
    `titles` gives the fixed sentence of a policy by its name.
    """
    closing = _closing(plan, stack, commit)
    body = f"### {_headline(plan, stack)}\n"
    for section in _sections(plan, titles or {}):
        body += _fitted(section, LIMIT_BYTES - _size(body) - max(_size(closing), _CLOSING_BYTES))
    return body + closing


def drift_marker(stack: str) -> str:
    """Return the hidden line by which the drift issue of `stack` is found again."""
    return f"<!-- jtld-drift:{stack} -->"


def render_drift(plan: Plan, stack: str, *, commit: str | None = None) -> str:
    """Return the text for what moved behind the engine's back: names and properties, no values."""
    moved = len(plan.intended)
    unfinished = bool(plan.errors) or not plan.complete
    if moved:
        headline = f"⚠️ {stack} has drifted: {moved} resource{'s' if moved > 1 else ''}"
    else:
        headline = f"❌ {stack}: the comparison failed" if unfinished else f"✅ {stack}: no drift"
    body = f"### {headline}\n"
    closing = (
        f"\n<sub>Compared with {_code(commit or 'the state')}. Put the change into the code, or "
        f"deploy again to undo it: docs/operators/drift.md.</sub>\n{drift_marker(stack)}\n"
    )
    if unfinished:
        body += f"\n**The comparison did not finish ({plan.errors} errors): see the job's log.**\n"
    if moved:
        table = _table("What moved", ("Change", "Resource", "Type", "Properties"), plan.intended, _change_row)
        body += _fitted(table, LIMIT_BYTES - _size(body) - _size(closing))
    return body + closing


def _sections(plan: Plan, titles: Mapping[str, str]) -> Iterable[_Section]:
    if plan.at_risk:
        yield _table(
            "Data at risk", ("Change", "Resource", "Would lose", "Because of"), plan.at_risk, _risk_row
        )
    counts = " · ".join(f"{effect} **{plan.count(effect)}**" for effect in _COUNTED if plan.count(effect))
    unfinished = "" if plan.complete else "\n\n**The preview did not finish: more may follow.**"
    yield _Section(opening=f"\n{counts or 'No resources'}{unfinished}\n", rows=())
    if plan.violations:
        rows = [_violation_row(violation, titles) for violation in plan.violations]
        yield _Section(
            opening="\n#### Policies\n\n| Level | Policy | Resource |\n| --- | --- | --- |\n", rows=rows
        )
    elif plan.packs:
        yield _Section(opening=f"\nPolicies: {plan.policies_passed} passed, none violated.\n", rows=())
    else:
        yield _Section(opening="\n**No policy pack was run.**\n", rows=())
    charged = [change for change in plan.intended if charge_of(change)]
    if charged:
        yield _table("Moves the bill", ("Change", "Resource", "Charged by"), charged, _cost_row)
    if plan.intended:
        yield _Section(
            opening=f"\n<details><summary>Every change ({len(plan.intended)})</summary>\n\n"
            "| Change | Resource | Type | Properties |\n| --- | --- | --- | --- |\n",
            rows=[_change_row(change) for change in plan.intended],
            closing="\n</details>\n",
        )


def _headline(plan: Plan, stack: str) -> str:
    if plan.at_risk:
        first, *others = plan.at_risk
        rest = f" and {len(others)} more" if others else ""
        return f"⛔ {stack}: would {first.effect} {_code(first.name)} ({first.at_risk}){rest}"
    if plan.refused:
        return f"⛔ {stack}: refused by policy"
    if plan.errors or not plan.complete:
        return f"❌ {stack}: the preview failed ({plan.errors or 'no'} errors: see the job's log)"
    if not plan.intended:
        return f"✅ {stack}: no changes"
    return f"📋 {stack}: {len(plan.intended)} change{'s' if len(plan.intended) > 1 else ''}"


def _closing(plan: Plan, stack: str, commit: str | None) -> str:
    of_commit = f" of {_code(commit)}" if commit else ""
    return (
        f"\n<sub>Plan {_code(plan.fingerprint)}{of_commit}. Values, outputs and messages are left out on "
        f"purpose: see the job's log.</sub>\n{marker(stack)}\n"
    )


def _table(
    title: str, columns: Sequence[str], changes: Iterable[Change], row: Callable[[Change], str]
) -> _Section:
    head = f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
    return _Section(opening=f"\n#### {title}\n\n{head}", rows=[row(change) for change in changes])


def _risk_row(change: Change) -> str:
    kept = " — kept in the account" if change.retained else ""
    protected = " — protected: the engine will refuse" if change.protected else ""
    causes = ", ".join(map(_code, change.causes)) or "leaves the program"
    return _row(f"**{change.effect}**", _resource(change), f"{change.at_risk}{kept}{protected}", causes)


def _cost_row(change: Change) -> str:
    return _row(change.effect, _resource(change), charge_of(change) or "")


def _change_row(change: Change) -> str:
    properties = ", ".join(map(_code, sorted({*change.properties, *change.causes})))
    return _row(change.effect, _code(change.name), _code(change.type), properties)


def _violation_row(violation: Violation, titles: Mapping[str, str]) -> str:
    title = titles.get(violation.policy)
    policy = f"{_code(violation.policy)}: {title}" if title else _code(violation.policy)
    return _row(
        violation.level, policy, _code(violation.urn.rsplit("::", 1)[-1]) if violation.urn else "stack"
    )


def _resource(change: Change) -> str:
    return f"{_code(change.name)} ({change.type.rsplit(':', 1)[-1]})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """Return `text` as inline code that cannot break out of its cell, its line or the comment."""
    plain = "".join(character for character in text if character.isprintable() and character not in "`|<>")
    shown = plain if len(plain) <= _NAME_CHARACTERS else f"{plain[:_NAME_CHARACTERS]}…"
    return f"`{shown or '?'}`"


def _fitted(section: _Section, room: int) -> str:
    """Return as much of `section` as fits into `room` bytes, saying how many rows were left out."""
    left_out = "\n… and {} more: see the job's log.\n"
    text = section.opening + "".join(section.rows) + section.closing
    if _size(text) <= room:
        return text
    room -= _size(section.opening) + _size(section.closing) + _size(left_out) + 8
    if room < 0:
        return ""
    shown: list[str] = []
    for row in section.rows:
        room -= _size(row)
        if room < 0:
            break
        shown.append(row)
    return (
        section.opening + "".join(shown) + left_out.format(len(section.rows) - len(shown)) + section.closing
    )


def _size(text: str) -> int:
    return len(text.encode())
