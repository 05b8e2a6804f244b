"""Circuits that are asked in any order, against a model that remembers everything and computes nothing in advance."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mistral_async.settings import CircuitBreaker
from mistral_async.transport.circuit import PROBE_WAIT, Circuit

# Quarters of seconds are exact in binary: no test hangs on a rounded sum.
SECONDS = st.integers(1, 8).map(lambda quarters: quarters / 4)
RATIOS = st.sampled_from([0.125, 0.25, 0.5, 0.75, 1.0])


class Attempt(NamedTuple):
    """One that was let through, and in which of the circuit's lives; or one that was not."""

    ticket: int
    life: int


REFUSED = Attempt(ticket=-1, life=-1)


class Model:
    """What a circuit should do, said the long way."""

    def __init__(self, policy: CircuitBreaker) -> None:
        self.policy = policy
        self.life = 0  # how often the state has changed, and a probe begun
        self.state = "closed"
        self.ended: list[tuple[float, bool]] = []  # since it closed last: when, and how
        self.opened = 0.0
        self.at_opening: list[bool] = []  # what stood in the window when it was last closed
        self.probing = False

    def in_window(self, now: float) -> list[bool]:
        size = self.policy.bucket_size
        return [ok for when, ok in self.ended if now // size - when // size < self.policy.time_window / size]

    def may_pass(self, now: float) -> bool:
        if self.state == "open":
            return now - self.opened >= self.policy.reset_time
        if self.state == "half-open":
            return not self.probing
        return True

    def passed(self) -> None:
        if self.state == "open":
            self.become("half-open")
        if self.state == "half-open":
            self.probing = True
            self.life += 1

    def finished(self, now: float, ok: bool) -> None:
        if self.state == "half-open":
            if not self.probing:
                return  # it was given up before
            self.probing = False
            if ok:
                self.ended = []
            else:
                self.opened = now
            self.become("closed" if ok else "open")
            return
        self.ended.append((now, ok))
        window = self.in_window(now)
        if (
            not ok
            and len(window) >= self.policy.request_volume_threshold
            and window.count(False) >= len(window) * self.policy.failure_threshold
        ):
            self.opened, self.at_opening = now, window
            self.become("open")

    def become(self, state: str) -> None:
        self.state = state
        self.life += 1


class CircuitMachine(RuleBasedStateMachine):
    """Attempts that begin, end, fail or are given up, at any time and in any order."""

    attempts: Bundle[Attempt] = Bundle("attempts")

    @initialize(
        ratio=RATIOS,
        volume=st.integers(1, 5),
        bucket=st.sampled_from([0.25, 1.0, 10.0]),
        buckets=st.sampled_from([1, 2, 6, 2.5]),
        reset=st.sampled_from([0.25, 0.5, 1.0, 30.0]),
    )
    def make(self, ratio: float, volume: int, bucket: float, buckets: float, reset: float) -> None:
        self.policy = CircuitBreaker(
            failure_threshold=ratio,
            request_volume_threshold=volume,
            time_window=bucket * buckets,
            bucket_size=bucket,
            reset_time=reset,
        )
        self.now = 0.0
        self.circuit = Circuit(self.policy)
        self.model = Model(self.policy)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(times=st.integers(1, 7), of=st.sampled_from(["bucket_size", "time_window", "reset_time"]))
    def wait_long(self, times: int, of: str) -> None:
        self.now += times * float(getattr(self.policy, of))

    @rule()
    def wait_as_told(self) -> None:
        """Who waits for as long as it says is let through, but for those who are behind a probe."""
        state, told = self.circuit.state, self.circuit.retry_after(self.now)
        self.now += told
        if state == "open":
            assert self.circuit.retry_after(self.now) == 0

    @rule(target=attempts, count=st.integers(1, 5))
    def begin(self, count: int) -> Attempt:
        """Several at once: half-open, the first of them at most."""
        attempt = self.begin_one()
        for _ in range(count - 1):
            later = self.begin_one()
            attempt = attempt if later is REFUSED else later
        return attempt

    @rule(outcomes=st.lists(st.booleans(), max_size=6))
    def at_once(self, outcomes: list[bool]) -> None:
        """Attempts that begin and end one after the other, in no time."""
        for ok in outcomes:
            self.end(self.begin_one(), ok)
            self.they_agree()

    def begin_one(self) -> Attempt:
        expected = self.model.may_pass(self.now)
        ticket = self.circuit.admit(self.now)
        assert (ticket is not None) == expected
        if ticket is None:
            assert 0 < self.circuit.retry_after(self.now) <= max(PROBE_WAIT, self.policy.reset_time)
            return REFUSED
        self.model.passed()
        return Attempt(ticket, self.model.life)

    @rule(attempt=attempts, ok=st.booleans())
    def end_later(self, attempt: Attempt, ok: bool) -> None:
        self.end(attempt, ok)

    def end(self, attempt: Attempt, ok: bool) -> None:
        before = self.circuit.state
        changed = self.circuit.record(attempt.ticket, self.now, ok=ok)
        assert changed == (self.circuit.state != before)
        if attempt.life == self.model.life:
            self.model.finished(self.now, ok)
        else:
            assert not changed  # too late to mean anything

    @rule(attempt=attempts)
    def give_up(self, attempt: Attempt) -> None:
        self.circuit.release(attempt.ticket)
        if attempt.life == self.model.life:
            self.model.probing = False

    @invariant()
    def they_agree(self) -> None:
        assert self.circuit.state == self.model.state
        known = self.circuit.snapshot(self.now)
        window = self.model.in_window(self.now) if self.model.state == "closed" else self.model.at_opening
        assert (known.requests, known.failures) == (len(window), window.count(False))
        assert (known.retry_after == 0) == self.model.may_pass(self.now)
        if known.state != self.model.state:
            assert (known.state, self.model.state, known.retry_after) == ("half-open", "open", 0)


CircuitMachine.TestCase.settings = settings(stateful_step_count=60)
TestCircuit = CircuitMachine.TestCase
