"""A request body on its way out: in slices, closed with its call, and given up when the server reads no more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Iterator
from typing import TypeVar

from mistral_async.http import Body

R = TypeVar("R")

SLICE_SIZE = 256 * 1024  # bytes of a large body given to the socket at once: more would hold up the loop


class Stalled(OSError):
    """The server has not read on for as long as it may."""


class Upload:
    """What aiohttp iterates. ``failure`` is the error of whoever makes the body, which aiohttp takes for its own."""

    def __init__(self, body: bytes | Body, *, patience: float | None) -> None:
        self.length = len(body) if isinstance(body, bytes) else body.length
        self.failure: Exception | None = None
        self._body = body
        self._patience = patience  # seconds that the server may take to read a slice
        self._limit: asyncio.Timeout | None = None
        self._pieces: AsyncGenerator[bytes, None] | None = None

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        self._pieces = self._make_pieces()
        return self._pieces

    async def during(self, sending: Awaitable[R]) -> R:
        """Await what sends it. Raises ``Stalled`` where the server stops reading; what fails leaves nothing open.

        A server may begin its answer before it has read everything: then the rest goes on being sent. Once the answer
        is complete, aiohttp gives up what is left, and the connection with it.
        """
        limit = asyncio.timeout(None)
        try:
            async with limit as self._limit:
                return await sending
        except BaseException as exc:
            if self._pieces is not None:
                with contextlib.suppress(RuntimeError):  # still at work for a moment: it ends by itself
                    await self._pieces.aclose()
            if isinstance(exc, TimeoutError) and limit.expired():
                raise Stalled from None
            raise
        finally:
            self._limit = None

    async def _make_pieces(self) -> AsyncGenerator[bytes, None]:
        if isinstance(self._body, bytes):
            for piece in _slices(self._body):
                self._server_may_take(self._patience)
                yield piece
        else:
            async with contextlib.aclosing(aiter(self._body)) as chunks:
                try:
                    async for chunk in chunks:
                        for piece in _slices(chunk):
                            self._server_may_take(self._patience)
                            yield piece
                        self._server_may_take(None)  # now it is the body's turn, which may take its time
                except Exception as exc:
                    self.failure = exc
                    raise
        self._server_may_take(None)  # how long the answer may take, aiohttp knows

    def _server_may_take(self, seconds: float | None) -> None:
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


def large(body: bytes | Body | None) -> bytes | Body | None:
    """The body, where it is sent in slices; None where it goes out at once."""
    return None if isinstance(body, bytes) and len(body) <= SLICE_SIZE else body


def _slices(data: bytes) -> Iterator[bytes]:
    return (data[start : start + SLICE_SIZE] for start in range(0, len(data), SLICE_SIZE))
