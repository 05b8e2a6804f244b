"""What joins our side to the peer in tests: a connection, a pool, requests, bodies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from mistral_async.http import Body, Request
from mistral_async.settings import Timeout
from mistral_async.wire.dial import Dialed, Dialer
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.http2.pool import Pool
from tests.http2.peer import Peer, until


def get(peer: Peer, path: str = "/v1/things", **more: Any) -> Request:
    return a_request(peer, "GET", path, repeatable=more.pop("repeatable", True), **more)


def post(peer: Peer, body: bytes | Body | None = b"{}", **more: Any) -> Request:
    return a_request(peer, "POST", "/v1/things", body=body, **more)


def a_request(peer: Peer, method: str, path: str, *, read: float | None = 5.0, **more: Any) -> Request:
    timeout = Timeout(connect=more.pop("connect", 5.0), read=read)
    return Request(method=method, url=peer.url + path, path=path, timeout=timeout, **more)


@asynccontextmanager
async def connected(peer: Peer, *, greeted: bool | None = None, **limits: Any) -> AsyncGenerator[Http2Connection, None]:
    """A connection to the peer, which has said its SETTINGS where it speaks; closed at the end."""
    greeted = peer.speaks if greeted is None else greeted
    connection = Http2Connection(on_change=limits.pop("on_change", _nobody), **limits)
    (await dialed(peer)).hand_to(connection)
    try:
        if greeted:
            await until(lambda: connection.session.greeted)
        yield connection
    finally:
        connection.close()
        await connection.wait_closed()


@asynccontextmanager
async def pooled(
    peer: Peer, *, max_connections: int = 10, dial: Callable[[], Awaitable[Dialed]] | None = None, **limits: Any
) -> AsyncGenerator[Pool, None]:
    """A pool of connections to the peer, closed at the end."""
    pool = Pool(dial or (lambda: dialed(peer)), max_connections=max_connections, **limits)
    try:
        yield pool
    finally:
        await pool.aclose()


async def dialed(peer: Peer) -> Dialed:
    return await Dialer(tls=None, proxy=lambda origin: None).dial(peer.url, alpn=[])


class Made:
    """A body of chunks; a number among them is a pause in seconds, an exception is raised."""

    replayable = False

    def __init__(self, chunks: Iterable[bytes | float | BaseException], length: int | None = None) -> None:
        self.length = length
        self.given = 0  # bytes
        self.closed = 0  # how many iterators were closed, on whatever way out
        self._chunks = chunks

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        try:
            for chunk in self._chunks:
                if isinstance(chunk, bytes):
                    yield chunk
                    self.given += len(chunk)
                elif isinstance(chunk, BaseException):
                    raise chunk
                else:
                    await asyncio.sleep(chunk)
        finally:
            self.closed += 1


def _nobody() -> None:
    pass
