"""HTTP/1.1, by aiohttp."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import NamedTuple

import aiohttp
from yarl import URL

from mistral_async.http import Headers, Request, Response
from mistral_async.wire.aiohttp_failures import cause_of, failure_of
from mistral_async.wire.upload import Upload, large


class Http1Wire:
    """Sends requests over HTTP/1.1. Connections are opened when needed, and belong to the loop they were opened in.

    It may be made before any loop runs and used from several. A loop that ends closes what was opened in it, since
    ``asyncio.run`` closes the async generators of its loop.
    """

    def __init__(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, _Opened] = {}

    async def send(self, request: Request, /) -> Response:
        """Send it, and return when the head of the response is there."""
        session = await self._session()
        limits, headers = request.timeout, request.headers
        body = large(request.body)
        upload = Upload(body, patience=limits.read) if body is not None else None
        if upload is not None and upload.length is not None:
            headers = {**headers, "content-length": str(upload.length)}
        sending = session.request(
            request.method,
            URL(request.url, encoded=True),
            headers=headers,
            data=upload if upload is not None else request.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                # The name's resolution is part of connecting, which `sock_connect` alone would not limit.
                total=limits.total,
                connect=limits.connect,
                sock_connect=limits.connect,
                sock_read=limits.read,
            ),
        )
        try:
            response = await (sending if upload is None else upload.during(sending))
        except (aiohttp.ClientError, OSError) as exc:
            failure, cause = failure_of(exc, request), cause_of(exc)
        else:
            return Http1Response(response, request)
        if upload is not None and upload.failure is not None:
            raise upload.failure  # not the network's fault: whoever made the body failed
        raise failure from cause

    async def aclose(self) -> None:
        """Close every connection, those of other loops included where these run. A loop that rests closes its own."""
        here = asyncio.get_running_loop()
        for loop in [each for each in self._sessions if each is here or each.is_running()]:
            scope = self._sessions.pop(loop).scope
            if loop is here:
                await scope.aclose()
            else:
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_close(scope), loop))

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        opened = self._sessions.get(loop)
        if opened is None or opened.session.closed or opened.process != os.getpid():
            for ended in [each for each in self._sessions if each.is_closed()]:
                del self._sessions[ended]
            scope = _open_session()
            opened = self._sessions[loop] = _Opened(await anext(scope), scope, os.getpid())
        return opened.session


class Http1Response:
    """A response of aiohttp's, seen as the layers above see every response."""

    attempts = 1

    def __init__(self, response: aiohttp.ClientResponse, request: Request) -> None:
        self._response = response
        self._request = request
        self.status = response.status
        self.headers = Headers(response.raw_headers)
        version = response.version
        self.http_version: str = f"{version.major}.{version.minor}" if version else "1.1"

    async def read(self) -> bytes:
        """The whole body."""
        try:
            return await self._response.read()
        except (aiohttp.ClientError, OSError) as exc:
            raise failure_of(exc, self._request, answered=True) from exc

    async def receive(self) -> bytes:
        """The next chunk of the body; empty at the end."""
        try:
            return await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as exc:
            raise failure_of(exc, self._request, answered=True) from exc

    def close(self) -> None:
        """Drop the connection, unless the body was read to its end."""
        self._response.close()


class _Opened(NamedTuple):
    session: aiohttp.ClientSession
    scope: AsyncGenerator[aiohttp.ClientSession, None]
    process: int  # a fork inherits sockets that it must not use


async def _open_session() -> AsyncGenerator[aiohttp.ClientSession, None]:
    """A session that lives as long as this generator, which its loop closes at the latest."""
    session = aiohttp.ClientSession(
        # No limit here: how much goes out at once is the caller's to say, and a queue here would be invisible.
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
    )
    try:
        yield session
    finally:
        await session.close()


async def _close(scope: AsyncGenerator[aiohttp.ClientSession, None]) -> None:
    await scope.aclose()
