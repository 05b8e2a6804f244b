"""Replies onto the socket: whole, event by event or as a file, and cut off where a test wants that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from mistral_async.testing.faults import Cut, Hold
from mistral_async.testing.record import Received
from mistral_async.testing.replies import Download, Events, Json, Reply, Scripted

_CHUNK = 256 * 1024  # bytes of a file sent at once where the system cannot do it


class _OnceFile(web.FileResponse):
    """A file that is sent when it is prepared, and not again when aiohttp prepares what a handler returned."""

    _begun = False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if self._begun:
            return None
        self._begun = True
        return await super().prepare(request)


class Sender:
    """Writes one reply."""

    def __init__(
        self,
        request: web.BaseRequest,
        received: Received,
        headers: Mapping[str, str],
        *,
        pace: float = 0.0,
        cut: Cut | None = None,
        hold: Hold | None = None,
    ) -> None:
        self._request = request
        self._received = received
        self._headers = headers
        self._pace = pace
        self._cut = cut
        self._hold = hold

    async def send(self, reply: Reply) -> web.StreamResponse:
        """Write the reply to its end, or to where it is cut off."""
        self._received.status = reply.status
        if self._cut is not None and self._cut.after_bytes is None and self._cut.after_events is None:
            return self._break_off(web.Response())
        match reply:
            case Json():
                return await self._whole(
                    reply.status, "application/json", msgspec.json.encode(reply.content), reply.headers
                )
            case Scripted():
                media_type = reply.headers.get("content-type", "application/json")
                return await self._whole(reply.status, media_type, reply.content, reply.headers)
            case Events():
                return await self._stream(reply)
            case Download():
                return await self._file(reply)

    def _head(self, response: web.StreamResponse, media_type: str, more: Mapping[str, str]) -> None:
        for name, value in self._headers.items():
            response.headers[name] = value
        response.headers["content-type"] = media_type
        for name, value in more.items():
            response.headers[name] = value

    async def _whole(self, status: int, media_type: str, body: bytes, more: Mapping[str, str]) -> web.StreamResponse:
        if self._cut is not None:
            return await self._part(status, media_type, [body], len(body), more)
        response = web.Response(status=status, body=body)
        self._head(response, media_type, more)
        await response.prepare(self._request)
        await response.write_eof()
        self._received.sent = len(body)
        return response

    async def _part(
        self, status: int, media_type: str, chunks: Sequence[bytes], length: int, more: Mapping[str, str]
    ) -> web.StreamResponse:
        """Promise everything, send a part of it."""
        response = web.StreamResponse(status=status)
        self._head(response, media_type, more)
        response.content_length = length
        await response.prepare(self._request)
        for chunk in chunks:
            if await self._write(response, chunk):
                return self._break_off(response)
        # Nothing was left to cut off.
        await response.write_eof()
        return response

    async def _stream(self, reply: Events) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status)
        self._head(response, "text/event-stream; charset=utf-8", {"cache-control": "no-cache", **reply.headers})
        await response.prepare(self._request)
        held = self._hold.after_events if self._hold else None
        cut = self._cut.after_events if self._cut else None
        for index, event in enumerate(reply.events):
            if index and self._pace:
                await asyncio.sleep(self._pace)
            if index == held and self._hold:
                await asyncio.sleep(self._hold.seconds)
            if index == cut or await self._write(response, event):
                return self._break_off(response)
            self._received.events += 1
        if cut is not None and cut == len(reply.events):
            return self._break_off(response)
        await response.write_eof()
        return response

    async def _file(self, reply: Download) -> web.StreamResponse:
        content = reply.content
        if self._cut is not None:
            return await self._part(
                reply.status, reply.media_type, [content.head((self._cut.after_bytes or 0) + 1)], content.size, {}
            )
        if content.path is None:
            return await self._whole(reply.status, reply.media_type, content.data or b"", {})
        response = _OnceFile(content.path, chunk_size=_CHUNK)
        self._head(response, reply.media_type, {})
        await response.prepare(self._request)
        await response.write_eof()
        self._received.sent = content.size
        return response

    async def _write(self, response: web.StreamResponse, data: bytes) -> bool:
        """Write, up to where the answer is to be cut. Says whether that has been reached."""
        limit = self._cut.after_bytes if self._cut else None
        if limit is not None and self._received.sent + len(data) > limit:
            data = data[: limit - self._received.sent]
        else:
            limit = None
        if data:
            await response.write(data)
            self._received.sent += len(data)
        return limit is not None

    def _break_off(self, response: web.StreamResponse) -> web.StreamResponse:
        """Close the connection. What was written before still arrives."""
        self._received.cut = True
        if self._request.transport is not None:
            self._request.transport.close()
        return response
