"""A request body on its way out over HTTP/1.1: in slices, and given up when the server reads no more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterator

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from mistral_async.http import Body
from mistral_async.wire.http1_listener import listener

# Bytes of a large body given to the socket at once. More blocks the loop for longer, and over TLS leaves the caches.
SLICE_SIZE = 512 * 1024
# Bytes that fit with a request's head into a transport's buffer: nobody waits for their way out.
# Source: asyncio/transports.py, _FlowControlMixin._set_write_buffer_limits (64 KiB, unless it was set).
WHOLE_SIZE = 32 * 1024


class Stalled(OSError):
    """The server has not read on for as long as it may."""


class Upload(aiohttp.Payload):
    """What aiohttp sends as a body. A connection that it did not send all of it over is dropped there and then.

    ``failure`` is why it stopped: ``Stalled``, or the error of whoever makes the body, either of which aiohttp takes
    for an error of the connection.
    """

    def __init__(self, body: bytes | Body, *, patience: float | None) -> None:
        super().__init__(body)
        self._body = body
        self._size = len(body) if isinstance(body, bytes) else body.length
        self._patience = patience  # seconds without a byte that the server takes
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self._over.set()
        self._task: asyncio.Task[object] | None = None  # that sends it
        self._lost = False  # the connection is, which aiohttp says better
        self._limit = patience
        self._answered = False
        self._awaited: float | None = None  # the loop's time since when somebody waits for more of the answer
        self.done = False  # all of it is sent
        self.failure: Exception | None = None

    def answered(self) -> None:
        """The answer has begun: what is left goes on being sent, at the server's pace, while nobody waits for more."""
        self._answered = True

    def await_answer(self, waits: bool) -> None:
        """Somebody waits for more of the answer, or does no more."""
        self._awaited = asyncio.get_running_loop().time() if waits else None

    async def over(self) -> None:
        """Wait until the body is closed, once aiohttp has given it up."""
        await self._over.wait()

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send all of it, to aiohttp's writer."""
        self._over.clear()
        self._task = asyncio.current_task()
        try:
            if isinstance(self._body, bytes):
                await self._write(writer, self._body)
            else:
                async with contextlib.aclosing(aiter(self._body)) as chunks:
                    await self._write_all(writer, chunks)
            # What is still on its way out is waited for here, where there is a limit to it.
            await self._within_limit(writer, writer.drain())
            self.done = True
            self._limit_answer(writer)
        except BaseException as exc:
            if writer.transport is not None:
                writer.transport.abort()  # to close it would wait for a server that may never read on
            if self._of_body(exc):
                self.failure = _as_error(exc, self._body)
                raise self.failure from exc
            if isinstance(exc, Exception) and not self._lost:
                self.failure = exc
            raise
        finally:
            self._over.set()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Not for a body that is sent as it is made."""
        raise TypeError("an upload has no text")

    async def _write_all(self, writer: AbstractStreamWriter, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            await self._write(writer, chunk)

    async def _write(self, writer: AbstractStreamWriter, chunk: bytes) -> None:
        for piece in _slices(chunk):
            await self._within_limit(writer, writer.write(piece))

    async def _within_limit(self, writer: AbstractStreamWriter, step: Awaitable[None]) -> None:
        """Await what waits for the server. Not by cancelling it after a time: aiohttp could not wait again."""
        self._look(writer, -1)
        try:
            await step
        except Exception:
            self._lost = True
            raise
        finally:
            self._watch(None)

    def _of_body(self, exc: BaseException) -> bool:
        """Whether it came out of the body and is no plain error, and not what ends the task that sends it."""
        if isinstance(exc, Exception | KeyboardInterrupt | SystemExit):
            return False
        try:
            running = asyncio.current_task()
        except RuntimeError:  # no loop runs: it is taken down
            return False
        return running is not None and running is self._task and not running.cancelling()

    def _limit_answer(self, writer: AbstractStreamWriter) -> None:
        """From now on, a wait for the answer has its limit."""
        heard = listener(writer.transport)
        if heard is not None and (self._awaited is not None or not self._answered):
            heard.expect(self._limit, heard.content)

    def _look(self, writer: AbstractStreamWriter, taken_before: int) -> None:
        """Give the server up where it has taken nothing since it was looked at last; else look again."""
        if self._patience is None:
            return
        taken, loop = _taken(writer), asyncio.get_running_loop()
        # Once it answers, it may read as slowly as it likes, unless somebody has waited long enough for more.
        unwatched = self._answered and (self._awaited is None or loop.time() - self._awaited < self._patience)
        if taken > taken_before or unwatched:
            self._watch(loop.call_later(self._patience, self._look, writer, taken))
        else:
            self.failure = Stalled()
            if writer.transport is not None:
                writer.transport.abort()  # which ends the step

    def _watch(self, timer: asyncio.TimerHandle | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = timer


def _as_error(exc: BaseException, body: bytes | Body) -> RuntimeError:
    # As it is, whoever waits for the answer would wait without an end, or take itself for cancelled.
    return RuntimeError(f"the iterator of the request's body, {type(body).__name__}, raised {type(exc).__name__}")


def large(body: bytes | Body | None) -> bytes | Body | None:
    """The body, where it is sent in slices; None where it goes out at once."""
    return None if isinstance(body, bytes) and len(body) <= WHOLE_SIZE else body


def _slices(data: bytes) -> Iterator[bytes | memoryview]:
    if len(data) <= SLICE_SIZE:
        return iter((data,))
    view = memoryview(data)
    return (view[start : start + SLICE_SIZE] for start in range(0, len(data), SLICE_SIZE))


def _taken(writer: AbstractStreamWriter) -> int:
    """Bytes that have left this process."""
    waiting = writer.transport.get_write_buffer_size() if writer.transport is not None else 0
    return writer.output_size - waiting
