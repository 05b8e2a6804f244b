"""Connections: which are open, what runs over them, and when a peer goes away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from mistral_async.testing.record import Received


@dataclass(slots=True)
class Connections:
    """How many connections there are."""

    open: int = 0  # now
    total: int = 0  # ever


@dataclass(slots=True)
class _Line:
    """One connection."""

    number: int
    under_way: list[Received] = field(default_factory=list[Received])


class Wire(web.Server):
    """An HTTP server that knows its connections. A handler is cancelled when its peer goes away."""

    def __init__(
        self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], counts: Connections
    ) -> None:
        super().__init__(handler, handler_cancellation=True, access_log=None)
        self._counts = counts
        self._lines: dict[web.RequestHandler, _Line] = {}

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._counts.open += 1
        self._counts.total += 1
        self._lines[handler] = _Line(self._counts.total)

    def connection_lost(self, handler: web.RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._counts.open -= 1
        for received in self._lines.pop(handler).under_way:
            received.disconnected = time.monotonic()

    def begin(self, request: web.BaseRequest, received: Received) -> None:
        """Remember that a request is under way over its connection."""
        if line := self._lines.get(request.protocol):
            received.connection = line.number
            line.under_way.append(received)

    def end(self, request: web.BaseRequest, received: Received) -> None:
        if line := self._lines.get(request.protocol):
            line.under_way.remove(received)
