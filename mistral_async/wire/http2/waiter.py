"""Wait for what the connection brings, and go on as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any


class Waiter(asyncio.Future[None]):
    """A future that can let the task that awaits it go on at once, in place of the loop's next turn.

    That turn asks the system for news, of which there are none: half of what a piece of a slow stream costs to wake
    its reader. Whatever else is done with it, it is asyncio's future: it can be cancelled, and its task as well.
    """

    _resume: Callable[[Any], object] | None = None
    _context: Context | None = None

    def add_done_callback(self, fn: Callable[[Any], object], /, *, context: Context | None = None) -> None:
        self._resume, self._context = fn, context
        _add_done_callback(self, fn, context=context)

    def cancel(self, msg: Any | None = None) -> bool:
        self._resume = None  # which holds the task, which may hold this
        return super().cancel(msg)

    def go_on(self) -> None:
        """Be done; who waits goes on within this call, and may do anything: the caller has nothing left to do.

        That is for who is called by the loop itself: within a task another cannot run, so it goes on in the next turn.
        In debug mode it does so, too: asyncio tells there which task was slow. Raises what stops the loop
        (``SystemExit``, ``KeyboardInterrupt``), as asyncio expects of whom it calls.
        """
        resume, context, loop = self._resume, self._context, self.get_loop()
        self._resume = None
        if resume is None or context is None or asyncio.current_task(loop) is not None or loop.get_debug():
            self.set_result(None)
        else:
            self.remove_done_callback(resume)
            self.set_result(None)
            try:
                context.run(resume, self)
            except RuntimeError:  # what calls this runs in that very context, which cannot be entered a second time
                loop.call_soon(resume, self, context=context)


_add_done_callback = asyncio.Future[None].add_done_callback
