"""How many requests were held at the same moment."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

Span = tuple[float, float]  # from and until, in the seconds of ``time.monotonic``


class Held:
    """The requests that a worker holds back, and held since it was last asked."""

    def __init__(self) -> None:
        self._since: dict[object, float] = {}
        self._over: list[Span] = []

    def begin(self, holder: object) -> None:
        self._since[holder] = time.monotonic()

    def end(self, holder: object) -> None:
        """It was answered, or nobody waits for it any more."""
        self._over.append((self._since.pop(holder), time.monotonic()))

    def take(self) -> list[Span]:
        """Since when, until when. What is still held is told again the next time."""
        over, self._over = self._over, []
        return over + [(since, math.inf) for since in self._since.values()]


def most_at_once(spans: Iterable[Span]) -> int:
    """How many of them overlap, where the most do."""
    changes = sorted(change for since, until in spans for change in ((since, 1), (until, -1)))
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
