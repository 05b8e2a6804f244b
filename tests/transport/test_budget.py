"""A client's budget of retries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.settings import Retry
from mistral_async.transport.budget import BANKED, Budget


def taken(budget: Budget, policy: Retry, most: int = 1000) -> int:
    """How many retries are granted in a row."""
    return next((made for made in range(most) if not budget.take(policy)), most)


@pytest.mark.parametrize(
    ("share", "reserve", "calls", "retries"),
    [
        (0.2, 10, 0, 10),
        (0.2, 0, 0, 0),
        (0.2, 0, 4, 0),
        (0.2, 0, 5, 1),
        (0.1, 0, 10, 1),  # though ten tenths are less than one, as floats go
        (0.2, 10, 50, 20),
        (0.0, 3, 50, 3),
        (1.0, 0, 7, 7),
        (2.0, 0, 7, 14),
        (0.5, 1, 1, 1),
    ],
)
def test_retries_are_a_part_of_the_calls_and_a_few(share: float, reserve: int, calls: int, retries: int) -> None:
    budget, policy = Budget(), Retry(budget=share, budget_reserve=reserve)
    for _ in range(calls):
        budget.earn(policy)

    assert taken(budget, policy) == retries


def test_without_a_budget_there_is_no_limit() -> None:
    budget = Budget()

    assert taken(budget, Retry(budget=None, budget_reserve=0)) == 1000


def test_a_long_good_time_pays_for_no_storm() -> None:
    budget, policy = Budget(), Retry(budget=0.5, budget_reserve=10)
    for _ in range(100_000):
        budget.earn(policy)

    assert taken(budget, policy) == BANKED + 10


def test_an_empty_budget_fills_again_with_calls() -> None:
    budget, policy = Budget(), Retry(budget=0.5, budget_reserve=1)
    assert [budget.take(policy), budget.take(policy)] == [True, False]

    budget.earn(policy)
    assert not budget.take(policy)
    budget.earn(policy)
    assert budget.take(policy)


def test_calls_without_a_budget_neither_fill_nor_empty_it() -> None:
    budget, policy = Budget(), Retry(budget=0.5, budget_reserve=2)
    for _ in range(10):
        budget.earn(Retry(budget=None))
        budget.take(Retry(budget=None))

    assert taken(budget, policy) == 2


def test_exhaustion_is_worth_saying_once_until_a_retry_was_made() -> None:
    budget, policy = Budget(), Retry(budget=1.0, budget_reserve=0)

    assert [budget.exhaust(), budget.exhaust()] == [True, False]
    budget.earn(policy)
    assert budget.take(policy)
    assert budget.exhaust()


@given(
    share=st.floats(0, 2),
    reserve=st.integers(0, 20),
    steps=st.lists(st.booleans(), max_size=300),
)
def test_retries_never_exceed_the_reserve_and_their_share(share: float, reserve: int, steps: list[bool]) -> None:
    budget, policy = Budget(), Retry(budget=share, budget_reserve=reserve)
    calls = retries = 0
    for is_call in steps:
        if is_call:
            calls += 1
            budget.earn(policy)
        elif budget.take(policy):
            retries += 1
        assert retries <= reserve + share * calls + 1e-6
