"""When requests to a failing origin are given up before they are sent."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec

from mistral_async.settings.number import check_count, check_seconds

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
        if not _is_ratio(self.failure_threshold):
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
        msgspec.structs.force_setattr(self, "status_codes", _checked_statuses(self.status_codes))


def _is_ratio(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _checked_statuses(statuses: object) -> frozenset[int]:
    """The statuses, where all of them say that something failed. Source: RFC 9110 section 15."""
    listed: list[object] = list(statuses) if isinstance(statuses, Iterable) else [statuses]  # pyright: ignore[reportUnknownArgumentType]
    for status in listed:
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"circuit_breaker: status_codes must be whole numbers from 400 to 599, not {status!r}")
    return frozenset(status for status in listed if isinstance(status, int))
