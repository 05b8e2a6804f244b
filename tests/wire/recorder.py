"""A server that answers as it is told and writes down what came, and clients of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from mistral_async import MistralClient

MODELS = b'{"object":"list","data":[]}'


class Seen:
    """What one request looked like to the server."""

    def __init__(self, request: web.BaseRequest, body: bytes) -> None:
        self.target = request.raw_path
        self.version = f"{request.version.major}.{request.version.minor}"
        self.headers = {name.lower(): value for name, value in request.headers.items()}
        self.body = body
        tls: ssl.SSLObject | None = request.transport.get_extra_info("ssl_object") if request.transport else None
        self.cipher = tls.cipher() if tls is not None else None
        self.tls_version = tls.version() if tls is not None else None
        self.certificate: Any = request.transport.get_extra_info("peercert") if request.transport else None


class Recorder:
    """A server that answers as it is told, writes down what came, and knows who went away."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[Seen] = []
        self.statuses: list[int] = []  # of the next answers; then 200
        self.headers: dict[str, str] = {}
        self.body = MODELS
        self.hold = 0.0  # seconds before an answer
        self.left = 0  # requests whose client went away

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.seen.append(Seen(request, await request.read()))
        try:
            await asyncio.sleep(self.hold)
        except asyncio.CancelledError:
            self.left += 1
            raise
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, body=self.body, headers={"content-type": "application/json", **self.headers})


@asynccontextmanager
async def recorder(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Recorder, None]:
    made = Recorder()
    speaks = web.Server(made.answer, handler_cancellation=True)
    server = await asyncio.get_running_loop().create_server(speaks, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await speaks.shutdown(1)
        await server.wait_closed()


@asynccontextmanager
async def asked(server: Recorder, scheme: str = "http", **settings: Any) -> AsyncGenerator[MistralClient, None]:
    """A client of that server, with these settings."""
    url = f"{scheme}://127.0.0.1:{server.port}"
    given: dict[str, Any] = {"api_key": "key-of-the-test", "base_url": url, **settings}
    async with MistralClient(**given) as client:
        yield client
