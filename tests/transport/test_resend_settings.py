"""Policies of retries and time limits: what is taken, and which value is wrong."""

from __future__ import annotations

import math
import pickle
from typing import Any

import msgspec
import pytest

from mistral_async.settings import Retry, Timeout
from mistral_async.settings.retry import RETRIED_STATUSES

HUGE = 10**400  # a whole number that no float can hold
SECONDS = [-1, -0.001, math.inf, math.nan, HUGE, "1", None, True, b"1", [1]]
COUNTS = [0.5, 1.0, "1", None, True, math.nan]

WRONG: list[tuple[str, Any]] = [
    *(("attempts", value) for value in [0, -1, *COUNTS]),
    *(("first_delay", value) for value in SECONDS),
    *(("max_delay", value) for value in SECONDS),
    *(("max_retry_after", value) for value in SECONDS),
    *(("factor", value) for value in [0, 0.999, -2, math.inf, math.nan, HUGE, "2", None, True]),
    *(("budget", value) for value in [-0.1, math.inf, math.nan, HUGE, "1", True]),
    *(("budget_reserve", value) for value in [-1, *COUNTS]),
    *(("read_timeouts", value) for value in [0, 1, None, "yes"]),
    *(("statuses", value) for value in [503, None, "503", {200}, {399}, {600}, {503.0}, {"503"}, [True], [[503]]]),
]

RIGHT: list[tuple[str, Any]] = [
    ("attempts", 1),
    ("attempts", 100),
    ("first_delay", 0),
    ("max_delay", 0),
    ("factor", 1),
    ("factor", 1.5),
    ("max_retry_after", 0),
    ("max_retry_after", 3600),
    ("read_timeouts", True),
    ("budget", None),
    ("budget", 0),
    ("budget", 3.5),
    ("budget_reserve", 0),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_policy_says_which_of_its_values_is_wrong(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^retry: {name} must be "):
        Retry(**{name: value})


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_a_policy_takes_what_makes_sense(name: str, value: Any) -> None:
    assert getattr(Retry(**{name: value}), name) == value


@pytest.mark.parametrize("given", [{429, 503}, frozenset({429, 503}), [503, 429], (429, 503, 503), iter([429, 503])])
def test_statuses_are_given_as_any_iterable_and_kept_as_a_set(given: Any) -> None:
    policy = Retry(statuses=given)

    assert policy.statuses == {429, 503}
    assert policy == Retry(statuses=frozenset({429, 503}))
    assert hash(policy) == hash(Retry(statuses=frozenset({429, 503})))


def test_a_policy_needs_no_values() -> None:
    assert Retry().statuses == RETRIED_STATUSES == {429, 500, 502, 503, 504}
    assert (Retry().attempts, Retry(statuses=()).statuses) == (3, frozenset())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_policy_can_be_pickled_and_copied() -> None:
    policy = Retry(attempts=5, statuses={500})

    assert pickle.loads(pickle.dumps(policy)) == policy
    assert msgspec.structs.replace(policy, attempts=3) == Retry(attempts=3, statuses={500})


@pytest.mark.parametrize("name", ["connect", "read", "total"])
@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, HUGE, "1", True, b"1"])
def test_a_time_limit_says_which_of_its_values_is_wrong(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^timeout: {name} must be a positive number of seconds or None"):
        Timeout(**{name: value})


@pytest.mark.parametrize("value", [0.001, 1, 86400, None])
def test_a_time_limit_is_a_positive_number_or_none(value: float | None) -> None:
    assert Timeout(connect=value, read=value, total=value).total == value
