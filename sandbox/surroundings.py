"""What is around a resource in the cloud: what it refers to, what refers to it, what is like it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox import paths
from sandbox.cloud import Cloud, Stored
from sandbox.conditions import all_hold, holds, shown, values
from sandbox.contracts.model import BlockedBy, Reference, Unique
from sandbox.contracts.parts import Condition, Existence
from sandbox.entropy import Entropy
from sandbox.kinds import GLOBAL, Kind, Place
from sandbox.templates import ABSENT, Situation, render
from sandbox.values import UNKNOWN, has_unknown, reveal

_PLACEHOLDER = re.compile(r"\{[^{}\"]+\}")


class RefusedError(Exception):
    """The cloud does not allow it; the message is worded like the real one's."""


@dataclass(frozen=True)
class Surroundings:
    """The cloud as one resource sees it; `own_id` is None before it exists."""

    cloud: Cloud
    kinds: Callable[[str], Kind]
    kind: Kind
    place: Place
    entropy: Entropy
    own_id: str | None = None

    @property
    def zones(self) -> Mapping[str, str]:
        """Return the availability zones of the region."""
        return self.place.zones

    def situation(self, logical_name: str = "") -> Situation:
        """Return what templates of this resource are rendered against, with no properties yet."""
        return Situation(
            properties={},
            constants={
                **self.place.constants,
                "logicalName": logical_name,
                "zones": [{"name": name, "id": id_} for name, id_ in self.zones.items()],
            },
            entropy=self.entropy,
            follow=lambda value, path, attribute: (
                ABSENT if (v := self.follow(value, path, attribute)) is None else v
            ),
        )

    def about(self, properties: dict[str, Any], logical_name: str = "") -> Situation:
        """Return the situation with properties, against which `$if` conditions are judged too."""
        situation = replace(self.situation(logical_name), properties=properties)
        return replace(
            situation, judge=lambda condition: holds(Condition.model_validate(condition), properties, self)
        )

    def living(self, type_: str, holding: object = None) -> Iterator[Stored]:
        """Yield the living resources of a type in this account."""
        for stored in self.cloud.find(type_=type_, holding=holding):
            if stored.status == "active" and stored.account == self.place.account:
                yield stored

    def target(self, reference: Reference, value: Any) -> Stored | None:
        """Return the resource that a value refers to."""
        for type_ in reference.types:
            for stored in self.living(type_, value):
                near = reference.any_region or stored.region in (self.place.region, GLOBAL, "")
                if near and any(reveal(paths.first(stored.outputs, key)) == value for key in reference.keys):
                    return stored
        return None

    def follow(self, value: Any, path: str, attribute: str) -> Any:
        """Return a property of what `value` at the contract path `path` refers to; None if there is none."""
        general = paths.render(paths.pattern(paths.parse(path)))
        for reference in self.kind.contract.reference(general):
            stored = self.target(reference, value)
            if stored is None:
                continue
            own, _, rest = attribute.partition(">")
            found = paths.first({**stored.outputs, "account": stored.account}, own)
            if not rest or found is None:
                return found
            there = replace(self, kind=self.kinds(stored.type), own_id=stored.id)
            return there.follow(reveal(found), own, rest)
        return None

    def check_references(self, inputs: Mapping[str, Any]) -> None:
        """Raise RefusedError for the first property that names nothing."""
        for text in self.kind.contract.references:
            references = self.kind.contract.reference(text)
            for path, raw in paths.select(inputs, paths.parse(text)):
                value = reveal(raw)
                if value in (None, "") or has_unknown(value):
                    continue
                if any(r.unless and re.search(r.unless, str(value)) for r in references):
                    continue
                if any(r.any_account and self._foreign(str(value)) for r in references):
                    continue
                if any(self.target(reference, value) for reference in references):
                    continue
                error = next((r.error for r in references if r.error), None)
                named = " or ".join(type_.rsplit(":", 1)[-1] for r in references for type_ in r.types)
                default = f"NotFound: no {named} '{shown(raw)}' exists (in '{paths.render(path)}')"
                raise RefusedError(self.explain(error, inputs, raw) if error else default)

    def _foreign(self, arn: str) -> bool:
        """Tell whether an ARN names another account, into which a sandbox of this one cannot look."""
        parts = arn.split(":")
        return parts[0] == "arn" and parts[4:5] not in ([self.place.account], [""])

    def siblings(self) -> Iterator[Mapping[str, Any]]:
        """Yield the properties of the other resources of the type in the region."""
        for stored in self.living(self.kind.token):
            if stored.id != self.own_id and stored.region in (self.place.region, GLOBAL):
                yield stored.outputs

    def exist(self, existence: Existence, scope: Mapping[str, Any]) -> bool:
        """Tell whether a described resource exists; yes while what describes it is unknown."""
        wanted = render(existence.equals, self.about(dict(scope)))
        if wanted is ABSENT:
            return False
        if wanted is UNKNOWN:
            return True
        for stored in self.living(existence.type, reveal(wanted)):
            if stored.type == self.kind.token and stored.id == self.own_id:
                continue
            there = [reveal(v) for _, v in paths.select(stored.outputs, paths.parse(existence.property))]
            around = replace(self, kind=self.kinds(stored.type), own_id=stored.id)
            if reveal(wanted) in there and (
                existence.where is None or holds(existence.where, stored.outputs, around)
            ):
                return True
        return False

    def explain(self, template: str, scope: Mapping[str, Any], value: Any) -> str:
        """Return a message from its template; what is not known stays as it is written."""
        situation = self.about(dict(scope)).where(value=value)

        def piece(match: re.Match[str]) -> str:
            rendered = render(match[0], situation)
            return match[0] if rendered is ABSENT or has_unknown(rendered) else shown(rendered)

        return _PLACEHOLDER.sub(piece, template)

    def clash(self, unique: Unique, properties: Mapping[str, Any]) -> Stored | None:
        """Return a resource that already has what this one claims, pending ones included."""
        mine = self._claim(unique, properties)
        if all(value is None for value in mine):
            return None
        claims = all_hold(unique.claims, properties, self)
        stands = all_hold(unique.holds, properties, self)
        for type_ in [self.kind.token, *unique.types]:
            for stored in self.cloud.find(type_=type_):
                if stored.status == "retained" or (type_ == self.kind.token and stored.id == self.own_id):
                    continue
                if not self._same_scope(unique.scope, stored, properties) or not _meet(
                    mine, self._claim(unique, stored.outputs)
                ):
                    continue
                around = replace(self, kind=self.kinds(type_), own_id=stored.id)
                if (claims and all_hold(unique.holds, stored.outputs, around)) or (
                    stands and all_hold(unique.claims, stored.outputs, around)
                ):
                    return stored
        return None

    def _claim(self, unique: Unique, properties: Mapping[str, Any]) -> list[Any]:
        claim: list[Any] = []
        for text in unique.by:
            found = [
                reveal(value) for _, value in paths.select(properties, paths.parse(text)) if value is not None
            ]
            claim.append((set(map(str, found)) if "[*]" in text else found[0]) if found else None)
        return claim

    def _same_scope(self, scope: str, stored: Stored, properties: Mapping[str, Any]) -> bool:
        if scope in ("global", "partition"):
            return True
        if scope == "account":
            return stored.account == self.place.account
        if scope == "region":
            return stored.account == self.place.account and stored.region in (self.place.region, GLOBAL)
        return bool(reveal(paths.first(stored.outputs, scope)) == reveal(paths.first(properties, scope)))

    def blocker(self, rule: BlockedBy, stored: Stored) -> Stored | None:
        """Return a resource that stands against the deletion of `stored`."""
        if rule.unless is not None and holds(rule.unless, stored.outputs, self):
            return None
        wanted = reveal(paths.first({**stored.outputs, "id": stored.told_id}, rule.by))
        for other in self.living(rule.type, None if ">" in rule.property else wanted):
            if other.type == stored.type and other.id == stored.id:
                continue
            around = replace(self, kind=self.kinds(other.type), own_id=other.id)
            holding = any(
                reveal(value) == wanted for _, value in values(other.outputs, rule.property, around)
            )
            if holding and (rule.where is None or holds(rule.where, other.outputs, around)):
                return other
        return None


def _meet(mine: list[Any], theirs: list[Any]) -> bool:
    return all(
        bool(a & b) if isinstance(a, set) and isinstance(b, set) else a == b
        for a, b in zip(mine, theirs, strict=True)
    )
