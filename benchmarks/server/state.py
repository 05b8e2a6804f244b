"""What the connections of one worker share."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

from benchmarks.server.fields import Heads, Numbers
from benchmarks.server.held import Held
from benchmarks.server.live import GOLDEN
from benchmarks.server.timers import Timers

MEMO = 4096  # requests, heads and bodies that are known again; then the memo begins anew
HOLD = 2.0  # seconds that a held request waits for its answer
BUFFER = 1024 * 1024  # bytes of an upload that are read at once


class Shared:
    def __init__(self, worker: int, workers: int) -> None:
        """``worker`` counts from 0."""
        self.timers = Timers()
        self.heads = Heads()
        self.heads.look()
        self.numbers = Numbers(random.Random(os.urandom(16)))
        self.held = Held()
        self.requests = 0
        self.buffer = memoryview(bytearray(BUFFER))
        self.plain = memoryview(bytearray(BUFFER + 64 * 1024))  # what was in it and before it, where it was encrypted
        self._soon: set[Callable[[], None]] = set()
        self._live = worker
        self._workers = workers

    def soon(self, call: Callable[[], None]) -> None:
        """Call it once, after all that is due now."""
        self._soon.add(call)

    def run_due(self) -> float | None:
        """Call what is due; the seconds until something is due next, if anything is."""
        wait = self.timers.run()
        while self._soon:
            self._soon.pop()()
        return wait

    def phase(self) -> float:
        """Of another live stream, from 0 to 1: those of all workers together are spread evenly."""
        self._live += self._workers
        return self._live * GOLDEN % 1
