"""A slow road to a server that is fast: what it sends is passed on so many bytes at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

STEP = 0.01  # seconds between two portions


@contextlib.asynccontextmanager
async def relay(port: int, *, rate: int) -> AsyncGenerator[int, None]:
    """The port at which connections to ``port`` are taken. ``rate`` is in bytes a second, down, of each connection."""
    tasks: set[asyncio.Task[None]] = set()

    async def up(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
        target.write_eof()

    async def down(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(int(rate * STEP)):
            target.write(data)
            await target.drain()
            await asyncio.sleep(STEP)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        upward = asyncio.ensure_future(up(reader, far_writer))
        try:
            await down(far_reader, writer)
        except OSError:
            pass  # one side went; the other is told below
        finally:
            upward.cancel()
            await asyncio.wait([upward])
            for end in (writer, far_writer):
                end.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await server.wait_closed()
