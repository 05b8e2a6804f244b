"""Where the local server's time comes from."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since 1970, as :func:`time.time` gives them."""

wall_clock: Clock = time.time


class ManualClock:
    """Time that stands still until it is told to move: every timestamp of a test is known beforehand.

    Jobs move, links expire and rate limits recover by this clock too.
    """

    def __init__(self, start: float = 1_710_000_000.0) -> None:
        self._now = start

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward. Raises ValueError for a step backward."""
        if seconds < 0:
            raise ValueError(f"time does not go back: advance({seconds})")
        self._now += seconds
