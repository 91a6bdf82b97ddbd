"""Creating, reading, changing and deleting one resource in the cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox import admission, generators, inputs, outputs
from sandbox.cloud import Cloud, Stored
from sandbox.conditions import holds
from sandbox.differences import refreshed_inputs
from sandbox.surroundings import RefusedError, Surroundings

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """A resource as the cloud returns it; `id` is None before it exists and once it is gone."""

    id: str | None
    inputs: dict[str, Any]
    outputs: dict[str, Any]


GONE = State(None, {}, {})


@dataclass(frozen=True)
class Lifecycle:
    """The operations on the resource with a URN; the provider adds faults and wording."""

    cloud: Cloud
    around: Surroundings
    urn: str
    logical_name: str

    def preview(self, id_: str | None, news: Properties, olds: Properties) -> State:
        """Return what is known of a resource before it is created (`id_` None) or updated."""
        situation = self.around.about({}, self.logical_name)
        return State(id_, dict(news), outputs.previewed(self.around.kind, id_, news, olds, situation))

    def create(self, news: Properties) -> State:
        """Create the resource."""
        kind = self.around.kind
        with self.cloud.transaction():
            self.around.check_references(news)
            id_, made = outputs.created(kind, news, self.around.about({}, self.logical_name))
            admission.admit(self.around, made)
            if not kind.contract.local:
                self.cloud.put(self._stored(id_, news, made))
        return State(id_, dict(news), made)

    def refresh(self, id_: str, old_inputs: Properties, old_outputs: Properties) -> State:
        """Return the resource as it is now."""
        if self.around.kind.contract.local:
            return State(id_, dict(old_inputs), dict(old_outputs))
        stored = self.find()
        if stored is None:
            return GONE
        return State(id_, refreshed_inputs(dict(old_inputs), stored.outputs), stored.outputs)

    def adopt(self, id_: str) -> State:
        """Read a resource by its id or the form that `pulumi import` takes.

        A program's `get` comes here too: the owner in the inventory changes with the first update only.
        """
        if self.around.kind.contract.local:
            return self._adopt_generated(id_)
        stored = self._importable(id_)
        if stored is None:
            return GONE
        return State(stored.told_id, inputs.imported(self.around.kind, stored.outputs), stored.outputs)

    def _adopt_generated(self, id_: str) -> State:
        kind = self.around.kind
        try:
            given, made = generators.imported(str(kind.contract.generator), id_, self.around.entropy)
        except ValueError as error:
            raise RefusedError(f"this id cannot be imported: {error}") from error
        return State(made["id"], given, outputs.updated(kind, made["id"], given, made, self.around.about({})))

    def update(self, id_: str, old_inputs: Properties, old_outputs: Properties, news: Properties) -> State:
        """Change the resource in place."""
        kind = self.around.kind
        with self.cloud.transaction():
            stored = None if kind.contract.local else self.find()
            if stored is None and not kind.contract.local:
                raise RefusedError(f"{id_} was not found")
            current = stored.outputs if stored else old_outputs
            difference = kind.comparison.difference(old_inputs, current, news, kind.given_names)
            admission.allow_change(self.around, current, news, difference.changes)
            self.around.check_references(news)
            wanted = {**news, **{name: current[name] for name in difference.suppressed & current.keys()}}
            made = outputs.updated(kind, id_, wanted, current, self.around.about({}, self.logical_name))
            admission.admit(self.around, made)
            if stored:
                self.cloud.put(replace(self._stored(id_, news, made), version=stored.version + 1))
        return State(id_, dict(news), made)

    def delete(self) -> None:
        """Delete the resource; one that is already gone is no error."""
        rules = self.around.kind.contract.delete
        with self.cloud.transaction():
            stored = self.find()
            if stored is None:
                return
            admission.release(self.around, stored)
            spared = rules.keeps_unless is not None and holds(rules.keeps_unless, stored.outputs, self.around)
            if rules.keeps == "nothing" or spared:
                self.cloud.delete(stored)
            else:
                self.cloud.mark(stored, "pending" if rules.keeps == "pending" else "retained")

    def find(self) -> Stored | None:
        """Return the resource itself as long as it lives."""
        kind, place = self.around.kind, self.around.place
        stored = self.cloud.get(
            kind.token, self.around.own_id or "", place.account, kind.stored_region(place)
        )
        return stored if stored is not None and stored.status == "active" else None

    def _importable(self, id_: str) -> Stored | None:
        region = self.around.kind.stored_region(self.around.place)
        for stored in self.around.living(self.around.kind.token):
            forms = (stored.id, inputs.import_id(self.around, stored.outputs))
            if stored.region == region and id_ in forms:
                return stored
        return None

    def _stored(self, id_: str, news: Properties, made: Properties) -> Stored:
        kind, place = self.around.kind, self.around.place
        return Stored(
            type=kind.token,
            id=inputs.identity(self.around, id_, made),
            account=place.account,
            region=kind.stored_region(place),
            provider=kind.package,
            urn=self.urn,
            inputs=outputs.without_marks(news),
            outputs=dict(made),
        )
