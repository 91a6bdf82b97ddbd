"""Faults on demand: a script of what goes wrong, read from the sandbox's `faults.yaml`.

```yaml
seed: 7
latency: {milliseconds: 5}          # every operation
faults:
  - {kind: throttle, operation: create, type: "aws:iam/*", times: 3}   # the first three calls
  - {kind: serverError, probability: 0.1}                              # a tenth of all calls
  - {kind: timeout, operation: delete, nth: 2}
  - {kind: partial, operation: create, type: aws:s3/bucket:Bucket, nth: 1}   # made, then fails
  - {kind: crash, nth: 40}                                             # the provider process dies
  - {kind: crash, operation: create, nth: 5, after: true}              # dies after the side effect
```

Throttles and server errors are transient: the provider retries them with backoff, as real ones do,
and the resource fails only when they last. Calls are counted across all processes of a sandbox.
"""

import fnmatch
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from sandbox.cloud import Cloud
from sandbox.contracts.parts import Part

FAULTS_FILE = "faults.yaml"

Operation = Literal["check", "diff", "create", "read", "update", "delete", "invoke"]
# Real providers: AWS SDK, 25 attempts. The base is short so that a lasting fault takes seconds here.
ATTEMPTS = 25
_BASE_SECONDS, _CEILING_SECONDS = 0.002, 0.2
_MESSAGES = {
    "throttle": "ThrottlingException: Rate exceeded (status code: 429)",
    "serverError": "InternalError: We encountered an internal error. Please try again. (status code: 503)",
    "timeout": "RequestError: send request failed: context deadline exceeded (timeout while waiting for the operation)",
    "partial": "the operation failed after it took effect: connection reset by peer",
}


T = TypeVar("T")


class FaultsError(Exception):
    """The fault script is wrong; the message says where."""


class TransientError(Exception):
    """A failure that a retry may overcome."""


class LastingError(Exception):
    """A failure that the operation cannot overcome."""


class Latency(Part):
    """How long every operation takes at least."""

    milliseconds: float = Field(ge=0)
    operation: Operation | None = None
    type: str = "*"


class Fault(Part):
    """One thing that goes wrong: what, where and when."""

    kind: Literal["throttle", "serverError", "timeout", "partial", "crash"]
    operation: Operation | None = None
    type: str = "*"
    nth: Annotated[int, Field(ge=1)] | None = Field(default=None, description="only this matching call")
    times: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="the first so many matching calls"
    )
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    after: bool = Field(default=False, description="crash after the side effect instead of before it")

    @model_validator(mode="after")
    def _when_is_said(self) -> Self:
        if sum(value is not None for value in (self.nth, self.times, self.probability)) > 1:
            raise ValueError("say one of nth, times and probability; without any, every matching call fails")
        return self

    def matches(self, operation: str, type_: str) -> bool:
        """Tell whether the fault concerns an operation on a type."""
        return self.operation in (None, operation) and fnmatch.fnmatchcase(type_, self.type)


class Script(Part):
    """The whole of a `faults.yaml`."""

    seed: int = 0
    latency: Latency | None = None
    faults: list[Fault] = Field(default=[])

    @classmethod
    def read(cls, path: Path) -> "Script":
        """Return the script in a file; none there means no faults."""
        return cls.parse(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else cls()

    @classmethod
    def parse(cls, text: str) -> "Script":
        """Return the script that a text says.

        Raises:
            FaultsError: with everything that is wrong, each with its place.
        """
        try:
            return cls.model_validate(yaml.safe_load(text) or {})
        except ValidationError as error:
            wrong = [
                f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}" for one in error.errors()
            ]
        except yaml.YAMLError as error:
            wrong = [f"not YAML: {' '.join(str(error).split())}"]
        raise FaultsError(
            f"the fault script is wrong: {'; '.join(wrong)}. The head of sandbox/faults.py shows how one is written."
        )


class Faults:
    """Applies a script to operations."""

    def __init__(self, script: Script, cloud: Cloud, *, crash: Callable[[], Any] | None = None) -> None:
        self._script = script
        self._cloud = cloud
        # SIGKILL-like: no handler, no flush, no answer to the engine.
        self._crash = crash or (lambda: os._exit(137))

    def run(self, operation: Operation, type_: str, act: Callable[[], T]) -> T:
        """Do an operation with the script's latency and faults, retrying what is transient."""
        if not self._script.faults and self._script.latency is None:
            return act()
        self._wait(operation, type_)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._before(operation, type_)
            except TransientError as error:
                if attempt == ATTEMPTS:
                    raise LastingError(f"exceeded maximum number of attempts, {ATTEMPTS}, {error}") from error
                time.sleep(min(_CEILING_SECONDS, _BASE_SECONDS * 2**attempt))
                continue
            break
        result = act()
        self._after(operation, type_)
        return result

    def _wait(self, operation: Operation, type_: str) -> None:
        latency = self._script.latency
        if latency and latency.operation in (None, operation) and fnmatch.fnmatchcase(type_, latency.type):
            time.sleep(latency.milliseconds / 1000)

    def _due(self, index: int, fault: Fault) -> bool:
        call = self._cloud.count(f"fault:{index}")
        if fault.nth is not None:
            return call == fault.nth
        if fault.times is not None:
            return call <= fault.times
        if fault.probability is not None:
            # The call's number seeds the draw, so that a script repeats whichever process makes the call.
            draw = random.Random(f"{self._script.seed}:{index}:{call}").random()  # noqa: S311
            return draw < fault.probability
        return True

    def _before(self, operation: Operation, type_: str) -> None:
        for index, fault in enumerate(self._script.faults):
            if fault.kind == "partial" or fault.after or not fault.matches(operation, type_):
                continue
            if self._due(index, fault):
                if fault.kind == "crash":
                    self._crash()
                if fault.kind == "timeout":
                    raise LastingError(_MESSAGES["timeout"])
                raise TransientError(_MESSAGES[fault.kind])

    def _after(self, operation: Operation, type_: str) -> None:
        for index, fault in enumerate(self._script.faults):
            if (
                (fault.kind == "partial" or fault.after)
                and fault.matches(operation, type_)
                and self._due(index, fault)
            ):
                if fault.kind == "crash":
                    self._crash()
                raise LastingError(_MESSAGES["partial"])
