"""What is to be done later."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable


class Timers:
    """Calls that are due at a time of ``time.monotonic``."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call it then, for certain: it must see for itself whether it is still wanted."""
        self._number += 1
        heapq.heappush(self._heap, (when, self._number, call))

    def run(self) -> float | None:
        """Call what is due; the seconds until something is due next, if anything is."""
        heap = self._heap
        while heap:
            left = heap[0][0] - time.monotonic()
            if left > 0:
                return left
            heapq.heappop(heap)[2]()
        return None
