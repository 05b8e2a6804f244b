"""A server with a thread and a loop of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mistral_async.testing.server import LocalServer


@contextmanager
def running(server: LocalServer) -> Generator[LocalServer]:
    """Run ``server`` in a thread until the block is left. Raises what keeps it from starting."""
    started = threading.Event()
    failure: list[BaseException] = []
    stopping: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        async with server:
            stopping.append((asyncio.get_running_loop(), stop))
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # carried over to the thread that waits for the start
            failure.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="mistral-local-server", daemon=True)
    thread.start()
    started.wait()
    if not stopping:
        thread.join()
        raise failure[0]
    try:
        yield server
    finally:
        loop, stop = stopping[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
