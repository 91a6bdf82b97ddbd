import pytest

from tests.support import STACKS, Graph, as_configured


@pytest.fixture(params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    """Every stack in turn, exactly as its file describes it."""
    return as_configured(request.param).graph


@pytest.fixture
def prod() -> Graph:
    return as_configured("prod").graph
