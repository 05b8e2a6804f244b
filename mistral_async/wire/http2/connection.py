"""One HTTP/2 connection: a session on a transport, and the requests that share it."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, cast

from mistral_async.http import Request
from mistral_async.wire.failures import certificate_refused, closed_here, in_words
from mistral_async.wire.http2.exchange import Exchange
from mistral_async.wire.http2.head import Heads
from mistral_async.wire.http2.outbox import Outbox
from mistral_async.wire.http2.pause import Pause
from mistral_async.wire.http2.pulse import Pulse
from mistral_async.wire.http2.response import Http2Response
from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.unsent import hold_little

GRAIN = 0.01  # seconds; the least time between two looks
CLOSE_LIMIT = 1.0  # seconds for the last bytes (and the TLS farewell) to go out, which a dead peer would hold up
FULL_PAUSE = 1.0  # seconds without a new stream after one was refused, unless another ends before
MAX_UNREAD = 4 * 1024 * 1024  # bytes; a peer that leaves so much unread is dropped


class Http2Connection(asyncio.Protocol):
    """A protocol of asyncio's: its pool gives it a transport (``Dialed.hand_to``), and requests while it has ``free``.

    One timer looks after everything that can run out: the limits of the requests, the peer's silence, idleness.
    """

    def __init__(
        self,
        *,
        on_change: Callable[[], None],
        make_session: Callable[..., Session] = Session,
        ping_after: float = 15.0,
        ping_limit: float = 10.0,
        idle_limit: float = 60.0,
        close_limit: float = CLOSE_LIMIT,
        full_pause: float = FULL_PAUSE,
    ) -> None:
        """``on_change`` is called when ``free`` may have grown, and when the connection drains or ends.

        ``ping_after`` and ``ping_limit`` are the seconds of silence with streams open until a PING is sent, and from
        there until the peer counts as dead; after ``idle_limit`` seconds without a stream the connection is closed.
        """
        self.session = make_session(on_change=on_change)
        self.heads = Heads()
        self.outbox = Outbox(self.session, self._flush)
        self.loop: asyncio.AbstractEventLoop
        self.pulse: Pulse
        self.closed = False  # there is no transport any more
        self.last_written = 0  # the stream above which nothing has left for the peer
        self.arrived: list[Exchange] = []  # those who are to be woken, when all that came has been taken in
        self._on_change = on_change
        self._ping_after = ping_after
        self._ping_limit = ping_limit
        self._idle_limit = idle_limit
        self._close_limit = close_limit
        self._exchanges: set[Exchange] = set()
        self._tasks: set[asyncio.Task[None]] = set()  # bodies that are being sent
        self._last_opened = 0
        self._closing = False
        self._doubted = False  # it may be dead
        self._full = Pause(full_pause, on_change)
        self.refusal: ssl.SSLError | None = None  # of this client's certificate, by the peer
        self._ended = asyncio.Event()
        self._scheduled = False  # a flush is
        self._alarm: asyncio.TimerHandle | None = None
        self.alarm_at = math.inf
        self._promised = 0  # streams that the pool has given away, to be opened in a moment
        self._written = 0  # bytes given to the transport
        self._idle_since = 0.0  # the loop's time
        self._transport: asyncio.Transport

    # What the pool asks.

    @property
    def free(self) -> int:
        """How many requests it would take now."""
        if self._closing or self._doubted or self._full or self._transport.is_closing():
            return 0
        return self.session.free - self._promised

    @property
    def idle(self) -> bool:
        """Nothing is under way."""
        return not self._exchanges and not self._promised

    @property
    def draining(self) -> bool:
        """It takes no more requests, now or later."""
        return self._closing or self._doubted or self.session.draining or self.session.failure is not None

    @property
    def stuck(self) -> bool:
        """It takes no request, and nothing is under way that could change that."""
        return self.idle and self.free <= 0

    def promise(self) -> None:
        """Keep a stream back for one who is about to come."""
        self._promised += 1

    def redeem(self) -> None:
        """They came, or never will."""
        self._promised -= 1

    def open(self, request: Request, /) -> Exchange:
        """Send it. Only while ``free`` is above zero."""
        exchange = Exchange(self, request)
        self.pulse.ask(exchange.began)
        if not self._exchanges:
            self.watch(exchange.began + self._ping_after)
        self._exchanges.add(exchange)
        self._last_opened = exchange.stream.id
        if self.session.heaped:
            self._flush()
        else:
            self.flush_soon()
        return exchange

    async def send(self, request: Request, /) -> Http2Response:
        """Send it, and return when the head of the response is there. Only while ``free`` is above zero."""
        exchange = self.open(request)
        return Http2Response(exchange, await exchange.head())

    def close(self) -> None:
        """Say goodbye and close. What is still under way ends with an error."""
        if not self._closing:
            self._closing = True
            for exchange in tuple(self._exchanges):
                answered = exchange.stream.status is not None
                exchange.fail(closed_here(exchange.request, answered=answered, processed=True))
            self.session.close()
            self._shut()

    async def wait_closed(self) -> None:
        """Return when the transport is gone, and every body's iterator is closed."""
        await self._ended.wait()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # What an exchange asks.

    def flush_soon(self) -> None:
        """Write what is to be written, with whatever else this turn of the loop brings."""
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._flush)

    def watch(self, when: float) -> None:
        """Look at everything that can run out at this time, or before."""
        if when < self.alarm_at and not self._closing:
            if self._alarm is not None:
                self._alarm.cancel()
            self.alarm_at = when
            self._alarm = self.loop.call_at(when, self._look)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that is waited for before the connection counts as closed."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def left(self, exchange: Exchange) -> None:
        """Its stream is over."""
        self._exchanges.discard(exchange)
        self._full.end()
        if exchange.refused and self._exchanges:
            self._full.begin()
        if not self._exchanges:
            self._idle_since = self.loop.time()
            self.watch(self._idle_since if self._doubted else self._idle_since + self._idle_limit)

    # What asyncio does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.loop = asyncio.get_running_loop()
        self._transport = cast(asyncio.Transport, transport)
        hold_little(transport)
        self._idle_since = self.loop.time()
        self.pulse = Pulse(self._idle_since, ping_after=self._ping_after, ping_limit=self._ping_limit)
        self.watch(self._idle_since + self._idle_limit)
        self._flush()

    def data_received(self, data: bytes) -> None:
        self.pulse.heard = now = self.loop.time()
        if self.session.receive(data, now):
            self.flush_soon()  # after the tasks that this wakes: what they send goes with it
        arrived, self.arrived = self.arrived, []
        for exchange in arrived:
            exchange.wake(at_once=len(arrived) == 1)  # which may do anything to this connection: nothing follows

    def pause_writing(self) -> None:
        self.outbox.paused = True
        self._look_at_flow(self.loop.time())

    def resume_writing(self) -> None:
        self.outbox.paused = False
        self._look_at_flow(self.loop.time())
        self.outbox.move_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = self._closing = True
        if self._alarm is not None:
            self._alarm.cancel()
        self.refusal = certificate_refused(exc)
        self.session.lost("closed the connection" if exc is None else f"dropped the connection: {in_words(exc)}")
        self._full.end()
        self._ended.set()
        self._on_change()

    def _flush(self) -> None:
        self._scheduled = False
        session, transport = self.session, self._transport
        if transport.is_closing():
            return
        if session.pending:
            data = session.take()
            self._written += len(data)
            transport.write(data)
            self.last_written = self._last_opened
            if self.outbox.paused and transport.get_write_buffer_size() > MAX_UNREAD:
                self._lose("reads nothing")
        if session.finished and not self._closing:
            self._shut()

    def _shut(self) -> None:
        """Close the transport, when it has sent what it holds, or soon after."""
        self._closing = True
        if self._alarm is not None:
            self._alarm.cancel()
        self._flush()
        self._transport.close()
        self._alarm = self.loop.call_later(self._close_limit, self._transport.abort)
        self._on_change()

    def _lose(self, what: str) -> None:
        """The peer is there no more, whatever the transport says."""
        self._closing = True
        self.session.lost(what)
        self._transport.abort()
        self._on_change()

    # What runs out.

    def _look(self) -> None:
        self._alarm, self.alarm_at = None, math.inf
        now = self.loop.time()
        self._look_at_flow(now)
        due = math.inf
        for exchange in tuple(self._exchanges):
            at = exchange.due()
            if at > now + GRAIN / 10:
                due = min(due, at)
            else:
                if self.pulse.heard <= exchange.began or (self.outbox.paused and exchange.blocked):
                    self._doubt(now)
                exchange.expire()
        due = min(due, self._look_at_peer(now))
        self.watch(max(due, now + GRAIN))

    def _look_at_flow(self, now: float) -> None:
        if self.pulse.flow(now, self._written, self._transport.get_write_buffer_size()):
            self.outbox.moved(now)

    def _doubt(self, now: float) -> None:
        """It may be dead: no new requests. Those under way learn by a PING; when none is left, it is closed."""
        if not self._doubted:
            self._doubted = True
            if self.pulse.ping(now):
                self._ping()
            self._on_change()

    def _ping(self) -> None:
        # Source: RFC 9113 section 6.7: whether a connection still works.
        self.session.ping()
        self.flush_soon()

    def _look_at_peer(self, now: float) -> float:
        """When to look again."""
        idle_until = math.inf
        if self.idle:
            idle_until = now if self._doubted else self._idle_since + self._idle_limit
            if now >= idle_until:
                self.close()
        busy = bool(self._exchanges)
        match self.pulse.look(now, busy=busy):
            case "ping":
                self._ping()
            case "dead":
                self._lose(f"has sent nothing for {now - self.pulse.heard:.0f} s, not even an answer to a PING")
            case None:
                pass
        return min(idle_until, self.pulse.due(busy=busy))
