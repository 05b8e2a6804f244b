"""When requests to a failing origin are given up before they are sent."""

from __future__ import annotations

import msgspec

FAILURE_STATUSES = frozenset({500, 502, 503, 504})


class CircuitBreaker(msgspec.Struct, frozen=True, kw_only=True):
    """When a circuit opens, and for how long. Attempts are counted per origin, in a window that rolls on by buckets."""

    failure_threshold: float = 0.5  # failed attempts / all attempts in the window; reaching it opens the circuit
    request_volume_threshold: int = 10  # attempts in the window below which it stays closed
    time_window: float = 60.0  # seconds
    bucket_size: float = 10.0  # seconds; the window forgets a bucket at a time
    reset_time: float = 30.0  # seconds from opening to the probe
    status_codes: frozenset[int] = FAILURE_STATUSES  # that count as failures
