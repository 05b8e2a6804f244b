"""aiohttp's connections, kept from leaking and from giving one request what was said to another."""

from __future__ import annotations

import contextlib
import socket
from contextvars import Context, ContextVar
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from mistral_async.wire.http1_listener import Listener
from mistral_async.wire.under_way import UnderWay

_MAKING: ContextVar[list[socket.socket] | None] = ContextVar("making", default=None)


class Connector(aiohttp.TCPConnector):
    """aiohttp's pool of connections, without a limit of its own."""

    def __init__(self, under_way: UnderWay) -> None:
        """``under_way`` is told of each connection that has ended."""
        # A limit would make a queue, which would count as connecting.
        super().__init__(limit=0, socket_factory=_make)  # pyright: ignore[reportUnknownMemberType]  # as aiohttp has it
        self._under_way = under_way
        self._lost = under_way.lost
        self._context = Context()  # of the connections' timers

    @property
    def alone(self) -> bool:
        """Whether there is but one request under way that was not answered."""
        return len(self._under_way.waiting) <= 1

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A connection that nothing was said on that nobody asked for. None is left behind where it fails."""
        making: list[socket.socket] = []
        token = _MAKING.set(making)
        try:
            # It ends, for each one that is given up comes from the pool.
            while True:
                connection = await super().connect(req, traces, timeout)
                protocol = connection.protocol
                if protocol is None:
                    return connection
                if making or not (protocol.should_close or protocol.writing_paused):
                    break
                # Something came while it lay idle, which would be taken for the next answer. Source: RFC 9112
                # section 9.2. Or what was sent before has not left yet, and the next request would have to wait.
                drop(connection)
        except BaseException as exc:
            # What TLS has begun on is closed politely by asyncio, which waits for the server's part in it.
            for each in making:
                with contextlib.suppress(OSError):  # it is closed already, or never was connected
                    each.shutdown(socket.SHUT_RDWR)
            if isinstance(exc, TimeoutError):
                raise aiohttp.ConnectionTimeoutError("no connection in time") from exc
            raise
        finally:
            _MAKING.reset(token)
        if making and (transport := protocol.transport) is not None:
            transport.set_protocol(Listener(protocol, transport, self._lost, self._context))
        if req.proxy is not None and not req.is_ssl():
            # As its request says by ``connection: close``, which not every proxy repeats in its answer.
            protocol.force_close()
        return connection


def drop(connection: Connection) -> None:
    """Close it at once: to do it politely could wait for a server that neither reads on nor says goodbye."""
    if connection.transport is not None:
        connection.transport.abort()
    connection.close()


def _make(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    if (making := _MAKING.get()) is not None:
        making.append(made)
    return made
