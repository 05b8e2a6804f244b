"""Requests over HTTP/1.1: aiohttp's, of which a small one goes out at once."""

from __future__ import annotations

import asyncio
import inspect

import aiohttp
from aiohttp.connector import Connection
from aiohttp.helpers import TimerNoop
from aiohttp.http import StreamWriter

from mistral_async.wire.http1_connector import Connector

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


_KNOWN = is_known(aiohttp.ClientResponse)


class AiohttpRequest(aiohttp.ClientRequest):
    """aiohttp's request. Its body, where it is bytes, is written with the head, from where it is sent.

    aiohttp starts a task for that, which costs a sixth of a small call (Python 3.11).
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write it, and return its response to be."""
        body, protocol = self.body, conn.protocol
        at_once = isinstance(body, aiohttp.BytesPayload) or not body
        # To a proxy it may be written otherwise. Where the last request has not left yet, this one has to wait.
        if not (at_once and _KNOWN) or self.proxy is not None or protocol is None or protocol.writing_paused:
            return await super().send(conn)
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        connector = self.session.connector
        if not (isinstance(connector, Connector) and connector.alone):
            # Those that are made ready in the same turn of the loop leave one right after the other: to wake a server
            # for each, between two, costs both sides a third more (64 calls at once).
            await asyncio.sleep(0)
        await writer.write_eof(await body.as_bytes() if body else b"")
        return self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=_UNLIMITED,
            request_info=self.request_info,
            traces=[],
            loop=self.loop,
            session=self.session,
            stream_writer=writer,
        )
