"""Exceptions for one resource, in one reviewed file, that end by themselves.

They are not resource tags, with which anyone could exempt himself, and their shape is close to Pulumi's own
policy exceptions, so that moving there later is mechanical. A waiver that is lapsed, badly dated or
incomplete protects nothing: the violation is back and `waiver-expired` stands beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pulumi_policy import Severity

from policies.decorator import Policy
from policies.levels import suggestion

WAIVERS_FILE = Path(__file__).with_name("waivers.yaml")
MAX_DAYS = 180
_TEXTS = ("id", "policy", "resource", "reason", "owner", "ticket", "compensatingControl")
_FIELDS = (*_TEXTS, "stacks", "expires")

Clock = Callable[[], date]


def today() -> date:
    """Return the date in UTC: the same on every machine that runs the pack."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One exception that stands: `resource` is a URN or a glob over URNs."""

    id: str
    policy: str
    resource: str
    stacks: tuple[str, ...]
    reason: str
    owner: str
    ticket: str
    expires: date
    compensating_control: str

    def covers(self, policy_id: str, urn: str) -> bool:
        """Return whether this excepts the resource from the policy."""
        return self.policy == policy_id and (self.resource == urn or fnmatchcase(urn, self.resource))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An entry that protects nothing, and every reason why."""

    id: str
    reasons: tuple[str, ...]


@dataclass(kw_only=True)
class Waivers:
    """The exceptions of one stack, and which of them were needed."""

    standing: tuple[Waiver, ...] = ()
    refused: tuple[Refused, ...] = ()
    used: dict[tuple[str, str], Waiver] = field(default_factory=dict)

    def covering(self, policy_id: str, urn: str) -> Waiver | None:
        """Return the waiver that excepts a resource from a policy and note its use, or `None`."""
        found = next((waiver for waiver in self.standing if waiver.covers(policy_id, urn)), None)
        if found:
            self.used[(found.id, urn)] = found
        return found

    def unused(self) -> Iterator[Waiver]:
        """Return the waivers that nothing has needed so far."""
        needed = {waiver_id for waiver_id, _ in self.used}
        return (waiver for waiver in self.standing if waiver.id not in needed)


def load_waivers(
    stack: str, policies: Iterable[Policy], *, path: Path = WAIVERS_FILE, clock: Clock = today
) -> Waivers:
    """Read the waivers that speak of `stack`; entries that break a rule are kept as refused."""
    try:
        entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("waivers") or []
    except (yaml.YAMLError, AttributeError):
        return Waivers(
            refused=(Refused(id=path.name, reasons=("the file is not a YAML object with a list `waivers`",)),)
        )
    known = {policy.id: policy for policy in policies}
    standing: list[Waiver] = []
    refused: list[Refused] = []
    for index, entry in enumerate(entries):
        raw = entry if isinstance(entry, dict) else {}
        reasons = tuple(_problems(raw, known, clock()))
        concerned = not _names_stacks(raw) or stack in raw["stacks"]
        if reasons and concerned:
            refused.append(
                Refused(id=str(raw.get("id") or f"{path.name} entry {index + 1}"), reasons=reasons)
            )
        elif concerned:
            standing.append(_waiver(raw))
    return Waivers(standing=tuple(standing), refused=tuple(refused))


def _waiver(raw: Mapping[str, Any]) -> Waiver:
    return Waiver(
        id=raw["id"],
        policy=raw["policy"],
        resource=raw["resource"],
        stacks=tuple(raw["stacks"]),
        reason=raw["reason"],
        owner=raw["owner"],
        ticket=raw["ticket"],
        expires=raw["expires"],
        compensating_control=raw["compensatingControl"],
    )


def _problems(raw: Mapping[str, Any], known: Mapping[str, Policy], now: date) -> Iterator[str]:
    for name in raw:
        if name not in _FIELDS:
            yield f"{name}: no such field{suggestion(str(name), _FIELDS)}"
    for name in _TEXTS:
        if not (isinstance(raw.get(name), str) and raw[name].strip()):
            yield f"{name}: needs a text"
    if not _names_stacks(raw):
        yield "stacks: needs a list of stack names"
    name = str(raw.get("resource", "")).rpartition("::")[2]
    if not name or set(name) & set("*?["):
        yield "resource: must name the resource; a glob over names would switch the policy off"
    yield from _date_problems(raw.get("expires"), now)
    yield from _policy_problems(str(raw.get("policy")), known)


def _names_stacks(raw: Mapping[str, Any]) -> bool:
    stacks = raw.get("stacks")
    return isinstance(stacks, list) and bool(stacks) and all(isinstance(stack, str) for stack in stacks)


def _date_problems(expires: object, now: date) -> Iterator[str]:
    if not isinstance(expires, date) or isinstance(expires, datetime):
        yield "expires: needs a date like 2027-01-31"
    elif expires < now:
        yield f"expires: lapsed on {expires}"
    elif (expires - now).days > MAX_DAYS:
        yield f"expires: {expires} is more than {MAX_DAYS} days ahead"


def _policy_problems(policy_id: str, known: Mapping[str, Policy]) -> Iterator[str]:
    if policy_id not in known:
        yield f"policy: {policy_id} is no policy{suggestion(policy_id, known)}"
    elif known[policy_id].severity is Severity.CRITICAL:
        yield f"policy: {policy_id} is critical and cannot be waived"
