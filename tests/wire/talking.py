"""A server on loopback that talks as a test tells it to, and bodies to send to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from mistral_async.http import Body, Request
from mistral_async.settings import Timeout

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Talk = Callable[["Peer"], Awaitable[None]]


class Peer:
    """A client, as a scripted server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = b""

    async def hear(self) -> bytes:
        """The head of the next request."""
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        return self.head

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def stop_reading(self) -> None:
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    async def until_gone(self) -> None:
        """Wait until the client has dropped the connection, without reading what it may have sent before."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        async with asyncio.timeout(2):
            while await self.reader.read(1_000_000):
                pass


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.peers: list[Peer] = []
        self.gone = 0  # clients that left
        self.failures: list[BaseException] = []

    def get(self, *, timeout: Timeout | None = None) -> Request:
        return Request(method="GET", url=f"{self.url}/v1/things", path="/v1/things", timeout=timeout or Timeout())

    def post(self, body: bytes | Body, *, timeout: Timeout | None = None) -> Request:
        url = f"{self.url}/v1/things"
        return Request(method="POST", url=url, path="/v1/things", body=body, timeout=timeout or Timeout())

    async def until(self, peers: int = 0, gone: int = 0) -> None:
        async with asyncio.timeout(2):
            while len(self.peers) < peers or self.gone < gone:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Server, None]:
    """A server that talks like that to each client."""
    made = Server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.peers.append(peer := Peer(reader, writer))
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await talk(peer)
            made.gone += 1
        except Exception as exc:
            made.failures.append(exc)
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as listening:
        port = listening.sockets[0].getsockname()[1]
        made.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{port}"
        yield made
        for peer in made.peers:
            peer.writer.transport.abort()
    assert not made.failures


class Pieces:
    """A body that is made while it is sent, and remembers how it ended."""

    length = None
    replayable = False

    def __init__(self, count: int, size: int = 1_000_000, failure: Exception | None = None) -> None:
        self._count = count
        self._size = size
        self._failure = failure
        self.closed = False

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(self._count):
                yield b"x" * self._size
                await asyncio.sleep(0)
            if self._failure is not None:
                raise self._failure
        finally:
            self.closed = True
