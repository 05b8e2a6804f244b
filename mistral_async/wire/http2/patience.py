"""How much the peer may ask of us for nothing: an allowance that time and useful work fill up."""

from __future__ import annotations

from collections.abc import Callable

BURST = 1000  # frames at once: more than any server has a reason to send
RATE = 100  # frames a second that are always fine, such as PINGs
MOST = 16 * BURST  # what useful work can add up to: the window updates of one large upload

# What useful work earns, in frames that the peer may send on account of it:
REQUEST = 4  # for each that is opened
UPLOADED = 4  # for each frame of a body that we send: credit for its bytes, a PING to measure the way ...
UPLOADED_KIB = 1  # ... and for each KiB in it: there are servers that give credit in small steps
GIVEN_UP = 100  # for a stream that we reset: what is still on its way, without anybody being to blame
RECEIVED = 1  # for each frame of a body


class Patience:
    """The peer's account: frames that cost it little and give us nothing are paid from here; each counts 1 or more.

    Source: RFC 9113 section 10.5 (such frames are legitimate, and so is refusing too many).
    """

    __slots__ = ("_clock", "_since", "left")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self.left = BURST  # what the peer has to spend

    def earn(self, frames: int) -> None:
        """The peer did, or is given, useful work."""
        self.left += frames

    def spend(self, cost: int) -> bool:
        """Whether it was there to spend."""
        left = min(self.left, MOST) - cost
        if left < 0:  # the clock is asked only now
            now = self._clock()
            left += min(BURST, int((now - self._since) * RATE))
            self._since = now
        self.left = left
        return left >= 0
