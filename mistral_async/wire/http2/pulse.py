"""Whether the peer is still there: what counts as a sign of life, and when it is asked for one.

No waiting: times are the loop's, and given.
"""

from __future__ import annotations

from typing import Literal


class Pulse:
    """What was last seen of a peer."""

    __slots__ = ("_asked", "_flowed", "_gone", "_limit", "_patience", "_pinged", "_waiting", "heard")

    def __init__(self, now: float, *, ping_after: float, ping_limit: float) -> None:
        """``ping_after`` are seconds of silence until a PING, ``ping_limit`` from there until the peer is dead."""
        self.heard = now  # when the last byte came
        self._asked = -1.0  # when the first request went out that nothing has followed
        self._flowed = -1.0  # when bytes were last seen to leave that the socket had had no room for
        self._pinged = -1.0
        self._gone = 0  # bytes that had left when last looked at
        self._waiting = 0  # bytes that had not
        self._patience = ping_after
        self._limit = ping_limit

    @property
    def silent_since(self) -> float:
        """Since when there has been no sign of life."""
        return max(self.heard, self._flowed)

    def ask(self, now: float) -> None:
        """A request goes out. Silence counts from the oldest that nothing has followed, whatever became of it."""
        if self._asked <= self.heard:
            self._asked = now

    def flow(self, now: float, written: int, waiting: int) -> bool:
        """Bytes written until now, and those that wait for the socket. Whether some that waited have left.

        Bytes that never waited are no sign: a socket takes them for a peer that is gone.
        """
        gone = written - waiting
        flows = self._waiting > 0 and gone > self._gone
        if flows:
            self._flowed = now
        self._waiting, self._gone = waiting, gone
        return flows

    def due(self, *, busy: bool) -> float:
        """When to look again. ``busy``: requests are under way."""
        silent_since = self.silent_since
        if self._pinged > silent_since:
            return self._pinged + self._limit
        if not busy and self._asked <= silent_since:
            return float("inf")
        return max(silent_since, self._asked) + self._patience

    def ping(self, now: float) -> bool:
        """Ask for a sign of life; False where that was asked already."""
        asked = self._pinged > self.silent_since
        if not asked:
            self._pinged = now
        return not asked

    def look(self, now: float, *, busy: bool) -> Literal["ping", "dead"] | None:
        """What is to be done now."""
        if now < self.due(busy=busy):
            return None
        return "ping" if self.ping(now) else "dead"
