from tests.support.graph import Graph, Node
from tests.support.run import STACKS, Built, as_configured, resolve, run_component, run_program, run_stack

__all__ = [
    "STACKS",
    "Built",
    "Graph",
    "Node",
    "as_configured",
    "resolve",
    "run_component",
    "run_program",
    "run_stack",
]
