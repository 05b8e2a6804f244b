"""One thing for each event loop: opened when first asked for, and closed with its loop at the latest."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable
from typing import Generic, Protocol, TypeVar

import msgspec

LOOK_AGAIN = 0.1  # seconds between looks at another thread's loop: where it ends first, nothing tells us so


class Closable(Protocol):
    """What is closed in the loop that it was made in."""

    async def aclose(self) -> None:
        """Close it, or finish what a call that was cancelled has begun."""
        ...


T = TypeVar("T", bound=Closable)


class PerLoop(Generic[T]):
    """What ``make`` makes, once for each loop. It may be made before any loop runs, and used from several threads.

    A loop that ends closes what was opened in it, since ``asyncio.run`` closes the async generators of its loop.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._opened: dict[asyncio.AbstractEventLoop, _Opened[T]] = {}

    def present(self) -> T | None:
        """The one of the running loop; None where it was not made yet."""
        opened = self._opened.get(asyncio.get_running_loop())
        return opened.thing if opened is not None and opened.process == os.getpid() else None

    async def get(self) -> T:
        """The one of the running loop. Never waits."""
        if (thing := self.present()) is None:
            for ended in [each for each in list(self._opened) if each.is_closed()]:
                self._opened.pop(ended, None)
            loop = asyncio.get_running_loop()
            scope = self._live(loop)
            thing = await anext(scope)
            self._opened[loop] = _Opened(thing, scope, os.getpid())
        return thing

    async def aclose(self) -> None:
        """Close all, those of other loops included where these run. A loop that rests closes its own."""
        here, process = asyncio.get_running_loop(), os.getpid()
        for loop, opened in list(self._opened.items()):
            # What a parent process opened is the parent's to close: its loop seems to run here, and does not.
            if opened.process != process or not (loop is here or loop.is_running()):
                continue
            if self._opened.pop(loop, None) is None:
                continue  # another thread closes it
            if loop is here:
                await opened.scope.aclose()
            else:
                await _close_there(opened.scope, loop)

    async def _live(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[T, None]:
        """The thing, which lives as long as this generator."""
        thing = self._make()
        try:
            yield thing
        finally:
            if (opened := self._opened.get(loop)) is not None and opened.thing is thing:
                del self._opened[loop]
            try:
                await thing.aclose()
            except asyncio.CancelledError:  # by a loop that ends at this moment, and closes nothing twice
                await thing.aclose()
                raise


class _Opened(msgspec.Struct, Generic[T], frozen=True, eq=False):
    thing: T
    scope: AsyncGenerator[T, None]
    process: int  # a fork inherits sockets that it must not use


async def _close_there(scope: AsyncGenerator[T, None], loop: asyncio.AbstractEventLoop) -> None:
    closing = _close(scope)
    try:
        closed = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(closing, loop))
        while not closed.done() and not loop.is_closed():
            await asyncio.wait([closed], timeout=LOOK_AGAIN)
        if closed.done() and not closed.cancelled():
            closed.result()
    except RuntimeError:
        if not loop.is_closed():
            raise
    if loop.is_closed():  # it ended meanwhile, which closed what was opened in it
        with contextlib.suppress(RuntimeError):
            closing.close()


async def _close(scope: AsyncGenerator[T, None]) -> None:
    await scope.aclose()
