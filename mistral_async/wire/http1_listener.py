"""How long nothing has come over a connection: the limit ``read`` over HTTP/1.1.

aiohttp's own limit sets a timer for each request and each piece that arrives, and cancels it again. Most calls never
come near it, so here a connection has one timer, which looks when the bytes came once it goes off.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Callable

import aiohttp
from aiohttp.client_proto import ResponseHandler


class Listener(asyncio.Protocol):
    """Stands between a connection and aiohttp's part in it, and hands on what comes."""

    __slots__ = (
        "_context",
        "_heard",
        "_limit",
        "_loop",
        "_on_lost",
        "_protocol",
        "_timer",
        "_timer_at",
        "_transport",
        "content",
    )

    def __init__(
        self,
        protocol: ResponseHandler,
        transport: asyncio.Transport,
        on_lost: Callable[[asyncio.Transport], None],
        context: contextvars.Context,
    ) -> None:
        """``on_lost`` is told that the connection has ended. The timer runs in ``context``, and keeps no caller's."""
        self._protocol = protocol
        self._transport = transport
        self._on_lost = on_lost
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0  # the loop's time when something came, or somebody began to wait
        self._limit: float | None = None  # seconds; None: nobody waits, or for as long as it takes
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self.content: aiohttp.StreamReader | None = None  # what somebody waits for more of

    def expect(self, limit: float | None, content: aiohttp.StreamReader | None) -> None:
        """Somebody waits from now on: for the head of an answer, or for more of its content.

        Where nothing comes for ``limit`` seconds, it gets a ``SocketTimeoutError``.
        """
        self.content = content
        self._limit = limit
        if limit is not None:
            self._heard = heard = self._loop.time()
            if heard + limit < self._timer_at:
                self._set(heard + limit)

    def rest(self) -> None:
        """Nobody waits any more."""
        # The timer stays, for the next one.
        self._limit = self.content = None

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._protocol.data_received(data)

    def eof_received(self) -> None:
        self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.rest()
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._protocol.connection_lost(exc)
        finally:
            self._on_lost(self._transport)

    def _look(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if self._limit is None:
            return
        due = self._heard + self._limit
        if due > self._loop.time():
            self._set(due)
            return
        silence = aiohttp.SocketTimeoutError("nothing came")
        content = self.content
        self.rest()
        self._protocol.set_exception(silence)
        if content is not None:
            content.set_exception(silence)

    def _set(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(due, self._look, context=self._context), due


def listener(transport: asyncio.BaseTransport | None) -> Listener | None:
    """The one of a connection; None where it has ended."""
    protocol = transport.get_protocol() if transport is not None else None
    return protocol if isinstance(protocol, Listener) else None
