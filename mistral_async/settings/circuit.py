"""When requests to a failing origin are given up before they are sent."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec

from mistral_async.settings.values import check_count, check_seconds, check_statuses, is_number

FAILURE_STATUSES = frozenset({500, 502, 503, 504})


class CircuitBreaker(msgspec.Struct, frozen=True, kw_only=True):
    """When a circuit opens, and for how long. Attempts are counted per origin, in a window that rolls on by buckets.

    A failed attempt is one that no answer came to, or an answer of ``status_codes``. Wrong values are refused with
    ``ValueError``.
    """

    failure_threshold: float = 0.5  # failed attempts / all attempts in the window; reaching it opens the circuit
    request_volume_threshold: int = 10  # attempts in the window below which it stays closed
    time_window: float = 60.0  # seconds; rounded up to whole buckets
    bucket_size: float = 10.0  # seconds; the window forgets a bucket at a time
    reset_time: float = 30.0  # seconds from opening to the probe
    status_codes: AbstractSet[int] = FAILURE_STATUSES  # from 400 to 599; kept as a frozenset, given as any iterable

    def __post_init__(self) -> None:
        if not is_number(self.failure_threshold) or not 0 < self.failure_threshold <= 1:
            raise ValueError(
                "circuit_breaker: failure_threshold must be a ratio above zero and up to one, "
                f"not {self.failure_threshold!r}"
            )
        check_count("circuit_breaker: request_volume_threshold", self.request_volume_threshold)
        check_seconds("circuit_breaker: time_window", self.time_window)
        check_seconds("circuit_breaker: bucket_size", self.bucket_size)
        check_seconds("circuit_breaker: reset_time", self.reset_time)
        if self.bucket_size > self.time_window:
            raise ValueError(
                f"circuit_breaker: bucket_size must be at most time_window ({self.time_window!r}), "
                f"not {self.bucket_size!r}"
            )
        msgspec.structs.force_setattr(
            self, "status_codes", check_statuses("circuit_breaker: status_codes", self.status_codes)
        )
