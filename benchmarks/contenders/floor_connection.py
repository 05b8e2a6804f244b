"""HTTP/1.1 with nothing around it: one connection, one exchange at a time, and no answer but the expected one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

Sink = Callable[[bytes], object]  # takes the pieces of a body as they come


class Connection(asyncio.Protocol):
    """A connection that somebody has opened. Whoever waits for an answer when it is lost gets ``ConnectionError``."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._sink: Sink = len
        self._rest = b""  # what came and could not be read yet
        self._missing: int | None = None  # bytes of the body that are still to come; None: the head is
        self._chunked = False

    def begin(self, request: bytes, sink: Sink) -> asyncio.Future[None]:
        """Send a request, or its beginning; the future is done when the answer has arrived in full."""
        self._sink = sink
        self._done = asyncio.get_running_loop().create_future()
        self.write(request)
        return self._done

    def write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    async def drain(self) -> None:
        """Wait until what was written has gone out, but for some."""
        await self._writable.wait()

    async def aclose(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()
            await self._lost.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # of a stream of bytes, as it is asked for

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()
        self._writable.set()
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._missing is None:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            self._read_head(data[:end].lower())
            data = data[end + 4 :]
        if self._chunked:
            self._read_chunks(data)
        else:
            self._read_sized(data)

    def _read_head(self, head: bytes) -> None:
        if not head.startswith(b"http/1.1 200"):
            raise ValueError(f"the server answered {head[:40]!r}")
        at = head.find(b"\r\ncontent-length:")
        self._chunked = at < 0
        if self._chunked:
            self._missing = 0
        else:
            end = head.find(b"\r\n", at + 2)
            self._missing = int(head[at + 17 : end if end >= 0 else None])

    def _read_sized(self, data: bytes) -> None:
        assert self._missing is not None
        self._missing -= len(data)
        self._sink(data)
        if self._missing == 0:
            self._finish()

    def _read_chunks(self, data: bytes) -> None:
        at = 0
        while (end := data.find(b"\r\n", at)) >= 0:
            size = int(data[at:end], 16)
            start = end + 2
            if len(data) < start + size + 2:
                break
            if size == 0:
                self._finish()
                return
            self._sink(data[start : start + size])
            at = start + size + 2
        self._rest = data[at:]

    def _finish(self) -> None:
        self._missing = None
        if self._done is not None and not self._done.done():
            self._done.set_result(None)
