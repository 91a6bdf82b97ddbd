"""A stack that has the host of the operators' page, which no stack file asks for."""

from functools import cache

from tests.server.example import example
from tests.support import Graph, run_program


@cache
def with_a_server() -> Graph:
    """Return prod's graph with the documented server."""
    return run_program("prod", {"server": example()})
