"""One circuit: when it opens, who is let through, what its window counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.settings import CircuitBreaker
from mistral_async.transport.circuit import PROBE_WAIT, Circuit, CircuitState

POLICY = CircuitBreaker(request_volume_threshold=4, time_window=60, bucket_size=10, reset_time=30)


def tried(circuit: Circuit, now: float, *outcomes: bool) -> None:
    """Attempts that begin and end at once."""
    for ok in outcomes:
        ticket = circuit.admit(now)
        assert ticket is not None
        circuit.record(ticket, now, ok=ok)


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit(POLICY)
    tried(circuit, now, *[False] * 4)
    assert circuit.state == "open"
    return circuit


def half_opened(now: float = 30.0) -> tuple[Circuit, int]:
    """A circuit that opened half a minute ago, and the probe's ticket."""
    circuit = opened(now - POLICY.reset_time)
    probe = circuit.admit(now)
    assert probe is not None
    return circuit, probe


def test_it_opens_where_enough_of_enough_attempts_failed() -> None:
    circuit = Circuit(POLICY)

    states: list[str] = []
    for ok in (True, True, False, False):
        tried(circuit, 0, ok)
        states.append(circuit.state)

    assert states == ["closed", "closed", "closed", "open"]


def test_it_stays_closed_below_the_volume_however_many_fail() -> None:
    circuit = Circuit(POLICY)

    tried(circuit, 0, False, False, False)

    assert circuit.state == "closed"


def test_an_answer_never_opens_it() -> None:
    circuit = Circuit(POLICY)
    states: list[str] = []

    for ok in (False, False, False, True, False):
        tried(circuit, 0, ok)
        states.append(circuit.state)

    assert states == ["closed", "closed", "closed", "closed", "open"]  # at the fourth, three of four had failed


@pytest.mark.parametrize("percent", range(1, 101))
def test_reaching_the_ratio_is_enough_without_rounding_it_away(percent: int) -> None:
    circuit = Circuit(CircuitBreaker(failure_threshold=percent / 100, request_volume_threshold=100))

    tried(circuit, 0, *[True] * (100 - percent), *[False] * (percent - 1))
    before: str = circuit.state
    tried(circuit, 0, False)

    assert (before, circuit.state) == ("closed", "open")


def test_the_window_forgets_a_bucket_at_a_time() -> None:
    circuit = Circuit(POLICY)
    tried(circuit, 9.9, False)  # in the bucket from 0 to 10 s
    tried(circuit, 10, False, False)

    assert circuit.snapshot(59.9).failures == 3
    assert circuit.snapshot(60).failures == 2
    assert circuit.snapshot(70).failures == 0
    tried(circuit, 70, False, False, False)
    assert circuit.state == "closed"


def test_a_window_that_is_no_multiple_of_its_buckets_is_rounded_up() -> None:
    circuit = Circuit(CircuitBreaker(time_window=25, bucket_size=10))
    tried(circuit, 0, True)

    assert (circuit.snapshot(29.9).requests, circuit.snapshot(30).requests) == (1, 0)


def test_a_quiet_time_of_any_length_is_survived() -> None:
    circuit = Circuit(POLICY)
    tried(circuit, 0, True)
    tried(circuit, 1e12, False)

    assert circuit.snapshot(1e12) == CircuitState(state="closed", requests=1, failures=1, retry_after=0)


def test_while_it_is_open_nobody_is_let_through() -> None:
    circuit = opened()

    assert circuit.admit(29.9) is None
    assert circuit.retry_after(29.5) == 0.5
    assert circuit.snapshot(29.5) == CircuitState(state="open", requests=4, failures=4, retry_after=0.5)


def test_when_its_time_is_up_it_counts_as_half_open_before_anybody_asks() -> None:
    assert opened().snapshot(30) == CircuitState(state="half-open", requests=4, failures=4, retry_after=0)


def test_half_open_it_lets_one_probe_through() -> None:
    circuit, _ = half_opened()

    assert circuit.state == "half-open"
    assert [circuit.admit(30.1) for _ in range(100)] == [None] * 100
    assert circuit.retry_after(30.1) == PROBE_WAIT


def test_a_probe_that_is_answered_closes_it_and_clears_the_window() -> None:
    circuit, probe = half_opened()

    assert circuit.record(probe, 31, ok=True)

    assert circuit.snapshot(31) == CircuitState(state="closed", requests=0, failures=0, retry_after=0)
    tried(circuit, 31, False, False, False)
    assert circuit.state == "closed"


def test_a_probe_that_fails_opens_it_anew_for_the_whole_time() -> None:
    circuit, probe = half_opened()

    assert circuit.record(probe, 35, ok=False)

    assert circuit.snapshot(35) == CircuitState(state="open", requests=4, failures=4, retry_after=30)
    assert circuit.admit(64.9) is None
    assert circuit.admit(65) is not None


def test_a_probe_that_was_given_up_makes_room_for_the_next() -> None:
    circuit, probe = half_opened()

    circuit.release(probe)

    assert circuit.snapshot(31).retry_after == 0
    assert circuit.admit(31) is not None
    assert circuit.admit(31) is None


def test_while_a_probe_is_under_way_there_is_no_other_however_long_it_takes() -> None:
    circuit, probe = half_opened()

    assert [circuit.admit(30 + later) for later in (29.9, 30, 1000, 1e6)] == [None] * 4
    assert circuit.retry_after(1e6) == PROBE_WAIT
    assert circuit.record(probe, 1e6, ok=True)
    assert circuit.snapshot(1e6).state == "closed"


@pytest.mark.parametrize("ok", [True, False])
def test_a_probe_that_was_given_up_touches_no_newer_one(ok: bool) -> None:
    circuit, first = half_opened()
    circuit.release(first)
    assert not circuit.record(first, 30.5, ok=ok)
    second = circuit.admit(31)
    assert second is not None

    assert not circuit.record(first, 32, ok=ok)
    circuit.release(first)

    assert (circuit.state, circuit.admit(32)) == ("half-open", None)
    assert circuit.record(second, 33, ok=True)


@pytest.mark.parametrize("ok", [True, False])
def test_what_began_before_it_opened_changes_nothing_afterwards(ok: bool) -> None:
    circuit = Circuit(POLICY)
    early = circuit.admit(0)
    assert early is not None
    tried(circuit, 0, *[False] * 4)

    assert not circuit.record(early, 1, ok=ok)
    assert circuit.snapshot(1) == CircuitState(state="open", requests=4, failures=4, retry_after=29)

    probe = circuit.admit(30)
    assert probe is not None
    assert not circuit.record(early, 31, ok=ok)
    circuit.release(early)
    assert (circuit.state, circuit.admit(31)) == ("half-open", None)

    assert circuit.record(probe, 32, ok=True)
    assert not circuit.record(early, 33, ok=ok)
    assert circuit.snapshot(33).requests == 0


def test_what_says_nothing_about_the_origin_is_not_counted() -> None:
    circuit = Circuit(POLICY)
    ticket = circuit.admit(0)
    assert ticket is not None

    circuit.release(ticket)

    assert circuit.snapshot(0).requests == 0


@given(
    st.lists(st.tuples(st.floats(0, 100), st.booleans())),
    st.floats(0, 100),
    st.sampled_from([(60.0, 10.0), (0.3, 0.1), (0.7, 0.1), (5.0, 5.0), (7.0, 3.0)]),
)
def test_the_window_counts_what_it_should(
    steps: list[tuple[float, bool]], rest: float, size: tuple[float, float]
) -> None:
    time_window, bucket_size = size
    circuit = Circuit(
        CircuitBreaker(time_window=time_window, bucket_size=bucket_size, request_volume_threshold=1_000_000)
    )
    now, ended = 0.0, list[tuple[float, bool]]()
    for wait, ok in steps:
        now += wait
        tried(circuit, now, ok)
        ended.append((now // bucket_size, ok))
    now += rest

    kept = [ok for bucket, ok in ended if now // bucket_size - bucket < time_window / bucket_size]

    snapshot = circuit.snapshot(now)
    assert (snapshot.requests, snapshot.failures) == (len(kept), kept.count(False))
