"""When a circuit opens: what is taken, and which setting is wrong."""

from __future__ import annotations

import math
import pickle
from http import HTTPStatus
from typing import Any

import msgspec
import pytest

from mistral_async.settings import CircuitBreaker


def test_the_defaults_are_those_of_the_connector() -> None:
    policy = CircuitBreaker()

    assert (policy.request_volume_threshold, policy.time_window, policy.bucket_size, policy.reset_time) == (
        10,
        60,
        10,
        30,
    )
    assert policy.status_codes == {500, 502, 503, 504}


@pytest.mark.parametrize(
    "given",
    [
        {"failure_threshold": 1},
        {"failure_threshold": 0.001},
        {"request_volume_threshold": 1},
        {"time_window": 10.0, "bucket_size": 10.0},
        {"time_window": 25},
        {"reset_time": 0.01},
        {"status_codes": frozenset[int]()},
    ],
)
def test_what_makes_sense_is_taken(given: dict[str, Any]) -> None:
    policy = CircuitBreaker(**given)

    assert {name: getattr(policy, name) for name in given} == given


@pytest.mark.parametrize("given", [[500, 429], {500, 429}, (500, 429, 500), [HTTPStatus(500), HTTPStatus(429)]])
def test_statuses_may_come_in_any_collection(given: Any) -> None:
    policy = CircuitBreaker(status_codes=given)

    assert policy.status_codes == frozenset({429, 500})
    assert isinstance(policy.status_codes, frozenset)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("failure_threshold", value) for value in (0, -0.1, 1.1, math.nan, math.inf, True, "0.5", None)),
        *(("request_volume_threshold", value) for value in (0, -1, 1.5, True, "10", None)),
        *(("time_window", value) for value in (0, -1, math.nan, math.inf, True, "60", None)),
        *(("bucket_size", value) for value in (0, -1, math.nan, math.inf, True, "10", None)),
        *(("reset_time", value) for value in (0, -1, math.nan, math.inf, True, "30", None)),
        *(
            ("status_codes", value)
            for value in ([200], [399], [600], [True], ["500"], [500.0], 500, "500", b"500", None)
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^circuit_breaker: {name} must be .*, not "):
        CircuitBreaker(**{name: value})


def test_a_bucket_fits_into_the_window() -> None:
    with pytest.raises(
        ValueError, match=r"^circuit_breaker: bucket_size must be at most time_window \(5\), not 10\.0$"
    ):
        CircuitBreaker(time_window=5)


def test_a_changed_copy_is_checked_too() -> None:
    with pytest.raises(ValueError, match="reset_time"):
        msgspec.structs.replace(CircuitBreaker(), reset_time=-1)


def test_it_can_be_pickled() -> None:
    policy = CircuitBreaker(status_codes=[429], reset_time=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a list is taken as well

    assert pickle.loads(pickle.dumps(policy)) == policy
