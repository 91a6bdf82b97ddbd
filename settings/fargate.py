"""The sizes in which AWS sells Fargate tasks, for every concern that runs some."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from settings.base import Model, Violation, rule

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html, read 2026-11.
MEMORY_MEGABYTES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
}


class FargateSize(Model):
    """CPU and memory of one task (CT-1)."""

    cpu_units: Literal[256, 512, 1024, 2048, 4096] = 512
    """CPU of a task, 1024 for a whole one (CT-1)."""

    memory_megabytes: Annotated[int, Field(ge=512, le=30_720)] = 1024
    """Memory of a task (CT-1)."""

    @rule
    def _fargate_has_this_size(self) -> Iterator[Violation]:
        sizes = MEMORY_MEGABYTES[self.cpu_units]
        if self.memory_megabytes not in sizes:
            yield Violation(
                "memory_megabytes",
                rule=f"must be one of {', '.join(map(str, sizes))} with cpuUnits {self.cpu_units}",
                reason="Fargate has tasks of these sizes only (CT-1)",
                remedy="Take the next larger size.",
            )
