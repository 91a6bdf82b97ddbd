import pytest

from tests.contracts.account import Account


@pytest.fixture
def aws() -> Account:
    return Account()
