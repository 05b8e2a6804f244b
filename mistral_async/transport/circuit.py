"""Decide whether a request may be sent to an origin, by how the ones before it fared."""

from __future__ import annotations

import math
from collections import deque
from typing import Literal, TypeAlias

import msgspec

from mistral_async.settings.circuit import CircuitBreaker

State: TypeAlias = Literal["closed", "open", "half-open"]

# Seconds after which to come again while a probe is under way: it may be back at any moment, and who waits
# that long does not spin.
PROBE_WAIT = 1.0


class CircuitState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one origin, at one moment."""

    state: State
    requests: int  # attempts in the window; while the circuit is not closed, those that opened it
    failures: int  # of them
    retry_after: float  # seconds until a request may be sent again; 0 where it may be sent now


class Circuit:
    """Closed it lets everything through; open, nothing; half-open, one probe, whose outcome opens or closes it.

    It never looks at a clock: ``now`` is in seconds, and never goes back.

    Who is let through gets a ticket, and gives it back with ``record``, or with ``release`` where the outcome says
    nothing about the origin. A ticket from before the circuit last changed counts for nothing, nor does that of a
    probe that was released. ``ticket`` is the present one; while ``state`` is ``"closed"`` it is anybody's without
    asking.
    """

    __slots__ = ("_opened", "_policy", "_probing", "_window", "state", "ticket")

    def __init__(self, policy: CircuitBreaker) -> None:
        self.state: State = "closed"
        self._policy = policy
        self._window = _Window(policy)
        self.ticket = 0  # how often the state has changed, and a probe was let through
        self._opened = -math.inf  # when it opened last
        self._probing = False  # a probe is under way

    def admit(self, now: float) -> int | None:
        """A ticket for one attempt, or None: then ``retry_after`` says when to come again."""
        if self.state == "closed":
            return self.ticket
        if self.retry_after(now) > 0:
            return None
        if self.state == "open":
            self._change("half-open")
        self._probing = True
        self.ticket += 1
        return self.ticket

    def retry_after(self, now: float) -> float:
        """Seconds until a request may be let through."""
        if self.state == "open":
            return max(0.0, self._opened + self._policy.reset_time - now)
        return PROBE_WAIT if self._probing else 0.0

    def record(self, ticket: int, now: float, *, ok: bool) -> bool:
        """Count an attempt that ended, and say whether this changed the state."""
        if ticket != self.ticket:
            return False
        if self.state == "half-open" and not self._probing:
            return False  # given back before
        if self.state == "closed":
            self._window.count(now, ok)
            # A success never opens it, even where the ratio is reached.
            if ok or not self._fails():
                return False
        if ok:
            self._window.clear()
            self._change("closed")
        else:
            self._opened = now
            self._change("open")
        return True

    def release(self, ticket: int) -> None:
        """Forget an attempt that ended. A probe makes room for the next one."""
        if ticket == self.ticket:
            self._probing = False

    def snapshot(self, now: float) -> CircuitState:
        """What is known now. A circuit whose time is up is half-open: the next request is the probe."""
        retry_after = self.retry_after(now)
        state: State = "half-open" if self.state == "open" and not retry_after else self.state
        if state == "closed":
            self._window.roll(now)
        requests, failures = self._window.requests, self._window.failures
        return CircuitState(state=state, requests=requests, failures=failures, retry_after=retry_after)

    def _fails(self) -> bool:
        requests, failures = self._window.requests, self._window.failures
        enough = requests >= self._policy.request_volume_threshold
        return enough and failures / requests >= self._policy.failure_threshold

    def _change(self, state: State) -> None:
        self.state = state
        self.ticket += 1
        self._probing = False


class _Window:
    """Attempts of the last seconds, in buckets of which the oldest is forgotten when a new one begins."""

    __slots__ = ("_bucket", "_buckets", "_kept", "_size", "failures", "requests")

    def __init__(self, policy: CircuitBreaker) -> None:
        self._size = policy.bucket_size
        self._kept = policy.time_window / policy.bucket_size  # buckets
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.requests = 0
        self.failures = 0
        self._bucket = _Bucket(-math.inf)  # the newest
        self._buckets: deque[_Bucket] = deque()  # those with an attempt in them, oldest first

    def count(self, now: float, ok: bool) -> None:
        """Add one attempt."""
        index = now // self._size
        if index > self._bucket.index:
            self.roll(now)
            self._bucket = _Bucket(index)
            self._buckets.append(self._bucket)
        self.requests += 1
        self._bucket.requests += 1
        if not ok:
            self.failures += 1
            self._bucket.failures += 1

    def roll(self, now: float) -> None:
        """Forget the buckets that the window has left behind."""
        gone = now // self._size - self._kept
        while self._buckets and self._buckets[0].index <= gone:
            bucket = self._buckets.popleft()
            self.requests -= bucket.requests
            self.failures -= bucket.failures


class _Bucket:
    """Attempts that ended within one bucket size of each other."""

    __slots__ = ("failures", "index", "requests")

    def __init__(self, index: float) -> None:
        self.index = index  # how many bucket sizes after zero it begins
        self.requests = 0
        self.failures = 0
