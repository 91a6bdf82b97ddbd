"""Runs a component or the whole program against an in-memory cloud and returns what it registered."""

import asyncio
import contextvars
import gc
import json
import logging
import runpy
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import pulumi
import yaml
from pulumi.runtime import config as pulumi_config
from pulumi.runtime import mocks, settings, stack

from components.platform import PROJECT, Platform
from settings.loader import load_stack_file
from tests.settings.documents import GONE
from tests.support.cloud import SandboxCloud
from tests.support.graph import Graph
from tests.support.monitor import RecordingMonitor
from tests.support.stand_ins import SECRETS

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Built(Generic[T]):
    """What a run made: the object that was built, and every resource behind it."""

    value: T
    graph: Graph


def run_component(build: Callable[[Platform], T], *, stack: str = "prod", preview: bool = False) -> Built[T]:
    """Build components in a stack's platform; whatever is wrong with an input raises."""
    environment = load_stack_file(ROOT / f"Pulumi.{stack}.yaml").environment
    defaults = {"region": environment.region, "allowedAccountIds": json.dumps([environment.account_id])}
    return _run(
        lambda: build(Platform(environment=environment)), stack=stack, preview=preview, defaults=defaults
    )


def run_stack(
    stack: str = "prod",
    overrides: Mapping[str, Any] | None = None,
    *,
    secrets: Mapping[str, str] = SECRETS,
    preview: bool = False,
) -> Built[SimpleNamespace]:
    """Run `__main__.py` with a stack's file, `overrides` merged into it; `value` holds its names.

    `overrides` nests as the file does, without the project's prefix: `{"network": {"nat": "none"}}`; `GONE`
    as a value deletes the key.
    """
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    merged = _merge(document, {f"{PROJECT}:{key}": value for key, value in (overrides or {}).items()})
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in merged.items()}
    hidden = {f"{PROJECT}:{key}": value for key, value in secrets.items()}

    def program() -> SimpleNamespace:
        pulumi_config.set_all_config({**values, **hidden}, list(hidden))
        return SimpleNamespace(**runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"))

    return _run(program, stack=stack, preview=preview)


def run_program(
    stack: str = "prod",
    overrides: Mapping[str, Any] | None = None,
    *,
    secrets: Mapping[str, str] = SECRETS,
    preview: bool = False,
) -> Graph:
    """Run the whole program as `run_stack` does and return the resources alone."""
    return run_stack(stack, overrides, secrets=secrets, preview=preview).graph


def run_file(program: Path, *, stack: str = "prod") -> Graph:
    """Run a program of one file that asks for no configuration."""
    return _run(lambda: runpy.run_path(str(program), run_name="__main__"), stack=stack, preview=False).graph


@cache
def as_configured(stack: str) -> Built[SimpleNamespace]:
    """Return the run of a stack exactly as its file describes it, made once for all tests that only look."""
    return run_stack(stack)


def resolve(value: Any) -> Any:
    """Return a value of a finished run with every Output in it replaced by what it came to."""
    match value:
        case pulumi.Output():
            return resolve(value._data.result().value)
        case Mapping():
            return {key: resolve(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(resolve(item) for item in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return type(value)(**{field.name: resolve(getattr(value, field.name)) for field in fields(value)})
        case _:
            return value


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        if value is GONE:
            del merged[key]
            continue
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merge(merged[key], value) if nested else value
    return merged


class _Inline(ThreadPoolExecutor):
    """Runs the SDK's monitor calls where they are made: one thread, one order, every time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # the awaiting side raises it
            future.set_exception(error)
        return future


def _run(
    program: Callable[[], T], *, stack: str, preview: bool, defaults: Mapping[str, str] | None = None
) -> Built[T]:
    """Run a program as the language host does, in its own context and event loop."""
    return contextvars.copy_context().run(_run_in_context, program, stack, preview, defaults or {})


def _run_in_context(
    program: Callable[[], T], stack_name: str, preview: bool, defaults: Mapping[str, str]
) -> Built[T]:
    built: list[T] = []
    with SandboxCloud(stack=stack_name, preview=preview, defaults=defaults) as cloud:
        monitor = RecordingMonitor(cloud, project=PROJECT, stack=stack_name)

        async def main() -> None:
            asyncio.get_running_loop().set_default_executor(_Inline())
            settings.ROOT.set(None)
            settings.configure(
                mocks.MockSettings(
                    monitor=monitor,
                    monitor_features=set(monitor.GetDeploymentInfo(None).supportedFeatures),
                    engine=mocks.MockEngine(logging.getLogger("pulumi")),
                    project=PROJECT,
                    stack=stack_name,
                    dry_run=preview,
                    organization="jtld",
                    callbacks=None,
                    outputs=set(),
                )
            )
            await stack.run_in_stack(lambda: built.append(program()))

        try:
            with asyncio.Runner() as runner:
                runner.run(main())
        finally:
            # The program puts what it finds out of the collector's sight for good: here that is all earlier runs.
            gc.unfreeze()
    return Built(value=built[0], graph=monitor.graph)
