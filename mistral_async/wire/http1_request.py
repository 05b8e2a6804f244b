"""Requests over HTTP/1.1 that are written at once: head and body together, to an origin that is reached directly.

``ClientSession.request`` could send them too. It keeps all that it knows of a request until the answer is there, which
takes 4 KB for each that waits; it copies and checks what was checked before; and it starts a task to write a body.
"""

from __future__ import annotations

import asyncio
import inspect
import ssl
from collections.abc import Coroutine
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.helpers import TimerNoop
from aiohttp.http import StreamWriter
from aiohttp.tracing import Trace
from multidict import CIMultiDict
from yarl import URL

from mistral_async.http import Request
from mistral_async.wire.http1_connector import Connector, drop
from mistral_async.wire.http1_response import HEAD_SIZE, MOST_FIELDS, AiohttpResponse

# Bytes of an answer that may wait to be taken; at twice as many, reading pauses. With aiohttp's own 64 KiB that
# happens at each piece that asyncio reads (256 KiB).
WAITING_SIZE = 256 * 1024
UNASKED = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # without a body, they do not say so
_UNLIMITED = TimerNoop()  # aiohttp's limit for the whole of a call, which has one of ours

_ARGUMENTS: frozenset[str] = frozenset(
    (
        "continue100",
        "loop",
        "method",
        "request_info",
        "session",
        "stream_writer",
        "timer",
        "traces",
        "url",
        "writer",
    )
)


def is_known(response_class: type[aiohttp.ClientResponse]) -> bool:
    """Whether a response of this version of aiohttp is made of what is known here. Else aiohttp makes it."""
    return frozenset(inspect.signature(response_class).parameters) == _ARGUMENTS


KNOWN = is_known(aiohttp.ClientResponse)


class _Target(aiohttp.ClientRequest):
    """What stands for each request to an origin: only where they go is asked of it."""

    _key: ConnectionKey | None = None

    @property
    def connection_key(self) -> ConnectionKey:
        """The same for all, where aiohttp's request makes one each time it is asked."""
        if self._key is None:
            self._key = super().connection_key
        return self._key


class Endpoint:
    """An origin, and how its connections are asked for."""

    def __init__(
        self, session: aiohttp.ClientSession, connector: Connector, url: URL, tls: ssl.SSLContext | bool
    ) -> None:
        """``url`` is any of the origin's. Raises ``aiohttp.InvalidURL``."""
        self._session = session
        self._connector = connector
        self._loop = asyncio.get_running_loop()
        self._target = _Target("GET", url, loop=self._loop, session=session, ssl=tls)
        self._info = self._target.request_info  # what aiohttp's errors say of a request; it never holds the key
        self._host = self._target.headers["host"]
        self._traces: list[Trace] = []

    def connect(self, limits: aiohttp.ClientTimeout) -> Coroutine[Any, Any, Connection]:
        """A connection that nobody uses. Raises what aiohttp does."""
        return self._connector.connect(self._target, self._traces, limits)

    async def write(self, request: Request, connection: Connection) -> AiohttpResponse:
        """Write it, whose body is bytes or None, and return its response to be. A failure drops the connection."""
        try:
            url, body, protocol = URL(request.url, encoded=True), request.body, connection.protocol
            assert protocol is not None
            assert body is None or isinstance(body, bytes)
            protocol.set_response_params(
                timer=_UNLIMITED,
                skip_payload=request.method == "HEAD",
                read_until_eof=True,
                auto_decompress=False,  # it would inflate without a bound
                read_timeout=request.timeout.read,
                read_bufsize=WAITING_SIZE,
                max_line_size=HEAD_SIZE,
                max_field_size=HEAD_SIZE,
                max_headers=MOST_FIELDS,
            )
            headers = CIMultiDict({"Host": self._host})
            headers.update(request.headers)
            if body is not None or request.method not in UNASKED:
                headers["Content-Length"] = str(len(body or b""))
            writer = StreamWriter(protocol, self._loop)
            await writer.write_headers(f"{request.method} {url.raw_path_qs} HTTP/1.1", headers)
            if not self._connector.alone:
                # Those that are made ready in the same turn of the loop leave one right after the other: to wake a
                # server for each, between two, costs both sides a third more (64 calls at once).
                await asyncio.sleep(0)
            await writer.write_eof(body or b"")
            return AiohttpResponse(
                request.method,
                url,
                writer=None,
                continue100=None,
                timer=_UNLIMITED,
                request_info=self._info,
                traces=self._traces,
                loop=self._loop,
                session=self._session,
                stream_writer=writer,
            )
        except BaseException:
            drop(connection)
            raise
