"""Connections are dialled one at a time, and none for longer than anybody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mistral_async.wire.dial import Dialed

GRAIN = 0.01  # seconds by which a dial may seem younger than who waits for it


class Dialling:
    """The dial that is under way, if any."""

    def __init__(
        self,
        dial: Callable[[], Awaitable[Dialed]],
        *,
        made: Callable[[Dialed], None],
        failed: Callable[[Exception], None],
        over: Callable[[], None],
        old: Callable[[], None],
    ) -> None:
        """``made`` or ``failed`` is called, then ``over``; none where it was stopped. ``old``: it takes long."""
        self._dial = dial
        self._made = made
        self._failed = failed
        self._over = over
        self._old = old
        self._task: asyncio.Task[None] | None = None  # the present one
        self._tasks: set[asyncio.Task[None]] = set()  # those that were stopped, too
        self._since = 0.0  # the loop's time
        self._timer: asyncio.TimerHandle | None = None

    @property
    def active(self) -> bool:
        """A connection is being made."""
        return self._task is not None

    def is_older_than(self, age: float) -> bool:
        """Whether it has taken so many seconds."""
        return self.active and asyncio.get_running_loop().time() - self._since >= age - GRAIN

    def start(self, limit: float | None) -> None:
        """Make a connection; ``old`` is called after the limit."""
        loop = asyncio.get_running_loop()
        self._since = loop.time()
        self._task = task = loop.create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.look_after(limit)

    def look_after(self, seconds: float | None) -> None:
        """Call ``old`` when the dial has that age."""
        self._stop_timer()
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_at(self._since + seconds, self._old)

    def stop(self) -> None:
        """Give it up, if there is one."""
        self._stop_timer()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def wait_closed(self) -> None:
        """Return when nothing is left of those that were stopped."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self) -> None:
        try:
            dialed = await self._dial()
        except asyncio.CancelledError:
            if self._task is asyncio.current_task():  # cancelled by somebody else: whoever waits needs another
                self._end()
            raise
        except Exception as exc:
            self._failed(exc)
        else:
            self._made(dialed)
        self._end()

    def _end(self) -> None:
        self._task = None
        self._stop_timer()
        self._over()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
