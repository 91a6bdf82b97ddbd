"""How strictly each stack takes each policy, from one reviewed file with a lint of its own.

The engine accepts a misspelt policy or property name in a pack-config file without a word, so levels and
limits live in `levels.yaml` and are checked here. Prod may only become stricter.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, cast

import yaml
from pulumi_policy import Severity

LEVELS_FILE = Path(__file__).with_name("levels.yaml")


class Environment(StrEnum):
    """The three stacks."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"

    @classmethod
    def of(cls, stack: str) -> "Environment":
        """Return the environment of a stack; a name nobody knows, or none, gets prod's strictness."""
        return cls(stack) if stack in tuple(cls) else cls.PROD


class Level(StrEnum):
    """What a violation does: nothing, a warning, or the end of the run."""

    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"

    @property
    def strictness(self) -> int:
        """Return a number that grows with strictness."""
        return tuple(Level).index(self)


class Levelled(Protocol):
    """What decides the level of a policy."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> Level: ...  # noqa: D102
    @property
    def prod_only(self) -> bool: ...  # noqa: D102
    @property
    def limits(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def severity(self) -> Severity: ...  # noqa: D102


class LevelsError(ValueError):
    """Everything that is wrong with a levels file, at once."""

    def __init__(self, source: str, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in self.problems))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The level and the limits of one policy in one stack."""

    level: Level
    limits: Mapping[str, Any] = field(default_factory=dict)


class Levels:
    """The settings of every policy in one environment."""

    def __init__(
        self,
        environment: Environment,
        policies: Collection[Levelled],
        overrides: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    ) -> None:
        self.environment = environment
        own = (overrides or {}).get(environment, {})
        self._settings = {
            policy.id: _setting(policy, environment, own.get(policy.id, {})) for policy in policies
        }

    def __getitem__(self, policy_id: str) -> Setting:
        """Return the setting of a policy."""
        return self._settings[policy_id]


def _setting(policy: Levelled, environment: Environment, override: Mapping[str, Any]) -> Setting:
    absent = policy.prod_only and environment is not Environment.PROD
    level = Level(override.get("level", Level.DISABLED if absent else policy.level))
    return Setting(
        level=level, limits={name: override.get(name, value) for name, value in policy.limits.items()}
    )


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` when a known name is close to `name`, else nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def load_overrides(
    policies: Collection[Levelled], path: Path = LEVELS_FILE
) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Read and lint a levels file: environment → policy id → `level`, limits and the `reason`.

    Raises:
        LevelsError: naming every unknown environment, policy, property or level, every missing reason, and
            everything that would weaken prod.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    problems = list(_problems(document, {policy.id: policy for policy in policies}))
    if problems:
        raise LevelsError(path.name, problems)
    return cast("Mapping[str, Mapping[str, Mapping[str, Any]]]", document)


def _problems(document: object, policies: Mapping[str, Levelled]) -> Iterable[str]:
    if not isinstance(document, dict):
        yield "must map environments to policies"
        return
    for environment, entries in document.items():
        if environment not in tuple(Environment):
            yield f"{environment}: no such environment{suggestion(str(environment), Environment)}"
            continue
        if not isinstance(entries, dict):
            yield f"{environment}: must map policy ids to settings"
            continue
        for policy_id, override in entries.items():
            where = f"{environment}.{policy_id}"
            if policy_id not in policies:
                yield f"{where}: no such policy{suggestion(str(policy_id), policies)}"
            elif not isinstance(override, dict):
                yield f"{where}: must be an object with a reason and what it changes"
            else:
                yield from _override_problems(where, Environment(environment), policies[policy_id], override)
                if _loosens_critical(policies[policy_id], override):
                    yield f"{where}: a critical policy is as strict, and admits as little, in every stack"


def _loosens_critical(policy: Levelled, override: dict[str, Any]) -> bool:
    lists = (name for name, default in policy.limits.items() if isinstance(default, list | dict))
    return policy.severity is Severity.CRITICAL and not {"level", *lists}.isdisjoint(override)


def _override_problems(
    where: str, environment: Environment, policy: Levelled, override: dict[str, Any]
) -> Iterable[str]:
    known = ("level", "reason", *policy.limits)
    for name, value in override.items():
        if name not in known:
            yield f"{where}.{name}: no such property{suggestion(name, known)}"
        elif name in policy.limits:
            default = policy.limits[name]
            if not isinstance(value, type(default)) or isinstance(value, bool) != isinstance(default, bool):
                yield f"{where}.{name}: must be a {type(default).__name__}, like the default"
            elif environment is Environment.PROD:
                yield f"{where}.{name}: prod takes the limits written in the code"
    if not str(override.get("reason") or "").strip():
        yield f"{where}: needs a reason"
    level = override.get("level")
    if level is None:
        return
    if level not in tuple(Level):
        yield f"{where}.level: {level} is no level{suggestion(str(level), Level)}"
    elif environment is Environment.PROD and Level(level).strictness < policy.level.strictness:
        yield f"{where}.level: prod cannot be weakened; waive one resource in waivers.yaml instead"
