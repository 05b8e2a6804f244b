"""The HTTP/2 connections to one origin: as few as carry the requests, and a line where all are full."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mistral_async.errors import ConnectionLost
from mistral_async.http import Body, Request, Response
from mistral_async.wire.dial import Dialed
from mistral_async.wire.failures import closed_here, no_connection, not_connected_in_time
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.http2.dialling import Dialling
from mistral_async.wire.http2.line import Line, Waiter
from mistral_async.wire.http2.response import Http2Response

REDIAL_PAUSE = 1.0  # seconds without another attempt, after one failed that only would have added a connection
MOST_MOVES = 10  # times that a request goes to another connection; a server may close each after a few requests
MOST_REFUSALS = 2  # of them by a connection that has nothing else to do: to ask it again at once is no help


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
        redial_pause: float = REDIAL_PAUSE,
    ) -> None:
        """``dial`` raises ``OSError``. Over TLS it must offer ``h2``; without TLS, HTTP/2 is known beforehand.

        Connections that drain do not count against ``max_connections``: each ends with the streams it has.
        """
        self._max_connections = max_connections
        self._idle_limit = idle_limit
        self._ping_after = ping_after
        self._ping_limit = ping_limit
        self._redial_pause = redial_pause
        self._live: list[Http2Connection] = []  # that take requests, now or later
        self._draining: list[Http2Connection] = []
        self._line = Line()
        self._dialling = Dialling(
            dial, made=self._dialed, failed=self._not_dialed, over=self._dial_soon, old=self._dial_is_old
        )
        self._redial: asyncio.TimerHandle | None = None  # until then, no connection is added
        self._closed = False

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there. Raises ``OtherProtocol``."""
        moves, refusals, limit = 0, 0, request.deadline
        while True:
            connection = None if self._line or moves else self._free()
            again = moves > 0
            while connection is None:
                promised = await self._turn(request, again=again)
                connection = promised if promised.free > 0 else None
                again = True  # what was promised is gone, because the peer takes fewer streams now: first in line
            if limit is not None:
                limit.begun = True
            exchange = connection.open(request)
            try:
                return Http2Response(exchange, await exchange.head())
            except ConnectionLost:
                # Source: RFC 9113 section 8.7. The server did nothing, and no failure of it is hidden by sending again.
                # Where others have streams, the connection takes a pause; a lone request would be back at once.
                refusals += exchange.refused and connection.idle and not connection.draining
                spent = moves == MOST_MOVES or refusals > MOST_REFUSALS
                if spent or not exchange.unprocessed or not _can_be_sent(request.body):
                    raise
            moves += 1
            if limit is not None:
                limit.begun = False

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
        self._change()

    async def aclose(self) -> None:
        """Close every connection. What is under way ends with an error."""
        self._closed = True
        while self._line:
            waiter = self._line.next()
            waiter.fail(closed_here(waiter.request, answered=False, processed=False))
        self._dialling.stop()
        if self._redial is not None:
            self._redial.cancel()
        connections = [*self._live, *self._draining]
        for connection in connections:
            connection.close()
        for connection in connections:
            await connection.wait_closed()
        await self._dialling.wait_closed()

    def _free(self) -> Http2Connection | None:
        for connection in self._live:  # the first that has room: the others may become idle, and close
            if connection.free > 0:
                return connection
        return None

    async def _turn(self, request: Request, *, again: bool) -> Http2Connection:
        """Wait for a stream of some connection."""
        if self._closed:
            raise closed_here(request, answered=False, processed=False)
        waiter = Waiter(request, self._expire, again=again)
        self._line.join(waiter)
        self._change()
        try:
            connection = await waiter.turn
        except asyncio.CancelledError:
            self._gone(waiter)
            raise
        finally:
            waiter.stop_limit()
        connection.redeem()
        return connection

    def _gone(self, waiter: Waiter) -> None:
        """Its caller waits no more."""
        if (connection := waiter.served) is not None:
            connection.redeem()
            self._change()
        else:
            self._line.leave(waiter)
        self._stop_dialling_for_nobody()

    def _expire(self, waiter: Waiter) -> None:
        """The limit ``connect`` ran out."""
        if self._line.leave(waiter):
            waiter.fail(not_connected_in_time(waiter.request))
            self._stop_dialling_for_nobody()
            limit = waiter.request.timeout.connect
            if limit is not None and self._dialling.is_older_than(limit):
                self._dial_is_old()

    def _change(self) -> None:
        """A connection has room, drains or has ended. Called within the session's work: only wakes and schedules."""
        if any(connection.draining for connection in self._live) or self._draining:
            self._draining += [each for each in self._live if each.draining]
            self._live = [each for each in self._live if not each.draining]
            self._draining = [each for each in self._draining if not each.closed]
        while self._line and (connection := self._free()) is not None:
            self._line.next().serve(connection)
        if self._line:
            # One that takes no streams, and has none whose end could change that, is as good as none.
            self._line.limit(all(connection.stuck for connection in self._live))
            self._dial_soon()

    # Dialling: for as long as somebody waits.

    def _dial_soon(self) -> None:
        if self._dialling.active or self._closed or len(self._live) >= self._max_connections or not self._line:
            return
        if self._live and self._redial is not None:
            return
        for connection in self._live:
            if connection.idle or not connection.session.greeted:
                # The peer takes no streams at all, or somebody is about to open one; or it has yet to say how many.
                return
        self._dialling.start(self._line.patience())

    def _dialed(self, dialed: Dialed) -> None:
        secure = dialed.transport.get_extra_info("ssl_object") is not None
        if dialed.alpn == "h2" or not secure:
            self.adopt(dialed)
        else:
            dialed.transport.abort()
            self._fail_all(lambda _: OtherProtocol(dialed.alpn))

    def _not_dialed(self, exc: Exception) -> None:
        if self._live:
            if self._redial is None and not self._closed:
                self._redial = asyncio.get_running_loop().call_later(self._redial_pause, self._dial_again)
        elif isinstance(exc, OSError):
            self._fail_all(lambda request: _because(exc, request))
        else:
            self._fail_all(lambda _: exc)

    def _dial_again(self) -> None:
        self._redial = None
        self._dial_soon()

    def _dial_is_old(self) -> None:
        """Somebody has waited for this dial in vain. Another may be luckier, for those who wait still."""
        patience = self._line.patience()
        if self._line and (patience is None or not self._dialling.is_older_than(patience)):
            self._dialling.look_after(patience)
        else:
            self._dialling.stop()
            self._dial_soon()

    def _fail_all(self, error: Callable[[Request], Exception]) -> None:
        for _ in range(len(self._line)):
            waiter = self._line.next()
            waiter.fail(error(waiter.request))

    def _stop_dialling_for_nobody(self) -> None:
        # Where there are connections, another is about to be of use: short calls would else never get it.
        if not self._line and not self._live:
            self._dialling.stop()


def _can_be_sent(body: bytes | Body | None) -> bool:
    return body is None or isinstance(body, bytes) or body.replayable


def _because(exc: OSError, request: Request) -> Exception:
    error = no_connection(exc, request)
    error.__cause__ = exc  # by hand: it is raised where its caller waits, and out of no `except`
    return error
