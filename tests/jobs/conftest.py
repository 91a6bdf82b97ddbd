from tests.components.conftest import graph, prod

__all__ = ["graph", "prod"]
