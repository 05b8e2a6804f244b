"""Streams at a live pace, each with a phase of its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.server.timers import Timers

PACE = 0.02  # seconds from one event to the next
GOLDEN = 0.6180339887498949  # its multiples are spread evenly, however many they are


class Live:
    """One stream: ``write`` is called with 0, 1, 2 ... until it was called ``count`` times, or the stream is stopped.

    ``write`` returns whether it wrote; where it could not, it is asked again at the next beat.
    """

    def __init__(self, timers: Timers, phase: float, count: int, write: Callable[[int], bool]) -> None:
        """``phase`` is a part of the pace, from 0 to 1."""
        self.stopped = False
        self._timers = timers
        self._write = write
        self._count = count
        self._next = 0
        # On one grid for all: what matters is when events come, not when their streams were asked for.
        now = time.monotonic()
        self._due = now - now % PACE + phase * PACE
        if self._due < now:
            self._due += PACE
        timers.at(self._due, self._beat)

    def _beat(self) -> None:
        if self.stopped:
            return
        if self._write(self._next):
            self._next += 1
        if self._next < self._count:
            self._due += PACE
            self._timers.at(self._due, self._beat)
