"""The HTTP/2 connections to one origin: as few as carry the requests, and a line where all are full."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from mistral_async.http import Request, Response
from mistral_async.wire.dial import Dialed
from mistral_async.wire.failures import closed_here, no_connection, not_connected_in_time
from mistral_async.wire.http2.connection import Http2Connection

REDIAL_PAUSE = 1.0  # seconds without another attempt, after one failed that only would have added a connection


class OtherProtocol(Exception):
    """A new connection speaks something else than HTTP/2. It was closed, and nothing was sent."""


class Pool:
    """The connections to one origin, in the event loop that they are used in, and the requests that wait for them."""

    def __init__(
        self,
        dial: Callable[[], Awaitable[Dialed]],
        *,
        max_connections: int,
        idle_limit: float = 60.0,
        ping_after: float = 15.0,
        ping_limit: float = 10.0,
    ) -> None:
        """``dial`` raises ``OSError``. Over TLS it must offer ``h2``; without TLS, HTTP/2 is known beforehand.

        Connections that drain do not count against ``max_connections``: each ends with the streams it has.
        """
        self._dial = dial
        self._max_connections = max_connections
        self._idle_limit = idle_limit
        self._ping_after = ping_after
        self._ping_limit = ping_limit
        self._live: list[Http2Connection] = []  # that take requests, now or later
        self._draining: list[Http2Connection] = []
        self._line: deque[_Waiter] = deque()
        self._dialling: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._redial_at = 0.0  # the loop's time
        self._closed = False

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there. Raises ``OtherProtocol``."""
        connection = None if self._line else self._free()
        again = False
        while connection is None or connection.free <= 0:
            connection = await self._turn(request, again=again)
            again = True  # what was promised is gone, because the peer takes fewer streams now: first in line
        return await connection.send(request)

    def adopt(self, dialed: Dialed) -> None:
        """Use this connection, which speaks HTTP/2."""
        connection = Http2Connection(
            on_change=self._change,
            ping_after=self._ping_after,
            ping_limit=self._ping_limit,
            idle_limit=self._idle_limit,
        )
        dialed.hand_to(connection)
        if self._closed:
            connection.close()
        if connection.draining:
            if not connection.closed:
                self._draining.append(connection)
            self._not_dialed(ConnectionResetError("the server closed the connection at once"))
            return
        self._live.append(connection)
        for waiter in self._line:
            waiter.stop_limit()
        self._change()

    async def aclose(self) -> None:
        """Close every connection. What is under way ends with an error."""
        self._closed = True
        while self._line:
            waiter = self._line.popleft()
            waiter.fail(closed_here(waiter.request, answered=False, processed=False))
        self._stop_dialling()
        connections = [*self._live, *self._draining]
        for connection in connections:
            connection.close()
        for connection in connections:
            await connection.wait_closed()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _free(self) -> Http2Connection | None:
        for connection in self._live:  # the first that has room: the others may become idle, and close
            if connection.free > 0:
                return connection
        return None

    async def _turn(self, request: Request, *, again: bool) -> Http2Connection:
        """Wait for a stream of some connection."""
        if self._closed:
            raise closed_here(request, answered=False, processed=False)
        waiter = _Waiter(request, self._expire)
        if again:
            self._line.appendleft(waiter)
        else:
            self._line.append(waiter)
        if not self._live:
            waiter.start_limit()
        self._dial_soon()
        try:
            connection = await waiter.turn
        except asyncio.CancelledError:
            self._gone(waiter)
            raise
        finally:
            waiter.stop_limit()
        connection.redeem()
        return connection

    def _gone(self, waiter: _Waiter) -> None:
        """Its caller waits no more."""
        if (connection := waiter.served) is not None:
            connection.redeem()
            self._change()
        elif waiter in self._line:
            self._line.remove(waiter)
        self._stop_dialling_for_nobody()

    def _expire(self, waiter: _Waiter) -> None:
        """The limit ``connect`` ran out."""
        if waiter in self._line:
            self._line.remove(waiter)
            waiter.fail(not_connected_in_time(waiter.request))
            self._stop_dialling_for_nobody()

    def _change(self) -> None:
        """A connection has room, drains or has ended. Called within the session's work: only wakes and schedules."""
        if any(connection.draining for connection in self._live) or self._draining:
            self._sort()
        while self._line and (connection := self._free()) is not None:
            self._line.popleft().serve(connection)
        if self._line:
            self._dial_soon()

    def _sort(self) -> None:
        had = bool(self._live)
        self._draining += [each for each in self._live if each.draining]
        self._live = [each for each in self._live if not each.draining]
        self._draining = [each for each in self._draining if not each.closed]
        if had and not self._live:
            for waiter in self._line:
                waiter.start_limit()

    # Dialling: one at a time, for as long as somebody waits.

    def _dial_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._dialling is not None or self._closed or len(self._live) >= self._max_connections:
            return
        if self._live and loop.time() < self._redial_at:
            return
        if any(connection.idle for connection in self._live):
            return  # the peer takes no streams at all, or somebody is about to open one: more would not help
        self._dialling = task = loop.create_task(self._dial_one())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial_one(self) -> None:
        try:
            dialed = await self._dial()
        except Exception as exc:
            self._not_dialed(exc)
        else:
            secure = dialed.transport.get_extra_info("ssl_object") is not None
            if dialed.alpn == "h2" or not secure:
                self.adopt(dialed)
            else:
                dialed.transport.abort()
                self._fail_all([OtherProtocol(dialed.alpn) for _ in self._line])
        self._dialling = None
        if self._line:
            self._dial_soon()

    def _not_dialed(self, exc: Exception) -> None:
        if self._live:
            self._redial_at = asyncio.get_running_loop().time() + REDIAL_PAUSE
        elif isinstance(exc, OSError):
            self._fail_all([_because(exc, waiter.request) for waiter in self._line])
        else:
            self._fail_all([exc] * len(self._line))

    def _fail_all(self, errors: Iterable[Exception]) -> None:
        line, self._line = self._line, deque()
        for waiter, error in zip(line, errors, strict=True):
            waiter.fail(error)

    def _stop_dialling_for_nobody(self) -> None:
        # Where there are connections, another is about to be of use: short calls would else never get it.
        if not self._line and not self._live:
            self._stop_dialling()

    def _stop_dialling(self) -> None:
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None


class _Waiter:
    """A request in the line."""

    __slots__ = ("_expire", "_timer", "request", "served", "turn")

    def __init__(self, request: Request, expire: Callable[[_Waiter], None]) -> None:
        self.request = request
        self.turn: asyncio.Future[Http2Connection] = asyncio.get_running_loop().create_future()
        self.served: Http2Connection | None = None
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None

    def start_limit(self) -> None:
        """There is no connection: the limit ``connect`` counts from now."""
        limit = self.request.timeout.connect
        if limit is not None and self._timer is None:
            self._timer = self.turn.get_loop().call_later(limit, self._expire, self)

    def stop_limit(self) -> None:
        """There is a connection, however full: the limit counts no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def serve(self, connection: Http2Connection) -> None:
        if not self.turn.done():
            self.served = connection
            connection.promise()
            self.turn.set_result(connection)

    def fail(self, error: Exception) -> None:
        if not self.turn.done():
            self.turn.set_exception(error)
            self.turn.exception()  # looked at: its caller may be cancelled before it sees it


def _because(exc: OSError, request: Request) -> Exception:
    error = no_connection(exc, request)
    error.__cause__ = exc  # by hand: it is raised where its caller waits, and out of no `except`
    return error
