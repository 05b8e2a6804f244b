"""One request and its answer on a stream: sends, waits, and keeps the limits of the request."""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from collections.abc import Coroutine
from typing import Any, Protocol

from mistral_async.errors import ConnectError, MistralError, TransportError
from mistral_async.http import Body, Request
from mistral_async.wire.failures import host_of, lost, no_connection, not_http, response_closed, silent, stalled
from mistral_async.wire.http2.head import Heads
from mistral_async.wire.http2.outbox import SLICE_SIZE, Outbox, Piece
from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Failure
from mistral_async.wire.http2.waiter import Waiter


class Carrier(Protocol):
    """What an exchange asks of its connection."""

    session: Session
    heads: Heads
    outbox: Outbox
    loop: asyncio.AbstractEventLoop
    alarm_at: float  # when it looks at what can run out
    arrived: list[Exchange]  # what has come for these, they take when all that came is known
    last_written: int
    refusal: ssl.SSLError | None

    def flush_soon(self) -> None: ...
    def watch(self, when: float) -> None: ...
    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...
    def left(self, exchange: Exchange) -> None: ...


class Exchange:
    """One request under way. It is over with its stream; what was received by then can still be taken."""

    __slots__ = (
        "_carrier",
        "_error",
        "_given_up",
        "_limit",
        "_over",
        "_piece",
        "_since",
        "_upload",
        "_waiter",
        "began",
        "request",
        "stream",
    )

    def __init__(self, carrier: Carrier, request: Request) -> None:
        """Open its stream. The connection must have one free."""
        self.request = request
        self._carrier = carrier
        self._error: BaseException | None = None  # of our own making, or of whoever makes the body
        self._given_up = False
        self._over = False  # the stream is of no more concern to the connection
        self._piece: Piece | None = None  # of the body, that the peer has yet to make room for
        self.began = carrier.loop.time()
        self._since = 0.0  # the loop's time since when the caller has waited for the server
        self._limit = request.timeout.read if request.timeout.read is not None else math.inf  # seconds
        self._upload: asyncio.Task[None] | None = None
        self._waiter: Waiter | None = None
        body, session = request.body, carrier.session
        self.stream = session.open(carrier.heads.of(request), end=body is None or body == b"", notify=self._notify)
        if isinstance(body, bytes):
            at_once = 0 < len(body) <= SLICE_SIZE and not carrier.outbox.paused
            sent = session.send(self.stream, body, end=True) if at_once else 0
            if sent < len(body):
                self._upload = carrier.run(self._send(memoryview(body)[sent:]))
        elif body is not None:
            self._upload = carrier.run(self._send(body))

    @property
    def blocked(self) -> bool:
        """Part of the body waits for the peer."""
        return self._piece is not None

    @property
    def refused(self) -> bool:
        """The peer would not have the stream."""
        failure = self.stream.failure
        return failure is not None and failure.kind == "refused"

    @property
    def unprocessed(self) -> bool:
        """It failed, and the peer surely did nothing."""
        return self._error is None and self.stream.failure is not None and not self._processed(self.stream.failure)

    async def head(self) -> int:
        """The status, once the head of the answer is there. Raises what kept it away, and leaves nothing behind."""
        self._since = self._carrier.loop.time()
        try:
            while (status := self.stream.status) is None:
                await self._change()
        except BaseException:
            upload = self._upload
            self.give_up()
            if upload is not None:
                await asyncio.wait([upload])  # so that the body's file is closed when the caller goes on
            raise
        return status

    async def receive(self) -> bytes:
        """What has arrived of the body and was not taken; at the end, nothing."""
        stream = self.stream
        if not stream.chunks and not stream.ended:
            self._since = self._carrier.loop.time()
            while not stream.chunks and not stream.ended:
                await self._change()
        return self.take()

    def take(self) -> bytes:
        """What has arrived of the body and was not taken."""
        stream = self.stream
        data = stream.take()
        if stream.outgoing.frames:  # window that the peer gets back
            self._carrier.flush_soon()
        return data

    def close(self) -> None:
        """Give up, in the loop's next turn.

        A dropped response is closed by the collector, which may come in the middle of the session's work, or in
        another thread.
        """
        if not self._over:
            self._given_up = True
            with contextlib.suppress(RuntimeError):  # the loop is closed, and its connections with it
                self._carrier.loop.call_soon_threadsafe(self.give_up)

    def give_up(self) -> None:
        """Reset the stream, unless it is over."""
        if not self._over:
            self._given_up = True
            self._leave()
            # Source: RFC 9113 section 7, CANCEL: the stream is no longer needed.
            self._carrier.session.reset(self.stream)
            self._carrier.flush_soon()

    def fail(self, error: BaseException) -> None:
        """Give up for a reason of our own, which is raised to the caller."""
        if not self._over:
            self._error = error
            self.give_up()

    def due(self) -> float:
        """The loop's time at which the limit ``read`` runs out; infinity while nobody waits for the server."""
        limit = self._limit
        if self._waiter is None or self._waiter.done():
            return math.inf
        since = max(self._since, self.stream.heard)
        if self._piece is not None:
            return max(since, self._carrier.outbox.since(self._piece)) + limit
        # While whoever makes the body takes their time, the server owes nothing.
        return math.inf if self._upload is not None else since + limit

    def expire(self) -> None:
        """The limit ``read`` ran out."""
        self.fail(silent(self.request) if self._piece is None else stalled(self.request))

    def _change(self) -> Waiter:
        """What is to be awaited, once; raises where nothing will change any more."""
        if self._error is not None:
            raise self._error
        if self._given_up:
            raise response_closed(self.request)
        if self.stream.failure is not None:
            raise self._error_of(self.stream.failure)
        if self._waiter is not None and not self._waiter.done():  # done: who waited was cancelled
            raise RuntimeError("this response is being read by another task")
        carrier = self._carrier
        self._waiter = waiter = Waiter(loop=carrier.loop)
        if self._since + self._limit < carrier.alarm_at:  # it runs out then at the earliest
            carrier.watch(self.due())
        return waiter

    def _processed(self, failure: Failure) -> bool:
        return failure.kind != "refused" and self.stream.id <= self._carrier.last_written

    def _error_of(self, failure: Failure) -> TransportError:
        if failure.kind == "protocol":
            if failure.what.startswith("HTTP/1.1") and not self._carrier.session.greeted:
                return _not_http2(self.request)
            return not_http(self.request, failure.what)
        answered = self.stream.status is not None
        if not answered and self._carrier.refusal is not None:
            return no_connection(self._carrier.refusal, self.request)
        return lost(self.request, failure.what, answered=answered, processed=self._processed(failure))

    def _notify(self) -> None:
        if self.stream.ended or self.stream.failure is not None:
            self._leave()
        else:
            if self._piece is not None:
                self._carrier.outbox.move_soon()
            if self._waiter is not None:
                self._carrier.arrived.append(self)

    def wake(self, *, at_once: bool = False) -> None:
        """Let the caller go on who waits for something to change: at once, where nothing else is left to do."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                if at_once:
                    waiter.go_on()
                else:
                    waiter.set_result(None)

    def _leave(self) -> None:
        if self._over:
            return
        self._over = True
        if self._upload is not None:
            self._upload.cancel()  # an answer that is complete needs no more of the request
        self._carrier.left(self)
        self.wake()

    async def _send(self, body: memoryview | Body) -> None:
        """Send the body, or what is left of it."""
        try:
            if isinstance(body, memoryview):
                await self._put(body, end=True)
            else:
                async with contextlib.aclosing(aiter(body)) as chunks:
                    async for chunk in chunks:
                        if self._over:
                            return  # a body that does not heed being cancelled
                        if chunk:
                            await self._put(memoryview(chunk), end=False)
                await self._put(memoryview(b""), end=True)
        except MistralError as exc:
            exc.of_caller = True  # of another call, maybe, that the body comes from
            self._sent(exc)
        except Exception as exc:
            self._sent(exc)
        except (asyncio.CancelledError, GeneratorExit) as exc:
            if self._over or _cancelling():
                self._sent(exc)
                raise
            self._sent(_ended_by(exc, body, self.request))
        except BaseException as exc:
            self._sent(exc)
            raise
        else:
            self._sent(None)

    def _sent(self, error: BaseException | None) -> None:
        self._upload = None
        if error is not None:
            self.fail(error)
        self._since = self._carrier.loop.time()  # from now on it is the server's turn
        self._carrier.watch(self.due())

    async def _put(self, view: memoryview, *, end: bool) -> None:
        self._piece = piece = Piece(self.stream, view, end=end)
        self._carrier.watch(self.due())
        try:
            await self._carrier.outbox.put(piece)
        finally:
            self._piece = None


def _cancelling() -> bool:
    """Whether somebody cancels this task, and it is not the body's own idea."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _ended_by(exc: BaseException, body: object, request: Request) -> RuntimeError:
    """What the caller must not take for a cancellation of its own."""
    raised = f"{type(body).__name__}, raised {type(exc).__name__}"
    error = RuntimeError(f"the iterator of the request's body, {raised} ({request})")
    error.__cause__ = exc
    return error


def _not_http2(request: Request) -> ConnectError:
    return ConnectError(
        f'{host_of(request)} speaks HTTP/1.1 and not HTTP/2 ({request}); set `http_version` to "auto"',
        request=request,
        permanent=True,
    )
