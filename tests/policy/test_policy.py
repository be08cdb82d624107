import pytest

from shared.domain import access
from tests.policy.expectations import EXPECTATIONS, Expectation


@pytest.mark.parametrize("expectation", EXPECTATIONS, ids=lambda one: one.__name__)
def test_the_policy_is_as_expected(expectation: Expectation) -> None:
    expectation(access)
