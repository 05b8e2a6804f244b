"""A while without new streams, after the peer refused one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Pause:
    """It may well refuse the next one, too, until another stream has ended. Source: RFC 9113 section 8.7."""

    __slots__ = ("_over", "_seconds", "_timer")

    def __init__(self, seconds: float, over: Callable[[], None]) -> None:
        """``over`` is called when it ends by itself."""
        self._seconds = seconds
        self._over = over
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return self._timer is not None

    def begin(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._end_by_itself)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_by_itself(self) -> None:
        self._timer = None
        self._over()
